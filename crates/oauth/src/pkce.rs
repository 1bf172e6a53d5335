//! Proof Key for Code Exchange (RFC 7636): the request commits to a secret that the token request shows.

use crate::base64url;
use crate::error::{ErrorCode, Malformed, OAuthError};
use crate::secret::same_bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::str::FromStr;

/// How a challenge is made from its verifier (`code_challenge_method`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Method {
    /// The SHA-256 digest of the verifier.
    S256,
    /// The verifier itself: whoever sees the request can redeem the code.
    #[serde(rename = "plain")]
    Plain,
}

impl Method {
    /// The spelling on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::S256 => "S256",
            Self::Plain => "plain",
        }
    }
}

/// What a client has to do about PKCE.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pkce {
    /// `S256` in every request (OAuth 2.1 §4.1.1, RFC 9700 §2.1.1).
    #[default]
    Required,
    /// A challenge in every request; `plain` will do.
    AllowPlain,
    /// No challenge is needed; one that is sent is held to.
    AllowNone,
}

impl Pkce {
    /// All of them, the strictest first.
    pub const ALL: [Self; 3] = [Self::Required, Self::AllowPlain, Self::AllowNone];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::AllowPlain => "allow_plain",
            Self::AllowNone => "allow_none",
        }
    }

    /// Read the word.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let known = Self::ALL.into_iter().find(|rule| rule.as_str() == text);
        known.ok_or(Malformed("PKCE is required, allow_plain or allow_none"))
    }
}

impl fmt::Display for Pkce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Pkce {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        Self::parse(text)
    }
}

/// What a request commits to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeChallenge {
    /// `code_challenge`.
    pub value: String,
    /// `code_challenge_method`.
    pub method: Method,
}

impl CodeChallenge {
    /// Read the two parameters of an authorization request and hold them to the client's rule.
    ///
    /// A method without a challenge is an error, not "none". Without a method it is `plain` (RFC 7636 §4.3).
    pub fn parse(
        value: Option<&str>,
        method: Option<&str>,
        rule: Pkce,
    ) -> Result<Option<Self>, OAuthError> {
        let Some(value) = value else {
            return match (method, rule) {
                (Some(_), _) => Err(METHOD_ALONE),
                (None, Pkce::AllowNone) => Ok(None),
                (None, Pkce::Required | Pkce::AllowPlain) => Err(MISSING),
            };
        };
        let method = match method {
            Some("S256") => Method::S256,
            Some("plain") | None => Method::Plain,
            Some(_) => return Err(UNKNOWN_METHOD),
        };
        if method == Method::Plain && rule == Pkce::Required {
            return Err(PLAIN);
        }
        let well_formed = match method {
            Method::S256 => value.len() == 43 && base64url::decode::<32>(value).is_some(),
            Method::Plain => is_verifier(value),
        };
        if well_formed {
            Ok(Some(Self { value: value.to_owned(), method }))
        } else {
            Err(ILL_FORMED)
        }
    }

    /// Whether this is the verifier of the challenge, in constant time.
    pub fn admits(&self, verifier: &str) -> bool {
        if !is_verifier(verifier) {
            return false;
        }
        match self.method {
            Method::Plain => same_bytes(self.value.as_bytes(), verifier.as_bytes()),
            Method::S256 => {
                let digest = base64url::encode(&Sha256::digest(verifier.as_bytes()));
                same_bytes(self.value.as_bytes(), digest.as_bytes())
            }
        }
    }
}

/// 43 to 128 unreserved characters (RFC 7636 §4.1).
fn is_verifier(text: &str) -> bool {
    let unreserved = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    (43..=128).contains(&text.len()) && text.bytes().all(unreserved)
}

const MISSING: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    "the parameter code_challenge is missing; this client has to use PKCE with S256",
);
const METHOD_ALONE: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    "code_challenge_method was sent without code_challenge; send both",
);
const UNKNOWN_METHOD: OAuthError =
    OAuthError::new(ErrorCode::InvalidRequest, "code_challenge_method must be S256");
const PLAIN: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    "this client has to use code_challenge_method=S256; plain, which is also meant when the method is left out, is not \
     enough",
);
const ILL_FORMED: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    "code_challenge is not well formed; with S256 it is the base64url of a SHA-256 digest, 43 characters without padding",
);

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 7636 appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    /// R7636-4.2-a, R7636-4.6-a
    #[test]
    fn the_example_of_the_rfc_is_admitted_and_nothing_near_it() {
        let challenge =
            CodeChallenge::parse(Some(CHALLENGE), Some("S256"), Pkce::Required).unwrap().unwrap();
        assert!(challenge.admits(VERIFIER));
        let changed = VERIFIER.replace('d', "e");
        for wrong in ["", CHALLENGE, &VERIFIER[1..], &changed, &VERIFIER.repeat(3)] {
            assert!(!challenge.admits(wrong), "{wrong}");
        }
    }

    /// R7636-4.3-a: the table of what is sent, by the client's rule.
    #[test]
    fn each_rule_lets_pass_what_it_says() {
        let outcome = |value, method, rule| match CodeChallenge::parse(value, method, rule) {
            Ok(Some(challenge)) => challenge.method.as_str(),
            Ok(None) => "none",
            Err(error) => error.code().as_str(),
        };
        let bad = "invalid_request";
        let digest = Some(CHALLENGE);
        let table = [
            (digest, Some("S256"), ["S256", "S256", "S256"]),
            (digest, Some("plain"), [bad, "plain", "plain"]),
            (digest, None, [bad, "plain", "plain"]),
            (None, None, [bad, bad, "none"]),
            (None, Some("S256"), [bad, bad, bad]),
            (digest, Some("s256"), [bad, bad, bad]),
            (digest, Some("S512"), [bad, bad, bad]),
            (Some("short"), Some("S256"), [bad, bad, bad]),
            (Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM="), Some("S256"), [bad, bad, bad]),
            (Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM"), Some("S256"), [bad, bad, bad]),
            (Some("short"), Some("plain"), [bad, bad, bad]),
        ];
        for (value, method, expected) in table {
            for (rule, expected) in Pkce::ALL.into_iter().zip(expected) {
                assert_eq!(outcome(value, method, rule), expected, "{value:?} {method:?} {rule}");
            }
        }
    }

    #[test]
    fn each_rule_has_its_word() {
        for (rule, word) in [
            (Pkce::Required, "required"),
            (Pkce::AllowPlain, "allow_plain"),
            (Pkce::AllowNone, "allow_none"),
        ] {
            assert_eq!((rule.as_str(), rule.to_string().as_str()), (word, word));
            assert_eq!((Pkce::parse(word), word.parse()), (Ok(rule), Ok(rule)));
        }
        for word in ["", "Required", "none", "plain"] {
            assert!(Pkce::parse(word).is_err() && word.parse::<Pkce>().is_err(), "{word}");
        }
    }
}
