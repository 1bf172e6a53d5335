//! The front page: what runs here and where everything is.

use axum::extract::{Request, State as Shared};
use axum::response::Response;
use http::StatusCode;
use serde::Serialize;

use super::open;
use crate::respond::page_failure::PageFailure;
use crate::state::State;

/// What the page shows.
#[derive(Serialize)]
struct Content {
    issuer: String,
    groups: Vec<Group>,
    curl: String,
}

#[derive(Serialize)]
struct Group {
    title: &'static str,
    intro: &'static str,
    links: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    label: String,
    href: String,
    text: &'static str,
    method: &'static str,
    /// Whether a browser finds a page there although programs post to it.
    page: bool,
}

fn entry(method: &'static str, label: &str, href: impl Into<String>, text: &'static str) -> Entry {
    Entry { label: label.to_owned(), href: href.into(), text, method, page: false }
}

/// An address that programs post to and that shows a form to people.
fn form(label: &str, href: String, text: &'static str) -> Entry {
    Entry { page: true, ..entry("POST", label, href, text) }
}

/// `GET /`.
pub(crate) async fn show(
    Shared(state): Shared<State>,
    request: Request,
) -> Result<Response, PageFailure> {
    let opened = open(&state, request).await?;
    let urls = state.urls();
    let mut groups = vec![
        Group { title: "For people", intro: "Pages in your browser.", links: people(&state) },
        Group {
            title: "For your own front end",
            intro: "Register and sign in without a client secret; each address is also a page.",
            links: vec![
                form("Register", urls.register(), "make an account"),
                form("Token", urls.token(), "sign in"),
                form("Refresh", urls.refresh(), "trade in a refresh token"),
                form("Revoke", urls.revoke(), "sign out"),
            ],
        },
        Group {
            title: "For registered applications",
            intro: "The OAuth 2 endpoints and the document that lists them.",
            links: protocol(&state),
        },
    ];
    let own = &state.settings.links;
    if !own.is_empty() {
        let links =
            own.iter().map(|link| entry("GET", &link.label, link.href.clone(), "")).collect();
        groups.insert(0, Group { title: "This project", intro: "What is served here.", links });
    }
    let register = state.policy().issuer.url(&urls.register());
    let content = Content {
        issuer: state.policy().issuer.to_string(),
        groups,
        curl: format!("curl -d \"username=halfspring&password=1234abcd\" {register}"),
    };
    let frame = opened.visit.frame(&state, &opened.parts)?;
    let answer = state.pages.respond(StatusCode::OK, "home.html", &frame.page, content);
    Ok(frame.finish(answer))
}

fn people(state: &State) -> Vec<Entry> {
    let urls = state.urls();
    vec![
        entry("GET", "Your account", urls.profile(), "who you are, where you are signed in"),
        entry(
            "GET",
            "Applications",
            urls.applications(),
            "register clients and rotate their secrets",
        ),
    ]
}

fn protocol(state: &State) -> Vec<Entry> {
    let endpoints = &state.policy().capabilities.endpoints;
    let table = [
        ("Token", &endpoints.token, "RFC 6749"),
        ("Revocation", &endpoints.revocation, "RFC 7009"),
        ("Introspection", &endpoints.introspection, "RFC 7662"),
    ];
    let served = table
        .into_iter()
        .filter_map(|(label, path, text)| Some(entry("POST", label, path.clone()?, text)));
    let metadata = "/.well-known/oauth-authorization-server";
    served.chain([entry("GET", "Metadata", metadata, "RFC 8414")]).collect()
}
