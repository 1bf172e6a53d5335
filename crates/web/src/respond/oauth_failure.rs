//! Refusals of the protocol endpoints as HTTP: RFC 6749 §5.2 JSON, never stored, with the challenge that fits.

use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{ALLOW, CACHE_CONTROL, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use oauth::bearer::Challenge;
use oauth::error::{ErrorCode, OAuthError};
use oauth::scope::ScopeSet;
use serde::Serialize;

use super::stop::Stop;
use crate::extract::body::BodyError;
use crate::grant::Failure;
use crate::state::State as AppState;

/// Why a protocol endpoint did not do as asked.
#[derive(Debug)]
pub(crate) struct OAuthFailure {
    status: StatusCode,
    error: OAuthError,
    headers: HeaderMap,
}

impl OAuthFailure {
    fn new(status: StatusCode, error: OAuthError) -> Self {
        Self { status, error, headers: HeaderMap::new() }
    }

    /// Client authentication failed. A client that used Basic is answered with a Basic challenge (RFC 6749 §5.2), others
    /// without one: a 401 to them has nothing that a browser could act on.
    pub(crate) fn client(error: OAuthError, used_basic: bool) -> Self {
        let mut failure = Self::from(error);
        if used_basic && failure.status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Basic realm=\"oauth\", charset=\"UTF-8\"");
            failure.headers.insert(WWW_AUTHENTICATE, challenge);
        }
        failure
    }

    /// A bearer token was refused (RFC 6750 §3.1); `scope` is what is needed.
    pub(crate) fn bearer(error: OAuthError, scope: &ScopeSet) -> Self {
        let challenge = Challenge::new().error(&error).scope(scope);
        Self::from(error).challenged(&challenge)
    }

    /// There was no token: a challenge without an error code (RFC 6750 §3.1).
    pub(crate) fn no_token() -> Self {
        let error = OAuthError::new(
            ErrorCode::InvalidToken,
            "send an access token with the scope openid: Authorization: Bearer TOKEN",
        );
        Self::from(error).challenged(&Challenge::new())
    }

    fn challenged(mut self, challenge: &Challenge) -> Self {
        if let Ok(value) = HeaderValue::from_str(&challenge.to_string()) {
            self.headers.insert(WWW_AUTHENTICATE, value);
        }
        self
    }

    /// The client lets too many of its requests wait; the oldest of them are gone in `wait` (RFC 9126 §2.3).
    pub(crate) fn too_many_waiting(wait: Duration) -> Self {
        let text =
            "too many requests of this client wait already; wait as long as Retry-After says";
        let error = OAuthError::new(ErrorCode::TemporarilyUnavailable, text);
        let mut failure = Self::new(StatusCode::TOO_MANY_REQUESTS, error);
        failure.headers.insert(RETRY_AFTER, HeaderValue::from(wait.as_secs()));
        failure
    }

    /// A token for registering was needed and is missing or not good (RFC 7591 §3, RFC 7592 §3, RFC 6750 §3).
    pub(crate) fn unvouched(error: Option<OAuthError>) -> Self {
        let challenge = match &error {
            Some(error) => Challenge::new().error(error),
            None => Challenge::new(),
        };
        let text = "this address needs a token in the Authorization header (Bearer)";
        let error = error.unwrap_or(OAuthError::new(ErrorCode::InvalidToken, text));
        Self::new(StatusCode::UNAUTHORIZED, error).challenged(&challenge)
    }

    /// The method is not one of `allowed`.
    pub(crate) fn method(allowed: &'static str) -> Self {
        let text =
            "this endpoint does not answer that method; the Allow header names those it does";
        let error = OAuthError::new(ErrorCode::InvalidRequest, text);
        let mut failure = Self::new(StatusCode::METHOD_NOT_ALLOWED, error);
        failure.headers.insert(ALLOW, HeaderValue::from_static(allowed));
        failure
    }
}

impl From<OAuthError> for OAuthFailure {
    fn from(error: OAuthError) -> Self {
        let status = match error.code() {
            ErrorCode::InvalidClient | ErrorCode::InvalidToken => StatusCode::UNAUTHORIZED,
            ErrorCode::InsufficientScope => StatusCode::FORBIDDEN,
            ErrorCode::TemporarilyUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            ErrorCode::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        };
        Self::new(status, error)
    }
}

impl From<BodyError> for OAuthFailure {
    fn from(error: BodyError) -> Self {
        let (status, text) = match error {
            BodyError::UnsupportedMedia => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "send the parameters as application/x-www-form-urlencoded in the request body",
            ),
            BodyError::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "the request body is larger than this endpoint reads",
            ),
            BodyError::Truncated => {
                (StatusCode::BAD_REQUEST, "the request body did not arrive whole; send it again")
            }
        };
        Self::new(status, OAuthError::new(ErrorCode::InvalidRequest, text))
    }
}

impl From<Stop> for OAuthFailure {
    fn from(stop: Stop) -> Self {
        let (status, code, text) = match stop {
            Stop::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                ErrorCode::TemporarilyUnavailable,
                "the server cannot reach its database; nothing was changed, try again in a few seconds",
            ),
            Stop::Busy => (
                StatusCode::SERVICE_UNAVAILABLE,
                ErrorCode::TemporarilyUnavailable,
                "the server has more to do than it can at once; try again in a moment",
            ),
            Stop::Internal => (
                StatusCode::INTERNAL_SERVER_ERROR,
                ErrorCode::ServerError,
                "something went wrong on the server; its log has the cause",
            ),
            Stop::TooManyTries { .. } => (
                StatusCode::TOO_MANY_REQUESTS,
                ErrorCode::TemporarilyUnavailable,
                "too many failed tries; wait as long as Retry-After says",
            ),
        };
        let mut failure = Self::new(status, OAuthError::new(code, text));
        if let Some(seconds) = stop.retry_after() {
            failure.headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        failure
    }
}

impl From<Failure> for OAuthFailure {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(error) => error.into(),
            Failure::Stopped(stop) => stop.into(),
        }
    }
}

impl IntoResponse for OAuthFailure {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(&self.error)).into_response();
        response.headers_mut().extend(self.headers);
        response.extensions_mut().insert(self.error);
        never_stored(response)
    }
}

/// Names the page about the code in a refusal on its way out (`error_uri`, RFC 6749 §5.2).
pub(crate) async fn name_page(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let response = next.run(request).await;
    let Some(error) = response.extensions().get::<OAuthError>() else { return response };
    let told = Told { error, error_uri: page_about(&state, error) };
    let Ok(body) = serde_json::to_vec(&told) else { return response };
    response.map(|_| Body::from(body))
}

/// The address of the page about an error's code.
pub(crate) fn page_about(state: &AppState, error: &OAuthError) -> String {
    state.policy().issuer.url(&state.urls().error(error.code().as_str()))
}

#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    error: &'a OAuthError,
    error_uri: String,
}

/// Any answer of a protocol endpoint: no cache may keep it (RFC 6749 §5.1; `Pragma` for caches of 1996).
pub(crate) fn never_stored(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_has_its_status() {
        let of = |code| OAuthFailure::from(OAuthError::new(code, "x"));
        let table = [
            (of(ErrorCode::InvalidRequest), 400),
            (of(ErrorCode::InvalidGrant), 400),
            (of(ErrorCode::UnauthorizedClient), 400),
            (of(ErrorCode::UnsupportedGrantType), 400),
            (of(ErrorCode::InvalidScope), 400),
            (of(ErrorCode::InvalidClient), 401),
            (BodyError::UnsupportedMedia.into(), 415),
            (BodyError::TooLarge.into(), 413),
            (BodyError::Truncated.into(), 400),
            (Stop::Unavailable.into(), 503),
            (Stop::Busy.into(), 503),
            (Stop::Internal.into(), 500),
            (Stop::TooManyTries { wait: Duration::from_secs(9) }.into(), 429),
            (OAuthFailure::method("POST"), 405),
            (OAuthFailure::too_many_waiting(Duration::from_mins(1)), 429),
        ];
        for (failure, status) in table {
            let text = format!("{failure:?}");
            let response = failure.into_response();
            assert_eq!(response.status().as_u16(), status, "{text}");
            assert_eq!(response.headers()["cache-control"], "no-store");
            assert_eq!(response.headers()["pragma"], "no-cache");
            let waits = matches!(status, 429 | 503);
            assert_eq!(response.headers().contains_key("retry-after"), waits, "{text}");
        }
    }

    #[test]
    fn only_a_client_that_used_basic_is_challenged() {
        let error = || OAuthError::new(ErrorCode::InvalidClient, "x");
        let challenged = OAuthFailure::client(error(), true).into_response();
        assert_eq!(
            challenged.headers()["www-authenticate"],
            "Basic realm=\"oauth\", charset=\"UTF-8\""
        );
        let plain = OAuthFailure::client(error(), false).into_response();
        assert_eq!(plain.status(), 401);
        assert!(!plain.headers().contains_key("www-authenticate"));
        let request = OAuthError::new(ErrorCode::InvalidRequest, "both");
        assert_eq!(OAuthFailure::client(request, true).into_response().status(), 400);
    }
}
