//! The table of contents: every URL of this room, and the file that serves it.
//!
//! Every path answers with and without the slash at its end, without a redirect: a redirected POST loses its body in most
//! clients.

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};

use crate::first_party::{self, Endpoint};
use crate::oauth::{introspect, metadata, revoke, token};
use crate::respond::oauth_failure::OAuthFailure;
use crate::state::State;

/// All URLs.
pub fn router(state: State) -> Router {
    Router::new()
        .merge(protocol(&state))
        .merge(well_known())
        .merge(first_party(&state))
        .with_state(state)
}

/// The endpoints whose paths the metadata publishes.
fn protocol(state: &State) -> Router<State> {
    let endpoints = &state.policy().capabilities.endpoints;
    let mut router = Router::new();
    let table: [(&Option<String>, fn() -> MethodRouter<State>); 3] = [
        (&endpoints.token, || post(token::post)),
        (&endpoints.revocation, || post(revoke::post)),
        (&endpoints.introspection, || post(introspect::post)),
    ];
    for (path, handler) in table {
        if let Some(path) = path {
            router = both(router, path, &handler().fallback(only_post));
        }
    }
    router
}

async fn only_post() -> Response {
    OAuthFailure::method("POST").into_response()
}

fn well_known() -> Router<State> {
    const SERVER: &str = "/.well-known/oauth-authorization-server";
    const RESOURCE: &str = "/.well-known/oauth-protected-resource";
    let router = both(Router::new(), SERVER, &get(metadata::authorization_server));
    both(router, RESOURCE, &get(metadata::protected_resource))
        .route(&format!("{SERVER}/{{*path}}"), get(metadata::authorization_server_of))
        .route(&format!("{RESOURCE}/{{*path}}"), get(metadata::protected_resource_at))
}

fn first_party(state: &State) -> Router<State> {
    let urls = state.urls();
    let table = [
        (urls.register(), Endpoint::Register),
        (urls.token(), Endpoint::Token),
        (urls.refresh(), Endpoint::Refresh),
        (urls.revoke(), Endpoint::Revoke),
    ];
    let mut router = Router::new();
    for (path, endpoint) in table {
        let handlers = get(move |state, request| first_party::show(endpoint, state, request))
            .post(move |state, request| first_party::take(endpoint, state, request));
        router = both(router, &path, &handlers);
    }
    router
}

/// Serves `path` with and without the slash at its end.
fn both(router: Router<State>, path: &str, handlers: &MethodRouter<State>) -> Router<State> {
    let bare = path.trim_end_matches('/');
    let router = router.route(&format!("{bare}/"), handlers.clone());
    if bare.is_empty() { router } else { router.route(bare, handlers.clone()) }
}
