//! Deleting an application, with everything that people allowed it.

use axum::extract::{Request, State as Shared};
use axum::response::Response;
use pages::redirect::{LocalPath, see_other};
use pages::{ConfirmPage, Message, Tone};

use super::super::{accept, open};
use super::{crumbs, find};
use crate::extract::segment::Segment;
use crate::respond::page_failure::PageFailure;
use crate::state::State;
use crate::visit::with_cookies;

/// `GET /o/applications/{id}/delete/`: asks first.
pub(crate) async fn confirm(
    Shared(state): Shared<State>,
    Segment(id): Segment,
    request: Request,
) -> Result<Response, PageFailure> {
    let opened = open(&state, request).await?;
    let (_, found) = find(&state, &opened, &id).await?;
    let frame = opened.visit.frame(&state, &opened.parts)?.below(crumbs(&state, Some(&found)));
    let page = ConfirmPage {
        title: format!("Delete {}?", found.client.name),
        consequences: vec![
            "It can no longer get tokens, and every token it holds ends at once.".to_owned(),
            "Everybody who signed in through it is signed out of it.".to_owned(),
            "This cannot be undone: a new registration gets another client id and secret."
                .to_owned(),
        ],
        action: state.urls().application(found.id, "delete/"),
        confirm: "Delete application".to_owned(),
        cancel: state.urls().application(found.id, ""),
        tone: Tone::Danger,
    };
    let answer = state.pages.confirm(&frame.page, &page);
    Ok(frame.finish(answer))
}

/// `POST /o/applications/{id}/delete/`.
pub(crate) async fn submit(
    Shared(state): Shared<State>,
    Segment(id): Segment,
    request: Request,
) -> Result<Response, PageFailure> {
    let (opened, _) = accept(&state, request, &[]).await?;
    let (person, found) = find(&state, &opened, &id).await?;
    let gone = state.store.applications().delete(found.id).await?;
    tracing::warn!(
        target: "audit",
        event = "application_deleted",
        client = %gone.client.id,
        user = %person.id,
    );
    let told = Message::success(format!("The application {} is deleted.", gone.client.name));
    // The name may be too long for a cookie; then the list says it without words.
    let flash = state.flash.set(&[told]).ok();
    let to = LocalPath::or(Some(&state.urls().applications()), "/");
    Ok(with_cookies(see_other(&to), flash))
}
