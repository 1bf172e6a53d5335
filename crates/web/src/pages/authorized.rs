//! The applications that a person has let in, and the way to shut one out again.

use axum::extract::{Request, State as Shared};
use axum::response::Response;
use http::StatusCode;
use oauth::client::{Client, ConsentRule};
use oauth::grant::GrantType;
use oauth::id::ApplicationId;
use oauth::redirect_uri::with_query;
use pages::redirect::{LocalPath, see_other};
use pages::{ConfirmPage, Link, Message, Refusal, Tone};
use serde::Serialize;
use store::Access;

use super::{accept, open};
use crate::extract::segment::Segment;
use crate::respond::page_failure::PageFailure;
use crate::state::State;
use crate::visit::with_cookies;

/// One application on the page.
#[derive(Serialize)]
struct Row {
    name: String,
    home: Option<String>,
    /// Where the application begins a sign-in of its own (OpenID Connect Core §4).
    open: Option<String>,
    scopes: Vec<String>,
    since: i64,
    withdraw: String,
}

/// What the page shows.
#[derive(Serialize)]
struct Content {
    rows: Vec<Row>,
}

/// `GET /o/authorized_tokens/`.
pub(crate) async fn list(
    Shared(state): Shared<State>,
    request: Request,
) -> Result<Response, PageFailure> {
    let opened = open(&state, request).await?;
    let person = opened.visit.person(&state, &opened.parts)?;
    let access = state.store.access().list(person.id, state.policy()).await?;
    let rows = access.into_iter().map(|access| row(&state, access)).collect();
    let crumbs = [Link::new("Your account", state.urls().profile())];
    let frame = opened.visit.frame(&state, &opened.parts)?.below(crumbs);
    let answer =
        state.pages.respond(StatusCode::OK, "authorized.html", &frame.page, Content { rows });
    Ok(frame.finish(answer))
}

/// `GET /o/authorized_tokens/{id}/delete/`: asks first.
pub(crate) async fn confirm(
    Shared(state): Shared<State>,
    Segment(id): Segment,
    request: Request,
) -> Result<Response, PageFailure> {
    let opened = open(&state, request).await?;
    let person = opened.visit.person(&state, &opened.parts)?.id;
    let id = ApplicationId::parse(&id).map_err(|_| Refusal::not_found())?;
    // Only of their own: this page is no way to learn which applications there are.
    let access = state
        .store
        .access()
        .find(person, id, state.policy())
        .await?
        .ok_or_else(Refusal::not_found)?;
    let found = access.application;
    let crumbs = [Link::new("Applications with access", state.urls().authorized())];
    let frame = opened.visit.frame(&state, &opened.parts)?.below(crumbs);
    let page = ConfirmPage {
        title: format!("End the access of {}?", found.client.name),
        consequences: vec![
            "It is signed out of your account at once, everywhere.".to_owned(),
            way_back(&found.client).to_owned(),
        ],
        action: state.urls().withdraw(found.id),
        confirm: "End access".to_owned(),
        cancel: state.urls().authorized(),
        tone: Tone::Danger,
    };
    let answer = state.pages.confirm(&frame.page, &page);
    Ok(frame.finish(answer))
}

/// `POST /o/authorized_tokens/{id}/delete/`.
pub(crate) async fn withdraw(
    Shared(state): Shared<State>,
    Segment(id): Segment,
    request: Request,
) -> Result<Response, PageFailure> {
    let (opened, _) = accept(&state, request, &[]).await?;
    let person = opened.visit.person(&state, &opened.parts)?.id;
    let id = ApplicationId::parse(&id).map_err(|_| Refusal::not_found())?;
    state.store.access().end(person, id).await?;
    tracing::info!(target: "audit", event = "consent_withdrawn", user = %person, application = %id);
    let told = Message::success("The application has no access any more.");
    let flash = state.flash.set(&[told]).ok();
    let to = LocalPath::or(Some(&state.urls().authorized()), "/");
    Ok(with_cookies(see_other(&to), flash))
}

/// What it takes for the application to have access again.
fn way_back(client: &Client) -> &'static str {
    if client.metadata.consent == ConsentRule::Trusted {
        "It can come back when you sign in to it again. It does not ask you then, because it belongs to this site."
    } else if client.may_use(&GrantType::Password) {
        "It can come back when you give it your password again."
    } else if client.may_use(&GrantType::JwtBearer) {
        "It can come back when a service that this site trusts speaks for you again."
    } else if client.grant_types.iter().any(|grant| matches!(grant, GrantType::Extension(_))) {
        "It can come back in a way that this site has made itself."
    } else {
        "It has to ask you again before it can come back."
    }
}

/// The address at which the application signs this person in, if it has registered one and may.
fn begin(state: &State, client: &Client) -> Option<String> {
    let address = client.metadata.initiate_login_uri.as_deref().filter(|_| client.active)?;
    Some(with_query(address, &[("iss", state.policy().issuer.as_str())]))
}

fn row(state: &State, access: Access) -> Row {
    let policy = state.policy();
    let words = |scope: &oauth::scope::ScopeToken| policy.words_for(scope).map(str::to_owned);
    Row {
        scopes: access.scope.iter().filter_map(words).collect(),
        since: access.since.as_millis(),
        withdraw: state.urls().withdraw(access.application.id),
        open: begin(state, &access.application.client),
        home: access.application.client.metadata.client_uri,
        name: access.application.client.name,
    }
}
