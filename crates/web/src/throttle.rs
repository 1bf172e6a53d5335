//! Tries are counted in the database before anything telling or costly is done, so that parallel tries on any node count.
//!
//! How long a try must wait is a rule of `accounts::throttle`; which tries are counted under which keys is said here.

use std::net::IpAddr;

use accounts::throttle::{Key, Rule, Rules, Scope, Subject, Verdict, keys, network};

use oauth::id::UserId;

use crate::respond::stop::Stop;
use crate::state::State;

/// A try that has been counted before it is verified; it stays counted unless it turns out right.
pub(crate) struct Try {
    keys: Vec<Key>,
    rules: Rules,
}

/// Count a try at the password of `account` (the key of a username).
pub(crate) async fn password(state: &State, account: &str, address: IpAddr) -> Result<Try, Stop> {
    let keys = keys(Some(Subject::Account(account)), Some(address));
    begin(state, keys, state.settings.limits.passwords).await
}

/// Count a try at a client's secret, whether or not there is such a client: or when the waiting begins would tell which
/// ones there are. `client` is `None` where none was named.
pub(crate) async fn client(
    state: &State,
    client: Option<&str>,
    address: IpAddr,
) -> Result<Try, Stop> {
    let mut keys = keys(client.map(Subject::Client), Some(address));
    for key in &mut keys {
        // Whoever fumbles a client's secret can still sign in as a person from there.
        if key.scope == Scope::Address {
            key.text = format!("client {}", key.text);
        }
    }
    begin(state, keys, state.settings.limits.clients).await
}

async fn begin(state: &State, keys: Vec<Key>, rules: Rules) -> Result<Try, Stop> {
    count(state, &keys, &rules).await?;
    Ok(Try { keys, rules })
}

impl Try {
    /// It was right: the subject starts anew, the address gets this one try back.
    ///
    /// The request goes on when this cannot be written; the counters end by themselves.
    pub(crate) async fn succeeded(self, state: &State) {
        if let Err(error) = state.store.throttle().succeeded(&self.keys, &self.rules).await {
            tracing::warn!(%error, "the counters of a right try were not reset");
        }
    }
}

/// Count a registration from this address.
pub(crate) async fn registration(state: &State, address: IpAddr) -> Result<(), Stop> {
    let text = format!("registration from {}", network(address));
    by_address(state, text, state.settings.limits.registrations).await
}

/// Count a client that registers itself from this address.
pub(crate) async fn client_registration(state: &State, address: IpAddr) -> Result<(), Stop> {
    let text = format!("client registration from {}", network(address));
    by_address(state, text, state.settings.limits.client_registrations).await
}

async fn by_address(state: &State, text: String, rule: Rule) -> Result<(), Stop> {
    let rules = alone(rule);
    count(state, &[Key { scope: Scope::Address, text }], &rules).await
}

/// Count a request of a device from this address.
pub(crate) async fn device_request(
    state: &State,
    client: &str,
    address: IpAddr,
) -> Result<(), Stop> {
    let text = format!("devices of {}:{client} from {}", client.len(), network(address));
    by_address(state, text, state.settings.limits.device_requests).await
}

/// A guess at a user code, counted for the person and for the address.
pub(crate) struct CodeTry {
    person: Try,
    address: Try,
}

/// Count a guess at a user code. One that turns out right takes back only itself: or somebody could have codes of their own
/// to begin anew with.
pub(crate) async fn user_code(
    state: &State,
    person: UserId,
    address: IpAddr,
) -> Result<CodeTry, Stop> {
    let key = |text| vec![Key { scope: Scope::Address, text }];
    let limits = &state.settings.limits;
    let (by_person, by_address) = (alone(limits.user_codes), alone(limits.user_codes_from_address));
    let from = key(format!("user code from {}", network(address)));
    Ok(CodeTry {
        address: begin(state, from, by_address).await?,
        person: begin(state, key(format!("user code of {person}")), by_person).await?,
    })
}

impl CodeTry {
    /// It was right.
    pub(crate) async fn succeeded(self, state: &State) {
        self.person.succeeded(state).await;
        self.address.succeeded(state).await;
    }
}

/// The same rule whatever is counted by.
const fn alone(rule: Rule) -> Rules {
    Rules { subject_and_address: rule, subject: rule, address: rule }
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
