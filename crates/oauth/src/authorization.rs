//! An authorization: one approval, one row, from consent to end.
//!
//! ```text
//! granted ── code redeemed ──▶ live (generation 1, 2, 3 …) ──▶ revoked
//!    └──────── time over ─────────────┴────────────────────▶ expired
//! ```

use crate::access_token::Terms;
use crate::active::Standing;
use crate::claims::ClaimsRequest;
use crate::endpoint::authorize::{ACR_PASSWORD, AMR_PASSWORD};
use crate::error::Malformed;
use crate::grant::GrantType;
use crate::id::{AuthorizationId, ClientId, SessionId, UserId};
use crate::pkce::CodeChallenge;
use crate::policy::Policy;
use crate::refresh_token::RefreshToken;
use crate::scope::ScopeSet;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What is known about an authorization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    /// Its name.
    pub id: AuthorizationId,
    /// Who approved.
    pub user: UserId,
    /// Whom they let act for them.
    pub client: ClientId,
    /// By which grant it came about.
    pub grant: GrantType,
    /// What was approved.
    pub scope: ScopeSet,
    /// Which resources it is for; empty means any of this server.
    pub audience: Vec<String>,
    /// Where it is in its life, as stored; ask [`state_at`](Self::state_at) to include the time.
    pub state: State,
    /// Goes into the MAC of its refresh tokens, so that they cannot be made from the row's
    /// other columns and the key of another row.
    pub seed: Seed,
    /// When it was approved.
    pub created_at: Timestamp,
    /// When a token was last issued from it.
    pub last_used_at: Timestamp,
    /// The moment it ends whatever happens; `None` means for as long as it is used.
    pub expires_at: Option<Timestamp>,
    /// When the user last proved who they are.
    pub authenticated_at: Option<Timestamp>,
    /// What it keeps of the request that led to it.
    pub details: Details,
}

/// What an authorization keeps of the request that led to it; nothing where it came about without the authorization
/// endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Details {
    /// The browser session in which it was approved. It ends with that if it is about who is there (`openid`), unless it is for
    /// acting while the person is away (`offline_access`); what has nothing to do with signing in outlives it.
    #[serde(skip)]
    pub session: Option<SessionId>,
    /// The redirect URI, if the request named it; then the token request has to name it too (RFC 6749 §4.1.3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_uri: Option<String>,
    /// What the token request has to show the secret of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub challenge: Option<CodeChallenge>,
    /// Comes back in the ID token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// The claims that were asked for one by one, as far as they were allowed.
    #[serde(skip_serializing_if = "ClaimsRequest::is_empty")]
    pub claims: ClaimsRequest,
    /// How strongly the person had signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// By which means.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
}

impl Details {
    /// Of a person who gave their password, and nothing more.
    pub fn by_password() -> Self {
        Self {
            acr: Some(ACR_PASSWORD.to_owned()),
            amr: vec![AMR_PASSWORD.to_owned()],
            ..Self::default()
        }
    }
}

/// The life of an authorization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Approved; its code has not been redeemed.
    Granted,
    /// Tokens have been issued.
    Live {
        /// The refresh token that is good now.
        generation: u32,
        /// When the one before it was traded in; none for the first.
        rotated_at: Option<Timestamp>,
    },
    /// Withdrawn.
    Revoked {
        /// When.
        at: Timestamp,
        /// Why.
        reason: Reason,
    },
    /// Its time is over.
    Expired,
}

impl State {
    /// The word that is stored.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Live { .. } => "live",
            Self::Revoked { .. } => "revoked",
            Self::Expired => "expired",
        }
    }
}

/// Why an authorization was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The client gave it back (RFC 7009).
    Client,
    /// The user withdrew it.
    User,
    /// An administrator withdrew it.
    Administrator,
    /// A used refresh token was presented again (RFC 9700 §4.14).
    Replay,
    /// The user changed the password or signed out everywhere.
    SignedOut,
    /// The user or the client was disabled or deleted.
    Disabled,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Client,
        Self::User,
        Self::Administrator,
        Self::Replay,
        Self::SignedOut,
        Self::Disabled,
    ];

    /// The word that is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::User => "user",
            Self::Administrator => "administrator",
            Self::Replay => "replay",
            Self::SignedOut => "signed_out",
            Self::Disabled => "disabled",
        }
    }

    /// Read the stored word.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let known = Self::ALL.into_iter().find(|reason| reason.as_str() == text);
        known.ok_or(Malformed("no such reason of a revocation is known"))
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Reason {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        Self::parse(text)
    }
}

/// Sixteen random bytes of a row, not shown by `Debug`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Seed(pub [u8; 16]);

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(…)")
    }
}

impl Authorization {
    /// The moment it ends if it is not used again: the earlier of idle and absolute expiry.
    pub fn ends_at(&self, policy: &Policy) -> Timestamp {
        let idle = self.last_used_at + policy.refresh_idle;
        self.expires_at.map_or(idle, |absolute| absolute.min(idle))
    }

    /// Whether the person signed in here for it, so that ID tokens may say so. Who gave a password to the client itself did not.
    pub fn is_of_a_sign_in(&self) -> bool {
        self.details.acr.is_some() && self.grant != GrantType::Password
    }

    /// Where it is in its life, the time included.
    pub fn state_at(&self, policy: &Policy, now: Timestamp) -> State {
        match self.state {
            State::Granted if now >= self.created_at + policy.code_lifetime => State::Expired,
            State::Granted | State::Live { .. } if now >= self.ends_at(policy) => State::Expired,
            state => state,
        }
    }

    /// Its standing for the gate. One whose code is not redeemed carries no token.
    pub fn standing(&self, policy: &Policy, now: Timestamp) -> Standing {
        match self.state_at(policy, now) {
            State::Live { .. } => Standing::Good,
            State::Granted => Standing::Missing,
            State::Revoked { .. } => Standing::Revoked,
            State::Expired => Standing::Expired,
        }
    }
}

/// An authorization that is to be made. Its id and seed are drawn when it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct New {
    /// Who approved.
    pub user: UserId,
    /// Whom they let act for them.
    pub client: ClientId,
    /// By which grant.
    pub grant: GrantType,
    /// What was approved.
    pub scope: ScopeSet,
    /// Which resources it is for.
    pub audience: Vec<String>,
    /// Where its life begins.
    pub state: State,
    /// Now.
    pub created_at: Timestamp,
    /// The moment it ends whatever happens.
    pub expires_at: Option<Timestamp>,
    /// When the user last proved who they are.
    pub authenticated_at: Option<Timestamp>,
    /// What it keeps of the request.
    pub details: Details,
}

impl New {
    /// One that begins with this access token, was not asked for by a page, and has no end of its own.
    pub fn live(user: UserId, grant: GrantType, access: &Terms) -> Self {
        let generation = RefreshToken::FIRST_GENERATION;
        Self {
            user,
            client: access.client.clone(),
            grant,
            scope: access.scope.clone(),
            audience: access.audience.clone(),
            state: State::Live { generation, rotated_at: None },
            created_at: access.issued_at,
            expires_at: None,
            authenticated_at: access.authenticated_at,
            details: Details::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{NOW, authorization, policy};
    use std::time::Duration;

    #[test]
    fn each_state_is_stored_under_a_word_of_its_own_and_a_seed_is_not_shown() {
        let live = State::Live { generation: 1, rotated_at: None };
        let revoked = State::Revoked { at: NOW, reason: Reason::User };
        let words = [State::Granted, live, revoked, State::Expired].map(|state| state.as_str());
        assert_eq!(words, ["granted", "live", "revoked", "expired"]);
        assert_eq!(format!("{:?}", Seed([7; 16])), "Seed(…)");
    }

    /// R21-4.3.3-b
    #[test]
    fn it_ends_at_the_earlier_of_idle_and_absolute_expiry() {
        let mut row = authorization();
        assert_eq!(row.ends_at(&policy()), row.last_used_at + policy().refresh_idle);
        row.expires_at = Some(NOW + Duration::from_secs(1));
        assert_eq!(row.ends_at(&policy()), NOW + Duration::from_secs(1));
    }

    #[test]
    fn its_standing_follows_its_state_and_the_time() {
        let standing = |state, now| {
            Authorization { state, created_at: NOW, ..authorization() }.standing(&policy(), now)
        };
        let live = authorization().state;
        let revoked = State::Revoked { at: NOW, reason: Reason::User };
        let later = NOW + Duration::from_hours(24 * 30);
        assert_eq!(standing(live, NOW), Standing::Good);
        assert_eq!(standing(live, later), Standing::Expired);
        assert_eq!(standing(State::Granted, NOW), Standing::Missing);
        assert_eq!(standing(State::Granted, later), Standing::Expired);
        assert_eq!(standing(State::Expired, NOW), Standing::Expired);
        // What was revoked stays revoked, whatever the time.
        assert_eq!(standing(revoked, later), Standing::Revoked);
    }

    #[test]
    fn every_reason_reads_back() {
        for reason in Reason::ALL {
            assert_eq!(Reason::parse(reason.as_str()).unwrap(), reason);
        }
        assert!(Reason::parse("whim").is_err());
    }
}
