//! The token endpoint (RFC 6749 §3.2): authenticate the client, choose the grant, let it decide.

use axum::Json;
use axum::extract::{Request, State as Shared};
use axum::response::{IntoResponse, Response};
use oauth::endpoint::token::{self, Decision};
use oauth::grant::TokenRequest;

use super::{client, request};
use crate::grant::{self, Failure};
use crate::respond::oauth_failure::{OAuthFailure, never_stored};
use crate::state::State;

/// `POST /o/token/`.
pub(crate) async fn post(
    Shared(state): Shared<State>,
    request: Request,
) -> Result<Response, OAuthFailure> {
    let posted = request::read(&state, request).await?;
    let asked = token::Request::parse(&posted.form)?;
    let application = client::authenticate(&state, &posted).await?;
    // The right to the grant is decided before a password is looked at: a client without it must not learn whether one
    // is right.
    let granted = match token::decide(&asked, &application.client, &posted.form, state.policy()) {
        Decision::Proceed(TokenRequest::AuthorizationCode(request)) => {
            grant::authorization_code::grant(&state, &request, &application).await
        }
        Decision::Proceed(TokenRequest::ClientCredentials(request)) => {
            grant::client_credentials::grant(&state, &request, &application).await
        }
        Decision::Proceed(TokenRequest::DeviceCode(request)) => {
            grant::device_code::grant(&state, &request, &application).await
        }
        Decision::Proceed(TokenRequest::JwtBearer(request)) => {
            grant::jwt_bearer::grant(&state, &request, &application).await
        }
        Decision::Proceed(TokenRequest::Password(request)) => {
            grant::password::grant(&state, &request, &application, posted.address).await
        }
        Decision::Proceed(TokenRequest::RefreshToken(request)) => {
            grant::refresh_token::grant(&state, &request, &application).await
        }
        Decision::Proceed(TokenRequest::Extension(request)) => {
            let brought = (&posted.form, posted.address);
            grant::extension::grant(&state, &request, &application, brought).await
        }
        Decision::Refuse(error) => Err(Failure::Refused(error)),
    };
    let answer = granted?;
    Ok(never_stored(Json(answer).into_response()))
}
