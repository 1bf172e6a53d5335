//! The page that asks a person whether an application may: who asks, for what, and where they would be sent (RFC 9700 §4.12,
//! OIDC Core §3.1.2.4).

use axum::response::Response;
use http::StatusCode;
use oauth::claims::StandardClaim;
use oauth::endpoint::authorize::Ask;
use serde::Serialize;

use super::wish::{Stranger, Wish, initial, wishes};
use crate::oauth::authorize::{Seen, allow_form_to};
use crate::respond::page_failure::PageFailure;
use crate::state::State;

/// What the page shows.
#[derive(Serialize)]
struct Content<'a> {
    client: &'a str,
    initial: String,
    host: &'a str,
    on_device: bool,
    stranger: Option<Stranger>,
    home: Option<&'a str>,
    terms: Option<&'a str>,
    policy: Option<&'a str>,
    scopes: Vec<Wish>,
    claims: Vec<String>,
    resources: &'a [String],
    offline: bool,
    person: String,
    other_account: String,
    action: &'a str,
}

/// The page; its form is posted to `action`, which carries the request.
pub(crate) fn page(
    state: &State,
    seen: &Seen,
    ask: &Ask,
    action: &str,
) -> Result<Response, PageFailure> {
    let (client, destination) = (&seen.asked.application.client, &seen.asked.destination);
    let metadata = &client.metadata;
    let person = seen.visit.account().map(|account| account.username.to_string());
    let here = seen.parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let content = Content {
        client: &client.name,
        initial: initial(&client.name),
        host: destination.host(),
        on_device: destination.is_on_device(),
        stranger: Stranger::of(client),
        home: metadata.client_uri.as_deref(),
        terms: metadata.tos_uri.as_deref(),
        policy: metadata.policy_uri.as_deref(),
        scopes: wishes(state.policy(), &ask.scope, &ask.new_scope),
        claims: claims(ask),
        resources: seen.asked.resources(),
        offline: ask.scope.iter().any(|scope| scope.as_str() == "offline_access"),
        person: person.unwrap_or_default(),
        other_account: state.urls().sign_in_for(here, None, true),
        action,
    };
    let frame = seen.visit.frame(state, &seen.parts)?;
    let answer =
        state.pages.respond(StatusCode::OK, "authorize/consent.html", &frame.page, content);
    Ok(allow_form_to(frame.finish(answer), &destination.source()))
}

/// The claims that are asked for one by one, in words. Of a claim that is this installation's own only the name is known;
/// it is shown all the same, because it would be told.
fn claims(ask: &Ask) -> Vec<String> {
    let words = |name: &String| match StandardClaim::parse(name) {
        Some(claim) => claim.description().to_owned(),
        None => format!("what is kept about you as “{name}”"),
    };
    ask.claims.iter().map(words).collect()
}
