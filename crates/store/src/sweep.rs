//! Deleting what has expired, in small batches so that serving goes on (`cleartokens`).

use std::time::Duration;

use sea_orm::prelude::Uuid;
use sea_orm::{ConnectionTrait as _, Statement, StatementBuilder as _};

use crate::row::Sql;
use crate::{Store, StoreError};

/// Rows that go in one transaction: short enough that nobody waits noticeably behind it.
const BATCH: i64 = 500;

/// A breath between batches, in which others write.
const PAUSE: Duration = Duration::from_millis(5);

/// The sweep; from [`Store::sweep`].
#[derive(Clone, Copy, Debug)]
pub struct Sweep<'a>(&'a Store);

/// How many rows of each kind had expired.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, serde::Serialize)]
pub struct Swept {
    /// Authorizations that have expired or were revoked, when no token of theirs can be alive.
    pub authorizations: u64,
    /// Browser sessions.
    pub sessions: u64,
    /// Entries of the revocation feed.
    pub revocations: u64,
    /// Counters of tries.
    pub throttles: u64,
    /// Set-up links.
    pub setup_links: u64,
    /// Retired keys.
    pub keys: u64,
    /// Pushed authorization requests.
    pub pushed_requests: u64,
    /// Requests of devices.
    pub device_codes: u64,
    /// Notes about assertions that have been used.
    pub replays: u64,
    /// Allowances of callers that are whole again.
    pub rates: u64,
    /// Answers to requests that had a name for being repeated.
    pub answers: u64,
    /// Notes about which clients know a browser session.
    pub session_clients: u64,
    /// Notices about ended sessions that no client wanted to hear.
    pub logout_notices: u64,
    /// Tokens with which clients may register themselves.
    pub registration_tokens: u64,
    /// Clients that registered themselves and were never used.
    pub unused_clients: u64,
}

/// Counting and deleting for one table.
struct Table {
    count: &'static str,
    delete: &'static str,
}

/// `$1` is now, `$2` the size of a batch.
macro_rules! table {
    ($table:literal, $key:literal, $expired:literal) => {
        Table {
            count: concat!("SELECT COUNT(*) AS count FROM ", $table, " WHERE ", $expired),
            delete: concat!(
                "DELETE FROM ",
                $table,
                " WHERE ",
                $key,
                " IN (SELECT ",
                $key,
                " FROM ",
                $table,
                " WHERE ",
                $expired,
                " LIMIT $2)"
            ),
        }
    };
}

const AUTHORIZATIONS: Table = table!("grantwell_authorization", "id", "delete_at <= $1");
const SESSIONS: Table = table!("grantwell_session", "digest", "expires_at <= $1");
// The last entry stays: a database that gives the highest position plus one to the next entry would else give
// a position that the nodes have read already.
const REVOCATIONS: Table = table!(
    "grantwell_revocation",
    "id",
    "expires_at <= $1 AND id < (SELECT MAX(id) FROM grantwell_revocation)"
);
const THROTTLES: Table = table!("grantwell_throttle", "key", "expires_at <= $1");
const SETUP_LINKS: Table = table!("grantwell_setup_link", "digest", "expires_at <= $1");
const PUSHED_REQUESTS: Table = table!("grantwell_pushed_request", "digest", "expires_at <= $1");
const DEVICE_CODES: Table = table!("grantwell_device_code", "digest", "expires_at <= $1");
const REPLAYS: Table = table!("grantwell_replay", "digest", "expires_at <= $1");
const RATES: Table = table!("grantwell_rate", "digest", "full_at <= $1 * 1000");
const ANSWERS: Table = table!("grantwell_answer", "digest", "expires_at <= $1");
const REGISTRATION_TOKENS: Table = table!("grantwell_registration_token", "id", "expires_at <= $1");
const SESSION_CLIENTS: Table = table!("grantwell_session_client", "sid", "expires_at <= $1");
const LOGOUT_NOTICES: Table = table!("grantwell_logout_notice", "id", "expires_at <= $1");
const KEYS: Table = table!("grantwell_signing_key", "id", "expires_at <= $1");

// A client that acts for itself leaves no row behind when it does; somebody vouched for it.
const UNUSED_CLIENTS: &str = "FROM grantwell_client_registration r \
     JOIN grantwell_application p ON p.id = r.application_id \
     WHERE r.created_at <= $1 AND p.grant_types NOT LIKE '%client_credentials%' \
     AND NOT EXISTS (SELECT 1 FROM grantwell_authorization a WHERE a.application_id = p.id) \
     AND NOT EXISTS (SELECT 1 FROM grantwell_consent c WHERE c.application_id = p.id)";

impl Store {
    /// Deleting what has expired.
    pub fn sweep(&self) -> Sweep<'_> {
        Sweep(self)
    }

    /// Sweeps at the interval of the options until the future is dropped.
    pub(crate) async fn sweep_now_and_then(&self) {
        let Some(every) = self.0.options.sweep_every else { return std::future::pending().await };
        loop {
            tokio::time::sleep(every).await;
            match self.sweep().run().await {
                Ok(swept) => tracing::debug!(?swept, "what had expired was deleted"),
                Err(error) => tracing::warn!(%error, "what has expired could not be deleted"),
            }
        }
    }
}

impl Sweep<'_> {
    /// Deletes everything that has expired and answers how much it was.
    pub async fn run(self) -> Result<Swept, StoreError> {
        Ok(Swept {
            authorizations: self.delete(&AUTHORIZATIONS).await?,
            sessions: self.delete(&SESSIONS).await?,
            revocations: self.delete(&REVOCATIONS).await?,
            throttles: self.delete(&THROTTLES).await?,
            setup_links: self.delete(&SETUP_LINKS).await?,
            keys: self.delete(&KEYS).await?,
            pushed_requests: self.delete(&PUSHED_REQUESTS).await?,
            device_codes: self.delete(&DEVICE_CODES).await?,
            replays: self.delete(&REPLAYS).await?,
            rates: self.delete(&RATES).await?,
            answers: self.delete(&ANSWERS).await?,
            session_clients: self.delete(&SESSION_CLIENTS).await?,
            logout_notices: self.delete(&LOGOUT_NOTICES).await?,
            registration_tokens: self.delete(&REGISTRATION_TOKENS).await?,
            unused_clients: self.delete_unused_clients().await?,
        })
    }

    /// Answers how much [`Sweep::run`] would delete.
    pub async fn dry_run(self) -> Result<Swept, StoreError> {
        Ok(Swept {
            authorizations: self.count(&AUTHORIZATIONS).await?,
            sessions: self.count(&SESSIONS).await?,
            revocations: self.count(&REVOCATIONS).await?,
            throttles: self.count(&THROTTLES).await?,
            setup_links: self.count(&SETUP_LINKS).await?,
            keys: self.count(&KEYS).await?,
            pushed_requests: self.count(&PUSHED_REQUESTS).await?,
            device_codes: self.count(&DEVICE_CODES).await?,
            replays: self.count(&REPLAYS).await?,
            rates: self.count(&RATES).await?,
            answers: self.count(&ANSWERS).await?,
            session_clients: self.count(&SESSION_CLIENTS).await?,
            logout_notices: self.count(&LOGOUT_NOTICES).await?,
            registration_tokens: self.count(&REGISTRATION_TOKENS).await?,
            unused_clients: self.count_unused_clients().await?,
        })
    }

    async fn count(self, table: &Table) -> Result<u64, StoreError> {
        let read = self.0.database().read();
        let question = Sql::new(table.count, [self.0.now().as_millis().into()]);
        let row = read.query_one_raw(question.build(&read.get_database_backend())).await?;
        let count: i64 = row.ok_or(StoreError::Corrupt("count"))?.try_get("", "count")?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    async fn delete(self, table: &Table) -> Result<u64, StoreError> {
        let now = self.0.now().as_millis();
        let mut total = 0;
        loop {
            let batch = Sql::new(table.delete, [now.into(), BATCH.into()]);
            let gone = self.0.database().execute_write(&batch).await?;
            total += gone;
            if gone < BATCH.unsigned_abs() {
                return Ok(total);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Before when a client must have registered to be forgotten, if it was never used.
    fn unused_since(self) -> Option<i64> {
        let keep = self.0.options().keep_unused_clients?;
        let keep = i64::try_from(keep.as_millis()).ok()?;
        Some(self.0.now().as_millis().saturating_sub(keep))
    }

    async fn count_unused_clients(self) -> Result<u64, StoreError> {
        let Some(since) = self.unused_since() else { return Ok(0) };
        let read = self.0.database().read();
        let text = format!("SELECT COUNT(*) AS count {UNUSED_CLIENTS}");
        let question =
            Statement::from_sql_and_values(read.get_database_backend(), text, [since.into()]);
        let row = read.query_one_raw(question).await?;
        let count: i64 = row.ok_or(StoreError::Corrupt("count"))?.try_get("", "count")?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// One by one: each is told to the nodes, which hold clients in memory.
    async fn delete_unused_clients(self) -> Result<u64, StoreError> {
        let Some(since) = self.unused_since() else { return Ok(0) };
        let mut total = 0;
        loop {
            let read = self.0.database().read();
            let text = format!("SELECT p.id AS id {UNUSED_CLIENTS} LIMIT $2");
            let values = [since.into(), BATCH.into()];
            let question =
                Statement::from_sql_and_values(read.get_database_backend(), text, values);
            let rows = read.query_all_raw(question).await?;
            let mut gone = 0;
            for row in &rows {
                let id: Uuid = row.try_get("", "id")?;
                let deleted = self.0.client_registrations().delete_unused(id.into()).await?;
                gone += u64::from(deleted);
            }
            total += gone;
            if gone == 0 {
                return Ok(total);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}
