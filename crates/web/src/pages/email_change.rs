//! Another e-mail address, by whoever knows the password: mail that goes there may one day open the account.

use accounts::profile::{Edit, Entry, decide};
use axum::extract::{Request, State as Shared};
use axum::response::Response;
use oauth::secret::Secret;
use pages::form::Kind;
use pages::redirect::{LocalPath, see_other};
use pages::{Field, Form, FormPage, Link, Message};

use super::profile::edit::load;
use super::{Opened, accept, open};
use crate::credentials::{self, Checked};
use crate::extract::address;
use crate::respond::page_failure::PageFailure;
use crate::state::State;
use crate::visit::with_cookies;

/// `GET /accounts/email_change/`.
pub(crate) async fn show(
    Shared(state): Shared<State>,
    request: Request,
) -> Result<Response, PageFailure> {
    let opened = open(&state, request).await?;
    let account = opened.visit.person(&state, &opened.parts)?;
    let email = account.email.as_ref().map(ToString::to_string).unwrap_or_default();
    page(&state, &opened, form(&state, &email))
}

/// `POST /accounts/email_change/`. An empty address removes the one that is known.
pub(crate) async fn submit(
    Shared(state): Shared<State>,
    request: Request,
) -> Result<Response, PageFailure> {
    let (opened, sent) = accept(&state, request, &[]).await?;
    let person = load(&state, &opened).await?;
    let email = sent.text(Entry::Email.name());
    let form = form(&state, email);
    let profile = match decide(&Edit::default().text(Entry::Email, email), &person.claims) {
        Ok(profile) => profile,
        Err(errors) => {
            let form = errors
                .into_iter()
                .fold(form, |form, error| form.fail(error.field.name(), error.message));
            return page(&state, &opened, form);
        }
    };
    let address = address::client(&opened.parts, &state.settings.trusted_proxies);
    let password = Secret::from(sent.text("password"));
    let name = person.account.username.as_str();
    let Checked::Right(_) = credentials::check(&state, name, &password, address).await? else {
        return page(&state, &opened, form.fail("password", "This is not your password."));
    };
    if state.store.users().set_claims(&person, &profile).await?.is_none() {
        let told = "Your profile was changed elsewhere at the same moment, and nothing was saved. Send the form again.";
        return page(&state, &opened, form.fail("", told));
    }
    tracing::info!(target: "audit", event = "email_changed", user = %person.account.id);
    let told = match profile.email() {
        Some(_) => "Your e-mail address is saved.",
        None => "Your e-mail address is removed.",
    };
    let flash = state.flash.set(&[Message::success(told)]).ok();
    let to = LocalPath::or(Some(&state.urls().profile()), "/");
    Ok(with_cookies(see_other(&to), flash))
}

fn form(state: &State, email: &str) -> Form {
    let max = u64::try_from(Entry::Email.max_chars()).unwrap_or(u64::MAX);
    Form::post(state.urls().change_email())
        .field(
            Field::new(Kind::Email, Entry::Email.name(), "E-mail address")
                .autocomplete("email")
                .max_length(max)
                .value(email)
                .help("Leave it empty to have none.")
                .autofocus(),
        )
        .field(Field::password("password", "Your password"))
        .submit("Save e-mail address")
        .cancel(state.urls().profile())
}

fn page(state: &State, opened: &Opened, form: Form) -> Result<Response, PageFailure> {
    let frame = opened.visit.frame(state, &opened.parts)?;
    let frame = frame.below([Link::new("Your account", state.urls().profile())]);
    let page = FormPage::new("Change your e-mail address", form).narrow();
    let answer = state.pages.form(&frame.page, &page);
    Ok(frame.finish(answer))
}
