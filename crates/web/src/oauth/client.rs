//! Which client is calling: load it, check its secret, let `oauth::client_auth` decide (RFC 6749 §2.3).

use std::net::IpAddr;
use std::sync::Arc;

use accounts::password::{self, Outcome, Stored};
use http::HeaderValue;
use oauth::client::{Client, StoredSecret};
use oauth::client_auth::{self, Decision, Facts, Presented, Refusal, SecretCheck};
use oauth::error::ErrorCode;
use store::Application;
use vault::Purpose;

use super::request::Posted;
use crate::respond::oauth_failure::OAuthFailure;
use crate::respond::stop::Stop;
use crate::state::State;
use crate::throttle;

/// The client that sent the form, or the refusal to answer.
///
/// A client with a generated secret costs one keyed digest and, while it is held in memory, no query. A failure is counted
/// for its address; when there have been too many, the answer is 429 instead.
pub(crate) async fn authenticate(
    state: &State,
    posted: &Posted,
) -> Result<Arc<Application>, OAuthFailure> {
    let header = posted.authorization.as_ref().map(HeaderValue::as_bytes);
    let presented = match Presented::parse(header, &posted.form) {
        Ok(presented) => presented,
        Err(refusal) => return Err(refused(state, None, None, refusal, posted.address).await),
    };
    let application = state.store.client(presented.client_id()).await.map_err(Stop::from)?;
    let client = application.as_deref().map(|application| &application.client);
    let secret = check_secret(state, &presented, application.as_deref(), posted.address).await?;
    let decision = client_auth::decide(&presented, Facts { client, secret });
    match (decision, application.as_ref()) {
        (Decision::Accept(_), Some(application)) => {
            tracing::Span::current().record("client_id", application.client.id.as_str());
            Ok(Arc::clone(application))
        }
        (Decision::Accept(_), None) => Err(Stop::Internal.into()),
        (Decision::Refuse(refusal), _) => {
            Err(refused(state, Some(&presented), client, refusal, posted.address).await)
        }
    }
}

async fn check_secret(
    state: &State,
    presented: &Presented,
    application: Option<&Application>,
    address: IpAddr,
) -> Result<SecretCheck, Stop> {
    let Some(secret) = presented.secret() else { return Ok(SecretCheck::Differs) };
    let digest = state.store.vault().digest(Purpose::ClientSecret, secret.expose().as_bytes());
    let client = application.map(|application| &application.client);
    let check = SecretCheck::of(client, &digest);
    let Some(StoredSecret::Slow(hash)) = client.and_then(|client| client.secret.clone()) else {
        return Ok(check);
    };
    // Somebody chose this secret, so it can be guessed: tries are bounded before the work is done.
    throttle::client_may_try(state, presented.client_id().as_str(), address).await?;
    let (secret, parameters) = (secret.clone(), state.settings.hash);
    let outcome = state
        .hashing
        .run(move || {
            password::verify(secret.expose(), Stored::parse(&hash).ok().as_ref(), parameters)
        })
        .await?;
    Ok(match outcome {
        Outcome::Matches { .. } => SecretCheck::Matches,
        Outcome::Differs => SecretCheck::Differs,
    })
}

async fn refused(
    state: &State,
    presented: Option<&Presented>,
    client: Option<&Client>,
    refusal: Refusal,
    address: IpAddr,
) -> OAuthFailure {
    tracing::warn!(
        target: "audit",
        event = "client_authentication_failed",
        client = presented.map(|presented| presented.client_id().as_str()),
        reason = ?refusal.reason,
        %address,
    );
    let known = client.map(|client| client.id.as_str());
    // A request that merely contradicts itself is no guess at a secret.
    if refusal.error.code() == ErrorCode::InvalidClient
        && let Err(stop) = throttle::client_failed(state, known, address).await
    {
        return stop.into();
    }
    OAuthFailure::client(refusal.error, refusal.used_basic)
}
