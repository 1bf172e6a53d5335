//! What requests with an `Idempotency-Key` were answered, written in the transaction that does what they ask for.

use std::time::Duration;

use database::DatabaseError;
use oauth::time::Timestamp;
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, DbBackend};
use vault::Purpose;

use crate::row::Sql;
use crate::{Store, StoreError};

/// Of all that come at once, one makes the row, or takes over one that has expired.
const TAKE: &str = "INSERT INTO grantwell_answer AS a (digest, fingerprint, answer, expires_at) \
     VALUES ($1, $2, $3, $4) \
     ON CONFLICT (digest) DO UPDATE SET fingerprint = excluded.fingerprint, answer = excluded.answer, \
       expires_at = excluded.expires_at WHERE a.expires_at <= $5";

const READ: &str = "SELECT fingerprint, answer FROM grantwell_answer WHERE digest = $1";

const KEEP: &str = "UPDATE grantwell_answer SET answer = $2 WHERE digest = $1";

/// On PostgreSQL `TAKE` waits for another transaction that has made the row. Whoever holds this lock has made it, or is about to;
/// the others need not wait with a connection each. The lock ends with its transaction, after the row can be seen.
const LOCK: &str = "SELECT pg_try_advisory_xact_lock($1)";

/// What was known of a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Noted {
    /// Nothing: it is this transaction's to do.
    First,
    /// Another transaction is doing it.
    Running,
    /// It was done.
    Answered {
        /// Digest of the body that was sent then.
        fingerprint: Vec<u8>,
        /// What was answered.
        answer: Vec<u8>,
    },
}

/// The answers; from [`Store::answers`].
#[derive(Clone, Copy, Debug)]
pub struct Answers<'a>(&'a Store);

impl Store {
    /// What requests with an `Idempotency-Key` were answered.
    pub fn answers(&self) -> Answers<'_> {
        Answers(self)
    }
}

impl Answers<'_> {
    /// Takes the name of a request for this transaction, from `now` on for as long as it is kept; or says what became of it.
    pub async fn begin(
        self,
        transaction: &DatabaseTransaction,
        (name, fingerprint): (&str, &[u8]),
        now: Timestamp,
        keep: Duration,
    ) -> Result<Noted, StoreError> {
        let digest = self.digest(name);
        if transaction.get_database_backend() == DbBackend::Postgres {
            let number = digest.first_chunk().map_or(0, |head| i64::from_le_bytes(*head));
            let row = transaction.query_one(&Sql::new(LOCK, [number.into()])).await?;
            let row = row.ok_or(StoreError::Corrupt("lock"))?;
            if !row.try_get_by_index::<bool>(0)? {
                return Ok(Noted::Running);
            }
        }
        let take = [
            digest.clone().into(),
            fingerprint.to_vec().into(),
            Vec::<u8>::new().into(),
            (now + keep).as_millis().into(),
            now.as_millis().into(),
        ];
        if transaction.execute(&Sql::new(TAKE, take)).await?.rows_affected() == 1 {
            return Ok(Noted::First);
        }
        let row = transaction.query_one(&Sql::new(READ, [digest.into()])).await?;
        let row = row.ok_or(StoreError::Busy(
            "a remembered answer was deleted at the moment it was asked for".to_owned(),
        ))?;
        Ok(Noted::Answered {
            fingerprint: row.try_get("", "fingerprint")?,
            answer: row.try_get("", "answer")?,
        })
    }

    /// Writes the answer to a request whose name this transaction has taken.
    pub async fn keep(
        self,
        transaction: &DatabaseTransaction,
        name: &str,
        answer: Vec<u8>,
    ) -> Result<(), StoreError> {
        let keep = Sql::new(KEEP, [self.digest(name).into(), answer.into()]);
        match transaction.execute(&keep).await.map_err(DatabaseError::from)?.rows_affected() {
            1 => Ok(()),
            _ => Err(StoreError::Corrupt("an answer was to be kept for a request without a name")),
        }
    }

    fn digest(self, name: &str) -> Vec<u8> {
        self.0.vault().digest(Purpose::Answer, name.as_bytes()).to_vec()
    }
}
