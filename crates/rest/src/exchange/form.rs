//! Forms of the browsable page: a browser can only POST, so a guarded field says what is meant, and every form of a session
//! carries a token against cross-site request forgery.
use axum::body::Body;
use http::{HeaderValue, Method, StatusCode, header, request::Parts};
use pages::csrf::{self, Attempt};

use crate::{Problem, Requirement, Result, input, state::RestState};

use super::{Answer, Exchange, Place};

/// The field that names the method.
pub(crate) const METHOD: &str = "_method";
/// The field that holds a whole JSON body.
pub(crate) const CONTENT: &str = "_content";
/// The field that says which state of the row was seen, as `If-Match` does.
pub(crate) const SEEN: &str = "_if_match";

/// Whether the body is called a form.
pub(crate) fn is_form(parts: &Parts) -> bool {
    let value = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = value.and_then(|value| value.split(';').next()).unwrap_or_default().trim();
    parts.method == Method::POST
        && essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// Whether this may be a form of the page: a POST with a form in it, where there are pages.
pub(super) fn may_name_the_method(exchange: &Exchange) -> bool {
    exchange.mounted.state.browsable().is_some() && is_form(&exchange.parts)
}

/// Runs a form that no bearer token came with.
pub(super) async fn run(exchange: &mut Exchange, body: Body) -> Result<Answer> {
    if exchange.principal.is_none() && !may_be_open(exchange) {
        // A form may mean another method; whoever brings nothing is told what a plain POST asks for.
        let Some(action) = exchange.action_of(&Method::POST) else {
            return Err(exchange.method_not_allowed());
        };
        exchange.action = action;
        // Counted here when it goes no further; else once it is known what the form means.
        if let Err(refused) = exchange.require(exchange.requirement()) {
            exchange.throttle().await?;
            return Err(refused);
        }
    }
    let body =
        input::read(&exchange.parts.headers, body, exchange.mounted.state.body_limit()).await?;
    let mut submitted = input::parse(&exchange.parts.method, &exchange.parts.headers, &body)?;
    let token = submitted.take_text(csrf::FIELD);
    let named = submitted.take_text(METHOD);
    let seen = submitted.take_text(SEEN);
    let method = match &named {
        Some(name) => method_called(name)?,
        None => Method::POST,
    };
    if let Some(action) = exchange.action_of(&method) {
        exchange.action = action;
    }
    exchange.throttle().await?;
    // Without a session there is nothing to forge with, unless the form wants more than a POST.
    let of_the_page = exchange.is_session() || token.is_some();
    if of_the_page || named.is_some() {
        check_csrf(exchange, token.as_deref()).await?;
    }
    if of_the_page {
        say_what_was_seen(&mut exchange.parts, seen)?;
        exchange.method = method.clone();
        exchange.typed = submitted.take_text(CONTENT);
        if let Some(typed) = &exchange.typed {
            submitted = input::parse_json(typed.as_bytes())?;
        }
    }
    exchange.submitted = submitted;
    let Some(action) = exchange.action_of(&method) else {
        return Err(exchange.method_not_allowed());
    };
    exchange.action = action;
    exchange.method = method;
    exchange.require(exchange.requirement())?;
    exchange.note_attempt(&body)?;
    exchange.act().await
}

/// Whether something that a form may mean here is open to everybody.
fn may_be_open(exchange: &Exchange) -> bool {
    let facts = &exchange.mounted.facts;
    match exchange.place {
        Place::List => facts.requirements.post == Requirement::Public,
        Place::Item => {
            let each = &facts.requirements;
            [each.put, each.patch, each.delete].contains(&Requirement::Public)
        }
        Place::Extra { name, detail } => facts.actions.iter().any(|action| {
            action.name == name
                && action.detail == detail
                && action.requirement == Requirement::Public
        }),
    }
}

fn method_called(name: &str) -> Result<Method> {
    match name {
        "PUT" => Ok(Method::PUT),
        "PATCH" => Ok(Method::PATCH),
        "DELETE" => Ok(Method::DELETE),
        "OPTIONS" => Ok(Method::OPTIONS),
        _ => Err(Problem::malformed(
            "The field `_method` of a form is PUT, PATCH, DELETE or OPTIONS.",
        )),
    }
}

/// A form cannot set a header: the state of the row that it shows is in a field.
fn say_what_was_seen(parts: &mut Parts, seen: Option<String>) -> Result<()> {
    if let Some(seen) = seen {
        let value = HeaderValue::try_from(seen).map_err(|_| {
            Problem::malformed("The field `_if_match` of a form holds what `If-Match` would.")
        })?;
        parts.headers.insert(header::IF_MATCH, value);
    }
    Ok(())
}

/// Whether the form, or the header of a script, carries the token of this session.
pub(super) async fn check_csrf(exchange: &Exchange, token: Option<&str>) -> Result<()> {
    check_token(&exchange.mounted.state, &exchange.parts, token).await
}

/// The same, for what is no request to a resource.
pub(crate) async fn check_token(
    state: &RestState,
    parts: &Parts,
    token: Option<&str>,
) -> Result<()> {
    let session = state.verifier().session(parts).await;
    let attempt = Attempt {
        method: &Method::POST,
        uri: &parts.uri,
        headers: &parts.headers,
        session: session.as_ref().map(|session| session.identity.as_slice()),
        form_token: token,
    };
    let refused = match state.browsable() {
        Some(browsable) => browsable.csrf.check(&attempt).err().map(|error| error.to_string()),
        None => Some("this program has no pages, so no form can be its own".to_owned()),
    };
    match refused {
        None => Ok(()),
        Some(why) => Err(Problem::new(
            StatusCode::FORBIDDEN,
            "csrf",
            format!(
                "Nothing was changed: {why}. Reload the page and send the form again; a program sends an access token."
            ),
        )),
    }
}
