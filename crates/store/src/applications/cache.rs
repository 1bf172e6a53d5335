//! Clients held in memory, so that no request reads them from the database twice.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use oauth::id::ClientId;

use super::Application;

/// How many clients are held at most.
const BOUND: usize = 10_000;

/// Clients by their id. Only what exists is held: an attacker who invents ids fills nothing.
#[derive(Debug, Default)]
pub(crate) struct ClientCache(RwLock<Held>);

#[derive(Debug, Default)]
struct Held {
    clients: HashMap<ClientId, Arc<Application>>,
    /// Counts what was forgotten, so that a row read before the change is not remembered after it.
    changes: u64,
}

impl ClientCache {
    /// The client, if it is held.
    pub(crate) fn find(&self, id: &ClientId) -> Option<Arc<Application>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clients.get(id).cloned()
    }

    /// To be asked before the row is read and given to [`ClientCache::remember`].
    pub(crate) fn changes(&self) -> u64 {
        self.0.read().unwrap_or_else(PoisonError::into_inner).changes
    }

    /// Holds a client, unless something was forgotten since `changes`.
    pub(crate) fn remember(&self, application: Arc<Application>, changes: u64) {
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if held.changes != changes {
            return;
        }
        if held.clients.len() >= BOUND {
            // Rare, and a full start is cheap: one query per client in use.
            held.clients.clear();
        }
        held.clients.insert(application.client.id.clone(), application);
    }

    /// Drops one.
    pub(crate) fn forget(&self, id: &ClientId) {
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        held.changes += 1;
        held.clients.remove(id);
    }

    /// Drops all.
    pub(crate) fn clear(&self) {
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        held.changes += 1;
        held.clients.clear();
    }
}
