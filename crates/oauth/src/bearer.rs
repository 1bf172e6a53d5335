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

/// The token of a request to a resource that takes nothing else, from all its `Authorization` headers. `None` if there is
/// none; two of them, or one of another scheme, is `invalid_request`.
pub fn only<'a>(
    headers: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Option<&'a str>, OAuthError> {
    let mut headers = headers.into_iter();
    match (headers.next(), headers.next()) {
        (_, Some(_)) => Err(TWO_HEADERS),
        (None, None) => Ok(None),
        (Some(header), None) => parse(Some(header))?.map(Some).ok_or(OTHER_SCHEME),
    }
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
const TWO_HEADERS: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    "the request has more than one Authorization header; send one",
);
const OTHER_SCHEME: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    "this resource takes access tokens only; send Authorization: Bearer TOKEN",
);
/// What is said of every token that is not accepted, whatever is wrong with it (RFC 6750 §3.1).
pub const INVALID: OAuthError = OAuthError::new(
    ErrorCode::InvalidToken,
    "the access token is expired, revoked or not for this resource; get a new one",
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::active::Standing;
    use crate::fixtures::{BAD, GOOD, NOW, access_token, bearer, scope};

    /// R6750-2.1-a
    #[test]
    fn the_scheme_is_read_in_any_case_and_the_token_strictly() {
        let cases: [(&[u8], Option<&str>); 8] = [
            (b"Bearer abc", Some("abc")),
            (b"bEaReR abc", Some("abc")),
            (b"Bearer   abc ", Some("abc")),
            (b"Bearer v4.local.aB-_~+/=", Some("v4.local.aB-_~+/=")),
            (b"BearerX abc", None),
            (b"Basic abc", None),
            (b"", None),
            (b"\xff abc", None),
        ];
        for (header, expected) in cases {
            assert_eq!(parse(Some(header)).unwrap(), expected, "{header:?}");
        }
        assert_eq!(parse(None).unwrap(), None);
        for header in [
            &b"Bearer"[..],
            b"Bearer ",
            b"Bearer a b",
            b"Bearer =",
            b"Bearer a=b",
            b"Bearer \xff",
            b"Bearer a,b",
        ] {
            assert_eq!(parse(Some(header)).unwrap_err().code(), ErrorCode::InvalidRequest);
        }
    }

    /// R6750-2-b
    #[test]
    fn one_header_of_the_one_scheme_is_taken() {
        assert_eq!(only([]).unwrap(), None);
        assert_eq!(only([&b"Bearer a"[..]]).unwrap(), Some("a"));
        for headers in [
            vec![&b"Bearer a"[..], b"Bearer a"],
            vec![b"Basic YTpi"],
            vec![b""],
            vec![b"Bearer a b"],
        ] {
            assert_eq!(only(headers).unwrap_err().code(), ErrorCode::InvalidRequest);
        }
    }

    /// R6750-2-b, R6750-2.2-a
    #[test]
    fn a_token_in_two_places_is_refused() {
        assert_eq!(one_place(Some("a"), Some("a")).unwrap_err(), TWO_PLACES);
        assert_eq!(one_place(Some("a"), None).unwrap(), Some("a"));
        assert_eq!(one_place(None, Some("b")).unwrap(), Some("b"));
        assert_eq!(one_place(None, Some("b c")).unwrap_err(), UNREADABLE);
        assert_eq!(one_place(None, None).unwrap(), None);
    }

    fn facts(change: impl FnOnce(&mut AccessToken)) -> Facts<'static> {
        let mut token = access_token();
        change(&mut token);
        Facts {
            token: Some(token),
            standing: GOOD,
            resource: Some("https://api.example"),
            via: Via::Bearer,
        }
    }

    #[test]
    fn a_good_token_tells_who_is_asking() {
        let principal = decide(facts(|_| {}), NOW).unwrap();
        assert_eq!(principal.user, Some(bearer().id));
        assert_eq!(principal.scopes, scope("read write"));
        assert_eq!((principal.token, principal.via), (access_token().id, Via::Bearer));
    }

    /// R6750-3.1-a
    #[test]
    fn whatever_is_wrong_with_it_is_invalid_token() {
        let refused = |facts| assert_eq!(decide(facts, NOW).unwrap_err(), INVALID);
        refused(Facts { token: None, ..facts(|_| {}) });
        refused(facts(|t| t.expires_at = NOW));
        assert!(
            decide(facts(|t| t.expires_at = NOW + std::time::Duration::from_millis(1)), NOW)
                .is_ok()
        );
        for bad in BAD {
            for standing in [
                active::Facts { user: Some(bad), ..GOOD },
                active::Facts { client: bad, ..GOOD },
                active::Facts { authorization: Some(bad), ..GOOD },
                active::Facts { token: Some(bad), ..GOOD },
            ] {
                refused(Facts { standing, ..facts(|_| {}) });
            }
        }
        assert!(
            decide(
                Facts { standing: active::Facts::of_client(Standing::Good), ..facts(|_| {}) },
                NOW
            )
            .is_ok()
        );
    }

    /// R9700-2.3-a
    #[test]
    fn a_token_for_other_resources_is_refused() {
        let to = |audience: &'static str| facts(|t| t.audience = vec![audience.to_owned()]);
        assert!(decide(to("https://api.example"), NOW).is_ok());
        assert!(decide(to("https://api.example/"), NOW).is_err());
        assert!(decide(to("https://other.example"), NOW).is_err());
        assert!(decide(Facts { resource: None, ..to("https://api.example") }, NOW).is_err());
        assert!(decide(Facts { resource: None, ..facts(|_| {}) }, NOW).is_ok());
    }

    /// R6750-3.1-a
    #[test]
    fn a_missing_scope_is_named() {
        let principal = decide(facts(|_| {}), NOW).unwrap();
        assert!(needs(&principal, &scope("read")).is_ok());
        assert!(needs(&principal, &scope("")).is_ok());
        let error = needs(&principal, &scope("read admin")).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InsufficientScope);
        assert!(error.description().ends_with(": admin"));
    }

    /// R6750-3-a, R9728-5.1-a
    #[test]
    fn a_challenge_reads_as_the_rfcs_write_it() {
        assert_eq!(Challenge::new().to_string(), "Bearer");
        let url = "https://api.example/.well-known/oauth-protected-resource";
        let metadata = Challenge::new().resource_metadata(url);
        assert_eq!(metadata.to_string(), format!("Bearer resource_metadata=\"{url}\""));
        let full = Challenge::new().realm("api").error(&INVALID).scope(&scope("write read"));
        assert_eq!(
            full.to_string(),
            "Bearer realm=\"api\", error=\"invalid_token\", error_description=\"the access token is \
             expired, revoked or not for this resource; get a new one\", scope=\"read write\""
        );
        assert_eq!(Challenge::new().scope(&scope("")).to_string(), "Bearer");
    }

    #[test]
    fn a_challenge_cannot_split_a_header() {
        let hostile = Challenge::new().realm("a\"b\\c\r\nd\u{e9}");
        assert_eq!(hostile.to_string(), "Bearer realm=\"a\\\"b\\\\c??d?\"");
    }
}
