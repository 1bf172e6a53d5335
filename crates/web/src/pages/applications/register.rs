//! Registering an application; its secret is shown once.

use axum::extract::{Request, State as Shared};
use axum::response::Response;
use http::StatusCode;
use oauth::client::{Client, FieldError};
use oauth::id::{ClientId, UserId};
use pages::{Form, FormPage};
use store::NewSecret;

use super::super::{Opened, accept, open};
use super::detail::{self, Secrecy};
use super::{crumbs, form};
use crate::respond::page_failure::PageFailure;
use crate::state::State;

/// `GET /o/applications/register/`.
pub(crate) async fn show(
    Shared(state): Shared<State>,
    request: Request,
) -> Result<Response, PageFailure> {
    let opened = open(&state, request).await?;
    opened.visit.person(&state, &opened.parts)?;
    page(&state, &opened, blank(&state))
}

/// `POST /o/applications/register/`: the answer is the new application with its secret, which is nowhere else to be had.
pub(crate) async fn submit(
    Shared(state): Shared<State>,
    request: Request,
) -> Result<Response, PageFailure> {
    let (opened, sent) = accept(&state, request, &form::GROUPS).await?;
    let person = opened.visit.person(&state, &opened.parts)?;
    let drafted = form::draft(&sent).and_then(|draft| draft.check(state.policy()));
    let registration = match drafted {
        Ok(registration) => registration,
        Err(errors) => return page(&state, &opened, form::refused(blank(&state), &sent, errors)),
    };
    if !has_room(&state, person.id).await? {
        let errors = vec![FieldError {
            field: "",
            code: "too_many",
            message: "You have as many applications as one person may have. Delete one first."
                .to_owned(),
        }];
        return page(&state, &opened, form::refused(blank(&state), &sent, errors));
    }
    let secret =
        if registration.auth_method.has_secret() { NewSecret::Generated } else { NewSecret::None };
    let id = ClientId::from_random(&state.entropy.fill()?);
    let client = Client { owner: Some(person.id), ..registration.into_client(id) };
    let (made, shown) = state.store.applications().create(client, secret).await?;
    tracing::info!(
        target: "audit",
        event = "application_registered",
        client = %made.client.id,
        user = %person.id,
    );
    let secrecy = shown.map(|secret| Secrecy { secret, fresh: true });
    detail::page(&state, &opened, &made, secrecy.as_ref(), StatusCode::CREATED)
}

/// Whether this person may have one more.
async fn has_room(state: &State, person: UserId) -> Result<bool, PageFailure> {
    let most = state.settings.limits.applications_per_user;
    let held = state.store.applications().list(Some(person), None, most).await?;
    Ok(u64::try_from(held.len()).unwrap_or(u64::MAX) < most)
}

fn blank(state: &State) -> Form {
    form::blank(state.policy(), state.urls().new_application())
        .submit("Register application")
        .cancel(state.urls().applications())
}

fn page(state: &State, opened: &Opened, form: Form) -> Result<Response, PageFailure> {
    let frame = opened.visit.frame(state, &opened.parts)?.below(crumbs(state, None));
    let page = FormPage::new("Register an application", form)
        .intro("An application asks this server for tokens. It gets a client id, and a secret if it can keep one. Everything else about it can be said afterwards.");
    let answer = state.pages.form(&frame.page, &page);
    Ok(frame.finish(answer))
}
