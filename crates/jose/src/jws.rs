//! JSON Web Signatures in their compact form: read first, believed only after verifying (RFC 7515).

use aws_lc_rs::hmac;

use crate::algorithm::{Algorithm, MacAlgorithm};
use crate::base64url;
use crate::claims::{Claims, ClaimsError};
use crate::header::{Header, HeaderAlgorithm};
use crate::json::JsonError;
use crate::jwk::{Jwk, JwkError};
use crate::jwk_set::JwkSet;

/// The longest JWS in characters; a longer text is refused before any work.
pub const MAX_JWS_LENGTH: usize = 65_536;

/// The longest header in characters of base64url: room for a chain of certificates that nobody here reads.
const MAX_HEADER_LENGTH: usize = 16_384;

/// How many keys are tried when the header does not say which: each try is an operation on big numbers.
const MAX_TRIES: usize = 8;

/// Why a text is no JWS of the kind that is taken here.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum JwsError {
    /// Longer than [`MAX_JWS_LENGTH`], or its header too long.
    #[error("it is too long for a signed token")]
    TooLong,
    /// Not three parts with dots between them, or no signature.
    #[error(
        "it is not a signed token: it must have three parts with dots between them, and none of the outer two may be empty"
    )]
    Parts,
    /// Five parts, or an `enc` member: a JWE.
    #[error("it is encrypted; a signed token is expected here")]
    Encrypted,
    /// Not base64url without padding, or not the only text for its bytes.
    #[error("a part of it is not base64url without padding")]
    Base64Url,
    /// The header is not one JSON object.
    #[error("its header cannot be read: {0}")]
    Header(JsonError),
    /// A header member of the wrong type or size.
    #[error("the header member {0} is not a string, or too long")]
    Member(&'static str),
    /// No `alg`.
    #[error("its header does not name an algorithm (alg)")]
    NoAlgorithm,
    /// `none`, or an algorithm that is not known here.
    #[error("its header names an algorithm that is not accepted")]
    UnknownAlgorithm,
    /// A `crit` member: no extension is understood (RFC 7515 §4.1.11).
    #[error("its header marks an extension as critical (crit), and none is understood here")]
    Critical,
    /// An unencoded payload (RFC 7797).
    #[error("its payload is not encoded (b64), which is not understood here")]
    Unencoded,
}

/// Why a signature is not believed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum VerifyError {
    /// The header's algorithm is not among those that are allowed here.
    #[error("it is signed with an algorithm that is not allowed here")]
    NotAllowed,
    /// No key of that name that may verify for that algorithm.
    #[error(
        "no known key fits it; if keys were rotated, publish the new one before signing with it"
    )]
    NoKey,
    /// The header names no key, and more keys fit than will be tried.
    #[error("more than {MAX_TRIES} keys fit it; name the key in its header (kid)")]
    TooManyKeys,
    /// The shared secret is shorter than the algorithm demands.
    #[error("the shared secret is too short for this algorithm")]
    WeakSecret,
    /// Changed, or signed with another key.
    #[error("the signature does not match")]
    BadSignature,
}

/// A JWS whose form is right and whose signature nobody has looked at.
#[derive(Clone, Debug)]
pub struct Unverified {
    header: Header,
    payload: Vec<u8>,
    signature: Vec<u8>,
    signing_input: String,
}

/// A JWS whose signature was made by a key that the caller trusts, over exactly this payload.
#[derive(Clone, Debug)]
pub struct Verified {
    /// The protected header.
    pub header: Header,
    payload: Vec<u8>,
}

impl Unverified {
    /// Takes a text apart. What is not exactly one JWS in compact form is refused (RFC 7515 §5.2).
    pub fn parse(text: &str) -> Result<Self, JwsError> {
        if text.len() > MAX_JWS_LENGTH {
            return Err(JwsError::TooLong);
        }
        let mut parts = text.splitn(6, '.');
        let mut part = || parts.next();
        let (header, payload, signature) = match (part(), part(), part(), part(), part(), part()) {
            (Some(header), Some(payload), Some(signature), None, ..) => {
                (header, payload, signature)
            }
            (Some(_), Some(_), Some(_), Some(_), Some(_), None) => return Err(JwsError::Encrypted),
            _ => return Err(JwsError::Parts),
        };
        if header.is_empty() || signature.is_empty() {
            return Err(JwsError::Parts);
        }
        if header.len() > MAX_HEADER_LENGTH {
            return Err(JwsError::TooLong);
        }
        let decode = |text| base64url::decode(text).ok_or(JwsError::Base64Url);
        Ok(Self {
            header: Header::parse(&decode(header)?)?,
            payload: decode(payload)?,
            signature: decode(signature)?,
            signing_input: format!("{header}.{payload}"),
        })
    }

    /// The header, which nobody has vouched for yet.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The claims, which nobody has vouched for yet: only to find out whose keys to verify with, as
    /// when a client assertion says in `sub` which client it is from (RFC 7523 §3).
    pub fn untrusted_claims(&self) -> Result<Claims, ClaimsError> {
        Claims::parse(&self.payload)
    }

    /// The public key that the sender put into the header, if there is one. It proves possession of
    /// its private half and nothing else: only for proofs whose key is then compared with one that is
    /// trusted (RFC 9449 §4.3). [`Unverified::verify`] never looks at it.
    pub fn embedded_key(&self) -> Result<Option<Jwk>, JwkError> {
        self.header.embedded_key().map(Jwk::from_json).transpose()
    }

    /// Verifies with the keys of `set`: with those that the header names, or else with every one that
    /// fits. `allowed` are the algorithms that the sender may use; a MAC is never among them.
    pub fn verify(&self, set: &JwkSet, allowed: &[Algorithm]) -> Result<Verified, VerifyError> {
        let algorithm = self.signature_algorithm(allowed)?;
        let mut found = Err(VerifyError::NoKey);
        for (tries, key) in set.candidates(self.header.key_id.as_deref(), algorithm).enumerate() {
            if tries >= MAX_TRIES {
                return Err(VerifyError::TooManyKeys);
            }
            found = self.check(key, algorithm);
            if found.is_ok() {
                break;
            }
        }
        found
    }

    /// Verifies with one key, whatever name the header gives. `allowed` as in [`Unverified::verify`].
    pub fn verify_by(&self, key: &Jwk, allowed: &[Algorithm]) -> Result<Verified, VerifyError> {
        let algorithm = self.signature_algorithm(allowed)?;
        if !key.verifies(algorithm) {
            return Err(VerifyError::NoKey);
        }
        self.check(key, algorithm)
    }

    /// Verifies with a shared secret, in constant time. `allowed` are MACs; a signature is never among them.
    pub fn verify_mac(
        &self,
        secret: &[u8],
        allowed: &[MacAlgorithm],
    ) -> Result<Verified, VerifyError> {
        let algorithm = match self.header.algorithm {
            HeaderAlgorithm::Mac(algorithm) if allowed.contains(&algorithm) => algorithm,
            _ => return Err(VerifyError::NotAllowed),
        };
        if secret.len() < algorithm.shortest_secret() {
            return Err(VerifyError::WeakSecret);
        }
        let key = hmac::Key::new(algorithm.hmac(), secret);
        hmac::verify(&key, self.signing_input.as_bytes(), &self.signature)
            .map(|()| self.believed())
            .map_err(|_| VerifyError::BadSignature)
    }

    fn signature_algorithm(&self, allowed: &[Algorithm]) -> Result<Algorithm, VerifyError> {
        match self.header.algorithm {
            HeaderAlgorithm::Signature(algorithm) if allowed.contains(&algorithm) => Ok(algorithm),
            _ => Err(VerifyError::NotAllowed),
        }
    }

    fn check(&self, key: &Jwk, algorithm: Algorithm) -> Result<Verified, VerifyError> {
        if key.matches(algorithm, self.signing_input.as_bytes(), &self.signature) {
            Ok(self.believed())
        } else {
            Err(VerifyError::BadSignature)
        }
    }

    fn believed(&self) -> Verified {
        Verified { header: self.header.clone(), payload: self.payload.clone() }
    }
}

impl Verified {
    /// What was signed, byte for byte.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// What was signed, as the claims of a JWT (RFC 7519 §7.2).
    pub fn claims(&self) -> Result<Claims, ClaimsError> {
        Claims::parse(&self.payload)
    }
}
