//! The one place where the time of day is read.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use oauth::time::Timestamp;

/// A source of the current time; cheap to clone, and clones of a manual clock move together.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The clock of the machine. It may step backwards when the machine is corrected; callers compare
    /// with saturating arithmetic ([`Timestamp`] has no other).
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands at `start` until it is moved by [`Clock::advance`] or [`Clock::set`]: for tests.
    pub fn manual(start: Timestamp) -> Self {
        Self(Source::Manual(Arc::new(AtomicI64::new(start.as_millis()))))
    }

    /// The current time, to the millisecond.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System => Timestamp::from_millis(system_millis()),
            Source::Manual(millis) => Timestamp::from_millis(millis.load(Ordering::SeqCst)),
        }
    }

    /// Moves a manual clock forward, for all its clones. The system clock cannot be moved; nothing happens.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual(millis) = &self.0 {
            let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
            let moved = |now: i64| Some(now.saturating_add(by));
            // The closure never answers `None`, so the update cannot be refused.
            let _ = millis.fetch_update(Ordering::SeqCst, Ordering::SeqCst, moved);
        }
    }

    /// Sets a manual clock, backwards as well: for tests of a corrected clock. The system clock stays.
    pub fn set(&self, to: Timestamp) {
        if let Source::Manual(millis) = &self.0 {
            millis.store(to.as_millis(), Ordering::SeqCst);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the place where time enters")]
fn system_millis() -> i64 {
    let millis = |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(after) => millis(after),
        Err(before) => millis(before.duration()).saturating_neg(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_of_a_manual_clock_move_together_and_saturate() {
        let clock = Clock::manual(Timestamp::from_millis(1_000));
        let other = clock.clone();
        clock.advance(Duration::from_millis(250));
        assert_eq!(other.now(), Timestamp::from_millis(1_250));
        other.set(Timestamp::from_millis(5));
        assert_eq!(clock.now(), Timestamp::from_millis(5));
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), Timestamp::from_millis(i64::MAX));
    }

    #[test]
    fn the_system_clock_is_after_2020_and_cannot_be_moved() {
        let clock = Clock::system();
        let before = clock.now();
        clock.set(Timestamp::from_millis(0));
        clock.advance(Duration::from_hours(24 * 365));
        let after = clock.now();
        assert!(before.as_millis() > 1_577_836_800_000);
        assert!((after.as_millis() - before.as_millis()).abs() < 60_000);
    }
}
