//! The userinfo endpoint (OIDC Core §5.3): JSON, or a signed JWT for clients that register an algorithm for it.

use axum::Json;
use axum::extract::{Request, State as Shared};
use axum::response::{IntoResponse as _, Response};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method};
use oauth::active::{self, Standing};
use oauth::bearer;
use oauth::claims::{ClaimsRequest, Granted, Place};
use oauth::client::Client;
use oauth::endpoint::userinfo::{Decision, Facts, answer, decide, needed};
use oauth::error::{ErrorCode, OAuthError};
use oauth::form::Form;
use oauth::id::AuthorizationId;
use serde_json::{Map, Value};

use crate::cors::Asker;
use crate::extract::body;
use crate::id_token::About;
use crate::respond::oauth_failure::{OAuthFailure, never_stored};
use crate::respond::stop::Stop;
use crate::state::State;
use crate::subject;

/// `GET` and `POST /o/userinfo/`.
pub(crate) async fn show(
    Shared(state): Shared<State>,
    request: Request,
) -> Result<Response, OAuthFailure> {
    let asker = Asker::of(request.extensions());
    let text = presented(&state, request).await?.ok_or_else(OAuthFailure::no_token)?;
    let issuer = &state.policy().issuer;
    let token = state.store.open_access_token(&text, issuer).await.map_err(Stop::from)?;
    let standing = match &token {
        Some(token) => state.store.standing(token).await.map_err(Stop::from)?,
        None => active::Facts::of_client(Standing::Missing),
    };
    let authorization = token.as_ref().and_then(|token| token.authorization);
    let application = match &token {
        Some(token) => state.store.client(&token.client).await.map_err(Stop::from)?,
        None => None,
    };
    if let (Some(asker), Some(application)) = (asker, &application) {
        asker.note(application);
    }
    let (user, scope) = match decide(Facts { token, standing }, state.policy(), state.clock.now()) {
        Decision::Tell { user, scope } => (user, scope),
        Decision::Refuse(error) => return Err(OAuthFailure::bearer(error, &needed())),
    };
    let client = &application.as_ref().ok_or(Stop::Internal)?.client;
    let claims = asked(&state, authorization).await?;
    let person = state.store.users().claims(user).await.map_err(Stop::from)?;
    let person = person.ok_or(Stop::Internal)?;
    let about = About { client, user, person: &person };
    let told = about.told(&state, Granted { scope: &scope, claims: &claims }, Place::UserInfo);
    respond(&state, client, answer(&subject::of(&state, client, user)?, told)).await
}

/// The claims that were asked for one by one when the person allowed it.
async fn asked(state: &State, id: Option<AuthorizationId>) -> Result<ClaimsRequest, Stop> {
    match id {
        Some(id) => Ok(state.store.authorizations().claims(id).await?),
        None => Ok(ClaimsRequest::default()),
    }
}

async fn respond(
    state: &State,
    client: &Client,
    mut told: Map<String, Value>,
) -> Result<Response, OAuthFailure> {
    let Some(algorithm) = client.metadata.userinfo_signed_response_alg else {
        return Ok(never_stored(Json(told).into_response()));
    };
    // §5.3.2: who says it and to whom.
    told.insert("iss".to_owned(), state.policy().issuer.as_str().into());
    told.insert("aud".to_owned(), client.id.as_str().into());
    let payload = Value::Object(told).to_string().into_bytes();
    let signed = state.store.sign("JWT", algorithm, payload).await.map_err(Stop::from)?;
    let mut response = signed.into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/jwt"));
    Ok(never_stored(response))
}

/// The token of the header or, in a posted form, of the body (RFC 6750 §2.1, §2.2).
async fn presented(state: &State, request: Request) -> Result<Option<String>, OAuthFailure> {
    let (parts, body) = request.into_parts();
    let mut headers = parts.headers.get_all(AUTHORIZATION).iter();
    let header = headers.next();
    if headers.next().is_some() {
        return Err(OAuthFailure::bearer(TWO_HEADERS, &needed()));
    }
    let refused = |error| OAuthFailure::bearer(error, &needed());
    let in_header = bearer::parse(header.map(HeaderValue::as_bytes)).map_err(refused)?;
    let posted =
        parts.method == Method::POST && body::media(&parts.headers) == Ok(body::Media::Form);
    let form = if posted {
        Form::parse(&body::read(body, state.settings.limits.body).await?)?
    } else {
        Form::default()
    };
    let one = bearer::one_place(in_header, form.optional("access_token")).map_err(refused)?;
    Ok(one.map(str::to_owned))
}

const TWO_HEADERS: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    "the request has more than one Authorization header; send one",
);
