//! A JWT by which a client proves who it is: RFC 7523 §2.2, §3 and its update (draft-ietf-oauth-rfc7523bis).
//!
//! ```text
//! client_assertion ── one JWS, iss = sub ──▶ Assertion ── proof, issuer, now ──▶ Once │ Fault
//! ```
//!
//! A signature ([`AuthMethod::PrivateKeyJwt`]) or a MAC ([`AuthMethod::ClientSecretJwt`]) protects it; which of the two is what the
//! client has registered, and the kind of key is never what the assertion would like.
//!
//! [`Once`] is to be taken exactly once, on every node, before the client is believed.

use crate::client::AuthMethod;
use crate::id::ClientId;
use crate::issuer::Issuer;
use crate::secret::Secret;
use crate::time::Timestamp;
use jose::{
    Algorithm, Audience, Claims, HeaderAlgorithm, JwkSet, MacAlgorithm, NumericDate, Unverified,
};
use std::time::Duration;

/// `client_assertion_type` (RFC 7523 §2.2).
pub const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The `typ` of an assertion that says what it is for.
pub const MEDIA_TYPE: &str = "client-authentication+jwt";

/// How far the clocks of client and server may differ.
pub const LEEWAY: Duration = Duration::from_secs(10);

/// How long an assertion may live at most, so that what has to be remembered of it has an end.
pub const LONGEST: Duration = Duration::from_hours(1);

/// The longest `jti`, in bytes.
pub(crate) const LONGEST_ID: usize = 255;

/// An assertion whose form is right and whose signature nobody has looked at.
#[derive(Clone, Debug)]
pub struct Assertion {
    client: ClientId,
    jws: Unverified,
}

impl Assertion {
    /// Read `client_assertion`, and find the client that it speaks of.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let jws = Unverified::parse(text).map_err(|_| Fault::Form)?;
        let claims = jws.untrusted_claims().map_err(|_| Fault::Form)?;
        let subject = claims.subject.ok_or(Fault::Subject)?;
        let client = ClientId::parse(&subject).map_err(|_| Fault::Subject)?;
        Ok(Self { client, jws })
    }

    /// The client that it speaks of; not verified yet.
    pub const fn client_id(&self) -> &ClientId {
        &self.client
    }

    /// The key that it names.
    pub fn key_id(&self) -> Option<&str> {
        self.jws.header().key_id.as_deref()
    }

    /// The method that it belongs to, by the algorithm that it names.
    pub fn method(&self) -> AuthMethod {
        match self.jws.header().algorithm {
            HeaderAlgorithm::Signature(_) => AuthMethod::PrivateKeyJwt,
            HeaderAlgorithm::Mac(_) => AuthMethod::ClientSecretJwt,
        }
    }

    /// Check everything that can be checked without memory.
    pub fn check(&self, by: Proof<'_>, issuer: &Issuer, now: Timestamp) -> Result<Once, Fault> {
        let verified = match by {
            Proof::Signature(keys, allowed) => self.jws.verify(keys, allowed),
            Proof::Mac(secret, allowed) => self.jws.verify_mac(secret.expose().as_bytes(), allowed),
        };
        let verified = verified.map_err(|_| Fault::Signature)?;
        let header = &verified.header;
        if header.media_type().is_some() && !header.is_type(MEDIA_TYPE) && !header.is_type("JWT") {
            return Err(Fault::Type);
        }
        let claims = verified.claims().map_err(|_| Fault::Form)?;
        let client = Some(self.client.as_str());
        if claims.issuer.as_deref() != client || claims.subject.as_deref() != client {
            return Err(Fault::Subject);
        }
        if claims.audience != Some(Audience::One(issuer.as_str().to_owned())) {
            return Err(Fault::Audience);
        }
        let expires_at = check_times(&claims, now, LONGEST).ok_or(Fault::Time)?;
        let id = claims.id.filter(|id| !id.is_empty() && id.len() <= LONGEST_ID);
        Ok(Once { client: self.client.clone(), id: id.ok_or(Fault::Id)?, expires_at })
    }
}

/// What the assertions of a client are checked with: the one kind of key that its method says.
#[derive(Clone, Copy, Debug)]
pub enum Proof<'a> {
    /// Its public keys, and with what it may sign.
    Signature(&'a JwkSet, &'a [Algorithm]),
    /// The secret that both sides hold, and with what it may make a MAC. One that is shorter than the hash of the algorithm
    /// proves nothing (RFC 7518 §3.2).
    Mac(&'a Secret, &'a [MacAlgorithm]),
}

impl PartialEq for Assertion {
    fn eq(&self, other: &Self) -> bool {
        self.client == other.client && self.jws.header() == other.jws.header()
    }
}

impl Eq for Assertion {}

/// RFC 7523 §3 items 4 to 6: when it lapses; nothing if it does not count now or its end is more than `longest` away.
pub(crate) fn check_times(claims: &Claims, now: Timestamp, longest: Duration) -> Option<Timestamp> {
    let expires_at = claims.expires_at?;
    let at = NumericDate::from_millis(now.as_millis());
    claims.check_times(at, LEEWAY).ok()?;
    if expires_at > at.plus(longest).plus(LEEWAY) {
        return None;
    }
    Some(Timestamp::from_millis(expires_at.as_millis()) + LEEWAY)
}

/// An assertion that counts if it has not been used before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    /// Who made it.
    pub client: ClientId,
    /// Its `jti`.
    pub id: String,
    /// When it would lapse anyway.
    pub expires_at: Timestamp,
}

/// What is wrong with an assertion; for the log only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is not exactly one JWT.
    Form,
    /// The signature or MAC is not by a key of the client for an algorithm that it may use.
    Signature,
    /// It says that it is for something else.
    Type,
    /// `iss` and `sub` are not both the client.
    Subject,
    /// It is not for this server alone.
    Audience,
    /// It has no end, one that is past or too far away, or has not begun.
    Time,
    /// It has no name by which it could be remembered.
    Id,
}

#[cfg(test)]
mod tests;
