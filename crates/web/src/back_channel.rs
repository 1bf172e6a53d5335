//! Tells clients, server to server, that a session has ended (OpenID Connect Back-Channel Logout §2.5 to §2.8).
//!
//! The end of a session writes a notice for each client that wants to hear of it, in the same transaction. Every node takes
//! notices that are due, one by one, so a client hears once of each session as long as it answers; a node that dies lets go of
//! what it had taken, and nobody who signs out waits for a client.

use std::time::Duration;

use fetch::Limits;
use futures_util::StreamExt as _;
use oauth::logout_token::{self, Facts, claims, is_accepted, wait_after};
use serde_json::Value;
use store::{LogoutNotice, StoreError};
use url::Url;

use crate::respond::stop::Stop;
use crate::state::State;
use crate::{id_token, subject};

/// How often it is looked for notices that another node has left, and for those that are to be tried again.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// How many clients are told at the same time.
const AT_ONCE: usize = 16;

/// How many notices are taken at a time.
const MOST: u64 = 100;

/// How long a client may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the others leave a taken notice alone: longer than all that are taken together can last.
const LEASE: Duration = Duration::from_mins(2);

/// Tells clients of ended sessions until `shutdown` is done. Start it once on each node.
pub async fn tell_clients(state: State, shutdown: impl Future<Output = ()>) {
    tokio::select! {
        () = keep_telling(&state) => {}
        () = shutdown => {}
    }
}

async fn keep_telling(state: &State) {
    loop {
        match tell_due_clients(state).await {
            Ok(0) => {}
            Ok(_) => continue,
            Err(error) => tracing::warn!(%error, "clients cannot be told of ended sessions"),
        }
        tokio::select! {
            () = state.store.logout_notices().announced() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// Tells clients what they are to be told now, and answers how many notices that were, whether they arrived or not; a hundred
/// at most. [`tell_clients`] does it again and again.
///
/// # Errors
/// When the database does not answer.
pub async fn tell_due_clients(state: &State) -> Result<usize, StoreError> {
    let due = state.store.logout_notices().take_due(MOST, LEASE).await?;
    let count = due.len();
    futures_util::stream::iter(due)
        .for_each_concurrent(AT_ONCE, |notice| tell(state, notice))
        .await;
    Ok(count)
}

async fn tell(state: &State, notice: LogoutNotice) {
    let client = &notice.application.client;
    let told = match deliver(state, &notice).await {
        Ok(()) => {
            tracing::info!(target: "audit", event = "logout_told", client = %client.id, session = %notice.session);
            state.store.logout_notices().done(notice.id).await
        }
        Err(reason) => {
            let (wait, tries) = (wait_after(notice.tries), notice.tries);
            tracing::warn!(client = %client.id, %reason, tries, "a client was not told of an ended session; it is tried again");
            state.store.logout_notices().postpone(notice.id, wait).await
        }
    };
    if let Err(error) = told {
        tracing::warn!(%error, "what became of a logout notice was not written down");
    }
}

async fn deliver(state: &State, notice: &LogoutNotice) -> Result<(), String> {
    let client = &notice.application.client;
    // A client that has been disabled, or wants to hear nothing any more, need not be told.
    let Some(address) = client.metadata.backchannel_logout_uri.as_deref() else { return Ok(()) };
    if !client.active {
        return Ok(());
    }
    let address = Url::parse(address).map_err(|error| error.to_string())?;
    let token =
        token(state, notice).await.map_err(|_| "no logout token could be made".to_owned())?;
    let limits = Limits::json(4096).accepting("*/*").within(PATIENCE);
    let fields = [("logout_token", token.as_str())];
    let answer = state.fetcher().post_form(&address, &fields, limits).await;
    match answer {
        Ok(answer) if is_accepted(answer.status) => Ok(()),
        Ok(answer) => Err(format!("it answered with status {}", answer.status)),
        Err(error) => Err(error.to_string()),
    }
}

async fn token(state: &State, notice: &LogoutNotice) -> Result<String, Stop> {
    let client = &notice.application.client;
    let id = state.entropy.text(16)?;
    let facts = Facts {
        issuer: &state.policy().issuer,
        client: &client.id,
        subject: &subject::of(state, client, notice.user)?,
        session: notice.session,
        id: id.expose(),
    };
    let payload = Value::Object(claims(&facts, state.clock.now())).to_string().into_bytes();
    let algorithm = id_token::algorithm(state, client)?;
    Ok(state.store.sign(logout_token::TYPE, algorithm, payload).await?)
}
