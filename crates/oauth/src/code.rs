//! The text of an authorization code: it names its authorization and proves that we made it (RFC 6749 §1.3.1).

use crate::base64url;
use crate::error::Malformed;
use crate::id::AuthorizationId;
use crate::secret::{Secret, same_bytes};
use std::fmt;
use uuid::Uuid;

/// `gwc_` and base64url of: version (1 byte) · authorization (16) · MAC (32). The MAC covers the random seed of the row,
/// under a key that is not in the database: a copy of the rows redeems nothing.
#[derive(Clone)]
pub struct Code {
    /// The approval that it completes.
    pub authorization: AuthorizationId,
    /// The proof.
    pub mac: [u8; 32],
}

impl Code {
    /// What the text begins with; secret scanners look for it.
    pub const PREFIX: &str = "gwc_";

    const VERSION: u8 = 1;

    /// Read the text. There is exactly one text for each code.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let bytes: [u8; 49] =
            text.strip_prefix(Self::PREFIX).and_then(base64url::decode).ok_or(NOT_A_CODE)?;
        let (version, rest) = bytes.split_first().ok_or(NOT_A_CODE)?;
        let (authorization, mac) = rest.split_first_chunk().ok_or(NOT_A_CODE)?;
        if *version != Self::VERSION {
            return Err(NOT_A_CODE);
        }
        Ok(Self {
            authorization: AuthorizationId::from_uuid(Uuid::from_bytes(*authorization)),
            mac: mac.try_into().map_err(|_| NOT_A_CODE)?,
        })
    }

    /// The text that a client gets.
    pub fn compose(&self) -> Secret {
        let mut bytes = Vec::with_capacity(49);
        bytes.push(Self::VERSION);
        bytes.extend_from_slice(self.authorization.as_uuid().as_bytes());
        bytes.extend_from_slice(&self.mac);
        Secret::new(format!("{}{}", Self::PREFIX, base64url::encode(&bytes)))
    }
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.authorization == other.authorization && same_bytes(&self.mac, &other.mac)
    }
}

impl Eq for Code {}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Code").field("authorization", &self.authorization).finish_non_exhaustive()
    }
}

const NOT_A_CODE: Malformed = Malformed("this is not an authorization code of this server");

#[cfg(test)]
mod tests {
    use super::*;

    fn code() -> Code {
        Code { authorization: AuthorizationId::from_uuid(Uuid::from_u128(7)), mac: [3; 32] }
    }

    #[test]
    fn a_code_reads_back_and_its_debug_shows_no_mac() {
        let text = code().compose();
        assert_eq!(Code::parse(text.expose()).unwrap(), code());
        assert!(!format!("{:?}", code()).contains('3'));
    }

    /// R6749-6-c: a token of another kind is not a code.
    #[test]
    fn what_is_not_exactly_a_code_is_none() {
        let text = code().compose().expose().to_owned();
        let refresh = text.replace("gwc_", "gwr_");
        for wrong in
            ["", "gwc_", &text[4..], &text[..text.len() - 1], &refresh, &format!("{text}A")]
        {
            assert!(Code::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn two_are_the_same_only_in_every_part() {
        let one = code();
        let other = AuthorizationId::from(uuid::Uuid::from_u128(77));
        assert_eq!(one, code());
        assert_ne!(one, Code { authorization: other, ..code() });
        assert_ne!(one, Code { mac: [0xee; 32], ..code() });
        assert!(format!("{one:?}").starts_with("Code"), "{one:?}");
    }
}
