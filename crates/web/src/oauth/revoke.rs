//! The revocation endpoint (RFC 7009).

use axum::extract::{Request, State as Shared};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use oauth::endpoint::revoke::{self, Decision};

use super::{client, request};
use crate::respond::oauth_failure::{OAuthFailure, never_stored};
use crate::respond::stop::Stop;
use crate::state::State;

/// `POST /o/revoke_token/`: 200 for a token that is gone now, was gone before, or belongs to somebody else.
pub(crate) async fn post(
    Shared(state): Shared<State>,
    request: Request,
) -> Result<Response, OAuthFailure> {
    let posted = request::read(&state, request).await?;
    let application = client::authenticate(&state, &posted).await?;
    let asked = revoke::Request::parse(&posted.form)?;
    let facts =
        state.store.revoke().load(&asked, &state.policy().issuer).await.map_err(Stop::from)?;
    let decision = revoke::decide(&application.client, &facts, state.policy(), state.clock.now());
    state.store.revoke().apply(&decision).await.map_err(Stop::from)?;
    if decision != Decision::Nothing {
        tracing::info!(target: "audit", event = "token_revoked", client = %application.client.id);
    }
    Ok(never_stored(StatusCode::OK.into_response()))
}
