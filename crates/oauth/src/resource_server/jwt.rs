//! An access token that is a JWT of another server, checked with that server's public keys: RFC 9068 §4, RFC 8725 §3.

use super::{Expected, Fault, admit};
use crate::jwt_access_token::TYPE;
use crate::principal::Principal;
use crate::time::Timestamp;
use jose::{Algorithm, HeaderAlgorithm, JwkSet, Unverified};

/// A JWT whose header says that it is an access token, and whose signature nobody has looked at.
#[derive(Clone, Debug)]
pub struct Presented<'t> {
    text: &'t str,
    jws: Unverified,
}

impl<'t> Presented<'t> {
    /// Takes a token apart. One of another type, or signed with an algorithm that is not allowed, is refused before any key is
    /// looked for: so nobody is made to fetch keys for an ID token.
    pub fn parse(text: &'t str, allowed: &[Algorithm]) -> Result<Self, Fault> {
        let jws = Unverified::parse(text).map_err(|_| Fault::Form)?;
        if !jws.header().is_type(TYPE) {
            return Err(Fault::Type);
        }
        match jws.header().algorithm {
            HeaderAlgorithm::Signature(algorithm) if allowed.contains(&algorithm) => {
                Ok(Self { text, jws })
            }
            _ => Err(Fault::Signature),
        }
    }

    /// Whether a signature that does not fit may be by a key that is newer than these: unless the key that it names is among
    /// them.
    pub fn may_be_newer_than(&self, keys: &JwkSet) -> bool {
        let wanted = self.jws.header().key_id.as_deref();
        wanted.is_none() || !keys.keys().iter().any(|key| key.id() == wanted)
    }

    /// Accept it, or say why not. All claims that RFC 9068 §2.2 requires have to be there.
    pub fn decide(
        &self,
        keys: &JwkSet,
        allowed: &[Algorithm],
        expected: &Expected,
        now: Timestamp,
    ) -> Result<Principal, Fault> {
        let verified = self.jws.verify(keys, allowed).map_err(|_| Fault::Signature)?;
        let claims = verified.claims().map_err(|_| Fault::Claims)?;
        if claims.issuer.as_deref() != Some(expected.issuer()) {
            return Err(Fault::Issuer);
        }
        if claims.subject.is_none() || claims.id.is_none() || claims.issued_at.is_none() {
            return Err(Fault::Claims);
        }
        admit(&claims, self.text, expected, now)
    }
}
