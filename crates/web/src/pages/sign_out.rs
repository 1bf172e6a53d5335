//! Signing out, of this browser.

use axum::extract::{Request, State as Shared};
use axum::response::Response;
use pages::{Form, FormPage};

use super::signed_out::{Next, end};
use super::{accept, open};
use crate::respond::page_failure::PageFailure;
use crate::state::State;

/// `GET /accounts/logout/`: asks, because a link or an image of another site must not sign anybody out.
pub(crate) async fn show(
    Shared(state): Shared<State>,
    request: Request,
) -> Result<Response, PageFailure> {
    let opened = open(&state, request).await?;
    if opened.visit.account().is_none() {
        return Err(PageFailure::elsewhere(&state.urls().sign_in()));
    }
    let frame = opened.visit.frame(&state, &opened.parts)?;
    let form =
        Form::post(state.urls().sign_out()).submit("Sign out").cancel(state.urls().profile());
    let page =
        FormPage::new("Sign out?", form).intro("This ends your session in this browser, and in the applications that you signed in to with it.").narrow();
    let answer = state.pages.form(&frame.page, &page);
    Ok(frame.finish(answer))
}

/// `POST /accounts/logout/`: the session ends on the server, and the browser forgets its cookie.
pub(crate) async fn submit(
    Shared(state): Shared<State>,
    request: Request,
) -> Result<Response, PageFailure> {
    let (opened, _) = accept(&state, request, &[]).await?;
    end(&state, opened, Next::SignIn).await
}
