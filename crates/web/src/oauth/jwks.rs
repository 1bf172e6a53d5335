//! The public keys of this server, with which anybody verifies what it signed (RFC 7517 §5).

use axum::Json;
use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL};

use crate::state::State;

/// `GET /.well-known/jwks.json`. From memory: no query, and it answers while the database is away.
pub(crate) async fn show(Shared(state): Shared<State>) -> Response {
    let mut response = Json(state.store.vault().public_keys().to_json()).into_response();
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    // A key is announced before it signs: a copy that is younger than half of that time has it by then.
    let seconds = state.store.options().key_announced.as_secs() / 2;
    let fresh = HeaderValue::from_str(&format!("public, max-age={seconds}"));
    headers.insert(CACHE_CONTROL, fresh.unwrap_or(HeaderValue::from_static("no-store")));
    response
}
