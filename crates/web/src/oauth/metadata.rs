//! What this server tells about itself: RFC 8414 for the authorization server, RFC 9728 for its protected resources.

use axum::Json;
use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response};
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL};
use http::{HeaderValue, StatusCode};
use rest::ProtectedResource;
use serde::Serialize;

use crate::extract::segment::Segment;
use crate::state::State;

/// `GET /.well-known/oauth-authorization-server`.
pub(crate) async fn authorization_server(Shared(state): Shared<State>) -> Response {
    document(&state)
}

fn document(state: &State) -> Response {
    let hook = state.settings.claims_hook.as_ref();
    let own_claims = hook.map(|hook| hook.0.names()).unwrap_or_default();
    open(Json(oauth::endpoint::metadata::decide(state.policy(), own_claims)))
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

/// The document of one protected resource (RFC 9728 §2).
#[derive(Debug, Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    facts: &'a ProtectedResource,
    authorization_servers: [&'a str; 1],
}

/// `GET /.well-known/oauth-protected-resource`: the resource that has no path of its own, or the only one there is.
pub(crate) async fn protected_resource(Shared(state): Shared<State>) -> Response {
    let resources = &state.settings.resources;
    let whole = resources.iter().find(|resource| path_of(resource).is_empty());
    match (whole, resources.as_slice()) {
        (Some(resource), _) | (None, [resource]) => describe(&state, resource),
        _ => unknown("Name the resource: append the path of its address to this one."),
    }
}

/// `GET /.well-known/oauth-protected-resource/v1`.
pub(crate) async fn protected_resource_at(
    Shared(state): Shared<State>,
    Segment(path): Segment,
) -> Response {
    let named = |resource: &&ProtectedResource| path_of(resource) == path.trim_matches('/');
    match state.settings.all_resources().find(named) {
        Some(resource) => describe(&state, resource),
        None => unknown("There is no protected resource at that address."),
    }
}

fn describe(state: &State, facts: &ProtectedResource) -> Response {
    open(Json(Document { facts, authorization_servers: [state.policy().issuer.as_str()] }))
}

/// The path of a resource's identifier, without slashes at its ends.
fn path_of(resource: &ProtectedResource) -> &str {
    path_after_host(&resource.resource)
}

fn path_after_host(url: &str) -> &str {
    url.splitn(4, '/').nth(3).unwrap_or_default().trim_matches('/')
}

/// Public facts: any site may read them, and they change rarely.
fn open(document: impl IntoResponse) -> Response {
    let mut response = document.into_response();
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    response
}

fn unknown(detail: &'static str) -> Response {
    rest::Problem::new(StatusCode::NOT_FOUND, "not_found", detail).into_response()
}
