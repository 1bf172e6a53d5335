//! The introspection endpoint (RFC 7662).

use axum::Json;
use axum::extract::{Request, State as Shared};
use axum::response::{IntoResponse, Response};
use oauth::endpoint::introspect::{self, Decision};

use super::{client, request};
use crate::respond::oauth_failure::{OAuthFailure, never_stored};
use crate::respond::stop::Stop;
use crate::state::State;

/// `POST /o/introspect/`: what a token that is meant for this client says, else `{"active":false}`.
pub(crate) async fn post(
    Shared(state): Shared<State>,
    request: Request,
) -> Result<Response, OAuthFailure> {
    let posted = request::read(&state, request).await?;
    let application = client::authenticate(&state, &posted).await?;
    let asked = introspect::Request::parse(&posted.form)?;
    let facts =
        state.store.introspect().load(&asked, &state.policy().issuer).await.map_err(Stop::from)?;
    match introspect::decide(&application.client, facts, state.policy(), state.clock.now()) {
        Decision::Answer(answer) => Ok(never_stored(Json(answer).into_response())),
        Decision::Refuse(error) => {
            let used_basic = posted.authorization.is_some();
            Err(OAuthFailure::client(error, used_basic))
        }
    }
}
