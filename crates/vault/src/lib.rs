//! The only room that holds key material: seals access tokens, signs, authenticates refresh tokens, digests secrets.
//!
//! One [`MasterKey`] is given from outside and never stored. From it come, by label, the key that wraps other
//! keys and the keys of every digest and MAC. [`SealingKey`]s and [`SigningKey`]s are random, live wrapped in
//! the database, and are handed to the [`Vault`] as sets that can be exchanged while they are in use.

mod derive;
mod master_key;
mod sealing;
mod signing;
mod vault;
mod wrapping;

pub use derive::Purpose;
pub use master_key::{Fingerprint, MasterKey, MasterKeyError};
pub use sealing::{
    InstallError, KeyId, MAX_SEALED_LENGTH, MAX_SEALING_KEYS, OpenError, SealError, SealingKey,
};
pub use signing::{GenerateError, MAX_SIGNING_KEYS, RsaSize, SignError, SigningKey};
pub use vault::Vault;
pub use wrapping::{KeyUse, UnwrapError, WrapError};
