//! The table of contents: every URL of this room, and the file that serves it.
//!
//! Every path answers with and without the slash at its end, without a redirect: a redirected POST loses its body in most
//! clients.

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use oauth::grant::GrantType;
use pages::refusal::pages_for_people;

use crate::cors;
use crate::first_party::{self, Endpoint};
use crate::oauth::{
    authorize, check_session, device_authorization, end_session, introspect, jwks, metadata, par,
    registration, revoke, token, userinfo,
};
use crate::pages::{
    applications, authorized, choose, device, email_change, errors, home, password_change, profile,
    register, setup, sign_in, sign_out,
};
use crate::respond::oauth_failure::{self, OAuthFailure};
use crate::state::State;

/// All URLs.
pub fn router(state: State) -> Router {
    let static_files = state.pages.static_router();
    Router::new()
        .merge(protocol(&state))
        .merge(well_known(&state))
        .merge(first_party(&state))
        .merge(people(&state))
        .with_state(state)
        .merge(static_files)
}

/// The endpoints whose paths the metadata publishes.
fn protocol(state: &State) -> Router<State> {
    let capabilities = &state.policy().capabilities;
    let endpoints = &capabilities.endpoints;
    let mut router = Router::new();
    let devices = state.policy().capabilities.offers(&GrantType::DeviceCode);
    let device_authorization = endpoints.device_authorization.clone().filter(|_| devices);
    let table: [(&Option<String>, MethodRouter<State>); 4] = [
        (&device_authorization, post(device_authorization::post)),
        (&endpoints.token, post(token::post)),
        (&endpoints.revocation, post(revoke::post)),
        (&endpoints.introspection, post(introspect::post)),
    ];
    for (path, handlers) in table {
        if let Some(path) = path {
            router = both(router, path, &handlers.fallback(only_post));
        }
    }
    if let Some(path) = endpoints.userinfo.as_deref().filter(|_| capabilities.openid) {
        let handlers = get(userinfo::show).post(userinfo::show).fallback(get_or_post);
        router = both(router, path, &handlers);
    }
    if let Some(path) = capabilities.pushes() {
        router = both(router, path, &post(par::post).fallback(only_post));
    }
    router
        .merge(registration(state))
        .layer(from_fn_with_state(state.clone(), oauth_failure::name_page))
        .layer(from_fn(cors::for_clients))
        .merge(authorization(state))
        .merge(devices_of_people(state))
}

async fn get_or_post() -> Response {
    OAuthFailure::method("GET, HEAD, POST").into_response()
}

/// Where clients register themselves and look after their registration, if they may.
fn registration(state: &State) -> Router<State> {
    let Some(path) = state.policy().registration_path() else { return Router::new() };
    let one = format!("{}/{{id}}/", path.trim_end_matches('/'));
    let router = both(Router::new(), path, &post(registration::register).fallback(only_post));
    let own = get(registration::show).put(registration::change).delete(registration::delete);
    both(router, &one, &own.fallback(registration::other_method))
}

/// The pages where people let devices in.
fn devices_of_people(state: &State) -> Router<State> {
    let urls = state.urls();
    let mut router = Router::new();
    if state.policy().capabilities.offers(&GrantType::DeviceCode) {
        router = both(router, &urls.device(), &get(device::show).post(device::enter));
        router = both(router, &urls.confirm_device(), &get(device::confirm).post(device::decided));
    }
    router.layer(from_fn_with_state(state.pages.clone(), pages_for_people))
}

/// The authorization endpoint and the answers to its questions: for browsers, so its refusals are pages.
fn authorization(state: &State) -> Router<State> {
    let capabilities = &state.policy().capabilities;
    let mut router = Router::new();
    let served = capabilities.responses().next().is_some();
    if let Some(path) = capabilities.endpoints.authorization.as_deref().filter(|_| served) {
        let consent = format!("{}/consent/", path.trim_end_matches('/'));
        router = both(router, path, &get(authorize::show).post(authorize::submit));
        router = both(router, &consent, &post(authorize::decided));
    }
    if let Some(path) = capabilities.ends_sessions() {
        let confirm = format!("{}/confirm/", path.trim_end_matches('/'));
        router = both(router, path, &get(end_session::show).post(end_session::submit));
        router = both(router, &confirm, &post(end_session::confirmed));
    }
    if let Some(path) = capabilities.checks_sessions() {
        router = both(router, path, &get(check_session::show));
    }
    router.layer(from_fn_with_state(state.pages.clone(), pages_for_people))
}

async fn only_post() -> Response {
    OAuthFailure::method("POST").into_response()
}

fn well_known(state: &State) -> Router<State> {
    const SERVER: &str = "/.well-known/oauth-authorization-server";
    const RESOURCE: &str = "/.well-known/oauth-protected-resource";
    const OPENID: &str = "/.well-known/openid-configuration";
    let mut router = both(Router::new(), SERVER, &get(metadata::authorization_server));
    let mut places = vec![OPENID.to_owned(), format!("{}{OPENID}", state.urls().provider)];
    // OpenID Connect Discovery §4 appends to the issuer's path what RFC 8414 §3.1 puts before it.
    places.extend(metadata::appended(state, OPENID));
    places.dedup();
    if state.policy().capabilities.openid {
        for place in places {
            router = both(router, &place, &get(metadata::authorization_server));
        }
        let inserted = format!("{OPENID}/{{*path}}");
        router = router.route(&inserted, get(metadata::authorization_server_of));
    }
    if let Some(path) = state.policy().capabilities.publishes_keys() {
        router = both(router, path, &get(jwks::show));
        router = both(router, &format!("{}{path}", state.urls().provider), &get(jwks::show));
    }
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
            .post(move |state, request| first_party::take(endpoint, state, request))
            .fallback(first_party::other_method);
        router = both(router, &path, &handlers);
    }
    router.layer(from_fn_with_state(state.pages.clone(), pages_for_people))
}

/// The pages for people. Their refusals become pages too; a program that asks gets a problem.
fn people(state: &State) -> Router<State> {
    let urls = state.urls();
    let mut table: Vec<(String, MethodRouter<State>)> = vec![
        (urls.sign_in(), get(sign_in::show).post(sign_in::submit)),
        (urls.sign_up(), get(register::show).post(register::submit)),
        (urls.sign_out(), get(sign_out::show).post(sign_out::submit)),
        (urls.sign_out_everywhere(), post(profile::sign_out_everywhere)),
        (urls.profile(), get(profile::show)),
        (urls.edit_profile(), get(profile::edit::show).post(profile::edit::submit)),
        (urls.change_email(), get(email_change::show).post(email_change::submit)),
        (urls.change_password(), get(password_change::show).post(password_change::submit)),
        (urls.choose(), get(choose::show)),
        (urls.authorized(), get(authorized::list)),
        (urls.errors(), get(errors::list)),
        (urls.error("{code}"), get(errors::show)),
        (urls.withdraw("{id}"), get(authorized::confirm).post(authorized::withdraw)),
        (urls.setup.clone(), get(setup::show).post(setup::submit)),
        (urls.applications(), get(applications::list)),
        (urls.new_application(), get(applications::new).post(applications::register)),
        (urls.application("{id}", ""), get(applications::detail)),
        (urls.application("{id}", "update/"), get(applications::edit).post(applications::update)),
        (
            urls.application("{id}", "secret/"),
            get(applications::confirm_rotate).post(applications::rotate),
        ),
        (
            urls.application("{id}", "delete/"),
            get(applications::confirm_delete).post(applications::delete),
        ),
    ];
    table.extend(urls.home.clone().map(|path| (path, get(home::show))));
    let mut router = Router::new();
    for (path, handlers) in &table {
        router = both(router, path, handlers);
    }
    router.layer(from_fn_with_state(state.pages.clone(), pages_for_people))
}

/// Serves `path` with and without the slash at its end.
fn both(router: Router<State>, path: &str, handlers: &MethodRouter<State>) -> Router<State> {
    let bare = path.trim_end_matches('/');
    let router = router.route(&format!("{bare}/"), handlers.clone());
    if bare.is_empty() { router } else { router.route(bare, handlers.clone()) }
}
