//! Changing what is registered about an application.

use axum::extract::{Request, State as Shared};
use axum::response::Response;
use oauth::client::{Client, ClientMetadata, Draft};
use pages::redirect::{LocalPath, see_other};
use pages::{Form, FormPage, Message};
use store::Application;

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
    let draft = Draft {
        client_type: found.client.client_type.as_str().to_owned(),
        auth_method: Some(found.client.auth_method.as_str().to_owned()),
        // They are not in the form, and how it authenticates may depend on them.
        metadata: ClientMetadata {
            jwks: found.client.metadata.jwks.clone(),
            jwks_uri: found.client.metadata.jwks_uri.clone(),
            ..ClientMetadata::default()
        },
        ..form::draft(&sent)
    };
    let registration = match draft.check(state.policy()) {
        Ok(registration) => registration,
        Err(errors) => {
            let form = form::refused(filled(&state, &found), &sent, errors);
            return page(&state, &opened, &found, form);
        }
    };
    let changed = Client {
        name: registration.name,
        grant_types: registration.grant_types,
        redirect_uris: registration.redirect_uris,
        scope: registration.scope,
        ..found.client.clone()
    };
    let changed = state.store.applications().update(found.id, changed).await?;
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
    form::filled(state.policy(), urls.application(found.id, "update/"), &found.client)
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
