//! Which client is calling: load it, check its secret, let `oauth::client_auth` decide (RFC 6749 §2.3).

use std::net::IpAddr;
use std::sync::Arc;

use accounts::password::{self, Outcome, Stored};
use http::HeaderValue;
use oauth::client::{Client, StoredSecret, keys};
use oauth::client_assertion::{Fault, Once, Proof};
use oauth::client_auth::{self, Decision, Facts, Presented, Reason, Refusal, SecretCheck};
use oauth::error::ErrorCode;
use store::Application;
use vault::Purpose;

use super::request::Posted;
use crate::client_documents::{self, Failure};
use crate::respond::oauth_failure::OAuthFailure;
use crate::respond::stop::Stop;
use crate::state::State;
use crate::throttle::{self, Try};

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
        Err(refusal) => return Err(refused(state, None, refusal, posted.address).await),
    };
    let application = state.store.client(presented.client_id()).await.map_err(Stop::from)?;
    if let (Some(asker), Some(application)) = (&posted.asker, &application) {
        asker.note(application);
    }
    let client = application.as_deref().map(|application| &application.client);
    let once = check_assertion(state, &presented, application.as_deref()).await?;
    let (secret, counted) = match &once {
        Some(Ok(_)) => (SecretCheck::Matches, None),
        Some(Err(_)) => (SecretCheck::Differs, None),
        None => check_secret(state, &presented, client, posted.address).await?,
    };
    let decision = client_auth::decide(&presented, Facts { client, secret });
    match (decision, application.as_ref()) {
        (Decision::Accept(_), Some(application)) => {
            // The last step: what is refused for another reason uses nothing up.
            if let Some(Ok(once)) = once
                && !state.store.replays().take_assertion(&once).await.map_err(Stop::from)?
            {
                let refusal = client_auth::refuse_assertion(Reason::Replayed);
                return Err(refused(state, Some(&presented), refusal, posted.address).await);
            }
            if let Some(counted) = counted {
                counted.succeeded(state).await;
            }
            tracing::Span::current().record("client_id", application.client.id.as_str());
            Ok(Arc::clone(application))
        }
        (Decision::Accept(_), None) => Err(Stop::Internal.into()),
        (Decision::Refuse(refusal), _) if counted.is_some() => {
            audit(Some(&presented), &refusal, posted.address);
            Err(OAuthFailure::client(refusal.error, refusal.used_basic))
        }
        (Decision::Refuse(refusal), _) => {
            let refusal = match once {
                Some(Err(fault)) if refusal.reason == Reason::Secret => {
                    client_auth::refuse_assertion(Reason::Assertion(fault))
                }
                _ => refusal,
            };
            Err(refused(state, Some(&presented), refusal, posted.address).await)
        }
    }
}

/// The same where a request may begin: a client that a document tells of may be seen here for the first time.
pub(crate) async fn authenticate_newcomer(
    state: &State,
    posted: &Posted,
) -> Result<Arc<Application>, OAuthFailure> {
    let header = posted.authorization.as_ref().map(HeaderValue::as_bytes);
    if let Ok(presented) = Presented::parse(header, &posted.form) {
        let met = client_documents::named(state, presented.client_id(), Some(posted.address)).await;
        met.map_err(|failure| match failure {
            Failure::Refused(error) => OAuthFailure::client(error, false),
            Failure::Stop(stop) => stop.into(),
        })?;
    }
    authenticate(state, posted).await
}

/// Check the presented assertion, if there is one, by the kind of key that the client's method says.
async fn check_assertion(
    state: &State,
    presented: &Presented,
    application: Option<&Application>,
) -> Result<Option<Result<Once, Fault>>, Stop> {
    let Some(assertion) = presented.assertion() else { return Ok(None) };
    let method = presented.method();
    let Some(application) = application.filter(|it| it.client.auth_method == method) else {
        return Ok(Some(Err(Fault::Signature)));
    };
    let metadata = &application.client.metadata;
    let registered = metadata.token_endpoint_auth_signing_alg.as_deref();
    let (issuer, now) = (&state.policy().issuer, state.clock.now());
    Ok(Some(if method.seals_secret() {
        match state.store.applications().sealed_secret(application)? {
            Some(secret) => {
                assertion.check(Proof::Mac(&secret, &keys::allowed_macs(registered)), issuer, now)
            }
            None => Err(Fault::Signature),
        }
    } else {
        let keys = state.client_keys.of(&application.client, assertion.key_id()).await;
        assertion.check(Proof::Signature(&keys, &keys::allowed(registered)), issuer, now)
    }))
}

/// Compare the presented secret. One that somebody chose can be guessed and costs a slow hash, so the try is counted before
/// the work is done; a generated one cannot, and its client is never made to wait.
async fn check_secret(
    state: &State,
    presented: &Presented,
    client: Option<&Client>,
    address: IpAddr,
) -> Result<(SecretCheck, Option<Try>), Stop> {
    let Some(secret) = presented.secret() else { return Ok((SecretCheck::Differs, None)) };
    let digest = state.store.vault().digest(Purpose::ClientSecret, secret.expose().as_bytes());
    let check = SecretCheck::of(client, &digest);
    let Some(StoredSecret::Slow(hash)) = client.and_then(|client| client.secret.clone()) else {
        return Ok((check, None));
    };
    let named = presented.client_id().as_str();
    let counted = throttle::client(state, Some(named), address).await?;
    let (secret, parameters) = (secret.clone(), state.settings.hash);
    let outcome = state
        .hashing
        .run(move || {
            password::verify(secret.expose(), Stored::parse(&hash).ok().as_ref(), parameters)
        })
        .await?;
    let check = match outcome {
        Outcome::Matches { .. } => SecretCheck::Matches,
        Outcome::Differs => SecretCheck::Differs,
    };
    Ok((check, Some(counted)))
}

async fn refused(
    state: &State,
    presented: Option<&Presented>,
    refusal: Refusal,
    address: IpAddr,
) -> OAuthFailure {
    audit(presented, &refusal, address);
    let named = presented.map(|presented| presented.client_id().as_str());
    // A request that merely contradicts itself is no guess at a secret.
    if refusal.error.code() == ErrorCode::InvalidClient
        && let Err(stop) = throttle::client(state, named, address).await
    {
        return stop.into();
    }
    OAuthFailure::client(refusal.error, refusal.used_basic)
}

fn audit(presented: Option<&Presented>, refusal: &Refusal, address: IpAddr) {
    tracing::warn!(
        target: "audit",
        event = "client_authentication_failed",
        client = presented.map(|presented| presented.client_id().as_str()),
        reason = ?refusal.reason,
        %address,
    );
}
