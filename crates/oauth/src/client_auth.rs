//! Client authentication: RFC 6749 §2.3, §3.2.1; RFC 7523 §2.2; OAuth 2.1 §2.4.
//!
//! ```text
//! header and form ── one method, well formed ──▶ Presented ── facts ──▶ Accept │ Refuse
//! ```
//!
//! Unknown client, wrong secret, wrong method and disabled client get one answer outside; the
//! [`Reason`] is for the log. A client is held to the method it is registered for; one whose
//! developer did not choose ([`AuthMethod::ClientSecret`]) may send its secret either way.

use crate::active;
use crate::client::{AuthMethod, Client, ClientType, StoredSecret};
use crate::client_assertion::{self, Assertion, Fault};
use crate::error::{ErrorCode, OAuthError};
use crate::form::{self, Form};
use crate::id::ClientId;
use crate::secret::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Who the caller says it is, and how it proves that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presented {
    /// `Authorization: Basic`.
    Basic(ClientId, Secret),
    /// `client_id` and `client_secret` in the form.
    Post(ClientId, Secret),
    /// `client_assertion`: a JWT by the client (RFC 7523 §2.2).
    Assertion(Box<Assertion>),
    /// `client_id` alone.
    None(ClientId),
}

impl Presented {
    /// Read the `Authorization` header and the form. Two methods at once are `invalid_request`;
    /// a header that cannot be read is a failure, never "absent".
    ///
    /// A request with two `Authorization` headers must not get here: refuse it before.
    pub fn parse(authorization: Option<&[u8]>, form: &Form) -> Result<Self, Refusal> {
        let basic = authorization.map(parse_basic).transpose()?;
        let secret = form.optional("client_secret");
        let assertion = form.optional("client_assertion");
        let count = [basic.is_some(), secret.is_some(), assertion.is_some()];
        if count.into_iter().filter(|present| *present).count() > 1 {
            return Err(Refusal {
                error: TWO_METHODS,
                used_basic: false,
                reason: Reason::Malformed,
            });
        }
        let named = form.optional("client_id");
        if assertion.is_some() || form.optional("client_assertion_type").is_some() {
            return parse_assertion(assertion, form.optional("client_assertion_type"), named);
        }
        if let Some((id, secret)) = basic {
            return match named {
                Some(other) if other != id.as_str() => {
                    Err(Refusal { error: TWO_NAMES, used_basic: true, reason: Reason::Malformed })
                }
                _ => Ok(Self::Basic(id, secret)),
            };
        }
        let Some(named) = named else {
            return Err(Refusal { error: MISSING, used_basic: false, reason: Reason::Missing });
        };
        let id = ClientId::parse(named).map_err(|_| failed(false, Reason::Unknown))?;
        Ok(match secret {
            Some(secret) => Self::Post(id, Secret::from(secret)),
            None => Self::None(id),
        })
    }

    /// Whom to look up.
    pub const fn client_id(&self) -> &ClientId {
        match self {
            Self::Basic(id, _) | Self::Post(id, _) | Self::None(id) => id,
            Self::Assertion(assertion) => assertion.client_id(),
        }
    }

    /// The secret to check.
    pub const fn secret(&self) -> Option<&Secret> {
        match self {
            Self::Basic(_, secret) | Self::Post(_, secret) => Some(secret),
            Self::Assertion(_) | Self::None(_) => None,
        }
    }

    /// The assertion to check.
    pub const fn assertion(&self) -> Option<&Assertion> {
        match self {
            Self::Assertion(assertion) => Some(assertion),
            Self::Basic(..) | Self::Post(..) | Self::None(_) => None,
        }
    }

    /// The method that was used.
    pub fn method(&self) -> AuthMethod {
        match self {
            Self::Basic(..) => AuthMethod::ClientSecretBasic,
            Self::Post(..) => AuthMethod::ClientSecretPost,
            Self::Assertion(assertion) => assertion.method(),
            Self::None(_) => AuthMethod::None,
        }
    }

    const fn used_basic(&self) -> bool {
        matches!(self, Self::Basic(..))
    }
}

/// RFC 7521 §4.2: of the one known type, and about the client that the form names, if it names one.
fn parse_assertion(
    text: Option<&str>,
    kind: Option<&str>,
    named: Option<&str>,
) -> Result<Presented, Refusal> {
    let text = text.filter(|_| kind == Some(client_assertion::TYPE));
    let assertion = text.ok_or(Fault::Form).and_then(Assertion::parse);
    let assertion = assertion.map_err(|fault| failed(false, Reason::Assertion(fault)))?;
    match named {
        Some(other) if other != assertion.client_id().as_str() => {
            Err(failed(false, Reason::Assertion(Fault::Subject)))
        }
        _ => Ok(Presented::Assertion(Box::new(assertion))),
    }
}

/// Read `Basic base64(id:secret)`, each half form-encoded (RFC 6749 §2.3.1).
pub fn parse_basic(header: &[u8]) -> Result<(ClientId, Secret), Refusal> {
    let unreadable = || failed(true, Reason::Malformed);
    let header = std::str::from_utf8(header).map_err(|_| unreadable())?;
    let (scheme, credentials) = header.split_once(' ').ok_or_else(unreadable)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(unreadable());
    }
    let pair = STANDARD.decode(credentials.trim_matches(' ')).map_err(|_| unreadable())?;
    let pair = zeroize::Zeroizing::new(pair);
    let mut halves = pair.splitn(2, |byte| *byte == b':');
    let (Some(id), Some(secret)) = (halves.next(), halves.next()) else {
        return Err(unreadable());
    };
    let id = form::decode(id).map_err(|_| unreadable())?;
    let secret = Secret::new(form::decode(secret).map_err(|_| unreadable())?);
    let id = ClientId::parse(&id).map_err(|_| failed(true, Reason::Unknown))?;
    if secret.expose().contains('\0') {
        return Err(unreadable());
    }
    Ok((id, secret))
}

/// What became of checking the presented secret or assertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretCheck {
    /// It is the registered one.
    Matches,
    /// It is not, or there is none to compare with.
    Differs,
    /// It is to be compared with the slow hash of the client; ask the room that can, and say
    /// [`Matches`](Self::Matches) or [`Differs`](Self::Differs) then.
    NeedsSlowHash,
}

impl SecretCheck {
    /// Compare the keyed digest of a presented secret in constant time. An unknown client is
    /// compared with zeros, so that it takes the same time as a wrong secret.
    pub fn of(client: Option<&Client>, presented_digest: &[u8; 32]) -> Self {
        const NONE: StoredSecret = StoredSecret::Digest([0; 32]);
        let stored = client.and_then(|client| client.secret.as_ref());
        match stored.unwrap_or(&NONE) {
            StoredSecret::Slow(_) => Self::NeedsSlowHash,
            digest if digest.is_digest(presented_digest) && stored.is_some() => Self::Matches,
            StoredSecret::Digest(_) | StoredSecret::Sealed(_) => Self::Differs,
        }
    }
}

/// What is known about the named client.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The client, if there is one of that name.
    pub client: Option<&'a Client>,
    /// Whether its secret is the presented one, or the assertion is its own.
    pub secret: SecretCheck,
}

/// Whether the caller is the client that it says it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision<'a> {
    /// It is.
    Accept(&'a Client),
    /// It is not.
    Refuse(Refusal),
}

/// A failed authentication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What the client is told.
    pub error: OAuthError,
    /// Whether the `Authorization` header was used: then the answer is 401 with
    /// `WWW-Authenticate: Basic` (RFC 6749 §5.2).
    pub used_basic: bool,
    /// What the log is told.
    pub reason: Reason,
}

/// Why it failed; for the log only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Nothing was presented.
    Missing,
    /// What was presented cannot be read, or is two things at once.
    Malformed,
    /// There is no such client.
    Unknown,
    /// The method is not the registered one.
    Method,
    /// The secret is not the registered one.
    Secret,
    /// The assertion is no good.
    Assertion(Fault),
    /// The assertion has been used before.
    Replayed,
    /// The client is switched off.
    Disabled,
}

/// Decide whether the caller is the client that it says it is.
pub fn decide<'a>(presented: &Presented, facts: Facts<'a>) -> Decision<'a> {
    match check(presented, facts) {
        Ok(client) => Decision::Accept(client),
        Err(reason) => Decision::Refuse(failed(presented.used_basic(), reason)),
    }
}

fn check<'a>(presented: &Presented, facts: Facts<'a>) -> Result<&'a Client, Reason> {
    let client = facts.client.filter(|client| client.id == *presented.client_id());
    let client = client.ok_or(Reason::Unknown)?;
    if !client.auth_method.admits(presented.method()) {
        return Err(Reason::Method);
    }
    // A stored row that contradicts itself must not open the door.
    let public = client.client_type == ClientType::Public;
    if public != (client.auth_method == AuthMethod::None) {
        return Err(Reason::Method);
    }
    if !public && facts.secret != SecretCheck::Matches {
        return Err(Reason::Secret);
    }
    active::admit(&active::Facts::of_client(client.standing())).map_err(|_| Reason::Disabled)?;
    Ok(client)
}

/// What becomes of an assertion that does not prove what it should, for this reason. Outside it looks like any other failure.
pub const fn refuse_assertion(reason: Reason) -> Refusal {
    failed(false, reason)
}

const fn failed(used_basic: bool, reason: Reason) -> Refusal {
    Refusal { error: FAILED, used_basic, reason }
}

const FAILED: OAuthError = OAuthError::new(
    ErrorCode::InvalidClient,
    "client authentication failed: check the client id, the secret and how they are sent",
);
const MISSING: OAuthError = OAuthError::new(
    ErrorCode::InvalidClient,
    "client authentication is missing: send HTTP Basic, or client_id in the form body",
);
const TWO_METHODS: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    "the client authenticates in more than one way; send its secret once",
);
const TWO_NAMES: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    "client_id in the form is not the client of the Authorization header",
);

#[cfg(test)]
mod tests;
