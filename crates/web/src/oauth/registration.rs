//! The registration endpoint and the one by which a client looks after its registration (RFC 7591, RFC 7592).

mod manage;

use std::net::IpAddr;

use axum::extract::{Request as HttpRequest, State as Shared};
use axum::response::Response;
use bytes::Bytes;
use http::HeaderValue;
use http::header::AUTHORIZATION;
use oauth::bearer;
use oauth::endpoint::registration::{Facts, Request, decide};
use oauth::error::{ErrorCode, OAuthError};
use oauth::id::ClientId;
use oauth::policy::SelfRegistration;
use oauth::secret::Secret;
use store::{NewSecret, Newcomer, Registered};

pub(crate) use manage::{change, delete, other_method, show};

use crate::extract::{address, body};
use crate::respond::oauth_failure::OAuthFailure;
use crate::respond::registration::created;
use crate::respond::stop::Stop;
use crate::state::State;
use crate::{sector, throttle};

/// A request to one of these endpoints.
struct Posted {
    /// The token that it brings.
    token: Option<Secret>,
    address: IpAddr,
    body: Bytes,
}

/// `POST /o/register/`: a new client. Whoever brings no initial access token is counted by address, if they may at all.
pub(crate) async fn register(
    Shared(state): Shared<State>,
    request: HttpRequest,
) -> Result<Response, OAuthFailure> {
    let posted = read(&state, request, true).await?;
    let invitation = invitation(&state, posted.token).await?;
    if invitation.is_none() {
        throttle::client_registration(&state, posted.address).await?;
    }
    let request = Request::parse(&posted.body)?;
    let facts = Facts { vouched_for: invitation.is_some() };
    let made = decide(&request, facts, state.policy())?;
    let sector = made.metadata.sector_identifier_uri.as_deref();
    sector::check(&state, sector, &made.redirect_uris).await?;
    let secret = if made.auth_method.has_secret() { NewSecret::Generated } else { NewSecret::None };
    let id = ClientId::from_random(&state.entropy.fill().map_err(Stop::from)?);
    let client = made.into_client(id);
    let most = state.settings.limits.registered_clients;
    let newcomer = Newcomer { client, secret, invitation, most };
    let outcome = state.store.client_registrations().register(newcomer).await;
    let made = match outcome.map_err(Stop::from)? {
        Registered::Made(made) => made,
        Registered::NotInvited => return Err(OAuthFailure::unvouched(Some(BAD_INVITATION))),
        Registered::Full => {
            tracing::warn!(target: "audit", event = "client_registration_full", most);
            return Err(FULL.into());
        }
    };
    tracing::info!(
        target: "audit",
        event = "client_registered_itself",
        client = %made.application.client.id,
        invited = facts.vouched_for,
        address = %posted.address,
    );
    Ok(created(state.policy(), &made.application, made.secret.as_ref(), &made.access))
}

/// The initial access token, if one was brought; it must be good even where none is needed.
async fn invitation(state: &State, token: Option<Secret>) -> Result<Option<Secret>, OAuthFailure> {
    let Some(token) = token else {
        return match state.policy().self_registration {
            SelfRegistration::Anybody => Ok(None),
            SelfRegistration::WithToken | SelfRegistration::Closed => {
                Err(OAuthFailure::unvouched(None))
            }
        };
    };
    let open = state.store.registration_tokens().is_open(&token).await.map_err(Stop::from)?;
    if open { Ok(Some(token)) } else { Err(OAuthFailure::unvouched(Some(BAD_INVITATION))) }
}

/// Take the request apart; a body, where there has to be one, is JSON.
async fn read(state: &State, request: HttpRequest, json: bool) -> Result<Posted, OAuthFailure> {
    let (parts, body) = request.into_parts();
    let mut headers = parts.headers.get_all(AUTHORIZATION).iter();
    let header = headers.next().map(HeaderValue::as_bytes);
    if headers.next().is_some() {
        return Err(TWO_HEADERS.into());
    }
    let token = bearer::parse(header)?.map(|text| Secret::new(text.to_owned()));
    if json && body::media(&parts.headers)? != body::Media::Json {
        return Err(NOT_JSON.into());
    }
    let address = address::client(&parts, &state.settings.trusted_proxies);
    let body = body::read(body, state.settings.limits.body).await?;
    Ok(Posted { token, address, body })
}

const BAD_INVITATION: OAuthError = OAuthError::new(
    ErrorCode::InvalidToken,
    "the initial access token is not good: it is unknown, has ended or was used up; ask the operator of this server for one",
);
const FULL: OAuthError = OAuthError::new(
    ErrorCode::TemporarilyUnavailable,
    "this server has as many registered clients as it keeps; those that are never used go after a while",
);
const NOT_JSON: OAuthError = OAuthError::new(
    ErrorCode::InvalidClientMetadata,
    "send the metadata as a JSON object with Content-Type: application/json",
);
const TWO_HEADERS: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    "the request has more than one Authorization header; send one",
);
