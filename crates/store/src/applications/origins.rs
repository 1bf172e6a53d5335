//! The origins of all clients, held in memory, so that no request of a stranger costs a query.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use oauth::client::Client;
use oauth::redirect_uri::origin_key;
use oauth::time::Timestamp;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tokio::sync::Mutex;

use super::Application;
use crate::entity::application;
use crate::{Store, StoreError};

/// Clients that are looked at, at most, the oldest first.
const MOST: u64 = 10_000;

/// What is held is read anew after this time,
const KEPT: Duration = Duration::from_secs(10);

/// or for an origin that is not among them, which may be that of a new client.
const KEPT_FOR_UNKNOWN: Duration = Duration::from_secs(1);

/// Clients by their origins. One reads, the others wait for it.
#[derive(Debug, Default)]
pub(crate) struct Origins(Mutex<Option<Held>>);

#[derive(Debug)]
struct Held {
    at: Timestamp,
    changes: u64,
    clients: HashMap<String, Vec<Arc<Client>>>,
}

impl Held {
    fn is_known(&self, origin: &str) -> bool {
        let clients = self.clients.get(origin_key(origin)).map_or(&[][..], Vec::as_slice);
        clients.iter().any(|client| client.allows_origin(origin))
    }

    /// A clock that was set back makes it old.
    fn is_younger(&self, than: Duration, now: Timestamp) -> bool {
        self.at <= now && now < self.at + than
    }
}

impl Store {
    /// Whether this is an origin of an active client: whether scripts there may read what at least one client is answered.
    pub async fn is_origin_of_a_client(&self, origin: &str) -> Result<bool, StoreError> {
        let (now, changes) = (self.now(), self.0.clients.changes());
        let mut held = self.0.origins.0.lock().await;
        if let Some(held) = held.as_ref().filter(|held| held.changes == changes) {
            let known = held.is_known(origin);
            if held.is_younger(if known { KEPT } else { KEPT_FOR_UNKNOWN }, now) {
                return Ok(known);
            }
        }
        let clients = self.clients_by_origin().await?;
        let held = held.insert(Held { at: now, changes, clients });
        Ok(held.is_known(origin))
    }

    async fn clients_by_origin(&self) -> Result<HashMap<String, Vec<Arc<Client>>>, StoreError> {
        let rows = application::Entity::find()
            .filter(application::Column::Active.eq(true))
            .order_by_asc(application::Column::Id)
            .limit(MOST)
            .all(self.database().read())
            .await?;
        let mut clients: HashMap<String, Vec<Arc<Client>>> = HashMap::new();
        for row in rows {
            let client = Arc::new(Application::try_from(row)?.client);
            for origin in client.origins() {
                let known = clients.entry(origin_key(origin).to_owned()).or_default();
                known.push(Arc::clone(&client));
            }
        }
        Ok(clients)
    }
}
