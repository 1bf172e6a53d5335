//! The list of applications: one's own, or all for a superuser.

use std::collections::BTreeMap;

use axum::extract::{Request, State as Shared};
use axum::response::Response;
use http::StatusCode;
use oauth::id::{ApplicationId, UserId};
use serde::Serialize;
use store::Application;

use super::super::open;
use super::{grant_label, type_label};
use crate::respond::page_failure::PageFailure;
use crate::state::State;

/// Applications on one page.
const PAGE: u64 = 50;

/// What the page shows.
#[derive(Serialize)]
struct Content {
    all: bool,
    applications: Vec<Row>,
    next: Option<String>,
    new: String,
}

#[derive(Serialize)]
struct Row {
    name: String,
    href: String,
    client_id: String,
    kind: &'static str,
    grants: Vec<String>,
    owner: Option<String>,
    active: bool,
    created_at: i64,
}

/// `GET /o/applications/`, with `?after=` an id for the next page.
pub(crate) async fn show(
    Shared(state): Shared<State>,
    request: Request,
) -> Result<Response, PageFailure> {
    let opened = open(&state, request).await?;
    let person = opened.visit.person(&state, &opened.parts)?;
    let owner = (!person.superuser).then_some(person.id);
    let after = after(opened.parts.uri.query().unwrap_or_default());
    let mut found = state.store.applications().list(owner, after, PAGE + 1).await?;
    let more = found.len() > usize::try_from(PAGE).unwrap_or(usize::MAX);
    if more {
        found.pop();
    }
    let next = found.last().filter(|_| more);
    let list = state.urls().applications();
    let names = if person.superuser { owners(&state, &found).await? } else { BTreeMap::new() };
    let content = Content {
        all: person.superuser,
        next: next.map(|last| format!("{list}?after={}", last.id)),
        applications: found.iter().map(|found| row(&state, found, &names)).collect(),
        new: state.urls().new_application(),
    };
    let frame = opened.visit.frame(&state, &opened.parts)?;
    let page = &frame.page;
    let answer = state.pages.respond(StatusCode::OK, "applications/list.html", page, content);
    Ok(frame.finish(answer))
}

fn row(state: &State, found: &Application, names: &BTreeMap<UserId, String>) -> Row {
    let client = &found.client;
    Row {
        name: client.name.clone(),
        href: state.urls().application(found.id, ""),
        client_id: client.id.to_string(),
        kind: type_label(client.client_type),
        grants: client.grant_types.iter().map(|grant| grant_label(grant).to_owned()).collect(),
        owner: client.owner.and_then(|owner| names.get(&owner).cloned()),
        active: client.active,
        created_at: found.created_at.as_millis(),
    }
}

/// The names of those who registered these; one look for each, and a page is short.
async fn owners(
    state: &State,
    found: &[Application],
) -> Result<BTreeMap<UserId, String>, PageFailure> {
    let mut names = BTreeMap::new();
    for owner in found.iter().filter_map(|found| found.client.owner) {
        if let std::collections::btree_map::Entry::Vacant(free) = names.entry(owner)
            && let Some(user) = state.store.users().find(owner).await?
        {
            free.insert(user.account.username.to_string());
        }
    }
    Ok(names)
}

fn after(query: &str) -> Option<ApplicationId> {
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.find(|(name, _)| name == "after").and_then(|(_, id)| ApplicationId::parse(&id).ok())
}
