//! A client looks at its registration, changes it, deletes it, by its registration access token (RFC 7592).

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request as HttpRequest, State as Shared};
use axum::response::{IntoResponse as _, Response};
use oauth::active::{Facts, admit};
use oauth::client::Client;
use oauth::endpoint::registration::{Change, Request, decide_change};
use oauth::error::{ErrorCode, OAuthError};
use oauth::id::ClientId;
use oauth::secret::Secret;
use store::Application;
use vault::Purpose;

use super::read;
use crate::respond::oauth_failure::OAuthFailure;
use crate::respond::registration::{gone, shown};
use crate::respond::stop::Stop;
use crate::state::State;

type Id = Result<Path<String>, PathRejection>;

/// `GET /o/register/{client_id}/`: what is registered. The secret is not kept in clear and so not shown again.
pub(crate) async fn show(
    Shared(state): Shared<State>,
    id: Id,
    request: HttpRequest,
) -> Result<Response, OAuthFailure> {
    let posted = read(&state, request, false).await?;
    let (application, access) = authenticate(&state, id, posted.token).await?;
    Ok(shown(state.policy(), &application, &access))
}

/// `PUT /o/register/{client_id}/`: replaces what is registered, and the registration access token with it.
pub(crate) async fn change(
    Shared(state): Shared<State>,
    id: Id,
    request: HttpRequest,
) -> Result<Response, OAuthFailure> {
    let posted = read(&state, request, true).await?;
    let (application, access) = authenticate(&state, id, posted.token).await?;
    let request = Request::parse(&posted.body)?;
    let known = &application.client;
    let secret_is_right = match (request.shown_secret(), &known.secret) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(shown), Some(stored)) => stored.is_digest(
            &state.store.vault().digest(Purpose::ClientSecret, shown.expose().as_bytes()),
        ),
    };
    let change = Change { client: known, secret_is_right };
    let made = decide_change(&request, change, state.policy())?;
    let sector = made.metadata.sector_identifier_uri.as_deref();
    crate::sector::check(&state, sector, &made.redirect_uris).await?;
    let client = Client {
        name: made.name,
        auth_method: made.auth_method,
        grant_types: made.grant_types,
        redirect_uris: made.redirect_uris,
        scope: made.scope,
        metadata: made.metadata,
        ..known.clone()
    };
    let registrations = state.store.client_registrations();
    let done = registrations.change(application.id, &access, client).await.map_err(Stop::from)?;
    let (changed, access) = done.ok_or_else(|| OAuthFailure::unvouched(Some(NOT_ITS_TOKEN)))?;
    tracing::info!(
        target: "audit",
        event = "client_changed_itself",
        client = %changed.client.id,
        address = %posted.address,
    );
    Ok(shown(state.policy(), &changed, &access))
}

/// `DELETE /o/register/{client_id}/`: the client and everything that people allowed it end at once.
pub(crate) async fn delete(
    Shared(state): Shared<State>,
    id: Id,
    request: HttpRequest,
) -> Result<Response, OAuthFailure> {
    let posted = read(&state, request, false).await?;
    let (application, _) = authenticate(&state, id, posted.token).await?;
    state.store.applications().delete(application.id).await.map_err(Stop::from)?;
    tracing::warn!(
        target: "audit",
        event = "client_deleted_itself",
        client = %application.client.id,
        address = %posted.address,
    );
    Ok(gone())
}

/// Any other method.
pub(crate) async fn other_method() -> Response {
    OAuthFailure::method("GET, PUT, DELETE").into_response()
}

/// The client that the address names, if the token is its own and it is not disabled. Everything else reads alike, so that
/// nobody learns which clients there are.
async fn authenticate(
    state: &State,
    id: Id,
    token: Option<Secret>,
) -> Result<(Arc<Application>, Secret), OAuthFailure> {
    let access = token.ok_or_else(|| OAuthFailure::unvouched(None))?;
    let refused = || OAuthFailure::unvouched(Some(NOT_ITS_TOKEN));
    let id = id.ok().and_then(|Path(text)| ClientId::parse(&text).ok()).ok_or_else(refused)?;
    let found = state.store.client_registrations().find(&id, &access).await.map_err(Stop::from)?;
    let application = found.ok_or_else(refused)?;
    admit(&Facts::of_client(application.client.standing())).map_err(|_| refused())?;
    Ok((application, access))
}

const NOT_ITS_TOKEN: OAuthError = OAuthError::new(
    ErrorCode::InvalidToken,
    "the registration access token is not that of this client, or the client is gone; use the one of the latest answer",
);
