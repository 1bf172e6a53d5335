//! A device that waits for a person: one row from its request to its tokens (RFC 8628 §1).
//!
//! ```text
//! pending ── code typed, allowed ──▶ approved ── polled ──▶ redeemed
//!    ├────── denied ──▶ denied
//!    └────── time over ──▶ expired
//! ```

use crate::access_token::Bearer;
use crate::authorization::Details;
use crate::base64url;
use crate::error::Malformed;
use crate::id::{AuthorizationId, ClientId, UserId};
use crate::scope::ScopeSet;
use crate::secret::Secret;
use crate::secret::same_bytes;
use crate::time::Timestamp;
use std::fmt;
use std::time::Duration;

/// How long a device waits between two questions (RFC 8628 §3.2).
pub const INTERVAL: Duration = Duration::from_secs(5);

/// By how much a device that asks too often has to wait longer from then on (RFC 8628 §3.5).
pub const SLOWER: Duration = Duration::from_secs(5);

/// The code by which a device asks what has become of its request: 256 random bits.
#[derive(Clone)]
pub struct DeviceCode([u8; 32]);

impl DeviceCode {
    /// What the text begins with; secret scanners look for it.
    pub const PREFIX: &str = "gwd_";

    /// The code that these random bytes make.
    pub const fn from_random(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Read the text. There is exactly one text for each code.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let bytes = text.strip_prefix(Self::PREFIX).and_then(base64url::decode);
        bytes.map(Self).ok_or(Malformed("this is not a device code of this server"))
    }

    /// The text that a device gets.
    pub fn compose(&self) -> Secret {
        Secret::new(format!("{}{}", Self::PREFIX, base64url::encode(&self.0)))
    }

    /// The random bytes, which its digest is made of.
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl PartialEq for DeviceCode {
    fn eq(&self, other: &Self) -> bool {
        same_bytes(&self.0, &other.0)
    }
}

impl Eq for DeviceCode {}

impl fmt::Debug for DeviceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceCode(…)")
    }
}

/// A request of a device, as it is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct New {
    /// Whose device it is.
    pub client: ClientId,
    /// What it asks for.
    pub scope: ScopeSet,
    /// Which resources it is for; empty means any of this server.
    pub audience: Vec<String>,
    /// Now.
    pub created_at: Timestamp,
    /// When both codes lapse.
    pub expires_at: Timestamp,
    /// How long the device waits between two questions.
    pub interval: Duration,
}

/// What is known about a request of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// What was asked.
    pub asked: New,
    /// What has become of it, as stored; the time is not in it.
    pub state: State,
    /// When the device last asked.
    pub last_polled_at: Option<Timestamp>,
}

impl Device {
    /// Whether its time is over.
    pub fn is_over(&self, now: Timestamp) -> bool {
        now >= self.asked.expires_at
    }
}

/// What has become of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Nobody has answered.
    Pending {
        /// Who has typed the code; from then on it is theirs alone.
        by: Option<UserId>,
    },
    /// Allowed; the device has not fetched its tokens.
    Approved(Box<Approval>),
    /// Refused.
    Denied,
    /// The device has its tokens.
    Redeemed(AuthorizationId),
}

impl State {
    /// The word that is stored.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Pending { .. } => "pending",
            Self::Approved(_) => "approved",
            Self::Denied => "denied",
            Self::Redeemed(_) => "redeemed",
        }
    }
}

/// Who allowed it, and how they had signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// The account and the epoch that it had.
    pub user: Bearer,
    /// When they had last proved who they are.
    pub authenticated_at: Timestamp,
    /// How strongly and by which means. There is no session in it: a device is another place than the browser in which it was
    /// allowed, and signing out there does not switch it off.
    pub details: Details,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_state_is_stored_under_a_word_of_its_own() {
        let approved = State::Approved(Box::new(crate::fixtures::approval()));
        let redeemed = State::Redeemed(crate::fixtures::authorization().id);
        let states = [State::Pending { by: None }, approved, State::Denied, redeemed];
        let words = states.each_ref().map(State::as_str);
        assert_eq!(words, ["pending", "approved", "denied", "redeemed"]);
    }

    #[test]
    fn a_code_reads_back_and_its_debug_shows_nothing() {
        let code = DeviceCode::from_random([7; 32]);
        assert_eq!(DeviceCode::parse(code.compose().expose()).unwrap(), code);
        assert_eq!(format!("{code:?}"), "DeviceCode(…)");
    }

    /// R6749-6-c: a token of another kind is not a device code.
    #[test]
    fn what_is_not_exactly_a_code_is_none() {
        let text = DeviceCode::from_random([7; 32]).compose().expose().to_owned();
        let refresh = text.replace("gwd_", "gwr_");
        for wrong in
            ["", "gwd_", &text[4..], &text[..text.len() - 1], &refresh, &format!("{text}A")]
        {
            assert!(DeviceCode::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_code_is_the_same_only_in_every_byte() {
        let code = |last| {
            let mut bytes = [7; 32];
            bytes[31] = last;
            DeviceCode::from_random(bytes)
        };
        assert_eq!(code(7), code(7));
        assert_ne!(code(7), code(8));
    }
}
