//! How long the next try must wait: growing delays, never a hard lock, counted before the password is looked at.
//!
//! A try is *recorded* before it is verified, in one transaction per key, so that five hundred tries at once are
//! counted like five hundred in a row. A success then takes its own try back.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use oauth::time::Timestamp;

/// What is being guessed at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Subject<'a> {
    /// A user's password, by the key of the username: whether or not such a user exists.
    Account(&'a str),
    /// A client's secret, by its `client_id`: whether or not such a client exists.
    Client(&'a str),
}

/// What tries are counted by. One try counts under all of its keys.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Scope {
    /// One subject from one address: the person who forgot a password.
    SubjectAndAddress,
    /// One subject from anywhere: a guess spread over many addresses.
    Subject,
    /// One address, whatever the subject: one guess at each of many names.
    Address,
}

/// One counter: how it counts and what it is called.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Key {
    /// What the counter counts by, which chooses its [`Rule`].
    pub scope: Scope,
    /// Names the counter; distinct for distinct scopes, subjects and addresses. It may name a person and is
    /// digested before it is stored.
    pub text: String,
}

/// The keys under which a try is counted; always in the same order, so that transactions cannot deadlock.
/// Without a known address only the subject counts.
pub fn keys(subject: Option<Subject<'_>>, address: Option<IpAddr>) -> Vec<Key> {
    let subject = subject.map(|subject| match subject {
        Subject::Account(key) => format!("account {}:{key}", key.len()),
        Subject::Client(id) => format!("client {}:{id}", id.len()),
    });
    let address = address.map(network);
    let mut keys = Vec::with_capacity(3);
    if let Some(address) = &address {
        keys.push(Key { scope: Scope::Address, text: format!("address {address}") });
    }
    if let Some(subject) = subject {
        keys.push(Key { scope: Scope::Subject, text: subject.clone() });
        if let Some(address) = &address {
            let mut text = subject;
            // Writing to a string cannot fail.
            let _ = write!(text, " from {address}");
            keys.push(Key { scope: Scope::SubjectAndAddress, text });
        }
    }
    keys
}

/// What counts as one address: an IPv4 address, or the /64 that one IPv6 subscriber has to themselves.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)))
        }
    }
}

/// How one counter grows into a delay.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rule {
    /// How many tries in a window are let through without a wait; the next one waits.
    pub free: u32,
    /// How long the first try beyond those waits; each further one waits twice as long.
    pub first_delay: Duration,
    /// The longest wait.
    pub max_delay: Duration,
    /// How long after its first try a counter starts again from nothing.
    pub window: Duration,
}

/// The rules of all scopes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rules {
    /// See [`Scope::SubjectAndAddress`].
    pub subject_and_address: Rule,
    /// See [`Scope::Subject`]. Its longest wait is short: a stranger must not keep a person out.
    pub subject: Rule,
    /// See [`Scope::Address`]. Many people may share one.
    pub address: Rule,
}

impl Rules {
    /// The rule of a scope.
    pub fn of(&self, scope: Scope) -> Rule {
        match scope {
            Scope::SubjectAndAddress => self.subject_and_address,
            Scope::Subject => self.subject,
            Scope::Address => self.address,
        }
    }
}

impl Default for Rules {
    fn default() -> Self {
        let rule = |free, max_delay| Rule {
            free,
            first_delay: Duration::from_secs(1),
            max_delay,
            window: Duration::from_hours(1),
        };
        Self {
            subject_and_address: rule(5, Duration::from_mins(15)),
            subject: rule(20, Duration::from_mins(1)),
            address: rule(100, Duration::from_mins(15)),
        }
    }
}

/// One counter, as stored.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Tally {
    /// The tries in this window that were let through to be verified.
    pub count: u32,
    /// When the window began.
    pub window_started_at: Timestamp,
    /// Until when further tries are turned away unseen.
    pub blocked_until: Option<Timestamp>,
}

/// What to do with a try.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// Verify it.
    Proceed,
    /// Turn it away without verifying anything.
    SlowDown {
        /// How long to wait: `Retry-After`, at least a second.
        retry_after: Duration,
    },
}

impl Verdict {
    /// The stricter of two: a try proceeds only if all its counters let it.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::SlowDown { retry_after: one }, Self::SlowDown { retry_after: two }) => {
                Self::SlowDown { retry_after: one.max(two) }
            }
            (Self::Proceed, other) => other,
            (slow, Self::Proceed) => slow,
        }
    }
}

impl Rule {
    /// Whether `tally` lets a try through at `now`; it counts nothing.
    pub fn peek(&self, tally: Option<&Tally>, now: Timestamp) -> Verdict {
        match tally.and_then(|tally| tally.blocked_until) {
            // A clock that was set back must not block for longer than the rule ever would.
            Some(until) if until > now && until.since(now) <= self.max_delay => {
                Verdict::SlowDown { retry_after: until.since(now).max(Duration::from_secs(1)) }
            }
            _ => Verdict::Proceed,
        }
    }

    /// Counts a try, before it is verified. A try that is turned away is not counted: it was no guess, and
    /// counting it would let anybody keep a counter blocked.
    pub fn record(&self, tally: Option<&Tally>, now: Timestamp) -> (Tally, Verdict) {
        let current = tally.filter(|tally| !self.is_over(tally, now)).copied().unwrap_or(Tally {
            count: 0,
            window_started_at: now,
            blocked_until: None,
        });
        let verdict = self.peek(Some(&current), now);
        if verdict != Verdict::Proceed {
            return (current, verdict);
        }
        let count = current.count.saturating_add(1);
        let blocked_until = self.delay_after(count).map(|delay| now + delay);
        (Tally { count, blocked_until, ..current }, Verdict::Proceed)
    }

    /// How long the next try must wait once `count` tries were let through.
    pub fn delay_after(&self, count: u32) -> Option<Duration> {
        // The very first try cannot wait: there is no counter before it.
        let beyond = count.checked_sub(self.free.max(1))?;
        let doubled = 2_u32.checked_pow(beyond).map_or(self.max_delay, |times| {
            self.first_delay.checked_mul(times).unwrap_or(self.max_delay)
        });
        Some(doubled.min(self.max_delay))
    }

    /// Whether a counter says nothing any more and its row may be removed.
    pub fn is_over(&self, tally: &Tally, now: Timestamp) -> bool {
        // A window that seems to begin in the future was written by a clock that has been set back.
        let elapsed = now >= tally.window_started_at + self.window || tally.window_started_at > now;
        elapsed && self.peek(Some(tally), now) == Verdict::Proceed
    }
}

/// Counts one try under all of its keys at once. The second part holds the counters to be stored, in the order
/// given; it is empty when the try is turned away, which then counts nowhere.
///
/// Read the rows, call this and store the result in one transaction.
pub fn record_all(
    rules: &Rules,
    tallies: &[(Scope, Option<Tally>)],
    now: Timestamp,
) -> (Verdict, Vec<Tally>) {
    let verdict = tallies
        .iter()
        .map(|(scope, tally)| rules.of(*scope).peek(tally.as_ref(), now))
        .fold(Verdict::Proceed, Verdict::and);
    if verdict != Verdict::Proceed {
        return (verdict, Vec::new());
    }
    let counted = tallies
        .iter()
        .map(|(scope, tally)| rules.of(*scope).record(tally.as_ref(), now).0)
        .collect();
    (verdict, counted)
}

/// What becomes of a counter when the try was right; `None` removes its row.
///
/// The counters of the subject start again. That of the address only takes back this one try, or somebody with
/// an account of their own could reset it between guesses at others.
pub fn after_success(scope: Scope, tally: &Tally, rule: &Rule) -> Option<Tally> {
    match scope {
        Scope::SubjectAndAddress | Scope::Subject => None,
        Scope::Address => {
            let count = tally.count.saturating_sub(1);
            let blocked_until = rule.delay_after(count).and(tally.blocked_until);
            (count > 0).then_some(Tally { count, blocked_until, ..*tally })
        }
    }
}

#[cfg(test)]
mod tests;
