//! Signing with a secret that both sides hold (RFC 7518 §3.2); [`crate::Unverified::verify_mac`] is the other half.

use aws_lc_rs::hmac;

use crate::algorithm::MacAlgorithm;
use crate::draft::Draft;

/// The secret is shorter than the hash of the algorithm, which RFC 7518 §3.2 forbids.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the shared secret has {has} bytes, but {algorithm} needs at least {}", algorithm.shortest_secret())]
pub struct WeakSecret {
    /// The algorithm that was asked for.
    pub algorithm: MacAlgorithm,
    /// How many bytes the secret has.
    pub has: usize,
}

/// A JWS over `payload` in compact form. The header names no key: both sides have only one.
pub fn sign(
    typ: Option<&str>,
    algorithm: MacAlgorithm,
    secret: &[u8],
    payload: &[u8],
) -> Result<String, WeakSecret> {
    if secret.len() < algorithm.shortest_secret() {
        return Err(WeakSecret { algorithm, has: secret.len() });
    }
    let draft = Draft::new(typ, algorithm.as_str(), None, payload);
    let tag = hmac::sign(&hmac::Key::new(algorithm.hmac(), secret), draft.signing_input());
    Ok(draft.signed(tag.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jws::{Unverified, VerifyError};

    #[test]
    fn what_is_signed_verifies_with_the_same_secret_and_algorithm_only() {
        let secret = [7; 64];
        for algorithm in MacAlgorithm::ALL {
            let text = sign(Some("JWT"), algorithm, &secret, b"{\"sub\":\"a\"}").unwrap();
            let jws = Unverified::parse(&text).unwrap();
            let verified = jws.verify_mac(&secret, &[algorithm]).unwrap();
            assert_eq!(verified.payload(), b"{\"sub\":\"a\"}");
            assert!(verified.header.is_type("jwt"));
            let others: Vec<_> =
                MacAlgorithm::ALL.into_iter().filter(|a| *a != algorithm).collect();
            assert_eq!(jws.verify_mac(&secret, &others).unwrap_err(), VerifyError::NotAllowed);
            assert_eq!(
                jws.verify_mac(&[8; 64], &[algorithm]).unwrap_err(),
                VerifyError::BadSignature
            );
        }
    }

    /// RFAPI-5.4-1
    #[test]
    fn a_short_or_empty_secret_neither_signs_nor_verifies() {
        for algorithm in MacAlgorithm::ALL {
            let text = sign(None, algorithm, &[7; 64], b"x").unwrap();
            let jws = Unverified::parse(&text).unwrap();
            for length in [0, 1, algorithm.shortest_secret() - 1] {
                let secret = vec![7; length];
                let weak = WeakSecret { algorithm, has: length };
                assert_eq!(sign(None, algorithm, &secret, b"x"), Err(weak));
                assert_eq!(
                    jws.verify_mac(&secret, &[algorithm]).unwrap_err(),
                    VerifyError::WeakSecret
                );
            }
            assert!(sign(None, algorithm, &vec![7; algorithm.shortest_secret()], b"x").is_ok());
        }
    }
}
