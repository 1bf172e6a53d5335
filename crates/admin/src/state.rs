//! What every handler may reach.

use std::fmt;
use std::sync::Arc;

use accounts::PasswordPolicy;
use ambient::Clock;
use axum::extract::FromRef;
use oauth::policy::Policy;
use rest::RestState;
use store::Store;

use crate::hashing::Hasher;
use crate::plan::Surroundings;

/// Shared by all requests; cheap to clone.
#[derive(Clone)]
pub struct State(Arc<Shared>);

struct Shared {
    store: Store,
    policy: Policy,
    passwords: PasswordPolicy,
    hasher: Hasher,
    rest: RestState,
    prefix: String,
}

impl State {
    /// Puts the parts together; `prefix` such as `/admin/api` has no slash at its end.
    pub fn new(
        store: Store,
        policy: Policy,
        passwords: PasswordPolicy,
        hasher: Hasher,
        rest: &RestState,
        prefix: &str,
    ) -> Self {
        let rest = rest.clone().with_prefix(prefix);
        let prefix = prefix.to_owned();
        Self(Arc::new(Shared { store, policy, passwords, hasher, rest, prefix }))
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.store
    }

    pub(crate) fn policy(&self) -> &Policy {
        &self.0.policy
    }

    pub(crate) fn clock(&self) -> &Clock {
        self.0.rest.clock()
    }

    pub(crate) fn prefix(&self) -> &str {
        &self.0.prefix
    }

    pub(crate) fn surroundings(&self) -> Surroundings<'_> {
        let Shared { store, policy, passwords, hasher, .. } = &*self.0;
        Surroundings { store, policy, passwords, hasher }
    }
}

impl FromRef<State> for RestState {
    fn from_ref(state: &State) -> Self {
        state.0.rest.clone()
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("prefix", &self.0.prefix).finish_non_exhaustive()
    }
}
