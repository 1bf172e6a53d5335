//! Reading the feed: by polling everywhere, sooner where PostgreSQL tells us that it has grown.

use std::time::{Duration, Instant};

use oauth::revocation::Subject;
use sea_orm::sqlx::postgres::{PgListener, PgPoolOptions};
use sea_orm::{
    ColumnTrait, Condition, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::cursor::Cursor;
use super::{CHANGE_KEPT, CHANNEL, Entry, News};
use crate::entity::revocation;
use crate::{Store, StoreError};

/// How many entries are read at a time.
const BATCH: u64 = 5000;

/// How often what has expired is dropped from memory.
const PRUNE_EVERY: Duration = Duration::from_mins(1);

/// How long to wait before asking again to be told by PostgreSQL.
const LISTEN_AGAIN: Duration = Duration::from_secs(2);

/// Where this node stands in the feed.
#[derive(Debug, Default)]
pub(crate) struct Feed {
    cursor: Cursor,
    /// When the last successful read began.
    succeeded: Option<Instant>,
    /// When what has expired was last dropped from memory.
    pruned: Option<Instant>,
    /// A change of keys was announced and has not been loaded yet.
    keys_due: bool,
}

impl Store {
    /// Reads what is new in the feed and applies it to this node.
    ///
    /// Only one read runs at a time; who waits for it reads again afterwards, so that after the call this
    /// node knows everything that was committed before the call.
    pub async fn catch_up(&self) -> Result<(), StoreError> {
        let mut feed = self.0.feed.lock().await;
        let began = Instant::now();
        let away = |since: Instant| began.saturating_duration_since(since) > CHANGE_KEPT / 2;
        if feed.succeeded.is_none_or(away) {
            // Entries may have come and gone since: nothing remembered may be trusted.
            self.0.clients.clear();
            *feed = Feed { keys_due: true, ..Feed::default() };
        }
        while self.read_batch(&mut feed).await? {}
        if feed.keys_due || self.0.keys.is_due(self.now()) {
            self.load_keys().await?;
            feed.keys_due = false;
        }
        if feed.pruned.is_none_or(|at| began.saturating_duration_since(at) > PRUNE_EVERY) {
            self.0.view.prune(self.now());
            feed.pruned = Some(began);
        }
        feed.succeeded = Some(began);
        self.0.view.read(began);
        Ok(())
    }

    /// Reads one batch; answers whether there may be more.
    async fn read_batch(&self, feed: &mut Feed) -> Result<bool, StoreError> {
        let new = revocation::Column::Id.gt(feed.cursor.last());
        let mut wanted = Condition::any().add(new);
        let gaps = feed.cursor.gaps();
        if !gaps.is_empty() {
            wanted = wanted.add(revocation::Column::Id.is_in(gaps));
        }
        let rows = revocation::Entity::find()
            .filter(wanted)
            .order_by_asc(revocation::Column::Id)
            .limit(BATCH)
            .all(self.0.database.read())
            .await?;
        for row in &rows {
            let entry = Entry::parse(row)?;
            feed.keys_due |= entry.news == News::KeysChanged;
            self.learn(&entry);
        }
        feed.cursor.advance(rows.iter().map(|row| row.id), Instant::now());
        Ok(u64::try_from(rows.len()).is_ok_and(|read| read == BATCH))
    }

    /// Applies one entry to what this node holds in memory.
    pub(crate) fn learn(&self, entry: &Entry) {
        match &entry.news {
            News::Revoked(subject) => {
                self.0.view.add(subject, entry.expires_at);
                if let Subject::Client(id, _) = subject {
                    self.0.clients.forget(id);
                }
            }
            News::ClientChanged(id) => self.0.clients.forget(id),
            News::KeysChanged => {}
        }
    }

    /// Follows the feed until the future is dropped.
    pub(crate) async fn follow(&self) {
        let mut failing = false;
        loop {
            match self.catch_up().await {
                Ok(()) if failing => {
                    failing = false;
                    tracing::info!("the revocation feed is read again");
                }
                Ok(()) => {}
                Err(error) if failing => {
                    tracing::debug!(%error, "the revocation feed still cannot be read");
                }
                Err(error) => {
                    failing = true;
                    tracing::warn!(
                        %error,
                        "the revocation feed cannot be read; every request asks the database until it can"
                    );
                }
            }
            let woken = self.0.wake.notified();
            // A timeout is the usual case: nothing happened, poll.
            let _ = tokio::time::timeout(self.0.options.poll_every, woken).await;
        }
    }

    /// Wakes [`Store::follow`] whenever PostgreSQL tells of a change, until the future is dropped. Elsewhere:
    /// never.
    pub(crate) async fn listen(&self) {
        if self.0.database.read().get_database_backend() != DbBackend::Postgres {
            return std::future::pending().await;
        }
        loop {
            if let Err(error) = self.listen_once().await {
                tracing::debug!(%error, "PostgreSQL does not tell of changes; polling goes on");
            }
            tokio::time::sleep(LISTEN_AGAIN).await;
        }
    }

    /// Listens on a connection of its own (it would block one of the pool's for ever).
    async fn listen_once(&self) -> Result<(), sea_orm::sqlx::Error> {
        let pool = self.0.database.read().get_postgres_connection_pool();
        let connect = pool.connect_options().as_ref().clone();
        let own = PgPoolOptions::new()
            .max_connections(1)
            .max_lifetime(None)
            .idle_timeout(None)
            .connect_with(connect)
            .await?;
        let mut listener = PgListener::connect_with(&own).await?;
        listener.listen(CHANNEL).await?;
        loop {
            // `None`: the connection was lost and made again; something may have been missed.
            listener.try_recv().await?;
            self.0.wake.notify_one();
        }
    }
}
