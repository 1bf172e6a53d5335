//! Moments in claims: seconds since the epoch, as JSON numbers (RFC 7519 §2).

use std::time::Duration;

use serde_json::Number;

/// A moment in milliseconds since the Unix epoch, between 1970 and the end of the year 9999.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct NumericDate(u64);

impl NumericDate {
    /// The last second of the year 9999: more digits are somebody's milliseconds, or an attack.
    pub const LAST_SECOND: u64 = 253_402_300_799;

    /// From milliseconds since the Unix epoch; a moment before it is the epoch itself.
    pub const fn from_millis(millis: i64) -> Self {
        if millis < 0 { Self(0) } else { Self(millis.unsigned_abs()) }
    }

    /// Milliseconds since the Unix epoch.
    pub fn as_millis(self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }

    /// From a JSON number of seconds, whole or not; `None` outside of the range.
    pub fn from_json(number: &Number) -> Option<Self> {
        if let Some(seconds) = number.as_u64() {
            return (seconds <= Self::LAST_SECOND).then(|| Self(seconds * 1000));
        }
        let seconds = number.as_f64().filter(|seconds| seconds.is_finite() && *seconds >= 0.0)?;
        let duration = Duration::try_from_secs_f64(seconds).ok()?;
        let millis = u64::try_from(duration.as_millis()).ok()?;
        (millis / 1000 <= Self::LAST_SECOND).then_some(Self(millis))
    }

    /// This much later.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(span.as_millis()).unwrap_or(u64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<i64> {
        let number: Number = serde_json::from_str(text).unwrap();
        NumericDate::from_json(&number).map(NumericDate::as_millis)
    }

    #[test]
    fn seconds_are_read_whole_or_not_and_within_a_sane_range() {
        for (text, expected) in [
            ("0", Some(0)),
            ("-0", Some(0)),
            ("1700000000", Some(1_700_000_000_000)),
            ("1700000000.25", Some(1_700_000_000_250)),
            ("1.7e9", Some(1_700_000_000_000)),
            ("253402300799", Some(253_402_300_799_000)),
            ("253402300800", None),
            ("1700000000000", None),
            ("-1", None),
            ("-0.5", None),
            ("1e308", None),
            ("-1e308", None),
            ("18446744073709551615", None),
            ("9007199254740993000000", None),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn adding_saturates() {
        let last = NumericDate::from_millis(i64::MAX);
        assert_eq!(last.plus(Duration::MAX).as_millis(), i64::MAX);
        assert_eq!(NumericDate::from_millis(-5), NumericDate::from_millis(0));
    }
}
