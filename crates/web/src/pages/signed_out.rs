//! After signing out: the session is ended, the browser loads what clients want loaded (OpenID Connect Front-Channel Logout
//! §2), and goes on.

use std::sync::Arc;

use axum::response::{IntoResponse as _, Response};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, LOCATION, REFERRER_POLICY, REFRESH};
use http::{HeaderValue, StatusCode};
use oauth::front_channel_logout;
use oauth::redirect_uri::source_of;
use pages::redirect::{LocalPath, see_other};
use pages::{Message, MessagePage, Tone};
use serde::Serialize;
use store::{Application, EndedSession};

use super::Opened;
use crate::respond::page_failure::PageFailure;
use crate::respond::stop::Stop;
use crate::state::State;
use crate::visit::with_cookies;

/// How long the page of the clients' frames is shown, in seconds, before it goes on by itself.
const SECONDS: u8 = 3;

/// Where a person goes once they are signed out.
pub(crate) enum Next {
    /// To our own sign-in page.
    SignIn,
    /// Nowhere: they are told that it is done.
    Page,
    /// Back to the application that sent them.
    Client {
        /// Its address, which it has registered.
        uri: String,
        /// Who it is.
        application: Option<Arc<Application>>,
    },
}

/// What the page with frames shows.
#[derive(Serialize)]
struct Content {
    frames: Vec<Frame>,
    next: String,
    label: String,
}

/// One client's own sign-out.
#[derive(Serialize)]
struct Frame {
    name: String,
    address: String,
}

/// End the session of this browser.
pub(crate) async fn end(
    state: &State,
    opened: Opened,
    next: Next,
) -> Result<Response, PageFailure> {
    let Opened { parts, mut visit } = opened;
    let (ended, cookies) = visit.end(state).await?;
    if let Some(ended) = &ended {
        tracing::info!(
            target: "audit",
            event = "signed_out",
            user = %ended.user,
            session = %ended.id,
            clients = ended.clients.len(),
        );
    }
    let frames = ended.as_ref().map(|ended| frames(state, ended)).unwrap_or_default();
    let opened = Opened { parts, visit };
    let answer = match next {
        _ if !frames.is_empty() => with_frames(state, &opened, frames, &next)?,
        Next::Client { uri, .. } => leave(&uri)?,
        Next::Page => page(state, &opened)?,
        Next::SignIn => {
            let flash = state.flash.set(&[Message::success("You are signed out.")]).ok();
            let to = LocalPath::or(Some(&state.urls().sign_in()), "/");
            with_cookies(see_other(&to), flash)
        }
    };
    Ok(with_cookies(answer, cookies))
}

/// That nobody is signed in in this browser.
pub(crate) fn page(state: &State, opened: &Opened) -> Result<Response, PageFailure> {
    let frame = opened.visit.frame(state, &opened.parts)?;
    let text = "Nobody is signed in in this browser any more. You can close this page.";
    let told = MessagePage::new("You are signed out", Tone::Success, text)
        .link("Sign in again", state.urls().sign_in());
    let answer = state.pages.message(StatusCode::OK, &frame.page, &told);
    Ok(frame.finish(answer))
}

/// Send the browser to an address that a client has registered.
pub(crate) fn leave(uri: &str) -> Result<Response, PageFailure> {
    let location = HeaderValue::from_str(uri).map_err(|_| Stop::Internal)?;
    let headers = [
        (LOCATION, location),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        // The address of this request may hold an ID token.
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

fn frames(state: &State, ended: &EndedSession) -> Vec<Frame> {
    let frame = |application: &Application| {
        let registered = application.client.metadata.frontchannel_logout_uri.as_deref()?;
        let issuer = &state.policy().issuer;
        Some(Frame {
            name: application.client.name.clone(),
            address: front_channel_logout::address(registered, issuer, ended.id),
        })
    };
    ended.clients.iter().filter(|client| client.client.active).filter_map(frame).collect()
}

fn with_frames(
    state: &State,
    opened: &Opened,
    frames: Vec<Frame>,
    next: &Next,
) -> Result<Response, PageFailure> {
    let (to, label) = match next {
        Next::Client { uri, application } => {
            let name = application.as_ref().map(|application| application.client.name.as_str());
            (uri.clone(), format!("Go back to {}", name.unwrap_or("the application")))
        }
        Next::SignIn | Next::Page => (state.urls().sign_in(), "Sign in again".to_owned()),
    };
    let sources: Vec<String> = frames.iter().map(|frame| source_of(&frame.address)).collect();
    let frame = opened.visit.frame(state, &opened.parts)?;
    let content = Content { frames, next: to.clone(), label };
    let template = "signed_out.html";
    let answer = state.pages.respond(StatusCode::OK, template, &frame.page, content);
    let mut answer = frame.finish(answer);
    let headers = answer.headers_mut();
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    let policy = pages::headers::page_with_frames(&sources);
    headers.extend(policy.map(|policy| (CONTENT_SECURITY_POLICY, policy)));
    if matches!(next, Next::Client { .. }) {
        let refresh = HeaderValue::from_str(&format!("{SECONDS}; url={to}"));
        headers.insert(REFRESH, refresh.map_err(|_| Stop::Internal)?);
    }
    Ok(answer)
}
