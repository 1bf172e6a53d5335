//! One keyed digest with a label for each purpose, so that a value made for one purpose is worthless for another.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// HMAC-SHA-256 over `label`, a zero byte and `message`.
///
/// The key is padded to the block of the hash as RFC 2104 §2 does, which makes the construction infallible.
pub(crate) fn digest(key: &[u8; 32], label: &str, message: &[u8]) -> [u8; 32] {
    let mut block = [0_u8; 64];
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    let mut mac = Hmac::<Sha256>::new(&block.into());
    mac.update(label.as_bytes());
    mac.update(&[0]);
    mac.update(message);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_separates_purposes() {
        let key = [7; 32];
        assert_ne!(digest(&key, "a", b"x"), digest(&key, "b", b"x"));
        assert_ne!(digest(&key, "a", b"x"), digest(&[8; 32], "a", b"x"));
        assert_eq!(digest(&key, "a", b"x"), digest(&key, "a", b"x"));
    }

    #[test]
    fn padding_the_key_gives_the_same_as_a_key_from_a_slice() {
        let key = [7; 32];
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(b"a\0x");
        assert_eq!(digest(&key, "a", b"x").as_slice(), mac.finalize().into_bytes().as_slice());
    }
}
