//! What every protocol endpoint reads from a request, and what it refuses before any rule is asked.

use std::net::IpAddr;

use axum::extract::Request;
use http::HeaderValue;
use http::header::AUTHORIZATION;
use oauth::error::{ErrorCode, OAuthError};
use oauth::form::Form;

use crate::cors::Asker;
use crate::extract::{address, body};
use crate::respond::oauth_failure::OAuthFailure;
use crate::state::State;

/// A form that was posted to a protocol endpoint.
pub(crate) struct Posted {
    /// Its fields.
    pub(crate) form: Form,
    /// The one `Authorization` header, if there is any.
    pub(crate) authorization: Option<HeaderValue>,
    /// Who sent it, for counting failed tries.
    pub(crate) address: IpAddr,
    /// Where to note the client, if a script of another site sent it.
    pub(crate) asker: Option<Asker>,
}

/// Read the form. Refused are parameters in the URL, where logs and histories would keep them (RFC 6749 §3.2), any other
/// content type, two `Authorization` headers, and every kind of malformed body.
pub(crate) async fn read(state: &State, request: Request) -> Result<Posted, OAuthFailure> {
    let (parts, body) = request.into_parts();
    if parts.uri.query().is_some_and(|query| !query.is_empty()) {
        return Err(IN_THE_URL.into());
    }
    if body::media(&parts.headers)? != body::Media::Form {
        return Err(body::BodyError::UnsupportedMedia.into());
    }
    let mut headers = parts.headers.get_all(AUTHORIZATION).iter();
    let authorization = headers.next().cloned();
    if headers.next().is_some() {
        return Err(TWO_HEADERS.into());
    }
    let address = address::client(&parts, &state.settings.trusted_proxies);
    let asker = Asker::of(&parts.extensions);
    let bytes = body::read(body, state.settings.limits.body).await?;
    let form = Form::parse(&bytes)?;
    Ok(Posted { form, authorization, address, asker })
}

const IN_THE_URL: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    "parameters in the URL are not read, because URLs end up in logs; send them in the form body",
);
const TWO_HEADERS: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    "the request has more than one Authorization header; send one",
);
