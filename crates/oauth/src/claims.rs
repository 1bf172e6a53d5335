//! Claims about a person: what is known, what may be asked for, what is told
//! (OpenID Connect Core 1.0 §5).
//!
//! [`PersonClaims`] is what is known, [`ClaimsRequest`] what a client asks for one by one, and
//! [`release`](release()) what it is told. What an installation adds comes from the person's
//! [`CustomClaims`] or from its [`ClaimsHook`].

mod custom;
mod hook;
mod release;
mod request;
mod standard;

pub use custom::{CustomClaims, is_reserved};
pub use hook::{ClaimsHook, HookFacts, HookFault, add_from_hook};
pub use release::{Granted, Place, release};
pub use request::{AcrWish, Asked, ClaimsRequest, Section};
pub use standard::{Address, ClaimScope, PersonClaims, StandardClaim};
