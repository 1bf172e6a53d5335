//! What the fake server remembers: keys, codes, refresh tokens, what it gave and took back, and the faults that are due.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use ambient::Entropy;
use jose::Algorithm;
use oauth::pkce::CodeChallenge;
use oauth::time::Timestamp;
use serde_json::{Map, Value};
use vault::{KeyId, MasterKey, RsaSize, SigningKey, Vault};

use super::{FakeToken, Fault};
use crate::error::{Error, Result};

#[derive(Debug)]
pub(super) struct State {
    /// The last one signs; all are published.
    pub(super) keys: Vec<Key>,
    pub(super) skew: i64,
    pub(super) lifetime: Duration,
    /// Who is signed in, or the error with which people are sent back.
    pub(super) person: std::result::Result<String, String>,
    pub(super) codes: HashMap<String, Code>,
    pub(super) refresh_tokens: HashMap<String, Granted>,
    /// The claims of each access token that was given.
    pub(super) given: HashMap<String, Map<String, Value>>,
    pub(super) revoked: HashSet<String>,
    pub(super) faults: Vec<(String, Fault)>,
    pub(super) asked: HashMap<String, usize>,
}

/// What was allowed, and what tokens about it say.
#[derive(Clone, Debug)]
pub(super) struct Granted {
    pub(super) client: String,
    pub(super) token: FakeToken,
    pub(super) nonce: Option<String>,
}

/// A code that waits for its client.
#[derive(Clone, Debug)]
pub(super) struct Code {
    pub(super) granted: Granted,
    pub(super) redirect_uri: String,
    pub(super) challenge: Option<CodeChallenge>,
}

impl State {
    pub(super) fn new(key: Key) -> Self {
        Self {
            keys: vec![key],
            skew: 0,
            lifetime: Duration::from_mins(5),
            person: Ok("ann".to_owned()),
            codes: HashMap::new(),
            refresh_tokens: HashMap::new(),
            given: HashMap::new(),
            revoked: HashSet::new(),
            faults: Vec::new(),
            asked: HashMap::new(),
        }
    }

    /// Counts a request and says what becomes of it.
    pub(super) fn meet(&mut self, path: &str) -> Option<Fault> {
        *self.asked.entry(path.to_owned()).or_default() += 1;
        let due = self.faults.iter().position(|(of, _)| of == path)?;
        Some(self.faults.remove(due).1)
    }
}

/// A key that signs with ES256.
#[derive(Debug)]
pub(super) struct Key(Vault);

impl Key {
    pub(super) fn generate(entropy: &Entropy, now: Timestamp) -> Result<Self> {
        let failed = |error: &dyn std::fmt::Display| Error::failed(error.to_string());
        let id = KeyId(entropy.uuid(now).map_err(|error| failed(&error))?);
        let key = SigningKey::generate(id, Algorithm::Es256, RsaSize::Bits2048)
            .map_err(|error| failed(&error))?;
        let vault =
            Vault::new(MasterKey::from_random(entropy.fill().map_err(|error| failed(&error))?));
        vault.install_signing(vec![key], vec![id]).map_err(|error| failed(&error))?;
        Ok(Self(vault))
    }

    /// The key as it is published.
    pub(super) fn published(&self) -> Vec<Value> {
        match self.0.public_keys().to_json().get_mut("keys").map(Value::take) {
            Some(Value::Array(keys)) => keys,
            _ => Vec::new(),
        }
    }

    pub(super) fn sign(&self, typ: &str, claims: &Map<String, Value>) -> Result<String> {
        let payload = Value::from(claims.clone()).to_string();
        self.0
            .sign(Some(typ), Algorithm::Es256, payload.as_bytes())
            .map_err(|error| Error::failed(error.to_string()))
    }
}
