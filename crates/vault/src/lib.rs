//! The only room that holds key material: seals access tokens, authenticates refresh tokens, digests secrets.
//!
//! One [`MasterKey`] is given from outside and never stored. From it come, by label, the key that wraps other
//! keys and the keys of every digest and MAC. [`SealingKey`]s are random, live wrapped in the database, and are
//! handed to the [`Vault`] as a set that can be exchanged while it is in use.

mod derive;
mod master_key;
mod sealing;
mod vault;
mod wrapping;

pub use derive::Purpose;
pub use master_key::{Fingerprint, MasterKey, MasterKeyError};
pub use sealing::{
    InstallError, KeyId, MAX_SEALED_LENGTH, MAX_SEALING_KEYS, OpenError, SealError, SealingKey,
};
pub use vault::Vault;
pub use wrapping::{KeyUse, UnwrapError, WrapError};
