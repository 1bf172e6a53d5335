//! The page where anybody makes an account, if they may: then they are signed in and go on to where they wanted to go.

use accounts::registration::{Decision, username_taken};
use axum::extract::{Request, State as Shared};
use axum::response::Response;
use http::StatusCode;
use pages::redirect::{LocalPath, see_other};
use pages::{Form, FormPage, Refusal};
use store::StoreError;

use super::sign_in::{carrying, destination, leading_on, query};
use super::{Opened, accept, new_account, open};
use crate::extract::address;
use crate::respond::page_failure::PageFailure;
use crate::state::State;
use crate::throttle;
use crate::visit::with_cookies;

/// `GET /accounts/register/`.
pub(crate) async fn show(
    Shared(state): Shared<State>,
    request: Request,
) -> Result<Response, PageFailure> {
    let opened = open(&state, request).await?;
    if !state.settings.registration {
        return Err(closed(&state).into());
    }
    let next = query(&opened.parts, "next");
    let mut form = form(&state, next.as_deref());
    if let Some(hint) = query(&opened.parts, "login_hint") {
        form = form.fill(&[("username", hint.as_str())]);
    }
    page(&state, &opened, form, next.as_deref()).await
}

/// `POST /accounts/register/`: the account and a session under a new id.
pub(crate) async fn submit(
    Shared(state): Shared<State>,
    request: Request,
) -> Result<Response, PageFailure> {
    let (opened, sent) = accept(&state, request, &[]).await?;
    if !state.settings.registration {
        return Err(closed(&state).into());
    }
    let next = sent.optional("next");
    let address = address::client(&opened.parts, &state.settings.trusted_proxies);
    let again = |errors| new_account::refused(form(&state, next), &sent, errors);
    let counted = throttle::registration(&state, address);
    let account = match new_account::check(&state, &sent, counted).await? {
        Decision::Create(account) => account,
        Decision::Refuse(errors) => return page(&state, &opened, again(errors), next).await,
        Decision::Closed => return Err(closed(&state).into()),
    };
    let new = new_account::hashed(&state, account, false).await?;
    let user = match state.store.users().create(new).await {
        // Somebody else took the name a moment ago.
        Err(StoreError::Conflict { field: "username" }) => {
            return page(&state, &opened, again(vec![username_taken()]), next).await;
        }
        made => made?,
    };
    let cookies = opened.visit.begin(&state, &user.account, &opened.parts.headers).await?;
    tracing::info!(target: "audit", event = "registered", user = %user.account.id, %address);
    Ok(with_cookies(see_other(&destination(&state, next)), cookies))
}

fn form(state: &State, next: Option<&str>) -> Form {
    let form = new_account::fields(state, Form::post(state.urls().sign_up()));
    carrying(form.submit("Make the account"), next)
}

async fn page(
    state: &State,
    opened: &Opened,
    form: Form,
    next: Option<&str>,
) -> Result<Response, PageFailure> {
    let frame = opened.visit.frame(state, &opened.parts)?;
    let have = match next.and_then(|next| LocalPath::parse(next).ok()) {
        Some(next) => state.urls().sign_in_for(next.as_str(), None, true),
        None => state.urls().sign_in(),
    };
    let page = FormPage::new("Make an account", form).narrow().link("I have an account", have);
    let answer = state.pages.form(&frame.page, &page);
    Ok(leading_on(state, frame.finish(answer), next).await)
}

fn closed(state: &State) -> Refusal {
    Refusal::new(
        StatusCode::FORBIDDEN,
        "registration_closed",
        "Nobody can register here by themselves",
    )
    .because("The operator of this server makes the accounts.")
    .advise("Ask an administrator for an account.")
    .link("Sign in", state.urls().sign_in())
}
