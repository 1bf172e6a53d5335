//! The public keys of one party, and which of them fit a signature (RFC 7517 §5).

use serde_json::{Value, json};

use crate::algorithm::Algorithm;
use crate::json::JsonError;
use crate::jwk::{Jwk, JwkError};

/// The most keys that a set may have.
pub const MAX_KEYS: usize = 64;

/// The longest JSON text of a set, in bytes.
pub const MAX_SET_LENGTH: usize = 262_144;

/// Why JSON is no set of public keys.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum JwkSetError {
    /// Longer than [`MAX_SET_LENGTH`].
    #[error("the set of keys is longer than {MAX_SET_LENGTH} bytes")]
    TooLong,
    /// Not one JSON object.
    #[error("the set of keys cannot be read: {0}")]
    Json(JsonError),
    /// No array called `keys`.
    #[error("a set of keys is a JSON object with an array called keys")]
    NoKeys,
    /// More than [`MAX_KEYS`].
    #[error("the set has {0} keys, more than the {MAX_KEYS} allowed")]
    TooMany(usize),
    /// A private key or a shared secret is among them: the whole set is refused, so that its owner notices.
    #[error("{0}")]
    Secret(JwkError),
}

/// The public keys of one party.
#[derive(Clone, Debug, Default)]
pub struct JwkSet {
    keys: Vec<Jwk>,
    skipped: Vec<JwkError>,
}

impl JwkSet {
    /// Reads a set from JSON text. A key that is not understood or out of range is skipped, as RFC 7517
    /// §5 asks; [`JwkSet::skipped`] says why. A private key or a shared secret refuses the whole set.
    pub fn parse(json: &[u8]) -> Result<Self, JwkSetError> {
        if json.len() > MAX_SET_LENGTH {
            return Err(JwkSetError::TooLong);
        }
        let members = crate::json::object(json).map_err(JwkSetError::Json)?;
        Self::from_json(&Value::Object(members))
    }

    /// Reads a set from JSON that has been parsed before. As strict as [`JwkSet::parse`].
    pub fn from_json(value: &Value) -> Result<Self, JwkSetError> {
        let keys = value.get("keys").and_then(Value::as_array).ok_or(JwkSetError::NoKeys)?;
        if keys.len() > MAX_KEYS {
            return Err(JwkSetError::TooMany(keys.len()));
        }
        let mut set = Self::default();
        for key in keys {
            match Jwk::from_json(key) {
                Ok(key) => set.keys.push(key),
                Err(error @ (JwkError::Private | JwkError::Symmetric)) => {
                    return Err(JwkSetError::Secret(error));
                }
                Err(error) => set.skipped.push(error),
            }
        }
        Ok(set)
    }

    /// A set of these keys.
    pub fn new(keys: Vec<Jwk>) -> Self {
        Self { keys, skipped: Vec::new() }
    }

    /// The keys that can be used.
    pub fn keys(&self) -> &[Jwk] {
        &self.keys
    }

    /// Why each key that was left out was left out: a registration shows it to the developer.
    pub fn skipped(&self) -> &[JwkError] {
        &self.skipped
    }

    /// The set as it is published.
    pub fn to_json(&self) -> Value {
        json!({ "keys": self.keys.iter().map(Jwk::to_json).collect::<Vec<_>>() })
    }

    /// The keys that may verify for `algorithm`: those of that name, or, where no key has it, those
    /// that have no name. Without a name: all of them.
    pub(crate) fn candidates<'a>(
        &'a self,
        id: Option<&'a str>,
        algorithm: Algorithm,
    ) -> impl Iterator<Item = &'a Jwk> {
        let named = id.is_some_and(|id| self.keys.iter().any(|key| key.id() == Some(id)));
        self.keys.iter().filter(move |key| {
            let called = match id {
                None => true,
                Some(id) if named => key.id() == Some(id),
                Some(_) => key.id().is_none(),
            };
            called && key.verifies(algorithm)
        })
    }
}
