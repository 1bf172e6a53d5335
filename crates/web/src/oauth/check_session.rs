//! The frame in which pages of clients ask the browser whether the person is still signed in here as they were (OpenID Connect
//! Session Management §3.2, §3.3): no request leaves the browser for it.

use axum::extract::State as Shared;
use axum::response::{Html, IntoResponse as _, Response};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY};
use http::{HeaderName, HeaderValue};

use crate::respond::page_failure::PageFailure;
use crate::respond::stop::Stop;
use crate::state::State;
use crate::visit::BROWSER_STATE;

const SCRIPT: &str = include_str!("../../scripts/check_session.js");

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// `GET /o/check-session/`. The same for everybody, and without a cookie: what differs is in the browser.
pub(crate) async fn show(Shared(state): Shared<State>) -> Result<Response, PageFailure> {
    let policy = pages::headers::framed_script(SCRIPT).ok_or(Stop::Internal)?;
    let cookie = state.cookies.name(BROWSER_STATE);
    let page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Session</title>\n<body data-cookie=\"{cookie}\">\n<script>{SCRIPT}</script>\n</body>\n</html>\n"
    );
    let headers = [
        (CONTENT_SECURITY_POLICY, policy),
        (CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600")),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        // Pages that isolate themselves may have it in a frame as well.
        (RESOURCE_POLICY, HeaderValue::from_static("cross-origin")),
    ];
    Ok((headers, Html(page)).into_response())
}
