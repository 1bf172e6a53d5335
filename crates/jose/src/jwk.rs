//! One public key as JSON, with what it may be used for (RFC 7517 §4, RFC 8037 §2).

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::ParsedPublicKey;
use serde_json::{Map, Value};

use crate::algorithm::{Algorithm, Curve};
use crate::base64url;
use crate::material::Material;

/// The longest member of a key in characters: the modulus of RSA with 8192 bits has 1366.
const LONGEST_MEMBER: usize = 2048;

/// Members that only a private or a symmetric key has, of every type that is registered (RFC 7518 §6, RFC 8037 §2).
const PRIVATE: [&str; 9] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];

/// Why a JSON value is no public key that can be used here.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum JwkError {
    /// Not a JSON object.
    #[error("a key must be a JSON object")]
    NotAnObject,
    /// It has a private member: whoever published it must treat it as stolen.
    #[error(
        "the key contains its private part; publish the public part only, and replace this key, because it is no secret any more"
    )]
    Private,
    /// A shared secret.
    #[error("the key is a shared secret (kty oct); only public keys are accepted here")]
    Symmetric,
    /// A type or curve that is not known here; in a set it is skipped (RFC 7517 §5).
    #[error("the key is of a type or on a curve that is not supported")]
    UnknownType,
    /// A member is missing, of the wrong type or too long.
    #[error("the key's member {0} is missing or cannot be read")]
    Member(&'static str),
    /// An RSA key outside of 2048 to 8192 bits.
    #[error("the RSA key has {0} bits; it must have 2048 to 8192")]
    RsaSize(usize),
    /// A point that is not on its curve, an even modulus and the like.
    #[error("the numbers of the key do not make a public key")]
    Number,
    /// It is to be used for an algorithm that it does not fit.
    #[error("the key does not fit its algorithm")]
    Unfit,
}

/// A public key.
#[derive(Clone, Debug)]
pub struct Jwk {
    id: Option<String>,
    scope: Scope,
    material: Material,
    /// Ready to verify for the one algorithm it is for; an RSA key for several is prepared each time.
    prepared: Option<(Algorithm, ParsedPublicKey)>,
}

/// What the key itself says it is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Scope {
    /// Any algorithm that fits.
    Any,
    /// One algorithm.
    Only(Algorithm),
    /// Something else than verifying signatures.
    Other,
}

impl Jwk {
    /// Reads a key from JSON text; a member that stands twice is refused.
    pub fn parse(json: &[u8]) -> Result<Self, JwkError> {
        let members = crate::json::object(json).map_err(|_| JwkError::NotAnObject)?;
        Self::from_members(&members)
    }

    /// Reads a key from JSON that has been parsed before.
    pub fn from_json(value: &Value) -> Result<Self, JwkError> {
        Self::from_members(value.as_object().ok_or(JwkError::NotAnObject)?)
    }

    fn from_members(members: &Map<String, Value>) -> Result<Self, JwkError> {
        if members.get("kty").and_then(Value::as_str) == Some("oct") {
            return Err(JwkError::Symmetric);
        }
        if PRIVATE.iter().any(|name| members.contains_key(*name)) {
            return Err(JwkError::Private);
        }
        let id = text(members, "kid")?.map(str::to_owned);
        let scope = scope(members)?;
        let material = material(members)?;
        if let Scope::Only(algorithm) = scope
            && !material.fits(algorithm)
        {
            return Err(JwkError::Unfit);
        }
        Ok(Self::new(id, scope, material))
    }

    /// An RSA key from its modulus and exponent, as big-endian bytes without leading zeros.
    pub fn rsa(modulus: &[u8], exponent: &[u8]) -> Result<Self, JwkError> {
        Material::rsa(modulus, exponent).map(|material| Self::new(None, Scope::Any, material))
    }

    /// A key on a curve of NIST from its point in uncompressed form (the byte 4, then both coordinates).
    pub fn ec(curve: Curve, point: &[u8]) -> Result<Self, JwkError> {
        Material::ec(curve, point).map(|material| Self::new(None, Scope::Any, material))
    }

    /// An Ed25519 key from its 32 bytes.
    pub fn ed25519(point: &[u8]) -> Result<Self, JwkError> {
        Material::ed25519(point).map(|material| Self::new(None, Scope::Any, material))
    }

    /// The same key under a name and for one algorithm only, as a server publishes its own.
    pub fn published(self, id: String, algorithm: Algorithm) -> Result<Self, JwkError> {
        if !self.material.fits(algorithm) {
            return Err(JwkError::Unfit);
        }
        Ok(Self::new(Some(id), Scope::Only(algorithm), self.material))
    }

    fn new(id: Option<String>, scope: Scope, material: Material) -> Self {
        let only = match scope {
            Scope::Any => material.only_algorithm(),
            Scope::Only(algorithm) => Some(algorithm),
            Scope::Other => None,
        };
        let prepared = only.and_then(|algorithm| Some((algorithm, material.prepare(algorithm)?)));
        Self { id, scope, material, prepared }
    }

    /// `kid`.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The one algorithm it is for, if it says so or there is no other.
    pub fn algorithm(&self) -> Option<Algorithm> {
        match self.scope {
            Scope::Any => self.material.only_algorithm(),
            Scope::Only(algorithm) => Some(algorithm),
            Scope::Other => None,
        }
    }

    /// Whether it may verify signatures of this algorithm: by its type, its curve, `alg`, `use` and `key_ops`.
    pub fn verifies(&self, algorithm: Algorithm) -> bool {
        match self.scope {
            Scope::Any => self.material.fits(algorithm),
            Scope::Only(only) => only == algorithm,
            Scope::Other => false,
        }
    }

    /// The thumbprint with SHA-256, in base64url (RFC 7638): the same for the same key, whatever it is called.
    pub fn thumbprint(&self) -> String {
        // None of the values has a character that JSON would escape.
        let members = self.material.members();
        let members: Vec<_> =
            members.iter().map(|(name, value)| format!("\"{name}\":\"{value}\"")).collect();
        let hash = digest(&SHA256, format!("{{{}}}", members.join(",")).as_bytes());
        base64url::encode(hash.as_ref())
    }

    /// The key as it is published. Members that are not understood here are left out.
    pub fn to_json(&self) -> Value {
        let mut members: Map<_, _> = self
            .material
            .members()
            .into_iter()
            .map(|(name, value)| (name.to_owned(), Value::String(value)))
            .collect();
        // A key that verifies nothing must not begin to when it is read back.
        let purpose = if self.scope == Scope::Other { "enc" } else { "sig" };
        members.insert("use".to_owned(), purpose.into());
        if let Scope::Only(algorithm) = self.scope {
            members.insert("alg".to_owned(), algorithm.as_str().into());
        }
        if let Some(id) = &self.id {
            members.insert("kid".to_owned(), id.as_str().into());
        }
        Value::Object(members)
    }

    pub(crate) fn matches(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        match &self.prepared {
            Some((prepared, key)) if *prepared == algorithm => {
                key.verify_sig(message, signature).is_ok()
            }
            _ => self
                .material
                .prepare(algorithm)
                .is_some_and(|key| key.verify_sig(message, signature).is_ok()),
        }
    }
}

fn material(members: &Map<String, Value>) -> Result<Material, JwkError> {
    let curve = text(members, "crv")?;
    match (text(members, "kty")?.ok_or(JwkError::Member("kty"))?, curve) {
        ("RSA", _) => Material::rsa(&bytes(members, "n")?, &bytes(members, "e")?),
        ("EC" | "OKP", None) => Err(JwkError::Member("crv")),
        ("EC", Some(name)) => {
            let curve = Curve::ALL.into_iter().find(|curve| curve.as_str() == name);
            let curve = curve.ok_or(JwkError::UnknownType)?;
            let (x, y) = (bytes(members, "x")?, bytes(members, "y")?);
            for (name, coordinate) in [("x", &x), ("y", &y)] {
                if coordinate.len() != curve.coordinate() {
                    return Err(JwkError::Member(name));
                }
            }
            Material::ec(curve, &[&[4], &*x, &*y].concat())
        }
        ("OKP", Some("Ed25519")) => Material::ed25519(&bytes(members, "x")?),
        _ => Err(JwkError::UnknownType),
    }
}

fn scope(members: &Map<String, Value>) -> Result<Scope, JwkError> {
    let for_signatures = match text(members, "use")? {
        None => true,
        Some(purpose) => purpose == "sig",
    };
    let may_verify = match members.get("key_ops") {
        None => true,
        Some(Value::Array(operations)) => {
            let mut names = Vec::new();
            for operation in operations {
                let name = operation.as_str().ok_or(JwkError::Member("key_ops"))?;
                if names.contains(&name) || names.len() >= 16 {
                    return Err(JwkError::Member("key_ops"));
                }
                names.push(name);
            }
            names.contains(&"verify")
        }
        Some(_) => return Err(JwkError::Member("key_ops")),
    };
    let algorithm = text(members, "alg")?;
    if !for_signatures || !may_verify {
        return Ok(Scope::Other);
    }
    Ok(match algorithm.map(Algorithm::parse) {
        None => Scope::Any,
        Some(Some(algorithm)) => Scope::Only(algorithm),
        Some(None) => Scope::Other,
    })
}

fn text<'a>(
    members: &'a Map<String, Value>,
    name: &'static str,
) -> Result<Option<&'a str>, JwkError> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if text.len() <= LONGEST_MEMBER => Ok(Some(text)),
        Some(_) => Err(JwkError::Member(name)),
    }
}

fn bytes(members: &Map<String, Value>, name: &'static str) -> Result<Vec<u8>, JwkError> {
    let text = text(members, name)?.filter(|text| !text.is_empty());
    text.and_then(base64url::decode).ok_or(JwkError::Member(name))
}

#[cfg(test)]
mod tests;
