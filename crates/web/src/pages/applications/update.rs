//! Changing what is registered about an application.

use axum::extract::{Request, State as Shared};
use axum::response::Response;
use http::StatusCode;
use oauth::client::{Client, FieldError};
use oauth::secret::Secret;
use pages::redirect::{LocalPath, see_other};
use pages::{Form, FormPage, Message};
use store::{Application, NewSecret, Step, StoreError};

use super::super::{Opened, accept, open};
use super::detail::{self, Secrecy};
use super::{crumbs, find, form};
use crate::extract::segment::Segment;
use crate::respond::page_failure::PageFailure;
use crate::sector;
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

/// `POST /o/applications/{id}/update/`. Owner, client id, type and standing are not in the form and stay; the secret stays unless it
/// is none for how the application authenticates from now on.
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
    let refused = |errors| {
        let form = form::refused(filled(&state, &found), &sent, errors);
        page(&state, &opened, &found, form)
    };
    let policy = state.policy();
    let drafted = form::change(&found.client, &sent);
    let wanted = match drafted.and_then(|draft| draft.check_change(&found.client, policy)) {
        Ok(wanted) => wanted,
        Err(errors) => return refused(errors),
    };
    if let Err(error) = check_sector(&state, &found.client, &wanted).await {
        return refused(vec![error]);
    }
    let (changed, secret) = match write(&state, &found, wanted).await {
        Ok(done) => done,
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
    if let Some(secret) = secret {
        let shown = Secrecy { secret, fresh: false };
        return detail::page(&state, &opened, &changed, Some(&shown), StatusCode::OK);
    }
    let told = Message::success("The application is saved.");
    let flash = state.flash.set(&[told]).ok();
    let to = LocalPath::or(Some(&state.urls().application(found.id, "")), "/");
    Ok(with_cookies(see_other(&to), flash))
}

/// The document of a sector has to speak for the application, as for one that registers itself.
async fn check_sector(state: &State, known: &Client, wanted: &Client) -> Result<(), FieldError> {
    let named = wanted.metadata.sector_identifier_uri.as_deref();
    let same = named == known.metadata.sector_identifier_uri.as_deref()
        && wanted.redirect_uris == known.redirect_uris;
    if same {
        return Ok(());
    }
    let checked = sector::check(state, named, &wanted.redirect_uris).await;
    checked.map_err(|error| {
        let text = error.description().into_owned();
        let text = text.strip_prefix("sector_identifier_uri: ").unwrap_or(&text);
        let message = format!("The document does not speak for this application: {text}.");
        FieldError { field: "sector_identifier_uri", code: "invalid", message }
    })
}

/// Writes it over what was found. If the present secret is none for how the application authenticates from now on, it gets a
/// new one, and every token that it has ends.
async fn write(
    state: &State,
    found: &Application,
    client: Client,
) -> Result<(Application, Option<Secret>), StoreError> {
    let applications = state.store.applications();
    if !found.client.needs_new_secret(client.auth_method) {
        return Ok((applications.update(found, client).await?, None));
    }
    let (id, seen, client) = (found.id, found.updated_at, Box::new(client));
    let step = Step::Change { id, seen, client, secret: NewSecret::Generated, active: None };
    let done = state.store.apply(Vec::new(), vec![step]).await?;
    done.applications.into_iter().next().ok_or(StoreError::NotFound("application"))
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
    let page = FormPage::new(format!("Change {}", found.client.name), form)
        .intro("Only the name and a grant type are needed. What you leave empty is as usual here.")
        .wide();
    let answer = state.pages.form(&frame.page, &page);
    Ok(frame.finish(answer))
}
