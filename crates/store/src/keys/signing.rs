//! Signing keys: one for each algorithm, published before they sign and as long as anything they signed lives.

use jose::Algorithm;
use oauth::revocation::forget_at;
use oauth::time::Timestamp;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, ConnectionTrait as _, EntityTrait, QueryFilter};
use vault::{KeyId, KeyUse, SigningKey};

use super::{KeyRow, KeyState, active, described, insert_setting, rows_of};
use crate::entity::{setting, signing_key};
use crate::revocations::{Entry, News};
use crate::row::Sql;
use crate::{Store, StoreError};

/// How many keys there may be at once; the vault takes more, for nodes that rotate at the same time and for the
/// first key of an algorithm.
const KEYS: usize = vault::MAX_SIGNING_KEYS - 16;

/// The use of all signing keys, as it stands in a row; the algorithm is a column of its own.
const PURPOSE: &str = KeyUse::Signing(Algorithm::Rs256).label();

/// The signing keys; from [`Store::signing_keys`].
#[derive(Clone, Copy, Debug)]
pub struct SigningKeys<'a>(&'a Store);

impl Store {
    /// The signing keys.
    pub fn signing_keys(&self) -> SigningKeys<'_> {
        SigningKeys(self)
    }

    /// Signs claims as a JWT whose header has this `typ`, with the active key of the algorithm.
    ///
    /// A signature with RSA takes the better part of a millisecond of pure computing, for which the other
    /// requests of the thread would wait: it is made on a thread for such work, and no more at once than there
    /// are processors. The others are faster than handing them over.
    ///
    /// # Errors
    /// [`StoreError::Key`] when no key signs with the algorithm.
    pub async fn sign(
        &self,
        typ: &'static str,
        algorithm: Algorithm,
        claims: Vec<u8>,
    ) -> Result<String, StoreError> {
        let failed = |error: vault::SignError| StoreError::Key(error.to_string());
        if !algorithm.is_rsa() {
            return self.vault().sign(Some(typ), algorithm, &claims).map_err(failed);
        }
        // The semaphore is never closed, so waiting for it cannot fail.
        let turn = self.0.signing.clone().acquire_owned().await;
        let vault = self.vault().clone();
        let work = move || {
            let signed = vault.sign(Some(typ), algorithm, &claims);
            drop(turn);
            signed
        };
        run_aside(work).await?.map_err(failed)
    }
}

impl SigningKeys<'_> {
    /// Every key, newest first.
    pub async fn list(self) -> Result<Vec<KeyRow>, StoreError> {
        Ok(described(self.rows().await?, self.0.now().as_millis()))
    }

    /// Makes a new key for `algorithm`, publishes it, and lets it sign after the time of announcement. The older
    /// ones of this algorithm retire at that moment; they stay published until nothing that they signed can be
    /// alive.
    ///
    /// # Errors
    /// [`StoreError::Forbidden`] for an algorithm that is not among those of the options, or when so many keys
    /// are still needed that another could not be published.
    pub async fn rotate(self, algorithm: Algorithm) -> Result<KeyRow, StoreError> {
        if !self.0.options().signing_algorithms.contains(&algorithm) {
            return Err(StoreError::Forbidden(
                "this server does not sign with that algorithm; add it to oauth.signing_algorithms",
            ));
        }
        if self.rows().await?.len() >= KEYS {
            return Err(StoreError::Forbidden(
                "too many keys are still needed to verify living tokens; wait a day, or run `cleartokens` if it has \
                 not run for long",
            ));
        }
        let now = self.0.now();
        let active_from = now + self.0.options().key_announced;
        let expires_at = forget_at(active_from);
        let id = KeyId(self.0.entropy().uuid(now)?);
        let row = self.draw(id, algorithm, active_from).await?;
        let entry = Entry::changed(News::KeysChanged, now);
        self.0
            .write_and_tell(move |tx| {
                Box::pin(async move {
                    let retire = Sql::new(
                        "UPDATE grantwell_signing_key SET retired_at = $1, expires_at = $2 \
                         WHERE retired_at IS NULL AND purpose = $3 AND algorithm = $4",
                        [
                            active_from.as_millis().into(),
                            expires_at.as_millis().into(),
                            PURPOSE.into(),
                            algorithm.as_str().into(),
                        ],
                    );
                    tx.execute(&retire).await?;
                    signing_key::Entity::insert(row).exec_without_returning(tx).await?;
                    Ok(((), vec![entry]))
                })
            })
            .await?;
        self.0.load_keys().await?;
        Ok(KeyRow {
            id,
            state: KeyState::of_new(active_from, now),
            algorithm: algorithm.as_str().to_owned(),
            created_at: now,
            active_from,
            retired_at: None,
            expires_at: None,
        })
    }

    /// Makes the first key of each algorithm of the options, once, however many nodes start together.
    pub(crate) async fn ensure_first(self) -> Result<(), StoreError> {
        let wanted = &self.0.options().signing_algorithms;
        let named = setting::Column::Name.is_in(wanted.iter().map(|one| first_key(*one)));
        let found = setting::Entity::find().filter(named).all(self.0.database().read()).await?;
        let missing: Vec<Algorithm> = wanted
            .iter()
            .copied()
            .filter(|algorithm| !found.iter().any(|row| row.name == first_key(*algorithm)))
            .collect();
        // Nodes that start together on an empty database each wait for the other; one that serves already has to
        // be told.
        let others = !missing.is_empty() && !self.rows().await?.is_empty();
        let now = self.0.now();
        for algorithm in missing {
            let id = KeyId(self.0.entropy().uuid(now)?);
            // The first one signs at once: nothing is known of it elsewhere yet.
            let row = self.draw(id, algorithm, now).await?;
            self.0
                .write_and_tell(move |tx| {
                    Box::pin(async move {
                        // Whoever writes this row makes the key; on PostgreSQL the others wait here for its commit.
                        if !insert_setting(tx, &first_key(algorithm), id.to_string(), now).await? {
                            return Ok(((), Vec::new()));
                        }
                        signing_key::Entity::insert(row).exec_without_returning(tx).await?;
                        let news = others.then(|| Entry::changed(News::KeysChanged, now));
                        Ok(((), news.into_iter().collect()))
                    })
                })
                .await?;
        }
        Ok(())
    }

    /// A new key and its row. Making one for RSA takes a fifth of a second and more.
    async fn draw(
        self,
        id: KeyId,
        algorithm: Algorithm,
        active_from: Timestamp,
    ) -> Result<signing_key::ActiveModel, StoreError> {
        let size = self.0.options().rsa_size;
        let made = run_aside(move || SigningKey::generate(id, algorithm, size)).await?;
        let key = made.map_err(|error| StoreError::Key(error.to_string()))?;
        let wrapped = self.0.vault().wrap_signing_key(&key);
        Ok(signing_key::ActiveModel {
            id: Set(id.0),
            purpose: Set(PURPOSE.to_owned()),
            algorithm: Set(algorithm.as_str().to_owned()),
            wrapped: Set(wrapped.map_err(|error| StoreError::Key(error.to_string()))?),
            created_at: Set(self.0.now().as_millis()),
            active_from: Set(active_from.as_millis()),
            retired_at: Set(None),
            expires_at: Set(None),
        })
    }

    pub(super) fn install(self, rows: &[signing_key::Model], now: i64) -> Result<(), StoreError> {
        let mut keys = Vec::with_capacity(rows.len());
        for row in rows {
            let Some(algorithm) = Algorithm::parse(&row.algorithm) else {
                // Of a newer version that runs beside this one. What it signs is refused here, and nothing else.
                tracing::warn!(
                    algorithm = row.algorithm,
                    "a signing key is for an algorithm that is not known here"
                );
                continue;
            };
            let key = self.0.vault().unwrap_signing_key(KeyId(row.id), algorithm, &row.wrapped);
            keys.push(key.map_err(|error| StoreError::Key(error.to_string()))?);
        }
        let mut current = active(rows, now);
        current.retain(|id| keys.iter().any(|key| key.id() == *id));
        self.0
            .vault()
            .install_signing(keys, current)
            .map_err(|error| StoreError::Key(error.to_string()))
    }

    pub(super) async fn rows(self) -> Result<Vec<signing_key::Model>, StoreError> {
        rows_of(self.0, PURPOSE).await
    }
}

/// The setting whose row says that the first key of this algorithm has been made.
fn first_key(algorithm: Algorithm) -> String {
    format!("first_signing_key_{algorithm}")
}

/// Runs work that computes for long on a thread where nobody waits for it.
async fn run_aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, StoreError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| StoreError::Key("the server stopped meanwhile".to_owned()))
}
