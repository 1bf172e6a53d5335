//! One application: what is registered, how to use it, and its secret right after it was made.

use axum::extract::{Request, State as Shared};
use axum::response::Response;
use http::StatusCode;
use oauth::client::{AuthMethod, RedirectUri, StoredSecret};
use oauth::grant::GrantType;
use oauth::secret::Secret;
use serde::Serialize;
use store::Application;

use super::super::{Opened, open};
use super::{crumbs, find, form, grant_label, method_label, type_label};
use crate::extract::segment::Segment;
use crate::respond::page_failure::PageFailure;
use crate::state::State;

/// A secret that is being shown.
pub(super) struct Secrecy {
    pub(super) secret: Secret,
    /// Whether the application is new too; otherwise an older secret has just died.
    pub(super) fresh: bool,
}

/// What the page shows.
#[derive(Serialize)]
struct Content<'a> {
    name: &'a str,
    client_id: &'a str,
    kind: &'static str,
    active: bool,
    grants: Vec<String>,
    redirect_uris: Vec<&'a str>,
    method: &'static str,
    /// What else is registered: what it is, and its values.
    more: Vec<(&'static str, Vec<String>)>,
    scope: Option<String>,
    created_at: i64,
    updated_at: i64,
    /// `digest`, `slow`, `sealed` or nothing.
    secret_kind: Option<&'static str>,
    /// Whether it has no secret because it has a key.
    signs: bool,
    secret: Option<&'a str>,
    fresh: bool,
    curl: Option<String>,
    edit: String,
    rotate: String,
    delete: String,
}

/// `GET /o/applications/{id}/`.
pub(crate) async fn show(
    Shared(state): Shared<State>,
    Segment(id): Segment,
    request: Request,
) -> Result<Response, PageFailure> {
    let opened = open(&state, request).await?;
    let (_, found) = find(&state, &opened, &id).await?;
    page(&state, &opened, &found, None, StatusCode::OK)
}

pub(super) fn page(
    state: &State,
    opened: &Opened,
    found: &Application,
    shown: Option<&Secrecy>,
    status: StatusCode,
) -> Result<Response, PageFailure> {
    let (client, urls) = (&found.client, state.urls());
    let content = Content {
        name: &client.name,
        client_id: client.id.as_str(),
        kind: type_label(client.client_type),
        active: client.active,
        grants: client.grant_types.iter().map(|grant| grant_label(grant).to_owned()).collect(),
        redirect_uris: client.redirect_uris.iter().map(RedirectUri::as_str).collect(),
        method: method_label(client.auth_method),
        more: form::registered(client)
            .into_iter()
            .map(|(label, text)| (label, text.lines().map(str::to_owned).collect()))
            .collect(),
        scope: client.scope.as_ref().map(ToString::to_string),
        created_at: found.created_at.as_millis(),
        updated_at: found.updated_at.as_millis(),
        secret_kind: client.secret.as_ref().map(|secret| match secret {
            StoredSecret::Digest(_) => "digest",
            StoredSecret::Slow(_) => "slow",
            StoredSecret::Sealed(_) => "sealed",
        }),
        signs: client.auth_method == AuthMethod::PrivateKeyJwt,
        fresh: shown.is_some_and(|shown| shown.fresh),
        curl: curl(state, found, shown),
        secret: shown.map(|shown| shown.secret.expose()),
        edit: urls.application(found.id, "update/"),
        rotate: urls.application(found.id, "secret/"),
        delete: urls.application(found.id, "delete/"),
    };
    let frame = opened.visit.frame(state, &opened.parts)?.below(crumbs(state, None));
    let answer = state.pages.respond(status, "applications/detail.html", &frame.page, content);
    Ok(frame.finish(answer))
}

/// A first request to try, for the simplest grant that the application has.
fn curl(state: &State, found: &Application, shown: Option<&Secrecy>) -> Option<String> {
    let client = &found.client;
    let token = state.policy().capabilities.endpoints.token.as_deref()?;
    let url = state.policy().issuer.url(token);
    let grant = if client.may_use(&GrantType::ClientCredentials) {
        "grant_type=client_credentials"
    } else if client.may_use(&GrantType::Password) {
        "grant_type=password&username=USERNAME&password=PASSWORD"
    } else {
        return None;
    };
    let secret = shown.map_or("SECRET", |shown| shown.secret.expose());
    match client.auth_method {
        AuthMethod::ClientSecretBasic | AuthMethod::ClientSecret => {
            Some(format!("curl -u \"{}:{secret}\" -d \"{grant}\" {url}", client.id))
        }
        AuthMethod::ClientSecretPost => {
            let own = format!("client_id={}&client_secret={secret}", client.id);
            Some(format!("curl -d \"{own}&{grant}\" {url}"))
        }
        AuthMethod::None => Some(format!("curl -d \"client_id={}&{grant}\" {url}", client.id)),
        // Nobody signs by hand.
        AuthMethod::ClientSecretJwt | AuthMethod::PrivateKeyJwt => None,
    }
}
