//! A revocation: what has been withdrawn before its time, and which tokens die of it (RFC 7009).

use crate::access_token::AccessToken;
use crate::error::Malformed;
use crate::id::{AuthorizationId, ClientId, TokenId, UserId};
use crate::policy::Policy;
use crate::time::Timestamp;
use std::fmt;
use std::time::Duration;

/// What is withdrawn: one row of the feed that every node holds in memory.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// Everything of a user that was issued below this epoch.
    User(UserId, u32),
    /// Everything of a client that was issued below this epoch.
    Client(ClientId, u32),
    /// Everything that stems from one approval.
    Authorization(AuthorizationId),
    /// One access token.
    Token(TokenId),
}

/// The kind of a subject, as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A user.
    User,
    /// A client.
    Client,
    /// An approval.
    Authorization,
    /// An access token.
    Token,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::User, Self::Client, Self::Authorization, Self::Token];

    /// The word that is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Client => "client",
            Self::Authorization => "authorization",
            Self::Token => "token",
        }
    }

    /// Read the stored word.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let known = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        known.ok_or(Malformed("no such kind of revocation is known"))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Subject {
    /// Read the three stored columns. `epoch` means nothing for authorizations and tokens.
    pub fn parse(kind: Kind, name: &str, epoch: u32) -> Result<Self, Malformed> {
        match kind {
            Kind::User => UserId::parse(name).map(|id| Self::User(id, epoch)),
            Kind::Client => ClientId::parse(name).map(|id| Self::Client(id, epoch)),
            Kind::Authorization => AuthorizationId::parse(name).map(Self::Authorization),
            Kind::Token => TokenId::parse(name).map(Self::Token),
        }
    }

    /// Its kind.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::User(..) => Kind::User,
            Self::Client(..) => Kind::Client,
            Self::Authorization(_) => Kind::Authorization,
            Self::Token(_) => Kind::Token,
        }
    }

    /// Its name, as stored.
    pub fn name(&self) -> String {
        match self {
            Self::User(id, _) => id.to_string(),
            Self::Client(id, _) => id.to_string(),
            Self::Authorization(id) => id.to_string(),
            Self::Token(id) => id.to_string(),
        }
    }

    /// The epoch below which everything is dead; 0 where there is none.
    pub const fn epoch(&self) -> u32 {
        match self {
            Self::User(_, epoch) | Self::Client(_, epoch) => *epoch,
            Self::Authorization(_) | Self::Token(_) => 0,
        }
    }

    /// Whether this token dies of it. A token that falls under several dies of any.
    pub fn kills(&self, token: &AccessToken) -> bool {
        match self {
            Self::User(id, epoch) => {
                token.user.is_some_and(|bearer| bearer.id == *id && bearer.epoch < *epoch)
            }
            Self::Client(id, epoch) => token.client == *id && token.client_epoch < *epoch,
            Self::Authorization(id) => token.authorization == Some(*id),
            Self::Token(id) => token.id == *id,
        }
    }
}

/// How far the clocks of two nodes may be apart without a dead token living again on the slower
/// one.
pub const CLOCK_SKEW: Duration = Duration::from_mins(5);

/// From when on a revocation of a user, a client or an authorization that is recorded now may be
/// forgotten: every token that it kills has lapsed by then, whatever the lifetime was set to when
/// it was issued.
pub fn forget_at(now: Timestamp) -> Timestamp {
    now + Policy::LONGEST_ACCESS_TOKEN + CLOCK_SKEW
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access_token::Bearer;
    use crate::scope::ScopeSet;
    use uuid::Uuid;

    fn user(n: u128) -> UserId {
        UserId::from_uuid(Uuid::from_u128(n))
    }

    fn authorization(n: u128) -> AuthorizationId {
        AuthorizationId::from_uuid(Uuid::from_u128(n))
    }

    fn client(text: &str) -> ClientId {
        ClientId::parse(text).unwrap()
    }

    /// R7662-2.2-c
    #[test]
    fn each_kind_kills_its_own_and_nothing_else() {
        let token = AccessToken {
            id: TokenId::from_bits(1),
            authorization: Some(authorization(2)),
            user: Some(Bearer { id: user(3), epoch: 5 }),
            client: client("cli"),
            client_epoch: 7,
            scope: ScopeSet::empty(),
            audience: Vec::new(),
            issued_at: Timestamp::from_millis(0),
            expires_at: Timestamp::MAX,
            authenticated_at: None,
            acr: None,
            confirmation: None,
        };
        let cases = [
            (Subject::User(user(3), 6), true),
            (Subject::User(user(3), 5), false),
            (Subject::User(user(4), 6), false),
            (Subject::Client(client("cli"), 8), true),
            (Subject::Client(client("cli"), 7), false),
            (Subject::Client(client("other"), 8), false),
            (Subject::Authorization(authorization(2)), true),
            (Subject::Authorization(authorization(3)), false),
            (Subject::Token(TokenId::from_bits(1)), true),
            (Subject::Token(TokenId::from_bits(2)), false),
        ];
        for (subject, expected) in cases {
            assert_eq!(subject.kills(&token), expected, "{subject:?}");
            let read = Subject::parse(subject.kind(), &subject.name(), subject.epoch());
            assert_eq!(read.unwrap(), subject);
        }
    }

    #[test]
    fn every_kind_reads_back() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.as_str()).unwrap(), kind);
        }
        assert!(Kind::parse("all").is_err());
    }
}
