//! What another server answers about a token: RFC 7662 §2.2, §4.
//!
//! The answer does not say which kind of token it is about. So it has to say `token_type`, which is the type of an access token
//! (RFC 6749 §5.1) and which refresh tokens and ID tokens do not have, and it has to name this resource.

use super::{Expected, Fault, admit};
use crate::error::Malformed;
use crate::principal::Principal;
use crate::time::Timestamp;
use jose::{Claims, NumericDate};
use serde_json::Value;

/// An answer that has been read.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Expired, revoked, unknown or none of our business.
    Inactive,
    /// What the server says about it.
    Active(Box<Claims>),
}

impl Answer {
    /// Reads an answer. One that cannot be read says nothing about the token: the server is not in order.
    pub fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let claims = Claims::parse(body).map_err(|_| NOT_AN_ANSWER)?;
        match claims.member("active") {
            Some(Value::Bool(true)) => Ok(Self::Active(Box::new(claims))),
            Some(Value::Bool(false)) => Ok(Self::Inactive),
            _ => Err(NOT_AN_ANSWER),
        }
    }

    /// Whether what it says is about a token that has ended since, so that it is not to be kept any longer.
    pub fn has_ended(&self, now: Timestamp) -> bool {
        let now = NumericDate::from_millis(now.as_millis());
        match self {
            Self::Inactive => false,
            Self::Active(claims) => claims.expires_at.is_none_or(|end| end <= now),
        }
    }

    /// Accept the token that this is the answer about, or say why not.
    pub fn decide(
        &self,
        presented: &str,
        expected: &Expected,
        now: Timestamp,
    ) -> Result<Principal, Fault> {
        let Self::Active(claims) = self else { return Err(Fault::Inactive) };
        check_type(claims)?;
        if claims.issuer.as_deref().is_some_and(|issuer| issuer != expected.issuer()) {
            return Err(Fault::Issuer);
        }
        admit(claims, presented, expected, now)
    }
}

fn check_type(claims: &Claims) -> Result<(), Fault> {
    let text = |name| claims.text(name).map_err(|_| Fault::Claims);
    if !text("token_type")?.is_some_and(|kind| kind.eq_ignore_ascii_case("bearer")) {
        return Err(Fault::Type);
    }
    // Not of the RFC, but some servers say it, and then it counts.
    match text("token_use")? {
        None | Some("access_token" | "access") => Ok(()),
        Some(_) => Err(Fault::Type),
    }
}

const NOT_AN_ANSWER: Malformed = Malformed("the answer is not one of token introspection");
