//! Requests counted in this process: right for one node; many nodes each count for themselves.
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use futures_util::future::BoxFuture;
use oauth::time::Timestamp;

use super::{Counter, CounterFailure, Rate, Taken, decide};

/// Callers that are kept in mind at most; about 10 MB.
const MOST: usize = 100_000;

/// A counter in memory.
#[derive(Debug, Default)]
pub struct Memory(Mutex<HashMap<String, i64>>);

impl Counter for Memory {
    fn take(
        &self,
        key: String,
        rate: Rate,
        now: Timestamp,
    ) -> BoxFuture<'_, Result<Taken, CounterFailure>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (taken, kept) = decide(known.get(&key).copied(), rate, now);
        if known.len() >= MOST && !known.contains_key(&key) {
            make_room(&mut known, now);
        }
        known.insert(key, kept);
        drop(known);
        Box::pin(std::future::ready(Ok(taken)))
    }
}

/// Forgets who has their whole allowance again, and if that is nobody, half of the others: whoever sends from a hundred
/// thousand addresses has that many allowances anyway.
fn make_room(known: &mut HashMap<String, i64>, now: Timestamp) {
    let now = now.as_millis().saturating_mul(1000);
    known.retain(|_, full_at| *full_at > now);
    if known.len() >= MOST {
        let mut odd = false;
        known.retain(|_, _| {
            odd = !odd;
            odd
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_kept_in_mind_has_a_bound() {
        let memory = Memory::default();
        let rate = Rate::per_hour(1);
        for number in 0..=MOST {
            let taken = memory.take(number.to_string(), rate, Timestamp::from_millis(0)).await;
            assert!(taken.unwrap().allowed);
        }
        assert!(memory.0.lock().unwrap().len() <= MOST / 2 + 1);
        let later = Timestamp::from_millis(4_000_000);
        for number in 0..=MOST {
            memory.take(format!("b{number}"), rate, later).await.unwrap();
        }
        assert!(memory.0.lock().unwrap().len() <= MOST);
    }

    #[tokio::test]
    async fn callers_count_apart() {
        let memory = Memory::default();
        let now = Timestamp::from_millis(0);
        for (key, allowed) in [("a", true), ("a", false), ("b", true)] {
            let taken = memory.take(key.to_owned(), Rate::per_hour(1), now).await.unwrap();
            assert_eq!(taken.allowed, allowed, "{key}");
        }
    }
}
