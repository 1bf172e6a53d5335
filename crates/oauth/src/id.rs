//! Names of users, clients, authorizations, tokens and keys, each its own type.

use crate::base64url;
use crate::error::Malformed;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// A newtype over a UUID whose text is the hyphenated lower-case form.
macro_rules! uuid_id {
    ($(#[$about:meta])* $name:ident, $what:literal) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// From a UUID that was drawn or loaded elsewhere.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID itself.
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }

            /// Read any of the usual spellings of a UUID.
            pub fn parse(text: &str) -> Result<Self, Malformed> {
                Uuid::try_parse(text)
                    .map(Self)
                    .map_err(|_| Malformed(concat!($what, " must be a UUID, such as 0190a6f2-7b2c-7d31-8c4e-5a1f6b2d3e4c")))
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = Malformed;

            fn from_str(text: &str) -> Result<Self, Malformed> {
                Self::parse(text)
            }
        }
    };
}

uuid_id!(
    /// A person with an account; the `sub` of tokens.
    UserId,
    "a user id"
);
uuid_id!(
    /// One approval, from consent to end (one row).
    AuthorizationId,
    "an authorization id"
);
uuid_id!(
    /// The row of a registered client; not the `client_id` it is known by outside.
    ApplicationId,
    "an application id"
);
uuid_id!(
    /// One browser session, as clients know it: the `sid` of ID tokens and logout tokens. It opens nothing.
    SessionId,
    "a session id"
);
uuid_id!(
    /// A sealing or signing key; the `kid` of what it made.
    KeyId,
    "a key id"
);

/// The name by which a client is known on the wire (RFC 6749 §2.2): 1 to 255 of `%x21-7E`.
///
/// A text that reads as a UUID is refused: our users are named by UUIDs, and a client that could
/// choose such a name might pass for a user where only `sub` is looked at (RFC 9700 §4.15).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClientId(String);

impl ClientId {
    /// The longest client id, in bytes.
    pub const MAX_BYTES: usize = 255;

    /// Read a client id.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        Self::try_from(text.to_owned())
    }

    /// The id of a client that did not choose one, of random bytes that were drawn elsewhere. It begins with a letter, so
    /// that no command takes it for an option.
    pub fn from_random(random: &[u8; 20]) -> Self {
        Self(format!("c{}", base64url::encode(random)))
    }

    /// The text of it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ClientId {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        if text.is_empty() || text.len() > Self::MAX_BYTES {
            return Err(Malformed("a client id has 1 to 255 characters"));
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Malformed("a client id has only printable ASCII characters and no spaces"));
        }
        if Uuid::try_parse(&text).is_ok() {
            return Err(Malformed(
                "a client id must not look like a UUID, because user ids are UUIDs",
            ));
        }
        Ok(Self(text))
    }
}

impl From<ClientId> for String {
    fn from(id: ClientId) -> Self {
        id.0
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ClientId {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        Self::parse(text)
    }
}

/// One access token, by 128 random bits; the `jti`. Its text is 22 characters of base64url.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TokenId(u128);

impl TokenId {
    /// From random bits that were drawn elsewhere.
    pub const fn from_bits(bits: u128) -> Self {
        Self(bits)
    }

    /// The bits.
    pub const fn as_bits(self) -> u128 {
        self.0
    }

    /// Read the 22 characters.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        base64url::decode(text)
            .map(|bytes| Self(u128::from_be_bytes(bytes)))
            .ok_or(Malformed("a token id is 22 characters of base64url"))
    }
}

impl TryFrom<String> for TokenId {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        Self::parse(&text)
    }
}

impl From<TokenId> for String {
    fn from(id: TokenId) -> Self {
        id.to_string()
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64url::encode(&self.0.to_be_bytes()))
    }
}

impl FromStr for TokenId {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RCIMD-6.9-a
    #[test]
    fn a_generated_client_id_is_no_option_and_no_address() {
        for byte in [0x00, 0xf8, 0xfb, 0xff] {
            let id = ClientId::from_random(&[byte; 20]);
            assert!(id.as_str().starts_with('c') && !id.as_str().contains(':'), "{id}");
            assert_eq!(ClientId::parse(id.as_str()).unwrap(), id);
        }
    }

    /// R9700-4.15-a
    #[test]
    fn a_client_id_can_never_equal_a_user_id() {
        for text in [
            "0190a6f2-7b2c-7d31-8c4e-5a1f6b2d3e4c",
            "0190A6F2-7B2C-7D31-8C4E-5A1F6B2D3E4C",
            "0190a6f27b2c7d318c4e5a1f6b2d3e4c",
            "urn:uuid:0190a6f2-7b2c-7d31-8c4e-5a1f6b2d3e4c",
            "{0190a6f2-7b2c-7d31-8c4e-5a1f6b2d3e4c}",
        ] {
            assert!(UserId::parse(text).is_ok(), "{text}");
            assert!(ClientId::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_client_id_is_printable_and_bounded() {
        for text in ["a", "photo-site", "https://app.example/client.json", &"x".repeat(255)] {
            assert!(ClientId::parse(text).is_ok(), "{text}");
        }
        for text in ["", "a b", "a\n", "é", "a\0", &"x".repeat(256)] {
            assert!(ClientId::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_token_id_has_exactly_one_text() {
        let id = TokenId::from_bits(1);
        assert_eq!(id.to_string(), "AAAAAAAAAAAAAAAAAAAAAQ");
        assert_eq!(TokenId::parse("AAAAAAAAAAAAAAAAAAAAAQ").unwrap(), id);
        // Stray trailing bits, padding, the other alphabet, one byte less and one more.
        for text in [
            "AAAAAAAAAAAAAAAAAAAAAR",
            "AAAAAAAAAAAAAAAAAAAAAQ==",
            "AAAAAAAAAAAAAAAAAAAA+Q",
            "AAAAAAAAAAAAAAAAAAAA",
            "AAAAAAAAAAAAAAAAAAAAAAA",
            "",
        ] {
            assert!(TokenId::parse(text).is_err(), "{text}");
        }
    }
}
