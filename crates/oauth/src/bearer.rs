//! Bearer tokens at a protected resource: RFC 6750; where to get one: RFC 9728 §5.1.
//!
//! ```text
//! header or form ── one token ──▶ opened ── gate, time, audience ──▶ Principal ── scope ──▶ in
//! ```

use crate::access_token::AccessToken;
use crate::active;
use crate::error::{ErrorCode, OAuthError};
use crate::principal::{Principal, Via};
use crate::scope::ScopeSet;
use crate::time::Timestamp;
use std::fmt;

/// The token of an `Authorization` header. `None` if there is no header or it is of another
/// scheme; a Bearer header that cannot be read is `invalid_request`, never "absent".
pub fn parse(header: Option<&[u8]>) -> Result<Option<&str>, OAuthError> {
    let Some(header) = header else { return Ok(None) };
    let mut halves = header.splitn(2, |byte| *byte == b' ');
    if !halves.next().is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"bearer")) {
        return Ok(None);
    }
    let token = std::str::from_utf8(halves.next().unwrap_or_default()).map_err(|_| UNREADABLE)?;
    let token = token.trim_matches(' ');
    if is_token(token) { Ok(Some(token)) } else { Err(UNREADABLE) }
}

/// `b64token` of RFC 6750 §2.1.
fn is_token(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    !body.is_empty() && body.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~+/".contains(&b))
}

/// The one token of a request. In two places at once it is `invalid_request` (RFC 6750 §2);
/// `in_form` is the `access_token` field of a form body, `None` where that is not allowed
/// (RFC 6750 §2.2). A token in the URL is never looked at (OAuth 2.1 §5.1).
pub fn one_place<'a>(
    in_header: Option<&'a str>,
    in_form: Option<&'a str>,
) -> Result<Option<&'a str>, OAuthError> {
    match (in_header, in_form) {
        (Some(_), Some(_)) => Err(TWO_PLACES),
        (None, Some(token)) if !is_token(token) => Err(UNREADABLE),
        (header, form) => Ok(header.or(form)),
    }
}

/// What is known about a presented token.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// Its contents; `None` if it does not open.
    pub token: Option<AccessToken>,
    /// How the things it rests on are doing; asked only if it opens.
    pub standing: active::Facts,
    /// The resource that is asked, as tokens name it; `None` if it has no name of its own.
    pub resource: Option<&'a str>,
    /// How it arrived.
    pub via: Via,
}

/// Accept the token, or say `invalid_token` whatever is wrong with it.
pub fn decide(facts: Facts<'_>, now: Timestamp) -> Result<Principal, OAuthError> {
    let token = facts.token.filter(|token| now < token.expires_at).ok_or(INVALID)?;
    active::admit(&facts.standing).map_err(|_| INVALID)?;
    let meant_for = |resource: &str| token.audience.iter().any(|audience| audience == resource);
    if !token.audience.is_empty() && !facts.resource.is_some_and(meant_for) {
        return Err(INVALID);
    }
    Ok(Principal::of(token, facts.via))
}

/// Whether the principal has all of this scope; otherwise `insufficient_scope`, to be answered
/// with 403 and a challenge that names `needed`.
pub fn needs(principal: &Principal, needed: &ScopeSet) -> Result<(), OAuthError> {
    let lacking = needed.without(&principal.scopes);
    if lacking.is_empty() {
        return Ok(());
    }
    Err(OAuthError::with_text(
        ErrorCode::InsufficientScope,
        format!("the access token lacks the scope: {lacking}"),
    ))
}

/// What a `WWW-Authenticate` header says (RFC 6750 §3); its text is made by `Display`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Challenge {
    parameters: Vec<(&'static str, String)>,
}

impl Challenge {
    /// The challenge to a request without a token: no error code (RFC 6750 §3.1).
    pub const fn new() -> Self {
        Self { parameters: Vec::new() }
    }

    /// Name the protection space.
    #[must_use]
    pub fn realm(self, realm: &str) -> Self {
        self.with("realm", realm.to_owned())
    }

    /// Say what was wrong.
    #[must_use]
    pub fn error(self, error: &OAuthError) -> Self {
        self.with("error", error.code().as_str().to_owned())
            .with("error_description", error.description().into_owned())
    }

    /// Name the scope that is needed.
    #[must_use]
    pub fn scope(self, scope: &ScopeSet) -> Self {
        if scope.is_empty() { self } else { self.with("scope", scope.to_string()) }
    }

    /// Say where the resource describes itself (RFC 9728 §5.1).
    #[must_use]
    pub fn resource_metadata(self, url: &str) -> Self {
        self.with("resource_metadata", url.to_owned())
    }

    fn with(mut self, name: &'static str, value: String) -> Self {
        self.parameters.push((name, value));
        self
    }
}

impl fmt::Display for Challenge {
    /// Every value is a quoted string; what may not stand in one is replaced, so that no header
    /// can be split.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bearer")?;
        for (position, (name, value)) in self.parameters.iter().enumerate() {
            write!(f, "{}{name}=\"", if position == 0 { " " } else { ", " })?;
            for c in value.chars() {
                match c {
                    '"' | '\\' => write!(f, "\\{c}")?,
                    ' '..='~' => write!(f, "{c}")?,
                    _ => f.write_str("?")?,
                }
            }
            f.write_str("\"")?;
        }
        Ok(())
    }
}

const UNREADABLE: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    "the access token cannot be read; send one header: Authorization: Bearer TOKEN",
);
const TWO_PLACES: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    "the access token was sent in two places; send it once, in the Authorization header",
);
const INVALID: OAuthError = OAuthError::new(
    ErrorCode::InvalidToken,
    "the access token is expired, revoked or not for this resource; get a new one",
);
