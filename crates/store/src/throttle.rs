//! Counters of tries: atomic in the database, so that parallel tries on any node are counted like tries in a row.

use accounts::throttle::{Key, Rule, Rules, Scope, Tally, Verdict, after_success, record_all};
use oauth::time::Timestamp;
use sea_orm::{ConnectionTrait, DatabaseTransaction, EntityTrait, QueryResult};
use vault::Purpose;

use crate::entity::throttle;
use crate::row::Sql;
use crate::{Store, StoreError};

/// The counters; from [`Store::throttle`].
#[derive(Clone, Copy, Debug)]
pub struct Throttle<'a>(&'a Store);

/// Claims the row of a counter until the end of the transaction, made if it is not there, and reads it. (A
/// plain read would claim nothing where there is no row yet, and two first tries would both count as one.)
const CLAIM: &str = "INSERT INTO grantwell_throttle \
     (key, count, window_started_at, blocked_until, expires_at) VALUES ($1, 0, $2, 0, $2) \
     ON CONFLICT (key) DO UPDATE SET count = grantwell_throttle.count \
     RETURNING count, window_started_at, blocked_until";

const KEEP: &str = "UPDATE grantwell_throttle SET count = $2, window_started_at = $3, \
     blocked_until = $4, expires_at = $5 WHERE key = $1";

const FORGET: &str = "DELETE FROM grantwell_throttle WHERE key = $1";

/// A counter with the digest that its row is found by.
struct Counter {
    digest: Vec<u8>,
    scope: Scope,
    rule: Rule,
}

impl Store {
    /// The counters of tries.
    pub fn throttle(&self) -> Throttle<'_> {
        Throttle(self)
    }
}

impl Throttle<'_> {
    /// Counts a try under all of `keys` (of [`accounts::throttle::keys`]) before it is verified, and says
    /// whether it may be. One that is turned away counts nowhere.
    pub async fn record(self, keys: &[Key], rules: &Rules) -> Result<Verdict, StoreError> {
        let (counters, rules, now) = (self.counters(keys, rules), *rules, self.0.now());
        self.0
            .write(move |tx| {
                Box::pin(async move {
                    let mut tallies = Vec::with_capacity(counters.len());
                    for counter in &counters {
                        tallies.push((counter.scope, counter.claim(tx, now).await?));
                    }
                    let (verdict, counted) = record_all(&rules, &tallies, now);
                    for (counter, tally) in counters.iter().zip(counted) {
                        counter.keep(tx, &tally).await?;
                    }
                    if verdict != Verdict::Proceed {
                        // Or whoever is turned away could fill the table with names that he invents.
                        let fresh =
                            |(_, (_, tally)): &(&Counter, &(Scope, Option<Tally>))| tally.is_none();
                        for (counter, _) in counters.iter().zip(&tallies).filter(fresh) {
                            counter.forget(tx).await?;
                        }
                    }
                    Ok(verdict)
                })
            })
            .await
    }

    /// Whether a try would be let through now; counts nothing.
    pub async fn peek(self, keys: &[Key], rules: &Rules) -> Result<Verdict, StoreError> {
        let now = self.0.now();
        let mut verdict = Verdict::Proceed;
        for counter in self.counters(keys, rules) {
            let row = throttle::Entity::find_by_id(counter.digest).one(self.0.database().read());
            let tally = row
                .await?
                .and_then(|row| tally(row.count, row.window_started_at, row.blocked_until));
            verdict = verdict.and(counter.rule.peek(tally.as_ref(), now));
        }
        Ok(verdict)
    }

    /// Takes back a try that turned out right.
    pub async fn succeeded(self, keys: &[Key], rules: &Rules) -> Result<(), StoreError> {
        let (counters, now) = (self.counters(keys, rules), self.0.now());
        self.0
            .write(move |tx| {
                Box::pin(async move {
                    for counter in &counters {
                        let Some(tally) = counter.claim(tx, now).await? else { continue };
                        match after_success(counter.scope, &tally, &counter.rule) {
                            Some(tally) => counter.keep(tx, &tally).await?,
                            None => counter.forget(tx).await?,
                        }
                    }
                    Ok(())
                })
            })
            .await
    }

    fn counters(self, keys: &[Key], rules: &Rules) -> Vec<Counter> {
        let digest = |key: &Key| self.0.vault().digest(Purpose::Throttle, key.text.as_bytes());
        let counter = |key: &Key| Counter {
            digest: digest(key).to_vec(),
            scope: key.scope,
            rule: rules.of(key.scope),
        };
        keys.iter().map(counter).collect()
    }
}

impl Counter {
    async fn claim(
        &self,
        tx: &DatabaseTransaction,
        now: Timestamp,
    ) -> Result<Option<Tally>, StoreError> {
        let claim = Sql::new(CLAIM, [self.digest.clone().into(), now.as_millis().into()]);
        let row: QueryResult =
            tx.query_one(&claim).await?.ok_or(StoreError::Corrupt("throttle.key"))?;
        Ok(tally(
            row.try_get("", "count")?,
            row.try_get("", "window_started_at")?,
            row.try_get("", "blocked_until")?,
        ))
    }

    async fn keep(&self, tx: &DatabaseTransaction, tally: &Tally) -> Result<(), StoreError> {
        let window_ends = tally.window_started_at + self.rule.window;
        let expires_at = tally.blocked_until.map_or(window_ends, |until| until.max(window_ends));
        let values = [
            self.digest.clone().into(),
            i64::from(tally.count).into(),
            tally.window_started_at.as_millis().into(),
            tally.blocked_until.map_or(0, Timestamp::as_millis).into(),
            expires_at.as_millis().into(),
        ];
        tx.execute(&Sql::new(KEEP, values)).await?;
        Ok(())
    }

    async fn forget(&self, tx: &DatabaseTransaction) -> Result<(), StoreError> {
        tx.execute(&Sql::new(FORGET, [self.digest.clone().into()])).await?;
        Ok(())
    }
}

/// What a row says; a row that was only just made says nothing.
fn tally(count: i64, window_started_at: i64, blocked_until: i64) -> Option<Tally> {
    let count = u32::try_from(count.max(0)).unwrap_or(u32::MAX);
    (count > 0).then(|| Tally {
        count,
        window_started_at: Timestamp::from_millis(window_started_at),
        blocked_until: (blocked_until != 0).then(|| Timestamp::from_millis(blocked_until)),
    })
}
