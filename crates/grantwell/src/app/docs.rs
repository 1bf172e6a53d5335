//! The OpenAPI document of a project, the page about it, and the application with which that page gets its tokens.

use std::collections::BTreeSet;

use axum::Router;
use oauth::client::{Client, ClientMetadata, ConsentRule, GrantType, Origin, RedirectUri};
use oauth::pkce::Pkce;
use oauth::policy::Policy;
use pages::Pages;
use rest::RestState;
use rest::docs::{Docs, REDIRECT};
use rest::openapi::{About, document};
use serde_json::Value;
use store::Store;
use url::Url;

use super::assemble::capitalised;
use crate::error::{Error, Result};
use crate::project::Project;
use crate::server::is_loopback;
use crate::settings::{Readers, Settings};

/// `client_id` of the application behind the page.
const CLIENT: &str = "grantwell-docs";

/// The document of a project with these settings.
pub(crate) fn openapi(project: &Project, settings: &Settings, policy: &Policy) -> Value {
    let endpoints = &policy.capabilities.endpoints;
    let address = |path: &Option<String>| policy.issuer.url(path.as_deref().unwrap_or_default());
    let named = settings.docs.title.clone().or_else(|| settings.pages.brand.clone());
    let about = About {
        title: named.unwrap_or_else(|| capitalised(project.name())),
        version: settings.docs.version.clone(),
        description: settings.docs.description.clone().unwrap_or_default(),
        server: policy.issuer.url("").trim_end_matches('/').to_owned(),
        authorization_url: address(&endpoints.authorization),
        token_url: address(&endpoints.token),
        pages: settings.pages.browsable != Readers::Nobody,
        dialect: settings.api.errors.into(),
        body_limit: settings.server.body_limit.in_memory(),
    };
    let mounted = project.mounted().iter();
    document(&about, mounted.map(|(prefix, resources)| (prefix.as_str(), resources)))
}

/// Whether a project with these settings serves a document: one without resources has nothing to say.
pub(crate) fn is_served(project: &Project, settings: &Settings) -> bool {
    settings.docs.readers != Readers::Nobody && !project.mounted().is_empty()
}

/// The routes of the document and the page.
pub(super) fn router(
    project: &Project,
    (settings, policy): (&Settings, &Policy),
    pages: Pages,
    rest: &RestState,
) -> Result<Router> {
    if !is_served(project, settings) {
        return Ok(Router::new());
    }
    let scopes = rest::openapi::scopes(project.all_resources());
    let docs = Docs {
        document: openapi(project, settings, policy),
        readers: settings.docs.readers.of_pages().unwrap_or_default(),
        pages: Some(pages),
        client: Some(CLIENT.to_owned()),
        scopes: scopes.iter().map(|scope| scope.name.to_string()).collect(),
    };
    rest::docs::router(docs, rest.clone())
        .map_err(|error| Error::failed(format!("The OpenAPI document cannot be written: {error}.")))
}

/// Makes the application behind the page what the settings want: there and sent back to this server's address, or switched off.
pub(super) async fn keep_client(store: &Store, public_url: &Url, served: bool) -> Result<()> {
    let id = CLIENT.parse().map_err(|_| Error::failed("The page of the API has no client."))?;
    let client = Client {
        grant_types: BTreeSet::from([GrantType::AuthorizationCode, GrantType::RefreshToken]),
        redirect_uris: redirect_uris(public_url),
        metadata: ClientMetadata {
            consent: ConsentRule::Remember,
            origin: Origin::Operator,
            pkce: Some(Pkce::Required),
            ..ClientMetadata::default()
        },
        active: served,
        ..Client::first_party(id, "API documentation")
    };
    Ok(store.applications().keep_built_in(client).await?)
}

/// The page's own address; on a machine of one's own under each of its names, since any of them is typed. Plain http is good for
/// these alone (RFC 8252 §7.3), so not for `0.0.0.0`.
fn redirect_uris(public_url: &Url) -> Vec<RedirectUri> {
    let origin = public_url.origin().ascii_serialization();
    let mut origins = vec![origin];
    if is_loopback(public_url) {
        for host in ["127.0.0.1", "[::1]", "localhost"] {
            let mut other = public_url.clone();
            if other.set_host(Some(host)).is_ok() {
                origins.push(other.origin().ascii_serialization());
            }
        }
    }
    let mut uris: Vec<RedirectUri> = Vec::new();
    for origin in origins {
        if let Ok(uri) = RedirectUri::parse(&format!("{origin}{REDIRECT}"))
            && !uris.contains(&uri)
        {
            uris.push(uri);
        }
    }
    uris
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_come_back_to_under_every_name_of_this_machine_and_one_of_others() {
        for (url, expected) in [
            (
                "https://api.example.com/",
                &["https://api.example.com/docs/oauth2-redirect.html"][..],
            ),
            (
                "http://127.0.0.1:8000/",
                &[
                    "http://127.0.0.1:8000/docs/oauth2-redirect.html",
                    "http://[::1]:8000/docs/oauth2-redirect.html",
                    "http://localhost:8000/docs/oauth2-redirect.html",
                ],
            ),
        ] {
            let uris = redirect_uris(&Url::parse(url).unwrap());
            let uris: Vec<&str> = uris.iter().map(RedirectUri::as_str).collect();
            assert_eq!(uris, expected, "{url}");
        }
    }
}
