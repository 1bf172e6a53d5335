//! The pushed authorization request endpoint (RFC 9126): keep what an authenticated client asks for and name it.

use axum::Json;
use axum::extract::{Request, State as Shared};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use oauth::endpoint::authorize::Channel;
use oauth::endpoint::pushed_authorization_request::{self as par, Decision, Facts, Pushed};

use super::{client, request, request_object};
use crate::respond::oauth_failure::{OAuthFailure, never_stored};
use crate::respond::stop::Stop;
use crate::state::State;

/// `POST /o/par/`.
pub(crate) async fn post(
    Shared(state): Shared<State>,
    request: Request,
) -> Result<Response, OAuthFailure> {
    let posted = request::read(&state, request).await?;
    let application = client::authenticate_newcomer(&state, &posted).await?;
    let asked = par::Request::parse(&posted.form)?;
    let asked = match request_object::open(&state, &asked.parameters, &application.client).await? {
        Some(inside) => par::Request::opened(&inside),
        None => asked,
    };
    let pushed = state.store.pushed_requests();
    let way = Channel::Pushed { signed: false };
    let waiting = pushed.waiting(application.id, way).await.map_err(Stop::from)?;
    let facts = Facts { waiting, most: state.settings.limits.waiting_requests };
    match par::decide(asked, &application.client, facts, state.policy()) {
        Decision::Keep { parameters, channel, lifetime } => {
            let name = pushed.push(application.id, &parameters, channel, lifetime).await;
            let name = name.map_err(Stop::from)?;
            let answer =
                Pushed { request_uri: name.expose().to_owned(), expires_in: lifetime.as_secs() };
            Ok(never_stored((StatusCode::CREATED, Json(answer)).into_response()))
        }
        Decision::TooMany(wait) => Err(OAuthFailure::too_many_waiting(wait)),
        Decision::Refuse(error) => {
            tracing::info!(
                target: "audit",
                event = "authorization_request_refused",
                client = %application.client.id,
                code = %error.code(),
            );
            Err(error.into())
        }
    }
}
