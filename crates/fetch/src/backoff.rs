//! Leaves what failed alone for a moment, longer each time.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How long after its pause a failure still makes the next pause longer.
const REMEMBERED: Duration = Duration::from_mins(1);
/// How many hosts and URLs are remembered; the one whose pause ends first makes room.
const MOST: usize = 4096;

/// What failed, and until when it is left alone.
#[derive(Debug, Default)]
pub(crate) struct Backoff(Mutex<HashMap<String, Pause>>);

#[derive(Clone, Copy, Debug)]
struct Pause {
    failures: u32,
    until: Instant,
}

impl Backoff {
    /// Whether it is to be left alone at that moment.
    pub(crate) fn rests(&self, name: &str, now: Instant) -> bool {
        let pauses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pauses.get(name).is_some_and(|pause| now < pause.until)
    }

    /// It failed.
    pub(crate) fn failed(&self, name: &str, now: Instant) {
        let mut pauses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = pauses.get(name).filter(|pause| now < pause.until + REMEMBERED);
        // Those who set out together and fail together count once.
        if before.is_some_and(|pause| now < pause.until) {
            return;
        }
        let failures = before.map_or(1, |pause| pause.failures.saturating_add(1));
        if pauses.len() >= MOST && !pauses.contains_key(name) {
            make_room(&mut pauses, now);
        }
        pauses.insert(name.to_owned(), Pause { failures, until: now + pause_after(failures) });
    }

    /// It answered.
    pub(crate) fn answered(&self, name: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }
}

fn pause_after(failures: u32) -> Duration {
    let doubled = 2_u32.checked_pow(failures.saturating_sub(1)).unwrap_or(u32::MAX);
    FIRST_PAUSE.saturating_mul(doubled).min(LONGEST_PAUSE)
}

fn make_room(pauses: &mut HashMap<String, Pause>, now: Instant) {
    pauses.retain(|_, pause| now < pause.until + REMEMBERED);
    if pauses.len() >= MOST {
        let first = pauses.iter().min_by_key(|(_, pause)| pause.until);
        if let Some(name) = first.map(|(name, _)| name.clone()) {
            pauses.remove(&name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_makes_the_pause_longer_up_to_a_bound() {
        let backoff = Backoff::default();
        let mut now = Instant::now();
        for pause in [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000] {
            let pause = Duration::from_millis(pause);
            assert!(!backoff.rests("a", now));
            backoff.failed("a", now);
            backoff.failed("a", now);
            assert!(backoff.rests("a", now + pause - Duration::from_millis(1)), "{pause:?}");
            assert!(!backoff.rests("b", now));
            now += pause;
        }
        backoff.answered("a");
        backoff.failed("a", now);
        assert!(!backoff.rests("a", now + FIRST_PAUSE), "an answer ends the series");
        let later = now + FIRST_PAUSE + REMEMBERED;
        backoff.failed("a", later);
        assert!(!backoff.rests("a", later + FIRST_PAUSE), "and so does time");
        assert_eq!(pause_after(u32::MAX), LONGEST_PAUSE);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let backoff = Backoff::default();
        let now = Instant::now();
        for number in 0..MOST + 100 {
            backoff.failed(&number.to_string(), now + Duration::from_nanos(number as u64));
        }
        let pauses = backoff.0.lock().unwrap();
        assert_eq!(pauses.len(), MOST);
        assert!(!pauses.contains_key("0") && pauses.contains_key(&MOST.to_string()));
    }
}
