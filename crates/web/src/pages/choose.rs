//! The page where somebody chooses between the account that is signed in and another one (`prompt=select_account`).

use axum::extract::{Request, State as Shared};
use axum::response::Response;
use http::StatusCode;
use pages::context;
use pages::redirect::{LocalPath, see_other};

use super::wish::initial;
use super::{open, sign_in};
use crate::respond::page_failure::PageFailure;
use crate::state::State;

/// `GET /accounts/choose/?next=…`.
pub(crate) async fn show(
    Shared(state): Shared<State>,
    request: Request,
) -> Result<Response, PageFailure> {
    let opened = open(&state, request).await?;
    let next = sign_in::query(&opened.parts, "next");
    let next = LocalPath::or(next.as_deref(), &state.urls().profile());
    let other = state.urls().sign_in_for(next.as_str(), None, true);
    let Some(account) = opened.visit.account() else {
        return Ok(see_other(&LocalPath::or(Some(&other), &state.urls().sign_in())));
    };
    let name = account.username.to_string();
    let content = context! {
        initial => initial(&name),
        name => name,
        email => account.email.as_ref().map(ToString::to_string),
        next => next.as_str(),
        other => other,
    };
    let frame = opened.visit.frame(&state, &opened.parts)?;
    let answer = state.pages.respond(StatusCode::OK, "authorize/choose.html", &frame.page, content);
    Ok(frame.finish(answer))
}
