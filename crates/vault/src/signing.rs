//! Keys that sign what others verify: ID tokens, access tokens as JWTs, logout tokens.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING,
    ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair,
    KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256,
    RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding, RsaPublicKeyComponents,
};
use jose::{Algorithm, Curve, Draft, Jwk, JwkSet};
use zeroize::Zeroizing;

use crate::sealing::{InstallError, KeyId};

/// The most signing keys that may be installed at once: as many as others read of a published set.
pub const MAX_SIGNING_KEYS: usize = jose::MAX_KEYS;

/// How long the modulus of a new RSA key is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum RsaSize {
    /// 2048 bits: a signature takes about 0.3 ms.
    #[default]
    Bits2048,
    /// 3072 bits: a signature takes about 0.8 ms.
    Bits3072,
    /// 4096 bits: a signature takes about 1.8 ms.
    Bits4096,
}

impl RsaSize {
    /// The size with this many bits, if it is one of them.
    pub const fn from_bits(bits: u32) -> Option<Self> {
        match bits {
            2048 => Some(Self::Bits2048),
            3072 => Some(Self::Bits3072),
            4096 => Some(Self::Bits4096),
            _ => None,
        }
    }

    const fn key_size(self) -> KeySize {
        match self {
            Self::Bits2048 => KeySize::Rsa2048,
            Self::Bits3072 => KeySize::Rsa3072,
            Self::Bits4096 => KeySize::Rsa4096,
        }
    }
}

/// A private key for one algorithm, with the name by which the header of what it signed calls it. What it
/// consists of never leaves this room but encrypted.
pub struct SigningKey {
    id: KeyId,
    algorithm: Algorithm,
    pair: Pair,
    public: Jwk,
}

enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ec(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// A key could not be made or written, because the random source of the operating system failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "a key for {0} could not be made: the random source of the operating system or the memory failed"
)]
pub struct GenerateError(pub Algorithm);

/// Why nothing was signed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SignError {
    /// No key for this algorithm is installed.
    #[error(
        "there is no key that signs with {0}: add it to oauth.signing_algorithms and start again, which makes one"
    )]
    NoKey(Algorithm),
    /// The random source failed.
    #[error("nothing could be signed: the random source of the operating system failed")]
    Failed,
}

impl SigningKey {
    /// Makes a new key. For RSA this takes a fifth of a second and sometimes several times as long: never
    /// on a thread that serves requests.
    pub fn generate(id: KeyId, algorithm: Algorithm, rsa: RsaSize) -> Result<Self, GenerateError> {
        let failed = GenerateError(algorithm);
        let pair = match signs_on(algorithm) {
            None if algorithm.is_rsa() => RsaKeyPair::generate(rsa.key_size())
                .map(|pair| Pair::Rsa(Box::new(pair)))
                .map_err(|_| failed)?,
            None => Pair::Ed25519(Ed25519KeyPair::generate().map_err(|_| failed)?),
            Some(curve) => Pair::Ec(EcdsaKeyPair::generate(signing(curve)).map_err(|_| failed)?),
        };
        Self::new(id, algorithm, pair).ok_or(failed)
    }

    /// Reads back what [`SigningKey::material`] gave; `None` for the key of another algorithm.
    pub(crate) fn from_material(id: KeyId, algorithm: Algorithm, pkcs8: &[u8]) -> Option<Self> {
        let pair = match signs_on(algorithm) {
            None if algorithm.is_rsa() => Pair::Rsa(Box::new(RsaKeyPair::from_pkcs8(pkcs8).ok()?)),
            None => Pair::Ed25519(Ed25519KeyPair::from_pkcs8_maybe_unchecked(pkcs8).ok()?),
            Some(curve) => Pair::Ec(EcdsaKeyPair::from_pkcs8(signing(curve), pkcs8).ok()?),
        };
        Self::new(id, algorithm, pair)
    }

    fn new(id: KeyId, algorithm: Algorithm, pair: Pair) -> Option<Self> {
        let bare = match &pair {
            Pair::Rsa(pair) => {
                let parts: RsaPublicKeyComponents<Vec<u8>> = pair.public_key().into();
                Jwk::rsa(&parts.n, &parts.e)
            }
            Pair::Ec(pair) => Jwk::ec(signs_on(algorithm)?, pair.public_key().as_ref()),
            Pair::Ed25519(pair) => Jwk::ed25519(pair.public_key().as_ref()),
        };
        // The name is that of the row and not the thumbprint: it is what `keys list` shows, and it is
        // known before the key is.
        let public = bare.ok()?.published(id.to_string(), algorithm).ok()?;
        Some(Self { id, algorithm, pair, public })
    }

    /// The name of the key, its `kid`.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// What it signs with.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The public half, as it is published.
    pub fn public(&self) -> &Jwk {
        &self.public
    }

    /// The private key in PKCS#8, to be wrapped for storage.
    pub(crate) fn material(&self) -> Option<Zeroizing<Vec<u8>>> {
        let bytes = match &self.pair {
            Pair::Rsa(pair) => pair.as_der().ok()?.as_ref().to_vec(),
            Pair::Ec(pair) => pair.to_pkcs8v1().ok()?.as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.to_pkcs8v1().ok()?.as_ref().to_vec(),
        };
        Some(Zeroizing::new(bytes))
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(padding(self.algorithm), &random, message, &mut signature)
                    .map_err(|_| SignError::Failed)?;
                Ok(signature)
            }
            Pair::Ec(pair) => pair
                .sign(&random, message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(|_| SignError::Failed),
            Pair::Ed25519(pair) => pair
                .try_sign(message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(|_| SignError::Failed),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({} {})", self.algorithm, self.id)
    }
}

/// The curve of an algorithm that has one.
fn signs_on(algorithm: Algorithm) -> Option<Curve> {
    Curve::ALL.into_iter().find(|curve| curve.algorithm() == algorithm)
}

fn signing(curve: Curve) -> &'static EcdsaSigningAlgorithm {
    match curve {
        Curve::P256 => &ECDSA_P256_SHA256_FIXED_SIGNING,
        Curve::P384 => &ECDSA_P384_SHA384_FIXED_SIGNING,
        Curve::P521 => &ECDSA_P521_SHA512_FIXED_SIGNING,
    }
}

/// The padding of an RSA algorithm; others have none and never come here.
fn padding(algorithm: Algorithm) -> &'static dyn RsaEncoding {
    match algorithm {
        Algorithm::Rs384 => &RSA_PKCS1_SHA384,
        Algorithm::Rs512 => &RSA_PKCS1_SHA512,
        Algorithm::Ps256 => &RSA_PSS_SHA256,
        Algorithm::Ps384 => &RSA_PSS_SHA384,
        Algorithm::Ps512 => &RSA_PSS_SHA512,
        _ => &RSA_PKCS1_SHA256,
    }
}

/// The keys in use: for each algorithm one signs, all are published.
pub(crate) struct SigningKeys {
    keys: Vec<SigningKey>,
    current: Vec<KeyId>,
    public: Arc<JwkSet>,
}

impl SigningKeys {
    pub(crate) fn none() -> Self {
        Self { keys: Vec::new(), current: Vec::new(), public: Arc::default() }
    }

    pub(crate) fn new(keys: Vec<SigningKey>, current: Vec<KeyId>) -> Result<Self, InstallError> {
        if keys.len() > MAX_SIGNING_KEYS {
            return Err(InstallError::TooMany(keys.len()));
        }
        let mut seen = std::collections::HashSet::new();
        if let Some(twice) = keys.iter().find(|key| !seen.insert(key.id)) {
            return Err(InstallError::Repeated(twice.id));
        }
        let mut algorithms = std::collections::HashSet::new();
        for id in &current {
            let key = keys.iter().find(|key| key.id == *id);
            let key = key.ok_or(InstallError::CurrentMissing(*id))?;
            if !algorithms.insert(key.algorithm) {
                return Err(InstallError::Repeated(*id));
            }
        }
        let public = Arc::new(JwkSet::new(keys.iter().map(|key| key.public.clone()).collect()));
        Ok(Self { keys, current, public })
    }

    pub(crate) fn public(&self) -> Arc<JwkSet> {
        Arc::clone(&self.public)
    }

    pub(crate) fn algorithms(&self) -> impl Iterator<Item = Algorithm> {
        self.keys.iter().filter(|key| self.current.contains(&key.id)).map(SigningKey::algorithm)
    }

    pub(crate) fn sign(
        &self,
        typ: Option<&str>,
        algorithm: Algorithm,
        payload: &[u8],
    ) -> Result<String, SignError> {
        let mut keys = self.keys.iter().filter(|key| key.algorithm == algorithm);
        let key =
            keys.find(|key| self.current.contains(&key.id)).ok_or(SignError::NoKey(algorithm))?;
        let draft = Draft::new(typ, algorithm.as_str(), key.public.id(), payload);
        let signature = key.sign(draft.signing_input())?;
        Ok(draft.signed(&signature))
    }
}

#[cfg(test)]
mod tests;
