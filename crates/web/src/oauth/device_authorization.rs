//! The device authorization endpoint (RFC 8628 §3.1): a device asks, and gets a code to ask with and a code to show.

use axum::Json;
use axum::extract::{Request, State as Shared};
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::USER_AGENT;
use oauth::endpoint::device_authorization::{self, Decision, Facts, MOST_PENDING};
use serde::Serialize;
use store::CameFrom;

use super::{client, request};
use crate::respond::oauth_failure::{OAuthFailure, never_stored};
use crate::respond::stop::Stop;
use crate::state::State;
use crate::throttle;

/// What a device is answered (RFC 8628 §3.2).
#[derive(Serialize)]
struct Answer<'a> {
    device_code: &'a str,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: String,
    expires_in: u64,
    interval: u64,
}

/// `POST /o/device-authorization/`.
pub(crate) async fn post(
    Shared(state): Shared<State>,
    request: Request,
) -> Result<Response, OAuthFailure> {
    let agent = request.headers().get(USER_AGENT).map(HeaderValue::as_bytes).unwrap_or_default();
    let user_agent = String::from_utf8_lossy(agent).into_owned();
    let posted = request::read(&state, request).await?;
    let application = client::authenticate_newcomer(&state, &posted).await?;
    let asked = device_authorization::Request::parse(&posted.form)?;
    throttle::device_request(&state, application.client.id.as_str(), posted.address).await?;
    let devices = state.store.device_codes();
    let pending = devices.pending(application.id, MOST_PENDING).await.map_err(Stop::from)?;
    let facts = Facts { client: &application.client, pending };
    let now = state.clock.now();
    let new = match device_authorization::decide(&asked, facts, state.policy(), now) {
        Decision::Begin(new) => new,
        Decision::Refuse(error) => return Err(error.into()),
    };
    let from = CameFrom { address: posted.address, user_agent };
    let begun = devices.begin(application.id, &new, &from).await.map_err(Stop::from)?;
    let (device_code, user_code) = (begun.device_code.compose(), begun.user_code.shown());
    let page = state.policy().issuer.url(&state.urls().device());
    let answer = Answer {
        device_code: device_code.expose(),
        verification_uri_complete: format!("{page}?user_code={user_code}"),
        verification_uri: page,
        user_code,
        expires_in: new.expires_at.since(now).as_secs(),
        interval: new.interval.as_secs(),
    };
    Ok(never_stored(Json(answer).into_response()))
}
