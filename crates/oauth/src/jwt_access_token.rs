//! An access token as a JWT that any resource server can check by itself: RFC 9068.
//!
//! It says no less than the sealed form: what it rests on stands in one private claim, so that it dies with its
//! user, client and authorization like any other and can be asked about and given back. Signing and verifying are
//! for the room that holds the keys.

use crate::access_token::{AccessToken, Bearer};
use crate::error::Malformed;
use crate::id::{AuthorizationId, ClientId, TokenId, UserId};
use crate::issuer::Issuer;
use crate::scope::ScopeSet;
use crate::time::Timestamp;
use jose::{Audience, Claims, NumericDate, Verified};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// `typ` of its header (RFC 9068 §2.1): nothing else that we sign has it.
pub const TYPE: &str = "at+jwt";

/// The private claim: what only this server reads.
const OURS: &str = "grantwell";

/// What it holds.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ours {
    #[serde(rename = "aid", default, skip_serializing_if = "Option::is_none")]
    authorization: Option<AuthorizationId>,
    /// There if and only if `sub` is a user.
    #[serde(rename = "uep", default, skip_serializing_if = "Option::is_none")]
    user_epoch: Option<u32>,
    #[serde(rename = "cep")]
    client_epoch: u32,
}

/// The claims of a token (RFC 9068 §2.2). Moments are whole seconds, because many readers take nothing else; the
/// end is rounded up, so that the token lives as long as its answer says.
///
/// `aud` is an array of the resources it is for. A token for any resource of this server names the issuer, as a single
/// string: RFC 9068 §2.2 demands an audience, and the two spellings keep the two meanings apart.
///
/// `amr` says by which means the person signed in (RFC 9068 §2.2.1); it is for resource servers elsewhere, and not read back.
pub fn claims(token: &AccessToken, issuer: &Issuer, amr: &[String]) -> Map<String, Value> {
    let mut claims = Map::new();
    let mut set = |name: &str, value: Value| {
        claims.insert(name.to_owned(), value);
    };
    set("iss", issuer.as_str().into());
    set("exp", (token.expires_at + ALMOST_A_SECOND).as_seconds().into());
    set(
        "aud",
        if token.audience.is_empty() { issuer.as_str().into() } else { json!(token.audience) },
    );
    // A client id never reads as a user id (RFC 9068 §5): see `ClientId`.
    let subject = token.user.map(|bearer| bearer.id.to_string());
    set("sub", subject.unwrap_or_else(|| token.client.to_string()).into());
    set("client_id", token.client.as_str().into());
    set("iat", token.issued_at.as_seconds().into());
    set("jti", token.id.to_string().into());
    if !token.scope.is_empty() {
        set("scope", token.scope.to_string().into());
    }
    if let Some(at) = token.authenticated_at {
        set("auth_time", at.as_seconds().into());
    }
    if let Some(acr) = &token.acr {
        set("acr", acr.as_str().into());
    }
    if !amr.is_empty() {
        set("amr", json!(amr));
    }
    if let Some(confirmation) = &token.confirmation {
        set("cnf", json!(confirmation));
    }
    set(
        OURS,
        json!(Ours {
            authorization: token.authorization,
            user_epoch: token.user.map(|bearer| bearer.epoch),
            client_epoch: token.client_epoch,
        }),
    );
    claims
}

const ALMOST_A_SECOND: Duration = Duration::from_millis(999);

/// Every claim that a token of ours may have. One of a newer version that says more is not half obeyed.
const KNOWN: [&str; 13] = [
    "iss",
    "exp",
    "aud",
    "sub",
    "client_id",
    "iat",
    "jti",
    "scope",
    "auth_time",
    "acr",
    "amr",
    "cnf",
    OURS,
];

/// Read the claims back from a JWT whose signature has been verified with our own keys. An ID token, a logout token or
/// anything else that we sign is refused by its type; that of another issuer by its name. Whether it has expired is a
/// rule of [`crate::bearer`].
pub fn parse(verified: &Verified, issuer: &Issuer) -> Result<AccessToken, Malformed> {
    if !verified.header.is_type(TYPE) {
        return Err(NOT_A_TOKEN);
    }
    let claims = verified.claims().map_err(|_| NOT_A_TOKEN)?;
    if claims.issuer.as_deref() != Some(issuer.as_str()) {
        return Err(OTHER_ISSUER);
    }
    if !claims.members().keys().all(|name| KNOWN.contains(&name.as_str())) {
        return Err(NOT_A_TOKEN);
    }
    let ours: Ours = claims.member(OURS).and_then(read).ok_or(NOT_A_TOKEN)?;
    let client = text(&claims, "client_id").and_then(ClientId::parse)?;
    let scope = claims.text("scope").map_err(|_| NOT_A_TOKEN)?.unwrap_or_default();
    let authenticated_at = claims.date("auth_time").map_err(|_| NOT_A_TOKEN)?;
    let acr = claims.text("acr").map_err(|_| NOT_A_TOKEN)?;
    Ok(AccessToken {
        id: claims.id.as_deref().map_or(Err(NOT_A_TOKEN), TokenId::parse)?,
        authorization: ours.authorization,
        user: user(&claims, &client, ours.user_epoch)?,
        client,
        client_epoch: ours.client_epoch,
        scope: ScopeSet::parse(scope).map_err(|_| NOT_A_TOKEN)?,
        audience: audience(&claims, issuer)?,
        issued_at: moment(claims.issued_at).ok_or(NOT_A_TOKEN)?,
        expires_at: moment(claims.expires_at).ok_or(NOT_A_TOKEN)?,
        authenticated_at: moment(authenticated_at),
        acr: acr.map(str::to_owned),
        confirmation: match claims.member("cnf") {
            None => None,
            Some(value) => Some(read(value).ok_or(NOT_A_TOKEN)?),
        },
    })
}

/// The user; none where the client speaks for itself, and then `sub` is the client (RFC 9068 §2.2).
fn user(
    claims: &Claims,
    client: &ClientId,
    epoch: Option<u32>,
) -> Result<Option<Bearer>, Malformed> {
    let subject = claims.subject.as_deref().ok_or(NOT_A_TOKEN)?;
    match epoch {
        Some(epoch) => Ok(Some(Bearer { id: UserId::parse(subject)?, epoch })),
        None if subject == client.as_str() => Ok(None),
        None => Err(NOT_A_TOKEN),
    }
}

fn audience(claims: &Claims, issuer: &Issuer) -> Result<Vec<String>, Malformed> {
    match &claims.audience {
        Some(Audience::One(name)) if name == issuer.as_str() => Ok(Vec::new()),
        Some(Audience::Many(names)) => Ok(names.clone()),
        _ => Err(NOT_A_TOKEN),
    }
}

fn text<'a>(claims: &'a Claims, name: &'static str) -> Result<&'a str, Malformed> {
    claims.text(name).ok().flatten().ok_or(NOT_A_TOKEN)
}

fn moment(date: Option<NumericDate>) -> Option<Timestamp> {
    date.map(|date| Timestamp::from_millis(date.as_millis()))
}

fn read<T: for<'de> Deserialize<'de>>(value: &Value) -> Option<T> {
    T::deserialize(value).ok()
}

const NOT_A_TOKEN: Malformed = Malformed("this is no access token of this server");
const OTHER_ISSUER: Malformed = Malformed("this access token is of another issuer");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{access_token, bearer, policy, scope};
    use jose::{MacAlgorithm, Unverified, mac};

    /// Any signature does here: what counts is what is read from what was verified.
    fn verified(typ: &str, claims: &Map<String, Value>) -> Verified {
        let payload = serde_json::to_vec(claims).unwrap();
        let text = mac::sign(Some(typ), MacAlgorithm::Hs256, &[7; 32], &payload).unwrap();
        let read = Unverified::parse(&text).unwrap();
        read.verify_mac(&[7; 32], &[MacAlgorithm::Hs256]).unwrap()
    }

    fn claims_of(token: &AccessToken) -> Map<String, Value> {
        claims(token, &policy().issuer, &[])
    }

    fn back(claims: &Map<String, Value>) -> Result<AccessToken, Malformed> {
        parse(&verified(TYPE, claims), &policy().issuer)
    }

    fn of_client() -> AccessToken {
        AccessToken {
            user: None,
            authorization: None,
            authenticated_at: None,
            acr: None,
            scope: scope(""),
            ..access_token()
        }
    }

    /// R9068-2.2-a
    #[test]
    fn the_claims_are_those_of_the_rfc() {
        let token = AccessToken {
            issued_at: Timestamp::from_millis(1_800_000_000_900),
            expires_at: Timestamp::from_millis(1_800_003_600_900),
            authenticated_at: Some(Timestamp::from_millis(1_799_999_999_999)),
            acr: Some("1".to_owned()),
            ..access_token()
        };
        let amr = ["pwd".to_owned()];
        let found = Value::Object(claims(&token, &policy().issuer, &amr));
        assert_eq!(
            found,
            json!({
                "iss": "https://id.example",
                "exp": 1_800_003_601,
                "aud": "https://id.example",
                "sub": bearer().id.to_string(),
                "client_id": token.client.as_str(),
                "iat": 1_800_000_000,
                "jti": token.id.to_string(),
                "scope": "read write",
                "auth_time": 1_799_999_999,
                "acr": "1",
                "amr": ["pwd"],
                "grantwell": {
                    "aid": token.authorization.map(|id| id.to_string()),
                    "uep": bearer().epoch,
                    "cep": token.client_epoch,
                },
            })
        );
    }

    #[test]
    fn every_token_reads_back_to_the_second() {
        let whole = |token: &AccessToken| AccessToken {
            issued_at: Timestamp::from_seconds(token.issued_at.as_seconds()),
            expires_at: Timestamp::from_seconds((token.expires_at + ALMOST_A_SECOND).as_seconds()),
            authenticated_at: token
                .authenticated_at
                .map(|at| Timestamp::from_seconds(at.as_seconds())),
            ..token.clone()
        };
        let issuer = policy().issuer.as_str().to_owned();
        for audience in [
            vec![],
            vec!["https://api.example".to_owned()],
            vec!["https://a.example".to_owned(), "https://b.example".to_owned()],
            vec![issuer],
        ] {
            for token in [access_token(), of_client()] {
                let token = AccessToken { audience: audience.clone(), ..token };
                assert_eq!(back(&claims_of(&token)), Ok(whole(&token)));
            }
        }
        let odd = AccessToken { expires_at: Timestamp::from_millis(1_001), ..access_token() };
        let read = back(&claims_of(&odd)).unwrap();
        assert_eq!(read.expires_at, Timestamp::from_seconds(2), "never earlier than promised");
    }

    /// R9068-5-a, R9700-4.15-a
    #[test]
    fn the_subject_of_a_client_is_its_id_and_never_a_user() {
        let claims = claims_of(&of_client());
        assert_eq!(claims["sub"], claims["client_id"]);
        assert!(UserId::parse(claims["sub"].as_str().unwrap()).is_err());
        assert_eq!(back(&claims).unwrap().user, None);
        // Neither can be turned into the other.
        let mut as_user = claims.clone();
        as_user.insert("sub".to_owned(), bearer().id.to_string().into());
        assert!(back(&as_user).is_err());
        let mut as_client = claims_of(&access_token());
        as_client.insert("sub".to_owned(), as_client["client_id"].clone());
        assert!(back(&as_client).is_err());
    }

    /// R9068-4-a
    #[test]
    fn what_is_no_access_token_of_ours_is_refused() {
        let good = claims_of(&access_token());
        assert!(back(&good).is_ok());
        assert!(parse(&verified("application/at+jwt", &good), &policy().issuer).is_ok());
        for typ in ["JWT", "logout+jwt", "dpop+jwt", "at+jwt+x", ""] {
            assert!(parse(&verified(typ, &good), &policy().issuer).is_err(), "{typ}");
        }
        for issuer in ["https://id.example.org", "https://other.example", "https://id.example/x"] {
            let issuer = Issuer::parse(issuer).unwrap();
            assert_eq!(parse(&verified(TYPE, &good), &issuer), Err(OTHER_ISSUER));
        }
        for name in ["iss", "exp", "aud", "sub", "client_id", "iat", "jti", OURS] {
            let mut changed = good.clone();
            changed.shift_remove(name);
            assert!(back(&changed).is_err(), "without {name}");
        }
        for (name, value) in [
            ("iss", json!(["https://id.example"])),
            ("exp", json!("1800003600")),
            ("exp", json!(1e308)),
            ("exp", json!(null)),
            ("iat", json!(-1)),
            ("aud", json!("https://api.example")),
            ("aud", json!([])),
            ("aud", json!([1])),
            ("sub", json!(1)),
            ("sub", json!("not a user")),
            ("client_id", json!("0190a6f2-7b2c-7d31-8c4e-5a1f6b2d3e4c")),
            ("client_id", json!("")),
            ("jti", json!("short")),
            ("scope", json!(["read"])),
            ("scope", json!("read\twrite")),
            ("auth_time", json!("1")),
            ("acr", json!(1)),
            ("cnf", json!({"jkt": "x"})),
            ("cnf", json!(null)),
            ("nonce", json!("n")),
            ("nbf", json!(1)),
            ("further", json!(1)),
            (OURS, json!({})),
            (OURS, json!({"cep": -1})),
            (OURS, json!({"cep": 1, "more": 1})),
            (OURS, json!("1")),
        ] {
            let mut changed = good.clone();
            changed.insert(name.to_owned(), value.clone());
            assert!(back(&changed).is_err(), "{name} {value}");
        }
    }
}
