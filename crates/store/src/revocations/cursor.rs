//! How far a node has read the feed, and which positions below that are still to come.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long a missing position is looked for: longer than any transaction may last.
const PATIENCE: Duration = Duration::from_mins(10);

/// How many missing positions are remembered at most; a bound on the query.
const GAPS: usize = 1000;

/// How far a node has read the feed.
///
/// On PostgreSQL a position is drawn when the row is written, but becomes visible when its transaction
/// commits, so position 7 may be seen before 6. Positions skipped are remembered and asked for again until
/// they appear, or until their transaction can no longer be running (it was rolled back).
#[derive(Debug, Default)]
pub(crate) struct Cursor {
    last: i64,
    gaps: BTreeMap<i64, Instant>,
}

impl Cursor {
    /// The highest position seen.
    pub(crate) fn last(&self) -> i64 {
        self.last
    }

    /// Positions below it that have not been seen and may still come.
    pub(crate) fn gaps(&self) -> Vec<i64> {
        self.gaps.keys().copied().collect()
    }

    /// Notes that the positions `seen` (in rising order) were read at `now`.
    pub(crate) fn advance(&mut self, seen: impl IntoIterator<Item = i64>, now: Instant) {
        for id in seen {
            if id <= self.last {
                self.gaps.remove(&id);
                continue;
            }
            let width = i64::try_from(GAPS).unwrap_or(i64::MAX);
            let first = self.last.saturating_add(1).max(id.saturating_sub(width));
            self.gaps.extend((first..id).map(|gap| (gap, now)));
            self.last = id;
        }
        self.gaps.retain(|_, since| now.saturating_duration_since(*since) < PATIENCE);
        while self.gaps.len() > GAPS {
            self.gaps.pop_first();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_that_was_skipped_is_asked_for_until_it_comes() {
        let mut cursor = Cursor::default();
        let now = Instant::now();
        cursor.advance([1, 2, 5], now);
        assert_eq!((cursor.last(), cursor.gaps()), (5, vec![3, 4]));
        cursor.advance([3], now);
        assert_eq!((cursor.last(), cursor.gaps()), (5, vec![4]));
        cursor.advance([4, 6], now);
        assert_eq!((cursor.last(), cursor.gaps()), (6, vec![]));
    }

    #[test]
    fn a_position_that_never_comes_is_given_up_after_the_longest_transaction() {
        let mut cursor = Cursor::default();
        let start = Instant::now();
        cursor.advance([2], start);
        cursor.advance([], start + PATIENCE / 2);
        assert_eq!(cursor.gaps(), [1]);
        cursor.advance([], start + PATIENCE);
        assert!(cursor.gaps().is_empty());
    }

    #[test]
    fn a_wide_jump_keeps_only_the_positions_nearest_to_its_end() {
        let mut cursor = Cursor::default();
        cursor.advance([1_000_000], Instant::now());
        let gaps = cursor.gaps();
        assert_eq!((gaps.len(), gaps[0], gaps[999]), (1000, 999_000, 999_999));
        cursor.advance([1_000_100], Instant::now());
        assert_eq!(cursor.gaps().len(), 1000);
    }
}
