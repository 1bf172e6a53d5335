//! What an ID token says: OpenID Connect Core §2, §3.1.3.6, §3.3.2.11, §12.2. Signing it is for the room that holds the keys.

use crate::base64url;
use crate::id::{ClientId, SessionId};
use crate::issuer::Issuer;
use crate::time::Timestamp;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256, Sha384, Sha512};
use std::time::Duration;

/// `typ` of its header.
pub const TYPE: &str = "JWT";

/// The digest that the signature of a token is made over; half of it binds other tokens to this one (§3.1.3.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HalfHash {
    /// Of RS256, PS256, ES256, HS256.
    Sha256,
    /// Of RS384, PS384, ES384, HS384.
    Sha384,
    /// Of RS512, PS512, ES512, HS512 and `EdDSA`.
    Sha512,
}

impl HalfHash {
    /// The left half of the digest, as base64url: `at_hash` of an access token, `c_hash` of a code.
    pub fn of(self, text: &str) -> String {
        let half = |digest: &[u8]| {
            let (left, _) = digest.split_at_checked(digest.len() / 2).unwrap_or((digest, &[]));
            base64url::encode(left)
        };
        match self {
            Self::Sha256 => half(&Sha256::digest(text)),
            Self::Sha384 => half(&Sha384::digest(text)),
            Self::Sha512 => half(&Sha512::digest(text)),
        }
    }
}

/// What is known when an ID token is made.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Who makes it.
    pub issuer: &'a Issuer,
    /// For whom.
    pub client: &'a ClientId,
    /// The name by which this client knows the person.
    pub subject: &'a str,
    /// The browser session in which they approved.
    pub session: Option<SessionId>,
    /// When they last proved who they are; a refresh does not move it (§12.2).
    pub authenticated_at: Option<Timestamp>,
    /// How strongly.
    pub acr: Option<&'a str>,
    /// By which means.
    pub amr: &'a [String],
    /// The nonce of the authorization request; none after a refresh (§12.2).
    pub nonce: Option<&'a str>,
    /// The access token that is given together with it.
    pub access_token: Option<&'a str>,
    /// The code that is given together with it through the browser (§3.3.2.11).
    pub code: Option<&'a str>,
    /// The digest of the algorithm that will sign it.
    pub hash: HalfHash,
    /// How long it may be relied on.
    pub lifetime: Duration,
}

/// Every claim of it: those of the protocol, over those about the person.
pub fn claims(facts: &Facts<'_>, person: Map<String, Value>, now: Timestamp) -> Map<String, Value> {
    let mut claims = person;
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            claims.insert(name.to_owned(), value);
        }
    };
    let text = |text: Option<&str>| text.map(Value::from);
    set("iss", text(Some(facts.issuer.as_str())));
    set("sub", text(Some(facts.subject)));
    set("aud", text(Some(facts.client.as_str())));
    set("azp", text(Some(facts.client.as_str())));
    set("iat", Some(now.as_seconds().into()));
    set("exp", Some((now + facts.lifetime).as_seconds().into()));
    set("auth_time", facts.authenticated_at.map(|at| at.as_seconds().into()));
    set("nonce", text(facts.nonce));
    set("acr", text(facts.acr));
    set("amr", (!facts.amr.is_empty()).then(|| facts.amr.into()));
    set("sid", facts.session.map(|id| id.to_string().into()));
    set("at_hash", facts.access_token.map(|token| facts.hash.of(token).into()));
    set("c_hash", facts.code.map(|code| facts.hash.of(code).into()));
    claims
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{NOW, client_id};
    use uuid::Uuid;

    fn facts(issuer: &Issuer) -> Facts<'_> {
        static CLIENT: std::sync::LazyLock<ClientId> =
            std::sync::LazyLock::new(|| client_id("cli"));
        Facts {
            issuer,
            client: &CLIENT,
            subject: "sub-1",
            session: None,
            authenticated_at: None,
            acr: None,
            amr: &[],
            nonce: None,
            access_token: None,
            code: None,
            hash: HalfHash::Sha256,
            lifetime: Duration::from_hours(1),
        }
    }

    /// ROIDC-2-a, ROIDC-3.1.2.1-h: what is not known is left out, and no claim about a person stands over one of the protocol.
    #[test]
    fn it_says_what_is_known_and_nothing_else() {
        let issuer = Issuer::parse("https://id.example").unwrap();
        let person =
            Map::from_iter([("sub".to_owned(), "evil".into()), ("name".to_owned(), "Ann".into())]);
        let bare = claims(&facts(&issuer), person, NOW);
        let names: Vec<&str> = bare.keys().map(String::as_str).collect();
        assert_eq!(names, ["sub", "name", "iss", "aud", "azp", "iat", "exp"]);
        assert_eq!((&bare["sub"], &bare["aud"]), (&"sub-1".into(), &"cli".into()));
        assert_eq!(bare["exp"].as_i64().unwrap() - bare["iat"].as_i64().unwrap(), 3600);
        let amr = ["pwd".to_owned()];
        let full = Facts {
            session: Some(SessionId::from_uuid(Uuid::from_u128(1))),
            authenticated_at: Some(NOW),
            acr: Some("1"),
            amr: &amr,
            nonce: Some("n"),
            access_token: Some("a"),
            code: Some("c"),
            ..facts(&issuer)
        };
        let full = claims(&full, Map::new(), NOW);
        for name in ["auth_time", "nonce", "acr", "amr", "sid", "at_hash", "c_hash"] {
            assert!(full.contains_key(name), "{name}");
        }
    }

    /// ROIDC-3.1.3.6-a: the example of OIDC Core appendix A.3, and the length for each digest.
    #[test]
    fn the_hash_is_the_left_half() {
        assert_eq!(
            HalfHash::Sha256.of("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"),
            "77QmUPtjPfzWtF2AnpK9RQ"
        );
        for (hash, length) in
            [(HalfHash::Sha256, 22), (HalfHash::Sha384, 32), (HalfHash::Sha512, 43)]
        {
            assert_eq!(hash.of("x").len(), length);
        }
    }
}
