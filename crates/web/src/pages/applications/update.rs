//! Changing what is registered about an application.

use axum::extract::{Request, State as Shared};
use axum::response::Response;
use oauth::client::Draft;
use pages::redirect::{LocalPath, see_other};
use pages::{Form, FormPage, Message};
use store::{Application, StoreError};

use super::super::{Opened, accept, open};
use super::{crumbs, find, form};
use crate::extract::segment::Segment;
use crate::respond::page_failure::PageFailure;
use crate::state::State;
use crate::visit::with_cookies;

/// `GET /o/applications/{id}/update/`.
pub(crate) async fn show(
    Shared(state): Shared<State>,
    Segment(id): Segment,
    request: Request,
) -> Result<Response, PageFailure> {
    let opened = open(&state, request).await?;
    let (_, found) = find(&state, &opened, &id).await?;
    page(&state, &opened, &found, filled(&state, &found))
}

/// `POST /o/applications/{id}/update/`. Owner, client id, type, secret and standing are not in the form and stay.
pub(crate) async fn submit(
    Shared(state): Shared<State>,
    Segment(id): Segment,
    request: Request,
) -> Result<Response, PageFailure> {
    let (opened, sent) = accept(&state, request, &form::GROUPS).await?;
    let (person, found) = find(&state, &opened, &id).await?;
    if form::is_outdated(&sent, &found) {
        return page(&state, &opened, &found, form::overtaken(filled(&state, &found), &sent));
    }
    let told = form::draft(&sent);
    let known = found.client.draft().with_grants(told.grant_types);
    let draft = Draft {
        metadata: form::metadata(&sent, known.metadata.clone()),
        name: told.name,
        redirect_uris: told.redirect_uris,
        scope: told.scope,
        ..known
    };
    let changed = match draft.check_change(&found.client, state.policy()) {
        Ok(changed) => changed,
        Err(errors) => {
            let form = form::refused(filled(&state, &found), &sent, errors);
            return page(&state, &opened, &found, form);
        }
    };
    let changed = match state.store.applications().update(&found, changed).await {
        Ok(changed) => changed,
        Err(StoreError::Overtaken(_)) => {
            let (_, found) = find(&state, &opened, &id).await?;
            return page(&state, &opened, &found, form::overtaken(filled(&state, &found), &sent));
        }
        Err(error) => return Err(error.into()),
    };
    tracing::info!(
        target: "audit",
        event = "application_changed",
        client = %changed.client.id,
        user = %person.id,
    );
    let told = Message::success("The application is saved.");
    let flash = state.flash.set(&[told]).ok();
    let to = LocalPath::or(Some(&state.urls().application(found.id, "")), "/");
    Ok(with_cookies(see_other(&to), flash))
}

fn filled(state: &State, found: &Application) -> Form {
    let urls = state.urls();
    form::filled(state.policy(), urls.application(found.id, "update/"), found)
        .submit("Save")
        .cancel(urls.application(found.id, ""))
}

fn page(
    state: &State,
    opened: &Opened,
    found: &Application,
    form: Form,
) -> Result<Response, PageFailure> {
    let frame = opened.visit.frame(state, &opened.parts)?.below(crumbs(state, Some(found)));
    let page = FormPage::new(format!("Change {}", found.client.name), form);
    let answer = state.pages.form(&frame.page, &page);
    Ok(frame.finish(answer))
}
