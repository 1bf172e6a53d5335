//! The one place where randomness is drawn, and the identifiers made from it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oauth::id::{AuthorizationId, TokenId, UserId};
use oauth::secret::Secret;
use oauth::time::Timestamp;
use uuid::{Builder, Uuid};

/// A source of random bytes; cheap to clone, and clones of a seeded source share its stream.
#[derive(Clone, Debug)]
pub struct Entropy(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Seeded(Arc<AtomicU64>),
    Failing,
}

/// The operating system gave no random bytes. Nothing that needs a secret can be answered.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "the operating system's random source did not answer; without it no secret can be made: check that getrandom(2) or /dev/urandom is available to this process"
)]
pub struct EntropyError;

impl Entropy {
    /// The operating system's cryptographic random source: the only one for production.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A repeatable stream that anybody can predict: for tests only.
    pub fn seeded(seed: u64) -> Self {
        Self(Source::Seeded(Arc::new(AtomicU64::new(seed))))
    }

    /// A source that always fails: for tests of what happens then.
    pub fn failing() -> Self {
        Self(Source::Failing)
    }

    /// Draws `N` random bytes.
    pub fn fill<const N: usize>(&self) -> Result<[u8; N], EntropyError> {
        let mut bytes = [0; N];
        self.fill_slice(&mut bytes)?;
        Ok(bytes)
    }

    /// Draws a secret of `bytes` random bytes, written as base64url without padding (RFC 4648 §5).
    pub fn text(&self, bytes: usize) -> Result<Secret, EntropyError> {
        let mut drawn = zeroize::Zeroizing::new(vec![0; bytes]);
        self.fill_slice(&mut drawn)?;
        Ok(Secret::new(URL_SAFE_NO_PAD.encode(&*drawn)))
    }

    /// Draws a user's identifier; it sorts by `now`.
    pub fn user_id(&self, now: Timestamp) -> Result<UserId, EntropyError> {
        Ok(UserId::from_uuid(self.uuid(now)?))
    }

    /// Draws an authorization's identifier; it sorts by `now`.
    pub fn authorization_id(&self, now: Timestamp) -> Result<AuthorizationId, EntropyError> {
        Ok(AuthorizationId::from_uuid(self.uuid(now)?))
    }

    /// Draws a token's identifier: 128 random bits that say nothing about when.
    pub fn token_id(&self) -> Result<TokenId, EntropyError> {
        Ok(TokenId::from_bits(u128::from_be_bytes(self.fill()?)))
    }

    /// Draws a UUID version 7 (RFC 9562 §5.7): 48 bits of milliseconds, then 74 random bits.
    pub fn uuid(&self, now: Timestamp) -> Result<Uuid, EntropyError> {
        // A time before 1970 has no place in the layout; it sorts first.
        let millis = u64::try_from(now.as_millis()).unwrap_or(0);
        Ok(Builder::from_unix_timestamp_millis(millis, &self.fill()?).into_uuid())
    }

    fn fill_slice(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        match &self.0 {
            Source::System => system_fill(bytes),
            Source::Seeded(state) => {
                for chunk in bytes.chunks_mut(8) {
                    let word = mixed(state.fetch_add(STEP, Ordering::SeqCst)).to_le_bytes();
                    for (byte, drawn) in chunk.iter_mut().zip(word) {
                        *byte = drawn;
                    }
                }
                Ok(())
            }
            Source::Failing => Err(EntropyError),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the place where randomness enters")]
fn system_fill(bytes: &mut [u8]) -> Result<(), EntropyError> {
    getrandom::fill(bytes).map_err(|_| EntropyError)
}

/// The odd constant of a Weyl sequence: 2^64 divided by the golden ratio.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// Spreads a counter over all 64 bits (the `SplitMix64` finaliser): good to look at, no secret.
fn mixed(counter: u64) -> u64 {
    let mut word = counter;
    word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_its_stream_and_clones_share_it() {
        let one = Entropy::seeded(7);
        let two = Entropy::seeded(7);
        let shared = one.clone();
        let first: [u8; 20] = one.fill().unwrap();
        let second: [u8; 20] = shared.fill().unwrap();
        assert_ne!(first, second);
        assert_eq!(two.fill::<20>().unwrap(), first);
        assert_eq!(two.fill::<20>().unwrap(), second);
        assert_ne!(Entropy::seeded(8).fill::<20>().unwrap(), first);
    }

    #[test]
    fn the_system_source_does_not_repeat() {
        let entropy = Entropy::system();
        assert_ne!(entropy.fill::<32>().unwrap(), entropy.fill::<32>().unwrap());
        assert_ne!(entropy.token_id().unwrap(), entropy.token_id().unwrap());
    }

    #[test]
    fn a_failing_source_fails_every_draw() {
        let entropy = Entropy::failing();
        let now = Timestamp::from_millis(0);
        assert_eq!(entropy.fill::<1>(), Err(EntropyError));
        assert!(entropy.text(32).is_err());
        assert!(entropy.uuid(now).is_err());
        assert!(entropy.user_id(now).is_err());
        assert!(entropy.authorization_id(now).is_err());
        assert!(entropy.token_id().is_err());
    }

    #[test]
    fn identifiers_are_uuids_of_version_7_that_sort_by_time() {
        let entropy = Entropy::seeded(1);
        let at = |millis| entropy.uuid(Timestamp::from_millis(millis)).unwrap();
        let (early, late) = (at(1_700_000_000_000), at(1_700_000_000_001));
        assert!(early < late);
        assert_eq!(early.get_version_num(), 7);
        let (seconds, nanos) = early.get_timestamp().unwrap().to_unix();
        assert_eq!((seconds, nanos), (1_700_000_000, 0));
        assert!(at(-5) < early);
    }

    #[test]
    fn text_is_base64url_of_the_asked_number_of_bytes() {
        let entropy = Entropy::system();
        for (bytes, length) in [(16, 22), (32, 43), (0, 0)] {
            let text = entropy.text(bytes).unwrap();
            assert_eq!(text.expose().len(), length);
            assert!(
                text.expose().bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            );
        }
    }
}
