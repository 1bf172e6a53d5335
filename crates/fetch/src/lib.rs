//! The one place where outgoing requests leave: guarded, bounded, cached.
//!
//! A server that fetches what strangers name (`jwks_uri`, `request_uri`, `sector_identifier_uri`, a client's metadata
//! document or logo, a back-channel logout address) can be sent to places that only it can reach. So everything that
//! leaves goes through a [`Fetcher`]:
//!
//! - https only, without user name, password, proxy, cookies, redirects or decompression;
//! - a name is resolved once, *every* answer is held against the special-use ranges of RFC 6890, and the connection is
//!   made to exactly the addresses that were looked at, so a name that answers differently the next time gains nothing;
//! - time, head and body of an answer, requests at once, requests to one host and requests in waiting are bounded;
//! - equal requests that are on their way share one answer, and a host that failed is left alone for a moment.
//!
//! A [`Cache`] holds what was read from such documents. Nothing here reads the wall clock: ages are counted on tokio's
//! monotonic clock.
//!
//! Each fetch opens a connection of its own and closes it. That costs a handshake (which TLS resumes), and there is no
//! pool in which a connection could outlive the check of its address.

mod address;
mod backoff;
mod cache;
mod connect;
mod credentials;
mod error;
mod exchange;
mod fetched;
mod fetcher;
mod flight;
mod freshness;
mod gate;
mod media_type;
mod policy;
mod resolve;
mod roots;
mod target;
#[cfg(feature = "testing")]
pub mod testing;

pub use address::{SpecialUse, special_use};
pub use cache::{Cache, Keep};
pub use credentials::Credentials;
pub use error::{FetchError, Stage, TOLD_TO_STRANGERS};
pub use fetched::Fetched;
pub use fetcher::Fetcher;
pub use flight::Flights;
pub use freshness::Freshness;
pub use media_type::essence;
pub use policy::{Limits, Policy};
pub use resolve::{Resolve, SystemResolver};
pub use roots::{ExtraRoots, RootsError};
pub use target::UrlFault;
