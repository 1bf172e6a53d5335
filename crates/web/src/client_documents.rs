//! Clients that are named by the address of a document: fetched, held, kept as a row (OAuth Client ID Metadata Document).

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use fetch::{Cache, FetchError, Fetcher, Keep, Limits, TOLD_TO_STRANGERS};
use oauth::client::{Client, Origin};
use oauth::endpoint::client_id_document::{LIMITS, address, decide};
use oauth::error::{ErrorCode, OAuthError};
use oauth::id::ClientId;
use oauth::json;
use oauth::policy::Policy;
use serde_json::Value;
use store::Application;

use crate::respond::stop::Stop;
use crate::state::State;
use crate::{sector, throttle};

/// How many documents are held, and how long: five minutes at least, a day at most, an hour unless they say. One that cannot be
/// fetched again is not used any longer, because its client may have been given up.
const KEEP: Keep = Keep {
    entries: 1000,
    floor: Duration::from_mins(5),
    ceiling: Duration::from_hours(24),
    unsaid: Duration::from_hours(1),
    stale: Duration::ZERO,
    pause: Duration::from_secs(10),
    rest: Duration::ZERO,
};

/// What the documents say. Cheap to clone; clones are the same.
#[derive(Clone)]
pub struct ClientDocuments(Cache<Client>);

/// Why a client is not to be had.
#[derive(Debug)]
pub(crate) enum Failure {
    /// There is something wrong with its name, its document or its number.
    Refused(OAuthError),
    /// We cannot tell at the moment.
    Stop(Stop),
}

impl ClientDocuments {
    /// None is held yet.
    pub(crate) fn new(fetcher: Fetcher, policy: &Policy) -> Self {
        let policy = policy.clone();
        let limits = Limits::json(LIMITS.bytes);
        Self(Cache::new(fetcher, limits, KEEP, move |fetched| {
            if !fetched.is_json() {
                return Err("it is not JSON".to_owned());
            }
            // Which client it is about is compared by whoever asked for the address.
            let members =
                json::read_object(&fetched.body, LIMITS).map_err(|why| why.to_string())?;
            let id = members.get("client_id").and_then(Value::as_str).unwrap_or_default();
            let id = ClientId::parse(id).map_err(|why| why.to_string())?;
            decide(&id, &fetched.body, &policy).map_err(|why| why.description().into_owned())
        }))
    }
}

impl std::fmt::Debug for ClientDocuments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ClientDocuments").finish_non_exhaustive()
    }
}

/// The client of this name, whose document is looked at if it is named by one. `from` is who asks: a client that is seen for the
/// first time counts as one that registers itself from there. Without it nothing is fetched.
pub(crate) async fn named(
    state: &State,
    id: &ClientId,
    from: Option<IpAddr>,
) -> Result<Option<Arc<Application>>, Failure> {
    let known = state.store.client(id).await.map_err(Stop::from)?;
    let by_document =
        known.as_ref().is_none_or(|known| known.client.metadata.origin == Origin::Document);
    let Some(address) = address(id).filter(|_| by_document) else { return Ok(known) };
    if !state.policy().client_id_documents {
        return Ok(None);
    }
    let disabled = known.as_ref().is_some_and(|known| !known.client.active);
    let Some(from) = from.filter(|_| !disabled) else { return Ok(known) };
    let address = address.map_err(|why| {
        Failure::Refused(OAuthError::with_text(ErrorCode::InvalidClient, why.to_string()))
    })?;
    if known.is_none() {
        throttle::client_registration(state, from).await?;
    }
    let documents = &state.client_documents.0;
    let said = documents.get(&address).await.map_err(|error| unread(id, &error))?;
    if said.id != *id {
        documents.forget(&address);
        return Err(Failure::Refused(OTHER_CLIENT));
    }
    if speaks_of_a_sector(known.as_deref(), &said) {
        let sector = said.metadata.sector_identifier_uri.as_deref();
        sector::check(state, sector, &said.redirect_uris).await?;
    }
    let most = state.settings.limits.registered_clients;
    let client = Client::clone(&said);
    let kept = state.store.client_registrations().keep(known.as_deref(), client, most).await;
    match kept.map_err(Stop::from)? {
        Some(kept) => {
            if known.is_none() {
                tracing::info!(target: "audit", event = "client_document_kept", client = %id, address = %from);
            }
            Ok(Some(kept))
        }
        None => Err(Failure::Refused(FULL)),
    }
}

/// Whether what it says about its sector has not been looked at before.
fn speaks_of_a_sector(known: Option<&Application>, said: &Client) -> bool {
    known.is_none_or(|known| {
        let before = &known.client;
        before.metadata.sector_identifier_uri != said.metadata.sector_identifier_uri
            || before.redirect_uris != said.redirect_uris
    })
}

/// The log has the reason; strangers learn nothing about what this server can reach.
fn unread(id: &ClientId, error: &FetchError) -> Failure {
    tracing::info!(target: "audit", event = "client_document_refused", client = %id, %error);
    let text = match error {
        FetchError::Document(why) => format!("the document at the client_id is not good: {why}"),
        _ => format!("{TOLD_TO_STRANGERS}: it is named by the client_id"),
    };
    Failure::Refused(OAuthError::with_text(ErrorCode::InvalidClient, text))
}

impl From<Stop> for Failure {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

impl From<OAuthError> for Failure {
    fn from(error: OAuthError) -> Self {
        Self::Refused(error)
    }
}

const OTHER_CLIENT: OAuthError = OAuthError::new(
    ErrorCode::InvalidClient,
    "the document at the client_id is about another client: its client_id is not the same, letter for letter",
);
const FULL: OAuthError = OAuthError::new(
    ErrorCode::TemporarilyUnavailable,
    "this server has as many clients that came by themselves as it keeps; those that are never used go after a while",
);
