//! The sign-in page.

use accounts::sign_in::Refusal;
use axum::extract::{Request, State as Shared};
use axum::response::Response;
use http::request::Parts;
use oauth::secret::Secret;
use pages::redirect::{LocalPath, see_other};
use pages::{Field, Form, FormPage};

use super::{Opened, accept, open};
use crate::credentials::{self, Checked};
use crate::extract::address;
use crate::extract::page_form::PageForm;
use crate::oauth::authorize;
use crate::respond::page_failure::PageFailure;
use crate::state::State;
use crate::visit::with_cookies;

/// `GET /accounts/login/`: the form; who is signed in already is sent on.
pub(crate) async fn show(
    Shared(state): Shared<State>,
    request: Request,
) -> Result<Response, PageFailure> {
    let opened = open(&state, request).await?;
    let asked = |name| query(&opened.parts, name);
    let next = asked("next");
    if opened.visit.account().is_some() && asked("again").is_none() {
        return Ok(see_other(&destination(&state, next.as_deref())));
    }
    let mut form = form(&state, next.as_deref());
    if let Some(hint) = asked("login_hint") {
        form = form.fill(&[("username", hint.as_str())]);
    }
    page(&state, &opened, form, next.as_deref()).await
}

/// `POST /accounts/login/`: a session under a new id, and on to where the person wanted to go.
pub(crate) async fn submit(
    Shared(state): Shared<State>,
    request: Request,
) -> Result<Response, PageFailure> {
    let (opened, sent) = accept(&state, request, &[]).await?;
    let again =
        |fault: &str| form(&state, sent.optional("next")).fill(&sent.pairs()).fail("", fault);
    let (Some(username), Some(password)) = (sent.optional("username"), sent.optional("password"))
    else {
        return page(&state, &opened, missing(&state, &sent), sent.optional("next")).await;
    };
    let address = address::client(&opened.parts, &state.settings.trusted_proxies);
    let checked = credentials::check(&state, username, &Secret::from(password), address).await?;
    let Checked::Right(user) = checked else {
        return page(&state, &opened, again(Refusal::MESSAGE), sent.optional("next")).await;
    };
    let cookies = opened.visit.begin(&state, &user.account, &opened.parts.headers).await?;
    state.store.users().signed_in(user.account.id).await?;
    tracing::info!(target: "audit", event = "signed_in", user = %user.account.id, %address);
    let answer = see_other(&destination(&state, sent.optional("next")));
    Ok(with_cookies(answer, cookies))
}

fn missing(state: &State, sent: &PageForm) -> Form {
    let mut form = form(state, sent.optional("next")).fill(&sent.pairs());
    for (name, text) in [("username", "Enter your username."), ("password", "Enter your password.")]
    {
        if sent.optional(name).is_none() {
            form = form.fail(name, text);
        }
    }
    form
}

/// `next` is kept only if it is a path of this site; it never leads anywhere else.
fn form(state: &State, next: Option<&str>) -> Form {
    let form = Form::post(state.urls().sign_in())
        .field(Field::username("username", "Username").autofocus())
        .field(Field::password("password", "Password"))
        .submit("Sign in");
    carrying(form, next)
}

/// A form that carries `next` along, if it is a path of this site.
pub(super) fn carrying(form: Form, next: Option<&str>) -> Form {
    match next.and_then(|next| LocalPath::parse(next).ok()) {
        Some(next) => form.field(Field::hidden("next", next.as_str())),
        None => form,
    }
}

async fn page(
    state: &State,
    opened: &Opened,
    form: Form,
    next: Option<&str>,
) -> Result<Response, PageFailure> {
    let frame = opened.visit.frame(state, &opened.parts)?;
    let mut page = FormPage::new("Sign in", form).narrow();
    if state.settings.registration {
        page = page.link("Make an account", state.urls().sign_up_for(next, None));
    }
    let answer = state.pages.form(&frame.page, &page);
    Ok(leading_on(state, frame.finish(answer), next).await)
}

/// A page whose form leads on to `next` in the end.
pub(super) async fn leading_on(state: &State, answer: Response, next: Option<&str>) -> Response {
    // Where an application waits for the answer, the form leads there in the end.
    let waiting = match next {
        Some(next) => authorize::destination_of(state, next).await,
        None => None,
    };
    match waiting {
        Some(source) => authorize::allow_form_to(answer, &source),
        None => answer,
    }
}

pub(super) fn destination(state: &State, next: Option<&str>) -> LocalPath {
    // These pages themselves are no places to be sent to.
    let urls = state.urls();
    let ours = [urls.sign_in(), urls.sign_up()];
    let next = next.filter(|next| !ours.iter().any(|page| next.starts_with(page)));
    LocalPath::or(next, &state.urls().profile())
}

/// One value of the address.
pub(super) fn query(parts: &Parts, wanted: &str) -> Option<String> {
    let query = parts.uri.query().unwrap_or_default();
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    let found = pairs.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned());
    found.filter(|value| !value.is_empty())
}
