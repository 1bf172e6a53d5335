//! Slow hashes of what somebody chose: passwords and client secrets, one at a time and off the async threads.

use std::sync::Arc;

use accounts::password::{self, Outcome, Parameters, SALT_BYTES, Stored};
use ambient::Entropy;
use oauth::secret::Secret;
use tokio::sync::Semaphore;

/// Hashes, one at a time: an operator who makes many accounts at once does not keep people from signing in.
#[derive(Clone, Debug)]
pub struct Hasher {
    entropy: Entropy,
    turn: Arc<Semaphore>,
}

/// It could not be hashed.
#[derive(Debug, thiserror::Error)]
#[error("it cannot be hashed: {0}")]
pub struct Failed(String);

impl Hasher {
    /// A hasher that draws its salts here.
    pub fn new(entropy: Entropy) -> Self {
        Self { entropy, turn: Arc::new(Semaphore::new(1)) }
    }

    /// The slow hash of a secret. Takes a noticeable part of a second.
    pub async fn hash(&self, secret: &Secret) -> Result<String, Failed> {
        let salt = self.entropy.fill::<SALT_BYTES>();
        let salt = salt.map_err(|error| Failed(error.to_string()))?;
        let hash = move |secret: &str| password::hash(secret, &salt, Parameters::OWASP);
        let hashed = self.run(secret, hash).await?;
        hashed.map_err(|error| Failed(error.to_string()))
    }

    /// Whether a slow hash is that of this secret. Takes as long as [`Hasher::hash`].
    pub async fn is_hash_of(&self, hash: &str, secret: &Secret) -> Result<bool, Failed> {
        let stored = Stored::parse(hash).ok();
        let verify =
            move |secret: &str| password::verify(secret, stored.as_ref(), Parameters::OWASP);
        Ok(matches!(self.run(secret, verify).await?, Outcome::Matches { .. }))
    }

    async fn run<T: Send + 'static>(
        &self,
        secret: &Secret,
        job: impl FnOnce(&str) -> T + Send + 'static,
    ) -> Result<T, Failed> {
        let turn = Arc::clone(&self.turn).acquire_owned().await;
        let turn = turn.map_err(|error| Failed(error.to_string()))?;
        let secret = Secret::new(secret.expose().to_owned());
        let done = tokio::task::spawn_blocking(move || {
            let answer = job(secret.expose());
            drop(turn);
            answer
        });
        done.await.map_err(|error| Failed(error.to_string()))
    }
}
