//! What the two pages share on which an account is made: for the first administrator, and for everybody.

use accounts::registration::{Decision, Draft, Facts, NewAccount, Request, decide};
use accounts::{FieldError, Username};
use oauth::secret::Secret;
use pages::{Field, Form};
use store::NewUser;

use crate::credentials;
use crate::extract::page_form::PageForm;
use crate::respond::page_failure::PageFailure;
use crate::respond::stop::Stop;
use crate::state::State;

/// The fields of a new account.
pub(super) fn fields(state: &State, form: Form) -> Form {
    let least = state.settings.passwords.min_length;
    form.field(Field::username("username", "Username").autofocus().max_length(150))
        .field(
            Field::new(pages::form::Kind::Email, "email", "E-mail address").autocomplete("email"),
        )
        .field(
            Field::password("password", "Password")
                .autocomplete("new-password")
                .help(format!("At least {least} characters. Several words make a good one.")),
        )
}

/// The form as it was sent, with what is wrong at its fields.
pub(super) fn refused(form: Form, sent: &PageForm, errors: Vec<FieldError>) -> Form {
    let fail =
        |form: Form, error: FieldError| form.fail(error.field.name(), error.message.into_owned());
    errors.into_iter().fold(form.fill(&sent.pairs()), fail)
}

/// Whether an account can be made of what was sent. Before it is looked whether somebody has the name, which the answer says,
/// `counted` counts the try.
pub(super) async fn check(
    state: &State,
    sent: &PageForm,
    counted: impl Future<Output = Result<(), Stop>>,
) -> Result<Decision, PageFailure> {
    let draft = Draft {
        username: sent.optional("username"),
        email: sent.optional("email"),
        password: sent.optional("password"),
    };
    let request = Request::parse(&draft, &state.settings.passwords);
    let username_taken = match draft.username.and_then(|name| Username::parse(name).ok()) {
        Some(name) => {
            counted.await?;
            state.store.users().find_by_username(&name).await?.is_some()
        }
        None => false,
    };
    Ok(decide(request, Facts { open: true, username_taken }))
}

/// The account as it is to be stored.
pub(super) async fn hashed(
    state: &State,
    account: NewAccount,
    administrator: bool,
) -> Result<NewUser, Stop> {
    let password = Secret::new(account.password.to_string());
    Ok(NewUser {
        username: account.username,
        email: account.email,
        password: Some(credentials::hash(state, password).await?),
        staff: administrator,
        superuser: administrator,
    })
}
