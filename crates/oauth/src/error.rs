//! What a client is told when it is refused: a registered code and a sentence that is safe to show.

mod meaning;

pub use meaning::Meaning;

use serde::Serialize;
use serde::ser::{SerializeStruct as _, Serializer};
use std::borrow::Cow;
use std::fmt;

/// The codes of `error`, with the wire spelling of the RFC that registers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// The request is malformed: RFC 6749 §5.2, RFC 6750 §3.1.
    InvalidRequest,
    /// Client authentication failed: RFC 6749 §5.2.
    InvalidClient,
    /// The credentials or the token to trade in are not valid: RFC 6749 §5.2.
    InvalidGrant,
    /// This client may not do that: RFC 6749 §5.2.
    UnauthorizedClient,
    /// The server does not offer this grant: RFC 6749 §5.2.
    UnsupportedGrantType,
    /// The scope is unknown, malformed or more than may be had: RFC 6749 §5.2.
    InvalidScope,
    /// The server does not offer this response type: RFC 6749 §4.1.2.1.
    UnsupportedResponseType,
    /// The user or the server said no: RFC 6749 §4.1.2.1.
    AccessDenied,
    /// Something broke: RFC 6749 §4.1.2.1.
    ServerError,
    /// Overloaded or the database is away, try again: RFC 6749 §4.1.2.1.
    TemporarilyUnavailable,
    /// The access token is expired, revoked or unknown: RFC 6750 §3.1.
    InvalidToken,
    /// The access token lacks a scope: RFC 6750 §3.1.
    InsufficientScope,
    /// This kind of token cannot be revoked: RFC 7009 §2.2.1.
    UnsupportedTokenType,
    /// A redirect URI may not be registered: RFC 7591 §3.2.2.
    InvalidRedirectUri,
    /// Client metadata does not fit together: RFC 7591 §3.2.2.
    InvalidClientMetadata,
    /// The resource is unknown or may not be asked for: RFC 8707 §2.
    InvalidTarget,
    /// The person would have to choose an account: OIDC Core §3.1.2.6.
    AccountSelectionRequired,
    /// The person has not decided yet: RFC 8628 §3.5.
    AuthorizationPending,
    /// The person would have to be asked: OIDC Core §3.1.2.6.
    ConsentRequired,
    /// The device code is too old: RFC 8628 §3.5.
    ExpiredToken,
    /// Something would have to be shown: OIDC Core §3.1.2.6.
    InteractionRequired,
    /// The request object is not valid: RFC 9101 §7.
    InvalidRequestObject,
    /// What `request_uri` names cannot be had: RFC 9101 §7.
    InvalidRequestUri,
    /// The software statement is not valid: RFC 7591 §3.2.2.
    InvalidSoftwareStatement,
    /// The person would have to sign in: OIDC Core §3.1.2.6.
    LoginRequired,
    /// `registration` is not offered: OIDC Core §3.1.2.6.
    RegistrationNotSupported,
    /// `request` is not offered: RFC 9101 §7.
    RequestNotSupported,
    /// `request_uri` is not offered: RFC 9101 §7.
    RequestUriNotSupported,
    /// The device asks too often: RFC 8628 §3.5.
    SlowDown,
    /// The software statement is not of an issuer we trust: RFC 7591 §3.2.2.
    UnapprovedSoftwareStatement,
    /// Nobody can sign in as strongly as asked: OpenID Connect Core Unmet Authentication Requirements 1.0 §2.
    UnmetAuthenticationRequirements,
}

impl ErrorCode {
    /// Every code, for tables and tests.
    pub const ALL: [Self; 31] = [
        Self::InvalidRequest,
        Self::InvalidClient,
        Self::InvalidGrant,
        Self::UnauthorizedClient,
        Self::UnsupportedGrantType,
        Self::InvalidScope,
        Self::UnsupportedResponseType,
        Self::AccessDenied,
        Self::ServerError,
        Self::TemporarilyUnavailable,
        Self::InvalidToken,
        Self::InsufficientScope,
        Self::UnsupportedTokenType,
        Self::InvalidRedirectUri,
        Self::InvalidClientMetadata,
        Self::InvalidTarget,
        Self::AccountSelectionRequired,
        Self::AuthorizationPending,
        Self::ConsentRequired,
        Self::ExpiredToken,
        Self::InteractionRequired,
        Self::InvalidRequestObject,
        Self::InvalidRequestUri,
        Self::InvalidSoftwareStatement,
        Self::LoginRequired,
        Self::RegistrationNotSupported,
        Self::RequestNotSupported,
        Self::RequestUriNotSupported,
        Self::SlowDown,
        Self::UnapprovedSoftwareStatement,
        Self::UnmetAuthenticationRequirements,
    ];

    /// The spelling on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::AccessDenied => "access_denied",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
            Self::UnsupportedTokenType => "unsupported_token_type",
            Self::InvalidRedirectUri => "invalid_redirect_uri",
            Self::InvalidClientMetadata => "invalid_client_metadata",
            Self::InvalidTarget => "invalid_target",
            Self::AccountSelectionRequired => "account_selection_required",
            Self::AuthorizationPending => "authorization_pending",
            Self::ConsentRequired => "consent_required",
            Self::ExpiredToken => "expired_token",
            Self::InteractionRequired => "interaction_required",
            Self::InvalidRequestObject => "invalid_request_object",
            Self::InvalidRequestUri => "invalid_request_uri",
            Self::InvalidSoftwareStatement => "invalid_software_statement",
            Self::LoginRequired => "login_required",
            Self::RegistrationNotSupported => "registration_not_supported",
            Self::RequestNotSupported => "request_not_supported",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::SlowDown => "slow_down",
            Self::UnapprovedSoftwareStatement => "unapproved_software_statement",
            Self::UnmetAuthenticationRequirements => "unmet_authentication_requirements",
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A refusal as a client sees it; in JSON `{"error":…,"error_description":…}` (RFC 6749 §5.2).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {}", self.description())]
pub struct OAuthError {
    code: ErrorCode,
    description: Cow<'static, str>,
}

impl OAuthError {
    /// A refusal with a fixed sentence. Fixed text cannot leak a secret: prefer it.
    pub const fn new(code: ErrorCode, description: &'static str) -> Self {
        Self { code, description: Cow::Borrowed(description) }
    }

    /// A refusal whose sentence names something that the client itself sent or registered.
    pub fn with_text(code: ErrorCode, description: String) -> Self {
        Self { code, description: Cow::Owned(description) }
    }

    /// The registered code.
    pub const fn code(&self) -> ErrorCode {
        self.code
    }

    /// The sentence, with every character outside %x20-21, %x23-5B, %x5D-7E (RFC 6749 §5.2)
    /// replaced, so that it can stand in a header or a redirect without harm.
    pub fn description(&self) -> Cow<'_, str> {
        allowed_text(&self.description)
    }
}

impl Serialize for OAuthError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("OAuthError", 2)?;
        object.serialize_field("error", self.code.as_str())?;
        object.serialize_field("error_description", &self.description())?;
        object.end()
    }
}

/// The longest description, in characters; what a client sent may be quoted in it.
const MAX_DESCRIPTION: usize = 500;

/// The text with quotes turned into apostrophes and whatever else is not allowed into `?`.
fn allowed_text(text: &str) -> Cow<'_, str> {
    if text.len() <= MAX_DESCRIPTION && text.chars().all(is_allowed) {
        return Cow::Borrowed(text);
    }
    let replace = |c| match c {
        c if is_allowed(c) => c,
        '"' | '\u{2018}' | '\u{2019}' | '\u{201c}' | '\u{201d}' => '\'',
        _ => '?',
    };
    Cow::Owned(text.chars().take(MAX_DESCRIPTION).map(replace).collect())
}

const fn is_allowed(c: char) -> bool {
    matches!(c, '\x20'..='\x21' | '\x23'..='\x5b' | '\x5d'..='\x7e')
}

/// A text that is not what it should be; the sentence says what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub &'static str);

#[cfg(test)]
mod tests {
    use super::*;

    /// R6749-4.1.2.1-b
    #[test]
    fn hostile_text_is_made_harmless() {
        let hostile = "a\r\nSet-Cookie: x=\"1\"\\é\0".to_owned();
        let error = OAuthError::with_text(ErrorCode::InvalidScope, hostile);
        assert_eq!(error.description(), "a??Set-Cookie: x='1'???");
        let json = serde_json::to_string(&error).unwrap();
        assert_eq!(
            json,
            r#"{"error":"invalid_scope","error_description":"a??Set-Cookie: x='1'???"}"#
        );
    }

    #[test]
    fn a_long_text_is_cut() {
        let error = OAuthError::with_text(ErrorCode::InvalidScope, "x".repeat(1_000_000));
        assert_eq!(error.description().len(), MAX_DESCRIPTION);
    }

    #[test]
    fn every_code_has_its_own_lower_case_spelling() {
        let mut names: Vec<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ErrorCode::ALL.len());
        assert!(names.iter().all(|n| n.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')));
    }
}
