//! Answers to requests with an `Idempotency-Key`, remembered for all nodes in the database.

use std::time::Duration;

use futures_util::future::BoxFuture;
use oauth::time::Timestamp;
use rest::Problem;
use rest::idempotency::{Answers, Attempt, Begun};
use sea_orm::DatabaseTransaction;
use store::{Noted, Store, StoreError};

/// The memory that all nodes over one database share. The resources have to be in the same database.
#[derive(Clone, Debug)]
pub(super) struct SharedAnswers {
    store: Store,
    keep: Duration,
}

impl SharedAnswers {
    /// A memory in this store, which forgets an answer after this time.
    pub(super) fn new(store: Store, keep: Duration) -> Self {
        Self { store, keep }
    }
}

impl Answers for SharedAnswers {
    fn begin<'t>(
        &'t self,
        transaction: &'t DatabaseTransaction,
        attempt: &'t Attempt,
        now: Timestamp,
    ) -> BoxFuture<'t, rest::Result<Begun>> {
        Box::pin(async move {
            let request = (attempt.name(), &attempt.fingerprint()[..]);
            let noted = self.store.answers().begin(transaction, request, now, self.keep).await;
            Ok(match noted.map_err(|error| problem(&error))? {
                Noted::First => Begun::First,
                Noted::Running => Begun::Running,
                Noted::Answered { fingerprint, answer } => Begun::Answered { fingerprint, answer },
            })
        })
    }

    fn keep<'t>(
        &'t self,
        transaction: &'t DatabaseTransaction,
        attempt: &'t Attempt,
        answer: Vec<u8>,
    ) -> BoxFuture<'t, rest::Result<()>> {
        Box::pin(async move {
            let kept = self.store.answers().keep(transaction, attempt.name(), answer).await;
            kept.map_err(|error| problem(&error))
        })
    }
}

fn problem(error: &StoreError) -> Problem {
    if error.is_unavailable() { Problem::unavailable() } else { Problem::internal(error) }
}
