//! The rule of a rate: so many requests in so long, evenly refilled, decided on one number for each caller (GCRA).
use std::{fmt, str::FromStr, time::Duration};

use oauth::time::Timestamp;

/// So many requests in so long. All of them may come at once; what was used comes back evenly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    requests: u32,
    window: Duration,
}

impl Rate {
    /// So many requests (1 at least) in a second.
    pub const fn per_second(requests: u32) -> Self {
        Self::within(requests, Duration::from_secs(1))
    }

    /// So many requests in a minute.
    pub const fn per_minute(requests: u32) -> Self {
        Self::within(requests, Duration::from_mins(1))
    }

    /// So many requests in an hour.
    pub const fn per_hour(requests: u32) -> Self {
        Self::within(requests, Duration::from_hours(1))
    }

    /// So many requests in a day.
    pub const fn per_day(requests: u32) -> Self {
        Self::within(requests, Duration::from_hours(24))
    }

    /// So many requests in this span, one millisecond at least.
    pub const fn within(requests: u32, window: Duration) -> Self {
        let requests = if requests == 0 { 1 } else { requests };
        let window = if window.as_millis() == 0 { Duration::from_millis(1) } else { window };
        Self { requests, window }
    }

    /// How many requests.
    pub const fn requests(self) -> u32 {
        self.requests
    }

    /// In how long.
    pub const fn window(self) -> Duration {
        self.window
    }

    /// The window in microseconds.
    pub fn window_micros(self) -> i64 {
        i64::try_from(self.window.as_micros()).unwrap_or(i64::MAX / 4)
    }

    /// The time that one request uses up, in microseconds.
    pub fn step(self) -> i64 {
        (self.window_micros() / i64::from(self.requests)).max(1)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { requests, window } = self;
        match window.as_secs() {
            1 => write!(formatter, "{requests} in a second"),
            60 => write!(formatter, "{requests} in a minute"),
            3600 => write!(formatter, "{requests} in an hour"),
            86_400 => write!(formatter, "{requests} in a day"),
            _ => write!(formatter, "{requests} in {window:?}"),
        }
    }
}

/// A text is no rate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no rate: write how many requests in how long, such as 100/hour (second, minute, hour, day)"
)]
pub struct WrongRate(String);

impl FromStr for Rate {
    type Err = WrongRate;

    /// `100/hour`, or `100/h`: the first letter counts.
    fn from_str(text: &str) -> Result<Self, WrongRate> {
        let wrong = || WrongRate(text.to_owned());
        let (requests, unit) = text.split_once('/').ok_or_else(wrong)?;
        let requests: u32 = requests.trim().parse().map_err(|_| wrong())?;
        if requests == 0 {
            return Err(wrong());
        }
        match unit.trim() {
            "s" | "sec" | "second" => Ok(Self::per_second(requests)),
            "m" | "min" | "minute" => Ok(Self::per_minute(requests)),
            "h" | "hour" => Ok(Self::per_hour(requests)),
            "d" | "day" => Ok(Self::per_day(requests)),
            _ => Err(wrong()),
        }
    }
}

/// What became of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Whether it may pass.
    pub allowed: bool,
    /// How many more may come at once.
    pub remaining: u32,
    /// How long until all of them may come again.
    pub reset: Duration,
    /// How long until the next one may come; zero while some are left.
    pub wait: Duration,
}

impl Taken {
    /// The time to wait in whole seconds, rounded up.
    pub fn wait_seconds(&self) -> u64 {
        seconds_up(self.wait).max(1)
    }

    pub(super) fn reset_seconds(&self) -> u64 {
        seconds_up(self.reset)
    }
}

fn seconds_up(span: Duration) -> u64 {
    span.as_secs() + u64::from(span.subsec_nanos() > 0)
}

/// Decides on one request. `full_at` is when the caller's allowance is whole again, in microseconds since the Unix epoch, as
/// the last decision left it; none for a caller who is not known. The second part of the answer is what to keep of it.
pub fn decide(full_at: Option<i64>, rate: Rate, now: Timestamp) -> (Taken, i64) {
    let instant = now.as_millis().saturating_mul(1000);
    let (step, window) = (rate.step(), rate.window_micros());
    // What lies further ahead than clocks of nodes disagree comes from a clock that was set back; it starts anew.
    let furthest = instant.saturating_add(window).saturating_add(window);
    let before = full_at.filter(|at| (instant..=furthest).contains(at)).unwrap_or(instant);
    let after = before.saturating_add(step);
    let allowed = after.saturating_sub(instant) <= window;
    let kept = if allowed { after } else { before };
    (Taken::of(allowed, kept, rate, now), kept)
}

impl Taken {
    /// What became of a request that was decided on elsewhere by the same rule; `full_at` is what is kept of it.
    pub fn of(allowed: bool, full_at: i64, rate: Rate, now: Timestamp) -> Self {
        let now = now.as_millis().saturating_mul(1000);
        let (step, window) = (rate.step(), rate.window_micros());
        let used = full_at.saturating_sub(now).max(0);
        let left = window.saturating_sub(used) / step;
        Self {
            allowed,
            remaining: u32::try_from(left).unwrap_or_default().min(rate.requests()),
            reset: micros(used),
            wait: micros(used.saturating_add(step).saturating_sub(window)),
        }
    }
}

fn micros(micros: i64) -> Duration {
    Duration::from_micros(u64::try_from(micros).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn a_rate_is_read_as_people_write_it() {
        for (text, rate) in [
            ("100/hour", Some(Rate::per_hour(100))),
            ("5/s", Some(Rate::per_second(5))),
            (" 7 / min ", Some(Rate::per_minute(7))),
            ("1/day", Some(Rate::per_day(1))),
            ("0/day", None),
            ("100", None),
            ("-1/day", None),
            ("1/year", None),
            ("", None),
        ] {
            assert_eq!(text.parse().ok(), rate, "{text:?}");
        }
    }

    #[test]
    fn all_may_come_at_once_and_come_back_evenly() {
        let rate = Rate::per_minute(3);
        let mut full_at = None;
        let mut ask = |millis| {
            let (taken, kept) = decide(full_at, rate, at(millis));
            full_at = Some(kept);
            (taken.allowed, taken.remaining, taken.wait_seconds())
        };
        assert_eq!(ask(0), (true, 2, 1));
        assert_eq!(ask(0), (true, 1, 1));
        assert_eq!(ask(0), (true, 0, 20));
        assert_eq!(ask(0), (false, 0, 20));
        assert_eq!(ask(19_000), (false, 0, 1));
        assert_eq!(ask(20_000), (true, 0, 20));
        assert_eq!(ask(20_000), (false, 0, 20));
        assert_eq!(ask(200_000), (true, 2, 1));
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out() {
        let rate = Rate::per_minute(1);
        let (_, kept) = decide(None, rate, at(10_000_000));
        let (taken, _) = decide(Some(kept), rate, at(0));
        assert!(taken.wait <= Duration::from_mins(1), "{taken:?}");
    }

    proptest! {
        #[test]
        fn no_window_lets_more_than_twice_the_rate_through(
            requests in 1u32..20,
            gaps in proptest::collection::vec(0i64..400, 1..200),
        ) {
            let rate = Rate::within(requests, Duration::from_secs(1));
            let (mut now, mut full_at, mut passed) = (0, None, Vec::new());
            for gap in gaps {
                now += gap;
                let (taken, kept) = decide(full_at, rate, at(now));
                full_at = Some(kept);
                if taken.allowed {
                    passed.push(now);
                }
            }
            for (index, start) in passed.iter().enumerate() {
                let within = passed.iter().skip(index).take_while(|at| *at - start < 1000).count();
                prop_assert!(within <= 2 * requests as usize, "{within} of {requests}");
            }
        }
    }
}
