//! Browser sessions: when one lives, when it ends, and why its name is always new.

use std::time::Duration;

use oauth::id::UserId;
use oauth::time::Timestamp;

use crate::account::Account;

/// How long sessions live. Both limits are measured by the server's clock.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// How long a session lives without being used.
    pub idle: Duration,
    /// How long it lives at most, however much it is used.
    pub absolute: Duration,
}

impl Default for Limits {
    /// Idle for a day, two weeks at most. NIST SP 800-63B-4 §2.2.3 advises an hour and a day for accounts that
    /// need two factors.
    fn default() -> Self {
        let day = Duration::from_hours(24);
        Self { idle: day, absolute: day * 14 }
    }
}

/// A session, as stored under the digest of its identifier.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Session {
    /// Whose it is.
    pub user: UserId,
    /// The account's epoch at sign-in; see [`Account::epoch`].
    pub user_epoch: u32,
    /// When it began.
    pub created_at: Timestamp,
    /// When the person last proved who they are.
    pub authenticated_at: Timestamp,
    /// When it was last used, to the granularity of [`Standing::Alive`].
    pub last_seen_at: Timestamp,
    /// The end that no use can put off.
    pub expires_at: Timestamp,
}

/// What a session is worth at this moment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing {
    /// It lives.
    Alive {
        /// Whether the use is worth writing down: at most some twenty times in an idle limit.
        touch: bool,
    },
    /// It is over and its row may be removed.
    Ended(Ended),
}

/// Why a session is over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ended {
    /// It was not used for too long.
    Idle,
    /// It reached its end.
    Expired,
    /// The user was removed or disabled, changed the password, or signed out everywhere.
    Revoked,
}

impl Session {
    /// A session that begins with a sign-in. It is always stored under a freshly drawn identifier, and the row
    /// of the session that the browser brought along, if any, is removed: an identifier that was known before
    /// the sign-in is never worth anything after it.
    pub fn begin(account: &Account, limits: &Limits, now: Timestamp) -> Self {
        Self {
            user: account.id,
            user_epoch: account.epoch,
            created_at: now,
            authenticated_at: now,
            last_seen_at: now,
            expires_at: now + limits.absolute,
        }
    }

    /// What the session is worth at `now`, given the account it names (`None`: there is none any more).
    pub fn standing(&self, account: Option<&Account>, limits: &Limits, now: Timestamp) -> Standing {
        let admitted = account
            .is_some_and(|account| account.id == self.user && account.admits(self.user_epoch));
        if !admitted {
            return Standing::Ended(Ended::Revoked);
        }
        // The stored end holds, and a limit that has been shortened since holds as well.
        if now >= self.expires_at.min(self.created_at + limits.absolute) {
            return Standing::Ended(Ended::Expired);
        }
        if now >= self.last_seen_at + limits.idle {
            return Standing::Ended(Ended::Idle);
        }
        Standing::Alive { touch: now >= self.last_seen_at + limits.idle / 20 }
    }

    /// Whether the person proved who they are within the last `age`, as a sensitive change asks for.
    pub fn is_recently_authenticated(&self, age: Duration, now: Timestamp) -> bool {
        now < self.authenticated_at + age
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::tests::halfspring;

    const LIMITS: Limits =
        Limits { idle: Duration::from_secs(1_000), absolute: Duration::from_secs(10_000) };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    #[test]
    fn a_session_lives_between_its_limits() {
        let session = Session::begin(&halfspring(), &LIMITS, at(0));
        let seen = |last: i64| Session { last_seen_at: at(last), ..session };
        for (session, now, expected) in [
            (session, 0, Standing::Alive { touch: false }),
            (session, 49, Standing::Alive { touch: false }),
            (session, 50, Standing::Alive { touch: true }),
            (session, 999, Standing::Alive { touch: true }),
            (session, 1_000, Standing::Ended(Ended::Idle)),
            (seen(9_500), 9_999, Standing::Alive { touch: true }),
            (seen(9_999), 10_000, Standing::Ended(Ended::Expired)),
            (seen(9_999), 1_000_000, Standing::Ended(Ended::Expired)),
            (session, -60, Standing::Alive { touch: false }),
        ] {
            assert_eq!(session.standing(Some(&halfspring()), &LIMITS, at(now)), expected, "{now}");
        }
    }

    #[test]
    fn a_session_ends_with_its_account_and_with_its_epoch() {
        let session = Session::begin(&halfspring(), &LIMITS, at(0));
        let other = UserId::from_uuid(uuid::Uuid::from_u128(8));
        let ended = Standing::Ended(Ended::Revoked);
        assert_eq!(session.standing(None, &LIMITS, at(1)), ended);
        for account in [
            Account { active: false, ..halfspring() },
            Account { epoch: 4, ..halfspring() },
            Account { epoch: 2, ..halfspring() },
            Account { id: other, ..halfspring() },
        ] {
            assert_eq!(session.standing(Some(&account), &LIMITS, at(1)), ended, "{account:?}");
        }
    }

    #[test]
    fn a_shortened_limit_ends_sessions_that_began_before() {
        let session =
            Session { last_seen_at: at(4_999), ..Session::begin(&halfspring(), &LIMITS, at(0)) };
        let short = Limits { absolute: Duration::from_secs(5_000), ..LIMITS };
        let long = Limits { absolute: Duration::from_secs(50_000), ..LIMITS };
        let standing = |limits| session.standing(Some(&halfspring()), limits, at(5_000));
        assert_eq!(standing(&short), Standing::Ended(Ended::Expired));
        assert_eq!(standing(&LIMITS), Standing::Alive { touch: false });
        let later = Session { last_seen_at: at(9_999), ..session };
        let end = later.standing(Some(&halfspring()), &long, at(10_000));
        assert_eq!(end, Standing::Ended(Ended::Expired), "a longer limit revives nothing");
    }

    #[test]
    fn a_recent_proof_is_recent_only_for_so_long() {
        let session = Session::begin(&halfspring(), &LIMITS, at(0));
        let age = Duration::from_mins(5);
        assert!(session.is_recently_authenticated(age, at(299)));
        assert!(!session.is_recently_authenticated(age, at(300)));
    }
}
