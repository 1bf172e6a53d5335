//! Base64url without padding (RFC 7515 §2), strict: one text for each sequence of bytes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The text of these bytes.
pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes of this text; `None` for padding, white space, the other alphabet or stray trailing bits.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_not_the_only_one_for_its_bytes_is_refused() {
        assert_eq!(decode("AQ"), Some(vec![1]));
        assert_eq!(decode(""), Some(vec![]));
        // Stray trailing bits, padding, the other alphabet, white space, a length that no bytes have.
        for text in ["AR", "AQ==", "AQ=", "+A", "/A", " AQ", "AQ\n", "A", "AAAAA", "A.", "Á"] {
            assert_eq!(decode(text), None, "{text:?}");
        }
    }
}
