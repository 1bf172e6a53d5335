//! The first administrator, made by whoever holds the one-time link that the server printed.

use accounts::registration::{Decision, NewAccount, username_taken};
use axum::extract::{Request, State as Shared};
use axum::response::Response;
use http::StatusCode;
use http::request::Parts;
use oauth::secret::Secret;
use pages::redirect::{LocalPath, see_other};
use pages::{Field, Form, FormPage, Message, Refusal};
use store::StoreError;

use super::{Opened, accept, new_account, open};
use crate::respond::page_failure::PageFailure;
use crate::state::State;
use crate::visit::with_cookies;

/// `GET /setup?token=…`: the form, while the link is good. Nothing is used up by looking, so a mail scanner or a preview
/// does no harm.
pub(crate) async fn show(
    Shared(state): Shared<State>,
    request: Request,
) -> Result<Response, PageFailure> {
    let opened = open(&state, request).await?;
    let link = token_of_query(&opened.parts).ok_or_else(used_up)?;
    if !state.store.setup_links().is_open(&link).await? {
        return Err(used_up().into());
    }
    page(&state, &opened, form(&state, &link))
}

/// `POST /setup`: uses the link up and makes the administrator, both or neither; then the person is signed in.
pub(crate) async fn submit(
    Shared(state): Shared<State>,
    request: Request,
) -> Result<Response, PageFailure> {
    let (opened, sent) = accept(&state, request, &[]).await?;
    let link = Secret::from(sent.optional("token").ok_or_else(used_up)?);
    if !state.store.setup_links().is_open(&link).await? {
        return Err(used_up().into());
    }
    let again =
        |errors| page(&state, &opened, new_account::refused(form(&state, &link), &sent, errors));
    // The link is the invitation: it counts whether or not people may register by themselves.
    let account = match new_account::check(&state, &sent, std::future::ready(Ok(()))).await? {
        Decision::Create(account) => account,
        Decision::Refuse(errors) => return again(errors),
        Decision::Closed => return Err(used_up().into()),
    };
    let made = match make(&state, &link, account).await {
        Err(StoreError::Conflict { field: "username" }) => return again(vec![username_taken()]),
        made => made?,
    };
    let user = made.ok_or_else(used_up)?;
    tracing::warn!(target: "audit", event = "administrator_set_up", user = %user.account.id);
    let cookies = opened.visit.begin(&state, &user.account, &opened.parts.headers).await?;
    let told =
        Message::success("You are the administrator now. Register your first application here.");
    let flash = state.flash.set(&[told]).ok();
    let to = LocalPath::or(Some(&state.urls().applications()), "/");
    Ok(with_cookies(see_other(&to), cookies.into_iter().chain(flash)))
}

async fn make(
    state: &State,
    link: &Secret,
    account: NewAccount,
) -> Result<Option<store::User>, StoreError> {
    let new = new_account::hashed(state, account, true).await;
    let new =
        new.map_err(|_| StoreError::Busy("the password could not be hashed now".to_owned()))?;
    state.store.setup_links().redeem(link, new).await
}

fn form(state: &State, link: &Secret) -> Form {
    let form = Form::post(state.urls().setup.clone()).field(Field::hidden("token", link.expose()));
    new_account::fields(state, form).submit("Make the administrator")
}

fn page(state: &State, opened: &Opened, form: Form) -> Result<Response, PageFailure> {
    let frame = opened.visit.frame(state, &opened.parts)?;
    let page = FormPage::new("Welcome", form)
        .intro("This makes the first administrator of this server. The link works once.")
        .narrow();
    let answer = state.pages.form(&frame.page, &page);
    Ok(frame.finish(answer))
}

fn used_up() -> Refusal {
    Refusal::new(StatusCode::FORBIDDEN, "setup_link", "This set-up link is not good any more")
        .because("It was used already, it is too old, or it was not copied whole.")
        .advise("Make a new one on the server with the command `setup-link`.")
}

fn token_of_query(parts: &Parts) -> Option<Secret> {
    let query = parts.uri.query().unwrap_or_default();
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    let (_, token) = pairs.find(|(name, _)| name == "token")?;
    Some(Secret::new(token.into_owned())).filter(|token| (1..=128).contains(&token.expose().len()))
}
