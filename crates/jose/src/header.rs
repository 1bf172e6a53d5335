//! The protected header of a JWS: what it must say, and what it may not (RFC 7515 §4.1).

use serde_json::{Map, Value};

use crate::algorithm::{Algorithm, MacAlgorithm};
use crate::jws::JwsError;

/// The longest `kid`, in bytes.
const LONGEST_KEY_ID: usize = 512;

/// A protected header that has been read. Only its algorithm and the name of the key count; keys and
/// addresses of keys that it carries (`jwk`, `jku`, `x5c`, `x5u`) are whoever sent it speaking for
/// themselves, and verifying never looks at them.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// How it claims to be protected.
    pub algorithm: HeaderAlgorithm,
    /// `kid`: which key to look for, a hint and no more (RFC 7515 §4.1.4).
    pub key_id: Option<String>,
    media_type: Option<String>,
    members: Map<String, Value>,
}

/// What `alg` names. There is no variant for `none`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum HeaderAlgorithm {
    /// A signature with a private key.
    Signature(Algorithm),
    /// A MAC with a shared secret.
    Mac(MacAlgorithm),
}

impl Header {
    pub(crate) fn parse(json: &[u8]) -> Result<Self, JwsError> {
        let members = crate::json::object(json).map_err(JwsError::Header)?;
        if members.contains_key("crit") {
            return Err(JwsError::Critical);
        }
        // Without `crit` an unencoded payload is forbidden, but some read it all the same (RFC 7797 §7).
        if members.get("b64").is_some_and(|value| *value != Value::Bool(true)) {
            return Err(JwsError::Unencoded);
        }
        if members.contains_key("enc") {
            return Err(JwsError::Encrypted);
        }
        let name = text(&members, "alg")?.ok_or(JwsError::NoAlgorithm)?;
        let algorithm = Algorithm::parse(&name)
            .map(HeaderAlgorithm::Signature)
            .or_else(|| MacAlgorithm::parse(&name).map(HeaderAlgorithm::Mac))
            .ok_or(JwsError::UnknownAlgorithm)?;
        let key_id = text(&members, "kid")?;
        if key_id.as_ref().is_some_and(|id| id.len() > LONGEST_KEY_ID) {
            return Err(JwsError::Member("kid"));
        }
        Ok(Self { algorithm, key_id, media_type: text(&members, "typ")?, members })
    }

    /// `typ` as it was written, if it was.
    pub fn media_type(&self) -> Option<&str> {
        self.media_type.as_deref()
    }

    /// Whether `typ` is this media type: in any case, with or without `application/` before it
    /// (RFC 7515 §4.1.9). Checking it keeps a JWT of one kind from passing for another (RFC 8725 §3.11).
    pub fn is_type(&self, media_type: &str) -> bool {
        self.media_type.as_deref().is_some_and(|found| {
            let short = match found.split_at_checked(APPLICATION.len()) {
                Some((front, rest)) if front.eq_ignore_ascii_case(APPLICATION) => rest,
                _ => found,
            };
            short.eq_ignore_ascii_case(media_type)
        })
    }

    pub(crate) fn embedded_key(&self) -> Option<&Value> {
        self.members.get("jwk")
    }
}

const APPLICATION: &str = "application/";

fn text(members: &Map<String, Value>, name: &'static str) -> Result<Option<String>, JwsError> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(JwsError::Member(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::JsonError;

    fn parse(json: &str) -> Result<Header, JwsError> {
        Header::parse(json.as_bytes())
    }

    #[test]
    fn a_header_that_is_not_understood_in_full_is_refused_with_its_reason() {
        let long = format!(r#"{{"alg":"ES256","kid":"{}"}}"#, "k".repeat(LONGEST_KEY_ID + 1));
        for (json, expected) in [
            ("{}", JwsError::NoAlgorithm),
            (r#"{"alg":null}"#, JwsError::Member("alg")),
            (r#"{"alg":["ES256"]}"#, JwsError::Member("alg")),
            (r#"{"alg":"none"}"#, JwsError::UnknownAlgorithm),
            (r#"{"alg":"nOnE"}"#, JwsError::UnknownAlgorithm),
            (r#"{"alg":"es256"}"#, JwsError::UnknownAlgorithm),
            (r#"{"alg":" ES256"}"#, JwsError::UnknownAlgorithm),
            (r#"{"alg":"RSA-OAEP-256"}"#, JwsError::UnknownAlgorithm),
            (r#"{"alg":"ES256","alg":"none"}"#, JwsError::Header(JsonError::Repeated)),
            (r#"{"alg":"none","alg":"ES256"}"#, JwsError::Header(JsonError::Repeated)),
            (r#"{"alg":"ES256","crit":[]}"#, JwsError::Critical),
            (r#"{"alg":"ES256","crit":["exp"],"exp":1}"#, JwsError::Critical),
            (r#"{"alg":"ES256","crit":["b64"],"b64":true}"#, JwsError::Critical),
            (r#"{"alg":"ES256","b64":false}"#, JwsError::Unencoded),
            (r#"{"alg":"ES256","b64":"false"}"#, JwsError::Unencoded),
            (r#"{"alg":"ES256","enc":"A256GCM"}"#, JwsError::Encrypted),
            (r#"{"alg":"ES256","kid":7}"#, JwsError::Member("kid")),
            (r#"{"alg":"ES256","kid":null}"#, JwsError::Member("kid")),
            (&long, JwsError::Member("kid")),
            (r#"{"alg":"ES256","typ":["at+jwt"]}"#, JwsError::Member("typ")),
            ("[]", JwsError::Header(JsonError::NotAnObject)),
            ("", JwsError::Header(JsonError::Malformed)),
        ] {
            assert_eq!(parse(json).unwrap_err(), expected, "{json}");
        }
    }

    #[test]
    fn a_type_is_the_same_in_any_case_and_with_its_prefix_but_no_other() {
        let with = |typ: &str| parse(&format!(r#"{{"alg":"ES256","typ":"{typ}"}}"#)).unwrap();
        for typ in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"] {
            assert!(with(typ).is_type("at+jwt"), "{typ}");
        }
        for typ in
            ["JWT", "", "at+jwt ", "xat+jwt", "application/application/at+jwt", "text/at+jwt"]
        {
            assert!(!with(typ).is_type("at+jwt"), "{typ}");
        }
        assert!(!parse(r#"{"alg":"ES256"}"#).unwrap().is_type("at+jwt"));
        assert_eq!(with("JWT").media_type(), Some("JWT"));
    }

    #[test]
    fn a_mac_and_a_signature_are_different_things() {
        let algorithm = |name: &str| parse(&format!(r#"{{"alg":"{name}"}}"#)).unwrap().algorithm;
        assert_eq!(algorithm("HS256"), HeaderAlgorithm::Mac(MacAlgorithm::Hs256));
        assert_eq!(algorithm("RS256"), HeaderAlgorithm::Signature(Algorithm::Rs256));
    }
}
