//! Requests to resources, counted for all nodes in the database.

use futures_util::future::BoxFuture;
use oauth::time::Timestamp;
use rest::throttle::{Counter, CounterFailure, Rate, Taken};
use store::{Counted, Store};

/// A counter that all nodes over one database share.
#[derive(Clone, Debug)]
pub struct SharedCounter(Store);

impl SharedCounter {
    /// A counter in this store.
    pub fn new(store: Store) -> Self {
        Self(store)
    }
}

impl Counter for SharedCounter {
    fn take(
        &self,
        key: String,
        rate: Rate,
        now: Timestamp,
    ) -> BoxFuture<'_, Result<Taken, CounterFailure>> {
        Box::pin(async move {
            let rates = self.0.rates();
            match rates.take(&key, rate.step(), rate.window_micros(), now).await {
                Ok(Counted::Passed(full_at)) => Ok(Taken::of(true, full_at, rate, now)),
                Ok(Counted::Refused(full_at)) => Ok(Taken::of(false, full_at, rate, now)),
                Err(error) => {
                    tracing::debug!(%error, "a request to a resource could not be counted");
                    Err(CounterFailure)
                }
            }
        })
    }
}
