//! A resource server whose authorization server is elsewhere: what it believes (RFC 9068 §4, RFC 7662 §2.2, RFC 8414 §3.3).
//!
//! ```text
//! JWT, verified with the server's keys ──┐
//! the server's answer about a token ─────┴─ issuer, this resource, now ──▶ Principal │ Fault
//! ```
//!
//! Whatever the fault, the caller hears [`crate::bearer::INVALID`]; which one it was is for the log.

pub mod introspection;
pub mod jwt;
pub mod metadata;

use crate::id::{ClientId, TokenId, UserId};
use crate::principal::{Principal, Via};
use crate::scope::ScopeSet;
use crate::time::Timestamp;
use jose::{Claims, NumericDate};
use sha2::{Digest as _, Sha256};
use std::time::Duration;

/// The most by which clocks may differ.
pub const MOST_LEEWAY: Duration = Duration::from_mins(1);

/// The longest `sub` (OpenID Connect Core §2).
const LONGEST_SUBJECT: usize = 255;

/// The longest `acr`; most are one digit or a short URI.
const LONGEST_ACR: usize = 255;

/// Whose tokens are accepted, and what for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    issuer: String,
    resource: String,
    leeway: Duration,
}

impl Expected {
    /// Tokens of this issuer for this resource, each named exactly so. Clocks may differ by ten seconds.
    pub fn new(issuer: &str, resource: &str) -> Self {
        Self {
            issuer: issuer.to_owned(),
            resource: resource.to_owned(),
            leeway: Duration::from_secs(10),
        }
    }

    /// The same with clocks that differ by at most this; more than [`MOST_LEEWAY`] counts as that.
    #[must_use]
    pub fn with_leeway(self, leeway: Duration) -> Self {
        Self { leeway: leeway.min(MOST_LEEWAY), ..self }
    }

    /// The issuer.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The identifier of the resource (RFC 8707 §2, RFC 9728 §1.2).
    pub fn resource(&self) -> &str {
        &self.resource
    }
}

/// Why a token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It is no signed token, or too long.
    #[error("it cannot be read as a token")]
    Form,
    /// It is a token of another kind: an ID token, a refresh token, a logout token.
    #[error("it is no access token")]
    Type,
    /// No key of the server fits, or its algorithm is not allowed.
    #[error("its signature is not one of the authorization server")]
    Signature,
    /// The server says that it is not active (RFC 7662 §2.2).
    #[error("the authorization server says that it is not active")]
    Inactive,
    /// Somebody else issued it.
    #[error("it is of another issuer")]
    Issuer,
    /// It is for others, or for nobody in particular.
    #[error("it is not for this resource")]
    Audience,
    /// It has no end, has expired or does not count yet.
    #[error("it does not count now")]
    Time,
    /// It is bound to a key (RFC 7800), and nothing here proves that the caller holds it.
    #[error("it is bound to a key, which is not understood here")]
    Confirmation,
    /// A claim is missing, or is not what its definition says.
    #[error("a claim of it is missing, or is not what it must be")]
    Claims,
}

/// The rules for what a JWT says about itself and for what a server says about a token: the members have the same names and
/// meanings (RFC 7662 §2.2).
fn admit(
    claims: &Claims,
    presented: &str,
    expected: &Expected,
    now: Timestamp,
) -> Result<Principal, Fault> {
    // Where a proof of possession will be compared with it.
    if claims.member("cnf").is_some() {
        return Err(Fault::Confirmation);
    }
    let audience = claims.audience.as_ref().ok_or(Fault::Audience)?;
    if !audience.contains(&expected.resource) {
        return Err(Fault::Audience);
    }
    let expires_at = moment(claims.expires_at.ok_or(Fault::Time)?);
    let moment_of_check = NumericDate::from_millis(now.as_millis());
    claims.check_times(moment_of_check, expected.leeway).map_err(|_| Fault::Time)?;
    let client = claims.text("client_id").map_err(|_| Fault::Claims)?.ok_or(Fault::Claims)?;
    let client = ClientId::parse(client).map_err(|_| Fault::Claims)?;
    let scope = claims.text("scope").map_err(|_| Fault::Claims)?.unwrap_or_default();
    let subject = claims.subject.as_deref().unwrap_or(client.as_str());
    if subject.is_empty() || subject.len() > LONGEST_SUBJECT {
        return Err(Fault::Claims);
    }
    Ok(Principal {
        user: user(subject, &client),
        subject: subject.to_owned(),
        scopes: ScopeSet::parse(scope).map_err(|_| Fault::Claims)?,
        audience: audience.names().to_vec(),
        confirmation: None,
        acr: strength(claims)?,
        authenticated_at: claims.date("auth_time").map_err(|_| Fault::Claims)?.map(moment),
        token: name(claims.id.as_deref(), presented),
        client,
        expires_at,
        via: Via::Bearer,
    })
}

/// How strongly the person signed in, as the server says it (RFC 9068 §2.2.1, RFC 9470 §6).
fn strength(claims: &Claims) -> Result<Option<String>, Fault> {
    let acr = claims.text("acr").map_err(|_| Fault::Claims)?;
    match acr {
        Some(acr) if acr.len() > LONGEST_ACR => Err(Fault::Claims),
        acr => Ok(acr.map(str::to_owned)),
    }
}

/// The user, if the server names its users as we do: in the one spelling, so that no two names become one.
fn user(subject: &str, client: &ClientId) -> Option<UserId> {
    let user = UserId::parse(subject).ok().filter(|user| user.to_string() == subject);
    user.filter(|_| subject != client.as_str())
}

/// The name of a token: its `jti` if that is one of ours, else one that is made from the whole token.
fn name(id: Option<&str>, presented: &str) -> TokenId {
    let given = id.and_then(|id| TokenId::parse(id).ok());
    given.unwrap_or_else(|| {
        let digest: [u8; 32] = Sha256::digest(presented).into();
        let front = digest.first_chunk::<16>().copied().unwrap_or_default();
        TokenId::from_bits(u128::from_be_bytes(front))
    })
}

fn moment(date: NumericDate) -> Timestamp {
    Timestamp::from_millis(date.as_millis())
}

#[cfg(test)]
mod tests;
