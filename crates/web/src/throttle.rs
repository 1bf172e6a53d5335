//! Tries are counted in the database before anything telling or costly is done, so that parallel tries on any node count.
//!
//! How long a try must wait is a rule of `accounts::throttle`; which tries are counted under which keys is said here.

use std::net::IpAddr;

use accounts::throttle::{Key, Rules, Scope, Subject, Verdict, keys, network};

use crate::respond::stop::Stop;
use crate::state::State;

/// A password that is being tried; it stays counted unless it turns out right.
pub(crate) struct PasswordTry(Vec<Key>);

/// Count a try at the password of `account` (the key of a username).
pub(crate) async fn password(
    state: &State,
    account: &str,
    address: IpAddr,
) -> Result<PasswordTry, Stop> {
    let keys = keys(Some(Subject::Account(account)), Some(address));
    count(state, &keys, &state.settings.limits.passwords).await?;
    Ok(PasswordTry(keys))
}

impl PasswordTry {
    /// The password was right: the account starts anew, the address gets this one try back.
    ///
    /// The sign-in goes on when this cannot be written; the counters end by themselves.
    pub(crate) async fn succeeded(self, state: &State) {
        let rules = &state.settings.limits.passwords;
        if let Err(error) = state.store.throttle().succeeded(&self.0, rules).await {
            tracing::warn!(%error, "the counters of a sign-in were not reset");
        }
    }
}

/// Whether a client secret may be tried that somebody chose and that can therefore be guessed; nothing is counted.
pub(crate) async fn client_may_try(
    state: &State,
    client: &str,
    address: IpAddr,
) -> Result<(), Stop> {
    let keys = keys(Some(Subject::Client(client)), Some(address));
    let rules = &state.settings.limits.clients;
    verdict(state.store.throttle().peek(&keys, rules).await?)
}

/// Count a failed client authentication. `client` is `None` where no existing client was named: names that a caller
/// invents get no counters of their own.
pub(crate) async fn client_failed(
    state: &State,
    client: Option<&str>,
    address: IpAddr,
) -> Result<(), Stop> {
    let mut counted = keys(client.map(Subject::Client), Some(address));
    for key in &mut counted {
        // Whoever fumbles a client's secret can still sign in as a person.
        if key.scope == Scope::Address {
            key.text = format!("client {}", key.text);
        }
    }
    count(state, &counted, &state.settings.limits.clients).await
}

/// Count a registration from this address.
pub(crate) async fn registration(state: &State, address: IpAddr) -> Result<(), Stop> {
    let text = format!("registration from {}", network(address));
    let rule = state.settings.limits.registrations;
    let rules = Rules { subject_and_address: rule, subject: rule, address: rule };
    count(state, &[Key { scope: Scope::Address, text }], &rules).await
}

async fn count(state: &State, keys: &[Key], rules: &Rules) -> Result<(), Stop> {
    verdict(state.store.throttle().record(keys, rules).await?)
}

fn verdict(verdict: Verdict) -> Result<(), Stop> {
    match verdict {
        Verdict::Proceed => Ok(()),
        Verdict::SlowDown { retry_after } => Err(Stop::TooManyTries { wait: retry_after }),
    }
}
