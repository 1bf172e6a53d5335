//! Text that must not be shown: no `Display`, a redacted `Debug`, constant-time comparison.

use serde::{Deserialize, Deserializer};
use std::fmt;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// A password, a client secret or a token, wiped from memory when dropped.
///
/// It can be read from JSON but not written: whoever answers with a secret says
/// [`expose`](Self::expose).
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Wrap a text. The given buffer is taken over, not copied.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself. Search for this word to find every place where a secret leaves.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether the two are equal, in time that depends on their lengths only.
    pub fn ct_eq(&self, other: &Self) -> bool {
        same_bytes(self.0.as_bytes(), other.0.as_bytes())
    }
}

/// Whether the two are equal, in time that depends on their lengths only.
pub fn same_bytes(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text.to_owned())
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.ct_eq(other)
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_it() {
        assert_eq!(format!("{:?}", Secret::from("hunter2")), "Secret(…)");
        assert_eq!(format!("{:#?}", Some(Secret::from(""))), "Some(\n    Secret(…),\n)");
    }

    #[test]
    fn equality_looks_at_every_byte_and_the_length() {
        let cases = [("a", "a", true), ("a", "b", false), ("a", "ab", false), ("", "", true)];
        for (left, right, expected) in cases {
            assert_eq!(Secret::from(left) == Secret::from(right), expected, "{left} {right}");
        }
    }
}
