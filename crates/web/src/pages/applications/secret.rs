//! A new secret for an application; the old one and every access token given under it end at once.

use axum::extract::{Request, State as Shared};
use axum::response::Response;
use http::StatusCode;
use oauth::client::ClientType;
use pages::{ConfirmPage, Refusal, Tone};
use store::Application;

use super::super::{accept, open};
use super::detail::{self, Secrecy};
use super::{crumbs, find};
use crate::extract::segment::Segment;
use crate::respond::page_failure::PageFailure;
use crate::state::State;

/// `GET /o/applications/{id}/secret/`: asks first.
pub(crate) async fn confirm(
    Shared(state): Shared<State>,
    Segment(id): Segment,
    request: Request,
) -> Result<Response, PageFailure> {
    let opened = open(&state, request).await?;
    let (_, found) = find(&state, &opened, &id).await?;
    can_have_secret(&found)?;
    let frame = opened.visit.frame(&state, &opened.parts)?.below(crumbs(&state, Some(&found)));
    let page = ConfirmPage {
        title: format!("New secret for {}?", found.client.name),
        consequences: vec![
            "The present secret stops working at once: change it wherever the application runs.".to_owned(),
            "Every access token that the application holds ends; it gets new ones with the new secret.".to_owned(),
            "People who use the application stay signed in.".to_owned(),
        ],
        action: state.urls().application(found.id, "secret/"),
        confirm: "Make a new secret".to_owned(),
        cancel: state.urls().application(found.id, ""),
        tone: Tone::Warning,
    };
    let answer = state.pages.confirm(&frame.page, &page);
    Ok(frame.finish(answer))
}

/// `POST /o/applications/{id}/secret/`: shows the new secret, once.
pub(crate) async fn submit(
    Shared(state): Shared<State>,
    Segment(id): Segment,
    request: Request,
) -> Result<Response, PageFailure> {
    let (opened, _) = accept(&state, request, &[]).await?;
    let (person, found) = find(&state, &opened, &id).await?;
    can_have_secret(&found)?;
    let (changed, secret) = state.store.applications().rotate_secret(&found).await?;
    tracing::warn!(
        target: "audit",
        event = "client_secret_rotated",
        client = %changed.client.id,
        user = %person.id,
    );
    let shown = Secrecy { secret, fresh: false };
    detail::page(&state, &opened, &changed, Some(&shown), StatusCode::OK)
}

fn can_have_secret(found: &Application) -> Result<(), PageFailure> {
    const TITLE: &str = "This application has no secret";
    if found.client.auth_method.has_secret() {
        return Ok(());
    }
    let refusal = match found.client.client_type {
        ClientType::Public => Refusal::new(StatusCode::CONFLICT, "public_client", TITLE)
            .because("A public client runs on people's devices, where a secret would not stay one.")
            .advise("Register a confidential application if it runs on a server of yours."),
        ClientType::Confidential => Refusal::new(StatusCode::CONFLICT, "signing_client", TITLE)
            .because("It proves who it is by signing with a private key that only it has.")
            .advise("Change the key where the application runs, and register the new public key."),
    };
    Err(refusal.into())
}
