//! A developer's own applications (clients): list, register, look at, change, give a new secret, delete.

mod delete;
mod detail;
mod form;
mod list;
mod register;
mod secret;
mod update;

pub(crate) use delete::{confirm as confirm_delete, submit as delete};
pub(crate) use detail::show as detail;
pub(crate) use list::show as list;
pub(crate) use register::{show as new, submit as register};
pub(crate) use secret::{confirm as confirm_rotate, submit as rotate};
pub(crate) use update::{show as edit, submit as update};

use accounts::Account;
use oauth::client::{AuthMethod, ClientType};
use oauth::grant::GrantType;
use oauth::id::ApplicationId;
use pages::{Link, Refusal};
use store::Application;

use super::Opened;
use crate::respond::page_failure::PageFailure;
use crate::state::State;

/// The application that the address names, if it belongs to the person who asks; a superuser may see all. Another's looks
/// as if it did not exist, so that nobody learns which ones there are.
async fn find<'a>(
    state: &State,
    opened: &'a Opened,
    id: &str,
) -> Result<(&'a Account, Application), PageFailure> {
    let person = opened.visit.person(state, &opened.parts)?;
    let id = ApplicationId::parse(id).map_err(|_| Refusal::not_found())?;
    let found = state.store.applications().find(id).await?.ok_or_else(Refusal::not_found)?;
    let own = found.client.owner == Some(person.id) || person.superuser;
    if !own || found.is_built_in() {
        return Err(Refusal::not_found().into());
    }
    Ok((person, found))
}

/// The links above an application's pages.
fn crumbs(state: &State, application: Option<&Application>) -> Vec<Link> {
    let urls = state.urls();
    let mut crumbs = vec![Link::new("Applications", urls.applications())];
    if let Some(application) = application {
        crumbs.push(Link::new(&application.client.name, urls.application(application.id, "")));
    }
    crumbs
}

/// A grant type in words, as the guide says it.
fn grant_label(grant: &GrantType) -> &str {
    match grant {
        GrantType::AuthorizationCode => "Authorization code",
        GrantType::ClientCredentials => "Client credentials",
        GrantType::DeviceCode => "Device code",
        GrantType::JwtBearer => "JWT bearer",
        GrantType::Password => "Resource owner password-based",
        GrantType::RefreshToken => "Refresh token",
        GrantType::Extension(name) => name.as_str(),
    }
}

fn grant_help(grant: &GrantType) -> &'static str {
    match grant {
        GrantType::AuthorizationCode => "People sign in here and are sent back to the application.",
        GrantType::ClientCredentials => "The application acts for itself; no person is involved.",
        GrantType::DeviceCode => "For devices without a keyboard.",
        GrantType::JwtBearer => {
            "The application brings what a service that this site trusts has signed about the person."
        }
        GrantType::Password => {
            "The application takes the person's username and password. Only for applications of your own: it sees the \
             password, and it cannot ask for a second factor."
        }
        GrantType::RefreshToken => "New access tokens without asking the person again.",
        GrantType::Extension(_) => {
            "A grant that this site has made itself; its documentation says what it takes."
        }
    }
}

/// How an application proves who it is, in words.
const fn method_label(method: AuthMethod) -> &'static str {
    match method {
        AuthMethod::None => "It proves nothing",
        AuthMethod::ClientSecret => "It sends its secret, in the header or in the form",
        AuthMethod::ClientSecretBasic => "It sends its secret in the header",
        AuthMethod::ClientSecretPost => "It sends its secret in the form",
        AuthMethod::ClientSecretJwt => "It proves that it knows its secret and does not send it",
        AuthMethod::PrivateKeyJwt => "It signs with a key of its own, and has no secret",
    }
}

fn type_label(kind: ClientType) -> &'static str {
    match kind {
        ClientType::Confidential => "Confidential",
        ClientType::Public => "Public",
    }
}
