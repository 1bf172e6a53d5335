//! The pages for people: sign in and out, one's own account, the first administrator, one's applications.

pub(crate) mod applications;
pub(crate) mod authorized;
pub(crate) mod choose;
pub(crate) mod consent;
pub(crate) mod device;
pub(crate) mod email_change;
pub(crate) mod errors;
pub(crate) mod home;
mod new_account;
pub(crate) mod password_change;
pub(crate) mod profile;
pub(crate) mod register;
pub(crate) mod setup;
pub(crate) mod sign_in;
pub(crate) mod sign_out;
pub(crate) mod signed_out;
pub(crate) mod wish;

use axum::body::Body;
use axum::extract::Request;
use http::request::Parts;

use crate::extract::page_form::PageForm;
use crate::respond::page_failure::PageFailure;
use crate::state::State;
use crate::visit::Visit;

/// A request for a page: its head and who sends it.
pub(crate) struct Opened {
    pub(crate) parts: Parts,
    pub(crate) visit: Visit,
}

/// Take a request that only looks.
pub(crate) async fn open(state: &State, request: Request) -> Result<Opened, PageFailure> {
    let (parts, _) = request.into_parts();
    let visit = Visit::of(state, &parts.headers).await?;
    Ok(Opened { parts, visit })
}

/// Take a form that was sent from one of our pages in the visitor's own session; any other is refused before anything is
/// done.
pub(crate) async fn accept(
    state: &State,
    request: Request,
    groups: &[&str],
) -> Result<(Opened, PageForm), PageFailure> {
    let (parts, body): (Parts, Body) = request.into_parts();
    let form = PageForm::read(&parts.headers, body, state.settings.limits.body, groups).await?;
    let visit = Visit::of(state, &parts.headers).await?;
    visit.guard(state, &parts, &form)?;
    Ok((Opened { parts, visit }, form))
}
