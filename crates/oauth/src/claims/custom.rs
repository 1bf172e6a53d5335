//! Claims that an installation adds of its own (OpenID Connect Core 1.0 §5.1.2), which can never
//! stand where a protocol looks for something else.

use super::StandardClaim;
use crate::error::Malformed;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Further claims about a person, by name. None of them has the name of a standard claim or of
/// one that a protocol gives a meaning; an empty value is left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Map<String, Value>", into = "Map<String, Value>")]
pub struct CustomClaims(Map<String, Value>);

impl CustomClaims {
    /// How many there may be.
    pub const MAX_CLAIMS: usize = 32;
    /// The longest name, in bytes.
    pub const MAX_NAME: usize = 128;
    /// How long all of them may be, in bytes of JSON.
    pub const MAX_BYTES: usize = 4096;
    /// How deep objects and arrays may stand in each other within one claim.
    pub const MAX_DEPTH: usize = 4;

    /// Check names and bounds. The error says what is wrong and not with which claim, because
    /// names and values are of a person.
    pub fn parse(claims: Map<String, Value>) -> Result<Self, Malformed> {
        let mut claims = claims;
        claims.retain(|_, value| !is_nothing(value));
        if claims.len() > Self::MAX_CLAIMS {
            return Err(Malformed("a person has at most 32 claims beyond the standard ones"));
        }
        for (name, value) in &claims {
            check_name(name)?;
            check_value(value, Self::MAX_DEPTH)?;
        }
        // Keys are texts and numbers are finite, so this JSON can be written; if not, it is refused.
        let bytes = serde_json::to_vec(&claims).map_or(usize::MAX, |text| text.len());
        if bytes > Self::MAX_BYTES {
            return Err(Malformed("the claims of a person have at most 4096 bytes of JSON"));
        }
        Ok(Self(claims))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of one.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

impl TryFrom<Map<String, Value>> for CustomClaims {
    type Error = Malformed;

    fn try_from(claims: Map<String, Value>) -> Result<Self, Malformed> {
        Self::parse(claims)
    }
}

impl From<CustomClaims> for Map<String, Value> {
    fn from(claims: CustomClaims) -> Self {
        claims.0
    }
}

/// Names to which a protocol gives a meaning: in an ID token, an access token, a logout or security
/// event token, an answer of introspection or of `UserInfo`. Standard claims are not repeated.
const PROTOCOL: &[&str] = &[
    // RFC 7519 §4.1.
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    // OpenID Connect Core §2, §3, §5.6.2, §7.4 and the logout specifications.
    "nonce",
    "azp",
    "acr",
    "amr",
    "auth_time",
    "at_hash",
    "c_hash",
    "s_hash",
    "rt_hash",
    "sid",
    "sub_jwk",
    "_claim_names",
    "_claim_sources",
    "verified_claims",
    "trust_framework",
    "urn:openid:params:jwt:claim:rt_hash",
    "urn:openid:params:jwt:claim:auth_req_id",
    // RFC 7662 §2.2, RFC 8693 §4, RFC 9068 §2.2, RFC 9396, RFC 9470, RFC 9701.
    "active",
    "scope",
    "client_id",
    "username",
    "token_type",
    "token_introspection",
    "act",
    "may_act",
    "authorization_details",
    "ext",
    // RFC 7800, RFC 8705, RFC 9449.
    "cnf",
    "htm",
    "htu",
    "ath",
    "jkt",
    // RFC 8417, RFC 9493.
    "events",
    "toe",
    "txn",
    "sub_id",
    // RFC 7591, RFC 9101, OpenID Federation: what would make a request or a statement of it.
    "response_type",
    "redirect_uri",
    "software_id",
    "software_statement",
    "jwks",
    "jwks_uri",
    "metadata",
    "metadata_policy",
    "trust_chain",
    "trust_marks",
    // RFC 8485.
    "vot",
    "vtm",
    // The header of a JWS, which some readers mix with its content.
    "alg",
    "kid",
    "typ",
    "crit",
    // Names that a JavaScript program finds on every object.
    "__proto__",
    "constructor",
    "prototype",
];

/// Whether an installation may not use this name: a protocol or a standard claim has it, in any
/// case of letters, because some clients fold them.
pub fn is_reserved(name: &str) -> bool {
    let same = |other: &str| other.eq_ignore_ascii_case(name);
    PROTOCOL.iter().copied().any(same) || StandardClaim::ALL.into_iter().any(|c| same(c.as_str()))
}

pub(super) fn check_name(name: &str) -> Result<(), Malformed> {
    if name.is_empty() || name.len() > CustomClaims::MAX_NAME {
        return Err(Malformed("the name of a claim has 1 to 128 characters"));
    }
    // A # starts the language of a claim (§5.2): name#de would stand for the name.
    if !name.bytes().all(|b| b.is_ascii_graphic() && !b"\"\\#".contains(&b)) {
        return Err(Malformed(
            "the name of a claim has only printable ASCII characters, and no space, quote, \
             backslash or #",
        ));
    }
    if is_reserved(name) {
        return Err(Malformed(
            "a claim of your own cannot have the name of a standard claim or of one that a \
             protocol uses; put the name of your organisation before it",
        ));
    }
    Ok(())
}

fn check_value(value: &Value, depth: usize) -> Result<(), Malformed> {
    let inner: Vec<&Value> = match value {
        Value::Array(elements) => elements.iter().collect(),
        Value::Object(members) => {
            if members.keys().any(|name| name.contains('\0')) {
                return Err(NUL);
            }
            members.values().collect()
        }
        Value::String(text) if text.contains('\0') => return Err(NUL),
        _ => return Ok(()),
    };
    let depth = depth.checked_sub(1);
    let depth = depth.ok_or(Malformed("a claim is nested at most 4 levels deep"))?;
    inner.into_iter().try_for_each(|value| check_value(value, depth))
}

const NUL: Malformed = Malformed("a claim has no NUL character");

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parse(value: Value) -> Result<CustomClaims, Malformed> {
        let Value::Object(claims) = value else { panic!("no object") };
        CustomClaims::parse(claims)
    }

    #[test]
    fn claims_of_ones_own_are_kept_and_empty_ones_left_out() {
        let claims = parse(json!({
            "department": "stables", "roles": ["keeper"], "https://unicorn.example/age": 7,
            "tall": false, "none": null, "text": "", "list": [], "object": {},
        }));
        let claims = claims.unwrap();
        let names: Vec<_> = claims.iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["department", "roles", "https://unicorn.example/age", "tall"]);
        assert_eq!(claims.value("tall"), Some(&json!(false)));
    }

    #[test]
    fn no_claim_can_pass_for_one_of_a_protocol_or_for_a_standard_one() {
        let standard = StandardClaim::ALL.map(StandardClaim::as_str);
        for name in PROTOCOL.iter().copied().chain(standard) {
            for name in [name.to_owned(), name.to_ascii_uppercase()] {
                assert!(parse(json!({ &name: 1 })).is_err(), "{name}");
            }
        }
        for name in ["name#de", "sub#de", "", "a b", "a\0", "é", "a\"b", "a\\b", &"x".repeat(129)]
        {
            assert!(parse(json!({ name: 1 })).is_err(), "{name}");
        }
    }

    #[test]
    fn everything_about_them_is_bounded() {
        let many = |count: usize| {
            (0..count).map(|n| (format!("claim{n}"), json!(1))).collect::<Map<_, _>>()
        };
        let deep = |levels: usize| (0..levels).fold(json!(1), |inner, _| json!([inner]));
        for (claims, fits) in [
            (json!(many(32)), true),
            (json!(many(33)), false),
            (json!({ "x".repeat(128): 1 }), true),
            (json!({"deep": deep(4)}), true),
            (json!({"deep": deep(5)}), false),
            (json!({"deep": {"a": {"b": {"c": {"d": {"e": 1}}}}}}), false),
            (json!({"a": "x".repeat(4088)}), true),
            (json!({"a": "x".repeat(4089)}), false),
            (json!({"a": "\0"}), false),
            (json!({"a": ["\0"]}), false),
            (json!({"a": {"\0": 1}}), false),
        ] {
            let shown = claims.to_string();
            assert_eq!(parse(claims).is_ok(), fits, "{shown:.80}");
        }
    }
}
