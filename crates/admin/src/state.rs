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
}

impl State {
    /// Puts the parts together; what `rest` has for a prefix is where the API is.
    pub fn new(
        store: Store,
        policy: Policy,
        passwords: PasswordPolicy,
        hasher: Hasher,
        rest: RestState,
    ) -> Self {
        Self(Arc::new(Shared { store, policy, passwords, hasher, rest }))
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
        self.0.rest.prefix()
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
        f.debug_struct("State").field("prefix", &self.prefix()).finish_non_exhaustive()
    }
}
