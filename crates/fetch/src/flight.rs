//! One piece of work for all who want the same at the same time.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared, WeakShared};

type Work<V> = BoxFuture<'static, V>;
type Entries<K, V> = Arc<Mutex<(u64, HashMap<K, (u64, WeakShared<Work<V>>)>)>>;

/// The work that is under way, by name. Whoever comes later waits for the same result; when everybody has gone, it is given up.
pub struct Flights<K: Hash + Eq, V: Clone>(Entries<K, V>);

impl<K: Hash + Eq, V: Clone> Default for Flights<K, V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K: Hash + Eq, V: Clone> fmt::Debug for Flights<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flights").finish_non_exhaustive()
    }
}

impl<K, V> Flights<K, V>
where
    K: Clone + Hash + Eq + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Joins the work of that name, or starts it.
    pub fn join(&self, key: K, start: impl FnOnce() -> Work<V>) -> Shared<Work<V>> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(under_way) = entries.1.get(&key).and_then(|(_, work)| work.upgrade()) {
            return under_way;
        }
        entries.0 = entries.0.wrapping_add(1);
        let number = entries.0;
        let landing = Landing { entries: Arc::clone(&self.0), key: key.clone(), number };
        let work = start();
        let work = async move {
            let _landing = landing;
            work.await
        };
        let work = work.boxed().shared();
        if let Some(weak) = work.downgrade() {
            entries.1.insert(key, (number, weak));
        }
        work
    }
}

/// Strikes the work off the list when it ends or is given up.
struct Landing<K: Hash + Eq, V: Clone> {
    entries: Entries<K, V>,
    key: K,
    number: u64,
}

impl<K: Hash + Eq, V: Clone> Drop for Landing<K, V> {
    fn drop(&mut self) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        // Somebody may have started anew since everybody gave this one up.
        if entries.1.get(&self.key).is_some_and(|(number, _)| *number == self.number) {
            entries.1.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::Notify;

    #[tokio::test]
    async fn those_who_come_meanwhile_share_one_result() {
        let flights = Flights::<&str, usize>::default();
        let (started, go) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let start = || {
            let (started, go) = (Arc::clone(&started), Arc::clone(&go));
            async move {
                let number = started.fetch_add(1, Ordering::SeqCst);
                go.notified().await;
                number
            }
            .boxed()
        };
        let (mut first, second) = (flights.join("a", start), flights.join("a", start));
        assert!((&mut first).now_or_never().is_none());
        drop(first);
        go.notify_one();
        assert_eq!(second.await, 0, "who joined goes on when the first has gone");
        assert!(flights.0.lock().unwrap().1.is_empty());
        go.notify_one();
        assert_eq!(flights.join("a", start).await, 1, "what has ended is not given again");
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_is_given_up() {
        let flights = Flights::<&str, ()>::default();
        let mut given_up = flights.join("a", || std::future::pending().boxed());
        assert!((&mut given_up).now_or_never().is_none());
        let again = flights.join("b", || async {}.boxed());
        drop(given_up);
        assert_eq!(flights.0.lock().unwrap().1.len(), 1);
        again.await;
        assert!(flights.0.lock().unwrap().1.is_empty());
        flights.join("a", || async {}.boxed()).await;
    }
}
