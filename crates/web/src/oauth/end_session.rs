//! The logout endpoint (OpenID Connect RP-Initiated Logout §2): an application sends a person here to be signed out.

use std::sync::Arc;

use axum::extract::{Request, State as Shared};
use axum::response::Response;
use http::StatusCode;
use oauth::endpoint::authorize::Parameters;
use oauth::endpoint::end_session::{Decision, Facts, Hint, Request as Asked, Session, decide};
use oauth::error::OAuthError;
use oauth::redirect_uri::source_of;
use pages::redirect::{LocalPath, see_other};
use pages::{Form, FormPage, Refusal};
use store::Application;

use super::authorize::{allow_form_to, form_body};
use crate::id_token;
use crate::pages::signed_out::{self, Next, leave};
use crate::pages::{Opened, accept, open};
use crate::respond::page_failure::PageFailure;
use crate::state::State;
use crate::subject;

/// `GET /o/logout/`.
pub(crate) async fn show(
    Shared(state): Shared<State>,
    request: Request,
) -> Result<Response, PageFailure> {
    let opened = open(&state, request).await?;
    answer(&state, opened, false).await
}

/// `POST /o/logout/`: the same request as a form. A browser sends no session cookie with a form of another site, so it is sent
/// here again by GET.
pub(crate) async fn submit(
    Shared(state): Shared<State>,
    request: Request,
) -> Result<Response, PageFailure> {
    let (parts, body) = request.into_parts();
    let bytes = form_body(&state, &parts, body).await?;
    let parameters = Parameters::parse(&bytes).map_err(|error| refused(&state, &error))?;
    let to = address(&state, "", &parameters.to_query());
    Ok(see_other(&LocalPath::or(Some(&to), &state.urls().sign_out())))
}

/// `POST /o/logout/confirm/`: the person has pressed the button. The request itself is in the query and is checked anew.
pub(crate) async fn confirmed(
    Shared(state): Shared<State>,
    request: Request,
) -> Result<Response, PageFailure> {
    let (opened, _) = accept(&state, request, &[]).await?;
    answer(&state, opened, true).await
}

async fn answer(state: &State, opened: Opened, confirmed: bool) -> Result<Response, PageFailure> {
    let refuse = |error: OAuthError| refused(state, &error);
    let query = opened.parts.uri.query().unwrap_or_default().to_owned();
    let parameters = Parameters::parse(query.as_bytes()).map_err(refuse)?;
    let asked = Asked::parse(&parameters).map_err(refuse)?;
    let hint = match asked.id_token_hint.as_deref().map(|text| id_token::read(state, text)) {
        None => Hint::Absent,
        Some(None) => Hint::Invalid,
        Some(Some(read)) => {
            Hint::Of { client: read.client, subject: read.subject, session: read.session }
        }
    };
    let application = match hint.client(&asked) {
        Some(id) => state.store.client(id).await?,
        None => None,
    };
    let facts = Facts {
        client: application.as_ref().map(|application| &application.client),
        session: session(state, &opened, application.as_deref())?,
        hint,
        confirmed,
    };
    match decide(&asked, &facts) {
        Decision::Ask(back) => ask(state, &opened, application, &query, back.as_deref()),
        Decision::SignOut(back) => {
            let next = back.map_or(Next::Page, |uri| Next::Client { uri, application });
            signed_out::end(state, opened, next).await
        }
        Decision::GoBack(back) => leave(&back),
        Decision::Nothing => signed_out::page(state, &opened),
        Decision::Refuse(error) => Err(refused(state, &error)),
    }
}

fn session(
    state: &State,
    opened: &Opened,
    application: Option<&Application>,
) -> Result<Option<Session>, PageFailure> {
    let Some(live) = &opened.visit.session else { return Ok(None) };
    let user = live.user.account.id;
    let subject = application.map(|asks| subject::of(state, &asks.client, user)).transpose()?;
    Ok(Some(Session { id: live.session.id, subject }))
}

fn ask(
    state: &State,
    opened: &Opened,
    application: Option<Arc<Application>>,
    query: &str,
    back: Option<&str>,
) -> Result<Response, PageFailure> {
    let frame = opened.visit.frame(state, &opened.parts)?;
    let form = Form::post(address(state, "confirm/", query))
        .submit("Sign out")
        .cancel(state.urls().profile());
    let who = application.map(|application| application.client.name.clone());
    let intro = match who {
        Some(name) => format!(
            "{name} asks you to sign out. This ends your session in this browser, and in the applications that you signed in to with it."
        ),
        None => "This ends your session in this browser, and in the applications that you signed in to with it.".to_owned(),
    };
    let page = FormPage::new("Sign out?", form).intro(intro).narrow();
    let answer = state.pages.form(&frame.page, &page);
    let answer = frame.finish(answer);
    Ok(match back {
        Some(back) => allow_form_to(answer, &source_of(back)),
        None => answer,
    })
}

/// The address of the endpoint, or of a page below it, with this query.
fn address(state: &State, page: &str, query: &str) -> String {
    let path = state.policy().capabilities.ends_sessions().unwrap_or("/");
    let path = format!("{}/{page}", path.trim_end_matches('/'));
    if query.is_empty() { path } else { format!("{path}?{query}") }
}

/// A request that cannot be answered: the person is sent nowhere, but can still sign out here.
fn refused(state: &State, error: &OAuthError) -> PageFailure {
    tracing::info!(target: "audit", event = "logout_request_refused", code = %error.code());
    let what = format!(
        "An application sent you here to sign out, with a request that cannot be answered: {}.",
        error.description()
    );
    Refusal::new(StatusCode::BAD_REQUEST, error.code().as_str(), "This request cannot be answered")
        .because(what)
        .advise("It has signed nobody out. You can sign out here; tell the makers of the application the code and the request number.")
        .link("Sign out", state.urls().sign_out())
        .into()
}
