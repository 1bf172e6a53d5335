//! What this server tells about itself: RFC 8414 for the authorization server, RFC 9728 for its protected resources.

use axum::Json;
use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use rest::ProtectedResource;

use crate::extract::segment::Segment;
use crate::state::State;

/// `GET /.well-known/oauth-authorization-server`.
pub(crate) async fn authorization_server(Shared(state): Shared<State>) -> Response {
    document(&state)
}

fn document(state: &State) -> Response {
    let hook = state.settings.claims_hook.as_ref();
    let own_claims = hook.map(|hook| hook.0.names()).unwrap_or_default();
    rest::public(Json(oauth::endpoint::metadata::decide(state.policy(), own_claims)))
}

/// The same with the issuer's path at its end (RFC 8414 §3.1); another path names another issuer, which is not here.
pub(crate) async fn authorization_server_of(
    Shared(state): Shared<State>,
    Segment(path): Segment,
) -> Response {
    let issuer = state.policy().issuer.as_str();
    if path_after_host(issuer) == path.trim_matches('/') {
        return document(&state);
    }
    unknown("This server is not the issuer with that path.")
}

/// A well-known path behind the issuer's own path, if it has one.
pub(crate) fn appended(state: &State, well_known: &str) -> Option<String> {
    let path = path_after_host(state.policy().issuer.as_str());
    (!path.is_empty()).then(|| format!("/{path}{well_known}"))
}

/// `GET /.well-known/oauth-protected-resource`: the resource that has no path of its own, or the only one there is. That of the
/// administration is only told to whoever names it.
pub(crate) async fn protected_resource(Shared(state): Shared<State>) -> Response {
    let found = ProtectedResource::at(&state.settings.resources, "");
    describe(&state, found, "Name the resource: append the path of its address to this one.")
}

/// `GET /.well-known/oauth-protected-resource/v1`.
pub(crate) async fn protected_resource_at(
    Shared(state): Shared<State>,
    Segment(path): Segment,
) -> Response {
    let settings = &state.settings;
    let found = ProtectedResource::at(&settings.resources, &path)
        .or_else(|| ProtectedResource::at(settings.admin.as_slice(), &path));
    describe(&state, found, "There is no protected resource at that address.")
}

fn describe(state: &State, found: Option<&ProtectedResource>, missing: &'static str) -> Response {
    match found {
        Some(resource) => resource.document(state.policy().issuer.as_str()),
        None => unknown(missing),
    }
}

fn path_after_host(url: &str) -> &str {
    url.splitn(4, '/').nth(3).unwrap_or_default().trim_matches('/')
}

fn unknown(detail: &'static str) -> Response {
    rest::Problem::new(StatusCode::NOT_FOUND, "not_found", detail).into_response()
}
