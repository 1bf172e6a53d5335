//! Key rows at rest: encrypted under the master key and bound to their row and their use.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jose::Algorithm;
use pasetors::keys::SymmetricKey;
use pasetors::token::{Local, UntrustedToken};
use pasetors::version4::{LocalToken, V4};
use zeroize::Zeroizing;

use crate::sealing::KeyId;

/// What a stored key is for. It is bound into the wrapping, so that a row cannot be put to another use.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyUse {
    /// Seals access tokens.
    AccessToken,
    /// Signs with this algorithm.
    Signing(Algorithm),
    /// The secret of a client that this server must know in clear, to verify or make a MAC with it.
    ClientSecret,
}

impl KeyUse {
    /// The spelling in the row.
    pub const fn label(self) -> &'static str {
        match self {
            Self::AccessToken => "access token",
            Self::Signing(_) => "signing",
            Self::ClientSecret => "client secret",
        }
    }

    /// What binds a wrapping to its row and its use.
    fn assertion(self, id: KeyId) -> String {
        let label = self.label();
        match self {
            Self::Signing(algorithm) => {
                format!("grantwell wrapped key v1 {label} {algorithm} {id}")
            }
            Self::AccessToken | Self::ClientSecret => {
                format!("grantwell wrapped key v1 {label} {id}")
            }
        }
    }
}

/// A key could not be wrapped, because the random source of the operating system failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "the key could not be encrypted for storage: the random source of the operating system failed"
)]
pub struct WrapError;

/// Why a stored key does not open.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum UnwrapError {
    /// Not the text of a wrapped key.
    #[error("the stored key {0} is damaged: it is not a wrapped key")]
    Malformed(KeyId),
    /// Changed, moved to another row, or wrapped under another master key.
    #[error(
        "the stored key {0} does not open: the master key is not the one it was stored under, or the row was changed"
    )]
    Refused(KeyId),
}

// An RSA key of 16 384 bits, the largest key there is, is far below this; a longer text is not one of ours.
const MAX_WRAPPED_LENGTH: usize = 65_536;

pub(crate) fn wrap(
    under: &[u8; 32],
    id: KeyId,
    usage: KeyUse,
    material: &[u8],
) -> Result<String, WrapError> {
    let key = SymmetricKey::<V4>::from(under).map_err(|_| WrapError)?;
    let text = Zeroizing::new(URL_SAFE_NO_PAD.encode(material));
    let bound = usage.assertion(id);
    LocalToken::encrypt(&key, text.as_bytes(), None, Some(bound.as_bytes())).map_err(|_| WrapError)
}

pub(crate) fn unwrap(
    under: &[u8; 32],
    id: KeyId,
    usage: KeyUse,
    wrapped: &str,
) -> Result<Zeroizing<Vec<u8>>, UnwrapError> {
    if wrapped.len() > MAX_WRAPPED_LENGTH {
        return Err(UnwrapError::Malformed(id));
    }
    let untrusted =
        UntrustedToken::<Local, V4>::try_from(wrapped).map_err(|_| UnwrapError::Malformed(id))?;
    let key = SymmetricKey::<V4>::from(under).map_err(|_| UnwrapError::Refused(id))?;
    let bound = usage.assertion(id);
    let opened = LocalToken::decrypt(&key, &untrusted, None, Some(bound.as_bytes()))
        .map_err(|_| UnwrapError::Refused(id))?;
    URL_SAFE_NO_PAD
        .decode(opened.payload().as_bytes())
        .map(Zeroizing::new)
        .map_err(|_| UnwrapError::Malformed(id))
}
