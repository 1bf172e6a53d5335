//! The choice with which scopes a signed-in person acts: the form on the page, and what is done when it is sent.
use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header, request::Parts};
use oauth::{
    principal::Via,
    scope::{ScopeSet, ScopeToken},
};
use pages::{csrf, redirect::LocalPath};
use serde::Serialize;

use crate::{
    Problem, Result, access::Declaration, acting::Chosen, exchange::form, input, mounted::Root,
    pairs, state::RestState,
};

/// The field with the address to go back to.
const NEXT: &str = "next";
/// The button that takes every scope.
const ALL: &str = "all";
/// Begins the name of each scope's box: a form has no name twice.
const SCOPE: &str = "scope:";

/// The form.
#[derive(Serialize)]
pub(super) struct Switch {
    action: String,
    next: String,
    narrowed: bool,
    scopes: Vec<Offered>,
}

/// A scope that the person has.
#[derive(Serialize)]
struct Offered {
    name: &'static str,
    description: &'static str,
    on: bool,
}

/// The form for this visitor: `None` where nobody is signed in, or has a scope that is asked for here.
pub(super) async fn switch(
    state: &RestState,
    parts: &Parts,
    (root, declared): (&str, &[Declaration]),
    next: &str,
) -> Option<Switch> {
    let browsable = state.browsable()?;
    let principal = state.verifier().verify(parts).await.ok()??;
    if principal.via != Via::Session {
        return None;
    }
    let chosen = Chosen::of(browsable.csrf.cookie_kind(), &parts.headers);
    let acting = chosen.narrow(principal.clone()).scopes;
    let has = |scopes: &ScopeSet, name: &str| scopes.iter().any(|scope| scope.as_str() == name);
    let scopes: Vec<Offered> = declared
        .iter()
        .filter(|scope| has(&principal.scopes, scope.name))
        .map(|scope| Offered {
            name: scope.name,
            description: scope.description,
            on: has(&acting, scope.name),
        })
        .collect();
    let narrowed = scopes.iter().any(|scope| !scope.on);
    (!scopes.is_empty()).then(|| Switch {
        action: root.to_owned(),
        next: next.to_owned(),
        narrowed,
        scopes,
    })
}

/// Keeps what a person chose, and sends them back. `None` when the request is no such form.
pub(crate) async fn choose(root: &Root, parts: &Parts, body: Body) -> Option<Result<Response>> {
    let is_form = form::is_form(parts) && !parts.headers.contains_key(header::AUTHORIZATION);
    if !is_form || root.state.browsable().is_none() {
        return None;
    }
    // Without a session there is nothing to act with, and this is an address that takes no POST.
    root.state.verifier().session(parts).await?;
    Some(keep(root, parts, body).await)
}

async fn keep(root: &Root, parts: &Parts, body: Body) -> Result<Response> {
    let bytes = input::read(&parts.headers, body, root.state.body_limit()).await?;
    let pairs = pairs::parse(&bytes)
        .map_err(|what| Problem::malformed(format!("The form cannot be read. {what}")))?;
    let field = |wanted: &str| {
        pairs.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
    };
    form::check_token(&root.state, parts, field(csrf::FIELD)).await?;
    let cookie = cookie(root, &choice(&pairs))?;
    // Back to the resources, and nowhere else.
    let next = field(NEXT).filter(|next| next.starts_with(&root.path));
    let mut response = pages::redirect::see_other(&LocalPath::or(next, &root.path)).into_response();
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}

fn choice(pairs: &[(String, String)]) -> Chosen {
    if pairs.iter().any(|(name, _)| name == ALL) {
        return Chosen::All;
    }
    let named = pairs.iter().filter_map(|(name, _)| name.strip_prefix(SCOPE));
    let tokens = named.filter_map(|name| ScopeToken::parse(name).ok());
    Chosen::Only(ScopeSet::from_tokens(tokens))
}

fn cookie(root: &Root, chosen: &Chosen) -> Result<HeaderValue> {
    let Some(browsable) = root.state.browsable() else { return Err(Problem::not_found()) };
    chosen
        .cookie(browsable.csrf.cookie_kind())
        .map_err(|_| Problem::malformed("The names of these scopes are too long to be kept."))
}
