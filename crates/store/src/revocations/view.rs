//! What is dead, held in memory on this node, and how fresh that knowledge is.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use oauth::access_token::AccessToken;
use oauth::active::{Facts, Standing};
use oauth::id::{AuthorizationId, ClientId, TokenId, UserId};
use oauth::revocation::Subject;
use oauth::time::Timestamp;

/// Everything this node knows to be dead. Reading it takes no query and no `await`.
#[derive(Debug)]
pub(crate) struct View {
    dead: RwLock<Dead>,
    /// The monotonic zero of `read_at`; the wall clock may step and make an old view look fresh.
    born: Instant,
    /// Microseconds after `born` at which the last successful read of the feed *began*, plus one; 0: never.
    read_at: AtomicU64,
}

#[derive(Debug, Default)]
struct Dead {
    authorizations: HashMap<AuthorizationId, Timestamp>,
    tokens: HashMap<TokenId, Timestamp>,
    users: HashMap<UserId, Below>,
    clients: HashMap<ClientId, Below>,
}

/// Tokens of an epoch below `epoch` are dead.
#[derive(Clone, Copy, Debug)]
struct Below {
    epoch: u32,
    expires_at: Timestamp,
}

impl View {
    /// Knows nothing yet and is therefore stale.
    pub(crate) fn new() -> Self {
        Self { dead: RwLock::default(), born: Instant::now(), read_at: AtomicU64::new(0) }
    }

    /// How long ago the last successful read of the feed began; `None`: there was none.
    pub(crate) fn age(&self) -> Option<Duration> {
        let read_at = Duration::from_micros(self.read_at.load(Ordering::Acquire).checked_sub(1)?);
        Some(self.born.elapsed().saturating_sub(read_at))
    }

    /// Whether what it says may be relied on.
    pub(crate) fn is_fresh(&self, max_staleness: Duration) -> bool {
        self.age().is_some_and(|age| age <= max_staleness)
    }

    /// Notes that a read of the feed which began at `began` has been applied.
    pub(crate) fn read(&self, began: Instant) {
        let micros = began.saturating_duration_since(self.born).as_micros();
        let micros = u64::try_from(micros).unwrap_or(u64::MAX - 1) + 1;
        self.read_at.fetch_max(micros, Ordering::AcqRel);
    }

    /// Takes in what is dead; the same twice changes nothing.
    pub(crate) fn add(&self, subject: &Subject, until: Timestamp) {
        let mut dead = self.dead.write().unwrap_or_else(PoisonError::into_inner);
        match subject {
            Subject::Authorization(id) => later(&mut dead.authorizations, *id, until),
            Subject::Token(id) => later(&mut dead.tokens, *id, until),
            Subject::User(id, below) => higher(&mut dead.users, *id, *below, until),
            Subject::Client(id, below) => higher(&mut dead.clients, id.clone(), *below, until),
        }
    }

    /// Whether this is known to be dead: then it is written down, and need not be again.
    pub(crate) fn knows(&self, subject: &Subject) -> bool {
        let dead = self.dead.read().unwrap_or_else(PoisonError::into_inner);
        match subject {
            Subject::Authorization(id) => dead.authorizations.contains_key(id),
            Subject::Token(id) => dead.tokens.contains_key(id),
            Subject::User(id, below) => dead.users.get(id).is_some_and(|held| held.epoch >= *below),
            Subject::Client(id, below) => {
                dead.clients.get(id).is_some_and(|held| held.epoch >= *below)
            }
        }
    }

    /// Drops what has expired at `now`.
    pub(crate) fn prune(&self, now: Timestamp) {
        let mut dead = self.dead.write().unwrap_or_else(PoisonError::into_inner);
        dead.authorizations.retain(|_, until| *until > now);
        dead.tokens.retain(|_, until| *until > now);
        dead.users.retain(|_, below| below.expires_at > now);
        dead.clients.retain(|_, below| below.expires_at > now);
    }

    /// How many entries it holds.
    pub(crate) fn len(&self) -> usize {
        let dead = self.dead.read().unwrap_or_else(PoisonError::into_inner);
        dead.authorizations.len() + dead.tokens.len() + dead.users.len() + dead.clients.len()
    }

    /// How everything that `token` rests on is doing, as far as this node knows.
    pub(crate) fn standing(&self, token: &AccessToken) -> Facts {
        let dead = self.dead.read().unwrap_or_else(PoisonError::into_inner);
        let outdated = |found: Option<&Below>, epoch| match found {
            Some(below) if epoch < below.epoch => Standing::Outdated,
            _ => Standing::Good,
        };
        let revoked = |found: bool| if found { Standing::Revoked } else { Standing::Good };
        Facts {
            user: token.user.map(|bearer| outdated(dead.users.get(&bearer.id), bearer.epoch)),
            client: outdated(dead.clients.get(&token.client), token.client_epoch),
            authorization: token
                .authorization
                .map(|id| revoked(dead.authorizations.contains_key(&id))),
            token: Some(revoked(dead.tokens.contains_key(&token.id))),
        }
    }
}

fn later<K: Eq + Hash>(map: &mut HashMap<K, Timestamp>, key: K, until: Timestamp) {
    let held = map.entry(key).or_insert(until);
    *held = (*held).max(until);
}

fn higher<K: Eq + Hash>(map: &mut HashMap<K, Below>, key: K, epoch: u32, until: Timestamp) {
    let held = map.entry(key).or_insert(Below { epoch, expires_at: until });
    held.epoch = held.epoch.max(epoch);
    held.expires_at = held.expires_at.max(until);
}

#[cfg(test)]
mod tests {
    use oauth::access_token::Bearer;
    use oauth::scope::ScopeSet;
    use sea_orm::prelude::Uuid;

    use super::*;

    const GOOD: Facts = Facts {
        user: Some(Standing::Good),
        client: Standing::Good,
        authorization: Some(Standing::Good),
        token: Some(Standing::Good),
    };

    fn token() -> AccessToken {
        AccessToken {
            id: TokenId::from_bits(1),
            authorization: Some(AuthorizationId::from_uuid(Uuid::from_u128(2))),
            user: Some(Bearer { id: UserId::from_uuid(Uuid::from_u128(3)), epoch: 5 }),
            client: "photos".parse().unwrap(),
            client_epoch: 7,
            scope: ScopeSet::empty(),
            audience: Vec::new(),
            issued_at: Timestamp::from_millis(0),
            expires_at: Timestamp::MAX,
            authenticated_at: None,
            acr: None,
            confirmation: None,
        }
    }

    /// The view answers as the rule that asks each revocation in turn.
    #[test]
    fn the_view_finds_what_the_rule_says_is_killed() {
        let user = |n| UserId::from_uuid(Uuid::from_u128(n));
        let authorization = |n| AuthorizationId::from_uuid(Uuid::from_u128(n));
        for subject in [
            Subject::User(user(3), 6),
            Subject::User(user(3), 5),
            Subject::User(user(4), 6),
            Subject::Client("photos".parse().unwrap(), 8),
            Subject::Client("photos".parse().unwrap(), 7),
            Subject::Client("other".parse().unwrap(), 8),
            Subject::Authorization(authorization(2)),
            Subject::Authorization(authorization(3)),
            Subject::Token(TokenId::from_bits(1)),
            Subject::Token(TokenId::from_bits(2)),
        ] {
            let view = View::new();
            assert_eq!(view.standing(&token()), GOOD);
            view.add(&subject, Timestamp::MAX);
            assert_eq!(view.standing(&token()) != GOOD, subject.kills(&token()), "{subject:?}");
        }
    }

    #[test]
    fn of_two_revocations_the_stricter_and_the_longer_hold() {
        let id = UserId::from_uuid(Uuid::from_u128(3));
        let (soon, late) = (Timestamp::from_millis(10), Timestamp::from_millis(20));
        let view = View::new();
        view.add(&Subject::User(id, 6), soon);
        view.add(&Subject::User(id, 2), late);
        view.prune(soon);
        assert_eq!(view.standing(&token()).user, Some(Standing::Outdated));
        view.prune(late);
        assert_eq!((view.standing(&token()), view.len()), (GOOD, 0));
    }

    #[test]
    fn a_view_is_stale_until_it_has_read_and_counts_from_when_the_reading_began() {
        let view = View::new();
        assert!(!view.is_fresh(Duration::from_hours(1)));
        let began = Instant::now();
        std::thread::sleep(Duration::from_millis(20));
        view.read(began);
        assert!(view.is_fresh(Duration::from_secs(10)));
        assert!(!view.is_fresh(Duration::from_millis(10)));
        // An older read that ends later does not make it older.
        view.read(began.checked_sub(Duration::from_hours(1)).unwrap_or(began));
        assert!(view.is_fresh(Duration::from_secs(10)));
    }
}
