//! The feed of what is dead or has changed: written with the change, read by every node.

mod cursor;
pub(crate) mod feed;
pub(crate) mod view;

use std::time::Duration;

use oauth::id::ClientId;
use oauth::revocation::{Kind, Subject};
use oauth::time::Timestamp;
use sea_orm::{ActiveValue::Set, ConnectionTrait, DbBackend, EntityTrait};

use crate::StoreError;
use crate::entity::revocation;
use crate::row::{Sql, epoch_from};

/// The channel on which PostgreSQL tells the other nodes that the feed has grown.
pub(crate) const CHANNEL: &str = "grantwell_revocation";

/// How long an entry that only says "changed" is kept. A node that was away for longer starts afresh.
pub(crate) const CHANGE_KEPT: Duration = Duration::from_hours(1);

/// What an entry of the feed tells.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum News {
    /// Something is dead.
    Revoked(Subject),
    /// What is remembered about this client is old.
    ClientChanged(ClientId),
    /// The set of keys has changed.
    KeysChanged,
}

/// One entry of the feed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Entry {
    /// What it tells.
    pub(crate) news: News,
    /// When everything it could concern is dead anyway.
    pub(crate) expires_at: Timestamp,
}

const CLIENT_CHANGED: &str = "client_changed";
const KEYS_CHANGED: &str = "keys_changed";

impl Entry {
    /// An entry that tells of something dead.
    pub(crate) fn revoked(subject: Subject, expires_at: Timestamp) -> Self {
        Self { news: News::Revoked(subject), expires_at }
    }

    /// An entry that tells of a change.
    pub(crate) fn changed(news: News, now: Timestamp) -> Self {
        Self { news, expires_at: now + CHANGE_KEPT }
    }

    fn parse(row: &revocation::Model) -> Result<Self, StoreError> {
        let news = match row.kind.as_str() {
            CLIENT_CHANGED => News::ClientChanged(
                row.subject.parse().map_err(|_| StoreError::Corrupt("revocation.subject"))?,
            ),
            KEYS_CHANGED => News::KeysChanged,
            _ => News::Revoked(subject(row)?),
        };
        Ok(Self { news, expires_at: Timestamp::from_millis(row.expires_at) })
    }

    fn row(&self, now: Timestamp) -> revocation::ActiveModel {
        let (kind, subject, epoch) = match &self.news {
            News::Revoked(subject) => (subject.kind().as_str(), subject.name(), subject.epoch()),
            News::ClientChanged(id) => (CLIENT_CHANGED, id.to_string(), 0),
            News::KeysChanged => (KEYS_CHANGED, String::new(), 0),
        };
        revocation::ActiveModel {
            kind: Set(kind.to_owned()),
            subject: Set(subject),
            epoch: Set(i64::from(epoch)),
            recorded_at: Set(now.as_millis()),
            expires_at: Set(self.expires_at.as_millis()),
            ..Default::default()
        }
    }
}

/// What a row says is dead. A kind that is not known (from a newer version) is an error: to skip it would let
/// live what is dead.
pub(crate) fn subject(row: &revocation::Model) -> Result<Subject, StoreError> {
    let kind = Kind::parse(&row.kind).map_err(|_| StoreError::Corrupt("revocation.kind"))?;
    Subject::parse(kind, &row.subject, epoch_from(row.epoch)?)
        .map_err(|_| StoreError::Corrupt("revocation.subject"))
}

/// Writes entries as part of the transaction that makes the change, and wakes the other nodes at its commit.
pub(crate) async fn record(
    tx: &impl ConnectionTrait,
    entries: &[Entry],
    now: Timestamp,
) -> Result<(), StoreError> {
    if entries.is_empty() {
        return Ok(());
    }
    let rows = entries.iter().map(|entry| entry.row(now));
    revocation::Entity::insert_many(rows).exec_without_returning(tx).await?;
    if tx.get_database_backend() == DbBackend::Postgres {
        let notify = Sql::new("SELECT pg_notify($1, '')", [CHANNEL.into()]);
        tx.execute(&notify).await?;
    }
    Ok(())
}
