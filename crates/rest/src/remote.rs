//! Tokens of an authorization server elsewhere, for a resource server that stands alone.
//!
//! | | [`JwksVerifier`] | [`IntrospectionVerifier`] |
//! |---|---|---|
//! | takes | JWTs (RFC 9068) | any token of the server |
//! | asks the server | for its keys, once in a while | about each token, as often as the setting says |
//! | a revoked token is refused | when it expires | after [`IntrospectionVerifier::with_cache`] at the latest, at once with zero |
//! | the server is away | goes on for an hour with the keys that it has | 503, but for what it has just been told |
//!
//! Both demand that the token names this resource as its audience, and answer 503 rather than accept what they could not check.
//! Requests leave by [`fetch`], to public https addresses unless its policy says otherwise.

mod answers;
mod introspection;
mod jwks;
mod server;

pub use introspection::IntrospectionVerifier;
pub use jwks::JwksVerifier;
pub use server::{AuthorizationServer, SetupError};

use fetch::FetchError;
use http::{header::AUTHORIZATION, request::Parts};
use oauth::{bearer, resource_server::Fault};

use crate::verifier::VerifyFailure;

/// The token of a request; `None` when it brought none.
fn presented(parts: &Parts) -> Result<Option<&str>, VerifyFailure> {
    let headers = parts.headers.get_all(AUTHORIZATION).iter().map(http::HeaderValue::as_bytes);
    bearer::only(headers).map_err(VerifyFailure::Refused)
}

/// The caller hears the same of every token; the log says more.
fn refused(fault: Fault) -> VerifyFailure {
    tracing::debug!(%fault, "an access token is refused");
    VerifyFailure::Refused(bearer::INVALID)
}

fn unavailable(error: &FetchError) -> VerifyFailure {
    tracing::warn!(%error, "an access token cannot be checked: the authorization server does not help");
    VerifyFailure::Unavailable
}
