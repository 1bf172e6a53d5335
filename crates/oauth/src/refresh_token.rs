//! The text of a refresh token: it names its authorization and generation, and proves that we
//! made it.

use crate::base64url;
use crate::error::Malformed;
use crate::id::AuthorizationId;
use crate::secret::{Secret, same_bytes};
use std::fmt;
use uuid::Uuid;

/// `gwr_` and base64url of: version (1 byte) · authorization (16) · generation (4, big endian) ·
/// MAC (32). Whether the MAC is right is a fact that whoever holds the key finds out.
#[derive(Clone)]
pub struct RefreshToken {
    /// The approval that it continues.
    pub authorization: AuthorizationId,
    /// Which one in the row of successors; the first is [`FIRST_GENERATION`](Self::FIRST_GENERATION).
    pub generation: u32,
    /// The proof.
    pub mac: [u8; 32],
}

impl RefreshToken {
    /// What the text begins with; secret scanners look for it.
    pub const PREFIX: &str = "gwr_";
    /// The generation of the first refresh token of an authorization.
    pub const FIRST_GENERATION: u32 = 1;

    const VERSION: u8 = 1;

    /// Read the text. There is exactly one text for each token.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let bytes: [u8; 53] = text
            .strip_prefix(Self::PREFIX)
            .and_then(base64url::decode)
            .ok_or(NOT_A_REFRESH_TOKEN)?;
        let (version, rest) = bytes.split_first().ok_or(NOT_A_REFRESH_TOKEN)?;
        let (authorization, rest) = rest.split_first_chunk().ok_or(NOT_A_REFRESH_TOKEN)?;
        let (generation, mac) = rest.split_first_chunk().ok_or(NOT_A_REFRESH_TOKEN)?;
        if *version != Self::VERSION {
            return Err(NOT_A_REFRESH_TOKEN);
        }
        Ok(Self {
            authorization: AuthorizationId::from_uuid(Uuid::from_bytes(*authorization)),
            generation: u32::from_be_bytes(*generation),
            mac: mac.try_into().map_err(|_| NOT_A_REFRESH_TOKEN)?,
        })
    }

    /// The text that a client gets.
    pub fn compose(&self) -> Secret {
        let mut bytes = Vec::with_capacity(53);
        bytes.push(Self::VERSION);
        bytes.extend_from_slice(self.authorization.as_uuid().as_bytes());
        bytes.extend_from_slice(&self.generation.to_be_bytes());
        bytes.extend_from_slice(&self.mac);
        Secret::new(format!("{}{}", Self::PREFIX, base64url::encode(&bytes)))
    }

    /// Whether the MAC is this one, in constant time.
    pub fn mac_is(&self, expected: &[u8; 32]) -> bool {
        same_bytes(&self.mac, expected)
    }
}

impl PartialEq for RefreshToken {
    fn eq(&self, other: &Self) -> bool {
        self.authorization == other.authorization
            && self.generation == other.generation
            && self.mac_is(&other.mac)
    }
}

impl Eq for RefreshToken {}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshToken")
            .field("authorization", &self.authorization)
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

const NOT_A_REFRESH_TOKEN: Malformed = Malformed("this is not a refresh token of this server");

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> RefreshToken {
        RefreshToken {
            authorization: AuthorizationId::from_uuid(Uuid::from_u128(1)),
            generation: 2,
            mac: [3; 32],
        }
    }

    #[test]
    fn the_text_has_a_fixed_form() {
        let text = token().compose();
        assert_eq!(
            text.expose(),
            "gwr_AQAAAAAAAAAAAAAAAAAAAAEAAAACAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM"
        );
        assert_eq!(RefreshToken::parse(text.expose()).unwrap(), token());
    }

    /// R6749-6-c
    #[test]
    fn nothing_else_is_a_refresh_token() {
        let text = token().compose();
        let good = text.expose();
        let other_version = good.replacen("gwr_AQ", "gwr_Ag", 1);
        let stray_bits = good.trim_end_matches('M').to_owned() + "N";
        for text in [
            "",
            "gwr_",
            "v4.local.AAAA",
            good.strip_prefix("gwr_").unwrap(),
            &good.replacen("gwr_", "GWR_", 1),
            &format!("{good}A"),
            &format!("{good}="),
            &format!(" {good}"),
            &other_version,
            &stray_bits,
        ] {
            assert!(RefreshToken::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn debug_does_not_show_the_mac() {
        assert!(!format!("{:?}", token()).contains("mac"));
        assert!(token().mac_is(&[3; 32]) && !token().mac_is(&[4; 32]));
    }

    #[test]
    fn two_are_the_same_only_in_every_part() {
        let one = token();
        let other = AuthorizationId::from(uuid::Uuid::from_u128(77));
        assert_eq!(one, token());
        assert_ne!(one, RefreshToken { authorization: other, ..token() });
        assert_ne!(one, RefreshToken { generation: one.generation + 1, ..token() });
        assert_ne!(one, RefreshToken { mac: [0xee; 32], ..token() });
        assert!(format!("{one:?}").starts_with("RefreshToken"), "{one:?}");
    }
}
