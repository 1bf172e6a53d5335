//! The one secret that is given from outside: 32 bytes that open every other key.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize as _, Zeroizing};

use crate::derive::MacKey;

/// The master key. It is kept outside the database, shared by all nodes, and wiped from memory when dropped.
pub struct MasterKey(Zeroizing<[u8; 32]>);

/// Why a text is no master key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum MasterKeyError {
    /// Nothing was given.
    #[error(
        "the master key is empty: give 32 random bytes, written as base64url or as 64 hex digits"
    )]
    Empty,
    /// Not 43 characters of base64url (44 with padding) and not 64 hex digits.
    #[error(
        "the master key is {0} characters long, but 32 bytes are 43 characters of base64url or 64 hex digits; a part may have been lost when it was copied"
    )]
    Length(usize),
    /// A character that neither spelling has.
    #[error(
        "the master key has a character that belongs to neither base64url nor hex; copy it again"
    )]
    Spelling,
    /// The same byte 32 times: a placeholder.
    #[error(
        "the master key is one byte repeated, which is a placeholder and no secret; make 32 random bytes"
    )]
    Placeholder,
}

/// Tells two master keys apart without saying anything about either; it may be stored and logged.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Fingerprint([u8; 16]);

impl MasterKey {
    /// Takes 32 freshly drawn random bytes as a master key.
    pub fn from_random(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Reads a master key from base64url (with or without padding) or hex; white space around it is dropped,
    /// since a key file usually ends with a newline.
    pub fn parse(text: &str) -> Result<Self, MasterKeyError> {
        let text = text.trim();
        let mut bytes = Zeroizing::new([0; 32]);
        match text.len() {
            0 => return Err(MasterKeyError::Empty),
            64 => parse_hex(text, &mut bytes)?,
            43 => parse_base64url(text, &mut bytes)?,
            44 => {
                let unpadded = text.strip_suffix('=').ok_or(MasterKeyError::Length(44))?;
                parse_base64url(unpadded, &mut bytes)?;
            }
            other => return Err(MasterKeyError::Length(other)),
        }
        if bytes.iter().all(|byte| Some(byte) == bytes.first()) {
            return Err(MasterKeyError::Placeholder);
        }
        Ok(Self(bytes))
    }

    /// The key as base64url, to be written once into the key file.
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(URL_SAFE_NO_PAD.encode(*self.0))
    }

    /// What may be stored beside the data, so that a start with another key is refused at once.
    pub fn fingerprint(&self) -> Fingerprint {
        let [front @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] =
            self.mac_key().mac(&[b"grantwell v1", b"fingerprint", b""]);
        Fingerprint(front)
    }

    pub(crate) fn mac_key(&self) -> MacKey {
        MacKey::new(&self.0)
    }
}

fn parse_base64url(text: &str, into: &mut [u8; 32]) -> Result<(), MasterKeyError> {
    let mut decoded =
        URL_SAFE_NO_PAD.decode(text.as_bytes()).map_err(|_| MasterKeyError::Spelling)?;
    let fits = decoded.len() == into.len();
    for (slot, byte) in into.iter_mut().zip(&decoded) {
        *slot = *byte;
    }
    decoded.zeroize();
    if fits { Ok(()) } else { Err(MasterKeyError::Length(text.len())) }
}

fn parse_hex(text: &str, into: &mut [u8; 32]) -> Result<(), MasterKeyError> {
    let mut nibbles = text.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok()));
    for slot in into {
        match (nibbles.next().flatten(), nibbles.next().flatten()) {
            (Some(high), Some(low)) => *slot = high << 4 | low,
            _ => return Err(MasterKeyError::Spelling),
        }
    }
    Ok(())
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", self.fingerprint())
    }
}

impl PartialEq for MasterKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&*other.0).into()
    }
}

impl Eq for MasterKey {}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Fingerprint {
    type Err = MasterKeyError;

    /// Reads the 32 hex digits that `Display` writes.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() != 32 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(MasterKeyError::Spelling);
        }
        u128::from_str_radix(text, 16)
            .map(|bits| Self(bits.to_be_bytes()))
            .map_err(|_| MasterKeyError::Spelling)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted() -> [u8; 32] {
        std::array::from_fn(|i| u8::try_from(i).unwrap())
    }

    #[test]
    fn a_key_is_read_from_each_spelling() {
        let key = MasterKey::from_random(counted());
        let base64 = key.to_text().to_string();
        let hex: String = counted().map(|b| format!("{b:02x}")).concat();
        for text in [
            base64.clone(),
            format!("{base64}="),
            format!("  {base64}\r\n"),
            hex.clone(),
            hex.to_uppercase(),
        ] {
            assert_eq!(MasterKey::parse(&text).unwrap(), key, "{text:?}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused_with_its_reason() {
        let good = MasterKey::from_random(counted()).to_text().to_string();
        for (text, expected) in [
            (String::new(), MasterKeyError::Empty),
            ("  \n".into(), MasterKeyError::Empty),
            ("changeme".into(), MasterKeyError::Length(8)),
            (good[..42].into(), MasterKeyError::Length(42)),
            (format!("{good}A"), MasterKeyError::Length(44)),
            (format!("{}!", &good[..42]), MasterKeyError::Spelling),
            (format!("{}+", &good[..42]), MasterKeyError::Spelling),
            ("g".repeat(64), MasterKeyError::Spelling),
            ("é".repeat(32), MasterKeyError::Spelling),
            ("0".repeat(64), MasterKeyError::Placeholder),
            ("A".repeat(43), MasterKeyError::Placeholder),
            ("x".repeat(1 << 20), MasterKeyError::Length(1 << 20)),
        ] {
            assert_eq!(MasterKey::parse(&text).unwrap_err(), expected);
        }
    }

    #[test]
    fn a_fingerprint_tells_keys_apart_and_survives_its_text() {
        let one = MasterKey::from_random([1; 32]).fingerprint();
        let two = MasterKey::from_random([2; 32]).fingerprint();
        assert_ne!(one, two);
        assert_eq!(one.to_string().parse(), Ok(one));
        assert!("zz".parse::<Fingerprint>().is_err());
        assert!("+".repeat(32).parse::<Fingerprint>().is_err());
    }

    #[test]
    fn debug_shows_no_key_material() {
        let key = MasterKey::from_random(counted());
        let shown = format!("{key:?}");
        assert!(shown.starts_with("MasterKey("));
        assert!(!shown.contains(key.to_text().as_str()));
        assert!(!shown.contains("0001020304"));
    }
}
