//! What a logout token says, and when it is tried again to deliver one: OpenID Connect Back-Channel Logout §2.4, §2.8.

use crate::id::{ClientId, SessionId};
use crate::issuer::Issuer;
use crate::time::Timestamp;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// `typ` of its header (§2.4): nothing else that is signed here has it.
pub const TYPE: &str = "logout+jwt";

/// How long it may be relied on (§2.4 asks for two minutes at most): each try makes a new one.
pub const LIFETIME: Duration = Duration::from_mins(2);

/// How long it is tried to tell a client.
pub const KEEP_TRYING: Duration = Duration::from_hours(24);

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// What is known when one is made.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Who makes it.
    pub issuer: &'a Issuer,
    /// For whom.
    pub client: &'a ClientId,
    /// The name by which this client knows the person.
    pub subject: &'a str,
    /// The session that has ended.
    pub session: SessionId,
    /// Names this token alone.
    pub id: &'a str,
}

/// Every claim of it. It has no nonce, so that it can never pass for an ID token (§2.4).
pub fn claims(facts: &Facts<'_>, now: Timestamp) -> Map<String, Value> {
    let mut claims = Map::new();
    let mut set = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    set("iss", facts.issuer.as_str().into());
    set("sub", facts.subject.into());
    set("aud", facts.client.as_str().into());
    set("iat", now.as_seconds().into());
    set("exp", (now + LIFETIME).as_seconds().into());
    set("jti", facts.id.into());
    set("sid", facts.session.to_string().into());
    set("events", json!({ EVENT: {} }));
    claims
}

/// How long to wait after a try that failed, when `tries` have been made: soon at first, then ever later.
pub const fn wait_after(tries: u32) -> Duration {
    match tries {
        0 | 1 => Duration::from_secs(5),
        2 => Duration::from_secs(30),
        3 => Duration::from_mins(2),
        4 => Duration::from_mins(10),
        _ => Duration::from_hours(1),
    }
}

/// Whether this answer of the client says that it has understood (§2.8).
pub const fn is_accepted(status: u16) -> bool {
    matches!(status, 200 | 204)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{NOW, client_id};
    use uuid::Uuid;

    /// RBCL-2.4-a
    #[test]
    fn every_claim_of_the_specification_and_no_nonce() {
        let issuer = Issuer::parse("https://id.example").unwrap();
        let facts = Facts {
            issuer: &issuer,
            client: &client_id("cli"),
            subject: "sub-1",
            session: SessionId::from_uuid(Uuid::from_u128(7)),
            id: "once",
        };
        let expected = json!({
            "iss": "https://id.example",
            "sub": "sub-1",
            "aud": "cli",
            "iat": NOW.as_seconds(),
            "exp": NOW.as_seconds() + 120,
            "jti": "once",
            "sid": "00000000-0000-0000-0000-000000000007",
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        });
        assert_eq!(Value::Object(claims(&facts, NOW)), expected);
    }

    /// RBCL-2.8-a
    #[test]
    fn the_waits_grow_and_fit_into_the_time() {
        let waits: Vec<Duration> = (1..8).map(wait_after).collect();
        let seconds: Vec<u64> = waits.iter().map(Duration::as_secs).collect();
        assert_eq!(seconds, [5, 30, 120, 600, 3600, 3600, 3600]);
        assert!(waits.is_sorted() && waits.iter().sum::<Duration>() < KEEP_TRYING, "{waits:?}");
        for (status, accepted) in
            [(200, true), (204, true), (201, false), (302, false), (400, false), (500, false)]
        {
            assert_eq!(is_accepted(status), accepted, "{status}");
        }
    }
}
