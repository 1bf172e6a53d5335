//! How the authorization endpoint answers: what it gives and by which way (RFC 6749 §3.1.1; OAuth 2.0 Multiple Response
//! Types §2, §3; Form Post Response Mode).

use crate::error::Malformed;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What is given through the browser: any of `code`, `token` and `id_token`; the order on the wire means nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ResponseType {
    /// The code flow: OAuth 2.1's only one.
    Code,
    /// Hybrid: a code and an ID token.
    CodeIdToken,
    /// Hybrid: a code, an ID token and an access token.
    CodeIdTokenToken,
    /// Hybrid: a code and an access token.
    CodeToken,
    /// OpenID Connect's implicit flow without an access token.
    IdToken,
    /// OpenID Connect's implicit flow.
    IdTokenToken,
    /// OAuth 2.0's implicit grant.
    Token,
}

impl ResponseType {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Code,
        Self::CodeIdToken,
        Self::CodeIdTokenToken,
        Self::CodeToken,
        Self::IdToken,
        Self::IdTokenToken,
        Self::Token,
    ];

    /// The spelling of the registry, its words in alphabetical order.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::CodeIdToken => "code id_token",
            Self::CodeIdTokenToken => "code id_token token",
            Self::CodeToken => "code token",
            Self::IdToken => "id_token",
            Self::IdTokenToken => "id_token token",
            Self::Token => "token",
        }
    }

    /// Read the words in any order; one that is there twice, or not known, is no response type.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let mut words: Vec<&str> = text.split(' ').collect();
        words.sort_unstable();
        let sorted = words.join(" ");
        let known = Self::ALL.into_iter().find(|kind| kind.as_str() == sorted);
        known.ok_or(Malformed("no such response type is known"))
    }

    /// Whether a code is given.
    pub const fn has_code(self) -> bool {
        matches!(self, Self::Code | Self::CodeIdToken | Self::CodeIdTokenToken | Self::CodeToken)
    }

    /// Whether an access token is given through the browser.
    pub const fn has_token(self) -> bool {
        matches!(self, Self::CodeIdTokenToken | Self::CodeToken | Self::IdTokenToken | Self::Token)
    }

    /// Whether an ID token is given through the browser.
    pub const fn has_id_token(self) -> bool {
        matches!(
            self,
            Self::CodeIdToken | Self::CodeIdTokenToken | Self::IdToken | Self::IdTokenToken
        )
    }

    /// Whether any token is given through the browser: what registration calls the grant `implicit` (RFC 7591 §2.1).
    pub const fn is_implicit(self) -> bool {
        self.has_token() || self.has_id_token()
    }

    /// How it is answered when the request does not say: what carries a token never lands in a query, which servers and
    /// histories keep (Multiple Response Types §2.1, §5).
    pub const fn default_mode(self) -> ResponseMode {
        match self {
            Self::Code => ResponseMode::Query,
            _ => ResponseMode::Fragment,
        }
    }
}

/// The way by which the answer travels through the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ResponseMode {
    /// In the query of the redirect URI.
    Query,
    /// In its fragment, which stays in the browser.
    Fragment,
    /// In a form that the browser posts to it.
    FormPost,
}

impl ResponseMode {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Query, Self::Fragment, Self::FormPost];

    /// The spelling on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Fragment => "fragment",
            Self::FormPost => "form_post",
        }
    }

    /// Read the spelling on the wire.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let known = Self::ALL.into_iter().find(|mode| mode.as_str() == text);
        known.ok_or(Malformed("a response mode is query, fragment or form_post"))
    }

    /// Whether an answer of this type may travel this way: tokens never in a query.
    pub const fn suits(self, kind: ResponseType) -> bool {
        !matches!(self, Self::Query) || matches!(kind, ResponseType::Code)
    }
}

/// `Display`, `FromStr` and serde's conversions of a closed set of words.
macro_rules! words {
    ($($name:ident),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = Malformed;

            fn from_str(text: &str) -> Result<Self, Malformed> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = Malformed;

            fn try_from(text: String) -> Result<Self, Malformed> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(word: $name) -> Self {
                word.as_str().to_owned()
            }
        }
    )*};
}

words!(ResponseType, ResponseMode);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_may_stand_in_any_order_and_only_once() {
        for kind in ResponseType::ALL {
            let backwards: Vec<&str> = kind.as_str().rsplit(' ').collect();
            assert_eq!(ResponseType::parse(&backwards.join(" ")).unwrap(), kind);
        }
        for text in ["", "none", "Code", "code code", "code  token", " code", "code,token"] {
            assert!(ResponseType::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn what_carries_a_token_never_travels_in_a_query() {
        for kind in ResponseType::ALL {
            let carries = kind.has_token() || kind.has_id_token();
            assert_eq!(ResponseMode::Query.suits(kind), !carries, "{kind}");
            assert!(ResponseMode::Fragment.suits(kind) && ResponseMode::FormPost.suits(kind));
            assert!(kind.default_mode().suits(kind), "{kind}");
        }
    }
}
