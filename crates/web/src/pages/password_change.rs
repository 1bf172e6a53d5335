//! A new password, by whoever knows the old one; everything that was signed in with the old one ends.

use accounts::Account;
use accounts::password_policy::Owner;
use axum::extract::{Request, State as Shared};
use axum::response::Response;
use oauth::secret::Secret;
use pages::redirect::{LocalPath, see_other};
use pages::{Field, Form, FormPage, Link, Message};

use super::{Opened, accept, open};
use crate::credentials::{self, Checked};
use crate::extract::address;
use crate::respond::page_failure::PageFailure;
use crate::state::State;
use crate::visit::with_cookies;

/// `GET /accounts/password_change/`.
pub(crate) async fn show(
    Shared(state): Shared<State>,
    request: Request,
) -> Result<Response, PageFailure> {
    let opened = open(&state, request).await?;
    opened.visit.person(&state, &opened.parts)?;
    page(&state, &opened, form(&state))
}

/// `POST /accounts/password_change/`. This browser stays signed in, under a new session; nothing else does.
pub(crate) async fn submit(
    Shared(state): Shared<State>,
    request: Request,
) -> Result<Response, PageFailure> {
    let (opened, sent) = accept(&state, request, &[]).await?;
    let account = opened.visit.person(&state, &opened.parts)?;
    let new = sent.text("new_password");
    let faults = check(&state, account, new);
    if !faults.is_empty() {
        let form =
            faults.into_iter().fold(form(&state), |form, fault| form.fail("new_password", fault));
        return page(&state, &opened, form);
    }
    let address = address::client(&opened.parts, &state.settings.trusted_proxies);
    let old = Secret::from(sent.text("old_password"));
    let checked = credentials::check(&state, account.username.as_str(), &old, address).await?;
    let wrong = || form(&state).fail("old_password", "This is not your present password.");
    let Checked::Right(known) = checked else { return page(&state, &opened, wrong()) };
    let hash = credentials::hash(&state, Secret::from(new)).await?;
    let changed = state.store.users().set_password(&known.account, Some(hash)).await?;
    // Somebody was faster, with the same old password: theirs counts, and the old one is wrong by now.
    let Some(user) = changed else { return page(&state, &opened, wrong()) };
    tracing::info!(target: "audit", event = "password_changed", user = %user.account.id);
    let cookies = opened.visit.begin(&state, &user.account, &opened.parts.headers).await?;
    let told = "Your password is changed. Every other browser and application is signed out.";
    let flash = state.flash.set(&[Message::success(told)]).ok();
    let to = LocalPath::or(Some(&state.urls().profile()), "/");
    Ok(with_cookies(see_other(&to), cookies.into_iter().chain(flash)))
}

fn check(state: &State, account: &Account, password: &str) -> Vec<String> {
    let owner = Owner { username: Some(&account.username), email: account.email.as_ref() };
    let faults = state.settings.passwords.check(password, owner);
    faults.into_iter().map(|fault| fault.message.into_owned()).collect()
}

fn form(state: &State) -> Form {
    let least = state.settings.passwords.min_length;
    Form::post(state.urls().change_password())
        .field(Field::password("old_password", "Present password").autofocus())
        .field(
            Field::password("new_password", "New password")
                .autocomplete("new-password")
                .help(format!("At least {least} characters. Several words make a good one.")),
        )
        .submit("Change password")
        .cancel(state.urls().profile())
}

fn page(state: &State, opened: &Opened, form: Form) -> Result<Response, PageFailure> {
    let frame = opened.visit.frame(state, &opened.parts)?;
    let frame = frame.below([Link::new("Your account", state.urls().profile())]);
    let intro =
        "Every other browser and every application that is signed in as you will be signed out.";
    let page = FormPage::new("Change your password", form).intro(intro).narrow();
    let answer = state.pages.form(&frame.page, &page);
    Ok(frame.finish(answer))
}
