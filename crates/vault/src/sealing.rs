//! Access tokens as PASETO v4.local texts: encrypted and authenticated, opaque to clients, checked without a query.

use std::fmt;
use std::str::FromStr;

use oauth::access_token::AccessToken;
use pasetors::keys::SymmetricKey;
use pasetors::token::{Local, UntrustedToken};
use pasetors::version4::{LocalToken, V4};
use uuid::Uuid;

/// The longest sealed token in characters; a longer text is refused before any work.
pub const MAX_SEALED_LENGTH: usize = 8_192;

/// The most sealing keys that may be installed at once.
pub const MAX_SEALING_KEYS: usize = 64;

// Binds the kind into the authentication tag: nothing else sealed under the same key is ever an access token.
const ASSERTION: &[u8] = b"grantwell access token v1";

/// Names a key that is stored as a row.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct KeyId(pub Uuid);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.as_hyphenated(), f)
    }
}

impl FromStr for KeyId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::try_parse(text).map(Self)
    }
}

/// A key that seals access tokens, with the name by which a token's footer calls it.
#[derive(Clone)]
pub struct SealingKey {
    id: KeyId,
    // Wiped by its own `Drop`.
    key: SymmetricKey<V4>,
    footer: String,
}

impl SealingKey {
    /// Takes 32 random bytes as the sealing key `id`; `None` if there are not exactly 32.
    pub fn new(id: KeyId, material: &[u8]) -> Option<Self> {
        let key = SymmetricKey::from(material).ok()?;
        Some(Self { id, key, footer: format!(r#"{{"kid":"{id}"}}"#) })
    }

    /// The name of the key.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// The 32 bytes, to be wrapped for storage.
    pub(crate) fn material(&self) -> &[u8] {
        self.key.as_bytes()
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealingKey({})", self.id)
    }
}

/// Why a set of keys cannot be installed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InstallError {
    /// The key that is to be used from now on is not among the keys.
    #[error("the key {0} is to be used from now on but is not among the keys that were loaded")]
    CurrentMissing(KeyId),
    /// The same name twice, or two keys that are to sign with the same algorithm.
    #[error("the key {0} was loaded twice, or another is to do the same")]
    Repeated(KeyId),
    /// More than [`MAX_SEALING_KEYS`] or [`crate::MAX_SIGNING_KEYS`].
    #[error(
        "{0} keys of one kind were loaded, more than are allowed: delete expired keys with `cleartokens`"
    )]
    TooMany(usize),
}

/// Why a token cannot be sealed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SealError {
    /// No key has been installed yet.
    #[error(
        "no sealing key is installed: run `migrate` and start again, which makes the first one"
    )]
    NoKey,
    /// The text would be longer than [`MAX_SEALED_LENGTH`].
    #[error(
        "the token would be {0} characters long, more than the {MAX_SEALED_LENGTH} allowed: ask for fewer scopes or audiences"
    )]
    TooLong(usize),
    /// The random source or the cipher failed.
    #[error("the token could not be encrypted: the random source of the operating system failed")]
    Cipher,
}

/// Why a text does not open as an access token. All of them mean `invalid_token` to the caller;
/// only the log may tell them apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum OpenError {
    /// Not of the form of a sealed token at all: another kind of credential, or cut.
    #[error("not a sealed access token")]
    Malformed,
    /// Longer than [`MAX_SEALED_LENGTH`].
    #[error("too long for an access token")]
    TooLong,
    /// Sealed by a key that is not installed: retired long ago, from another server, or invented.
    #[error("sealed by a key that is not known here")]
    UnknownKey,
    /// Changed, made under another key, or not an access token.
    #[error("the authentication tag does not match")]
    Forged,
    /// Authentic, but its content is not understood: made by a newer version.
    #[error("the content is not understood by this version")]
    Unreadable,
}

/// The keys in use: one seals, all open.
pub(crate) struct SealingKeys {
    keys: Vec<SealingKey>,
    current: Option<KeyId>,
}

impl SealingKeys {
    pub(crate) const fn none() -> Self {
        Self { keys: Vec::new(), current: None }
    }

    pub(crate) fn new(keys: Vec<SealingKey>, current: KeyId) -> Result<Self, InstallError> {
        if keys.len() > MAX_SEALING_KEYS {
            return Err(InstallError::TooMany(keys.len()));
        }
        let mut seen = std::collections::HashSet::new();
        if let Some(twice) = keys.iter().find(|key| !seen.insert(key.id)) {
            return Err(InstallError::Repeated(twice.id));
        }
        if !seen.contains(&current) {
            return Err(InstallError::CurrentMissing(current));
        }
        Ok(Self { keys, current: Some(current) })
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = KeyId> {
        self.keys.iter().map(SealingKey::id)
    }

    pub(crate) fn current(&self) -> Option<KeyId> {
        self.current
    }

    pub(crate) fn seal(&self, token: &AccessToken) -> Result<String, SealError> {
        let key =
            self.keys.iter().find(|key| Some(key.id) == self.current).ok_or(SealError::NoKey)?;
        let payload = token.to_json().map_err(|_| SealError::Cipher)?;
        let text =
            LocalToken::encrypt(&key.key, &payload, Some(key.footer.as_bytes()), Some(ASSERTION))
                .map_err(|_| SealError::Cipher)?;
        if text.len() > MAX_SEALED_LENGTH {
            return Err(SealError::TooLong(text.len()));
        }
        Ok(text)
    }

    pub(crate) fn open(&self, text: &str) -> Result<AccessToken, OpenError> {
        if text.len() > MAX_SEALED_LENGTH {
            return Err(OpenError::TooLong);
        }
        let untrusted =
            UntrustedToken::<Local, V4>::try_from(text).map_err(|_| OpenError::Malformed)?;
        // The footer is compared as bytes with those we write: there is nothing in it to parse.
        let key = self
            .keys
            .iter()
            .find(|key| key.footer.as_bytes() == untrusted.untrusted_footer())
            .ok_or(OpenError::UnknownKey)?;
        let trusted = LocalToken::decrypt(&key.key, &untrusted, None, Some(ASSERTION))
            .map_err(|_| OpenError::Forged)?;
        AccessToken::from_json(trusted.payload().as_bytes()).map_err(|_| OpenError::Unreadable)
    }
}
