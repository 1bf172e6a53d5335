//! Keys: rows wrapped under the master key, announced to every node before they are used. Here those that seal.

mod signing;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use oauth::revocation::forget_at;
use oauth::time::Timestamp;
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::Uuid;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait, ConnectionTrait as _, EntityTrait, QueryFilter, QueryOrder, TryInsertResult,
};
use vault::{KeyId, KeyUse, SealingKey};

use crate::entity::{setting, signing_key};
use crate::revocations::{Entry, News};
use crate::row::Sql;
use crate::{Store, StoreError};

pub use signing::SigningKeys;

/// How many keys there may be at once; the vault takes a few more, for nodes that rotate at the same time.
const KEYS: usize = vault::MAX_SEALING_KEYS - 8;

const ALGORITHM: &str = "v4.local";
const MASTER_KEY: &str = "master_key_fingerprint";
const FIRST_KEY: &str = "first_sealing_key";

/// The sealing keys; from [`Store::keys`].
#[derive(Clone, Copy, Debug)]
pub struct Keys<'a>(&'a Store);

/// What a key does at present.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyState {
    /// Known to the nodes, and published if it is one that signs; not used yet.
    Announced,
    /// Seals or signs what is new.
    Active,
    /// Opens or verifies what it sealed or signed earlier.
    Retired,
}

impl KeyState {
    /// What a key does that has just been made.
    fn of_new(active_from: Timestamp, now: Timestamp) -> Self {
        if active_from > now { Self::Announced } else { Self::Active }
    }

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Announced => "announced",
            Self::Active => "active",
            Self::Retired => "retired",
        }
    }
}

/// One key, without its material.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyRow {
    /// `kid`, as it stands in the footer or the header of a token.
    pub id: KeyId,
    /// What it does at present.
    pub state: KeyState,
    /// The algorithm it is for: `v4.local` for a key that seals, or one of JOSE for a key that signs.
    pub algorithm: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is used.
    pub active_from: Timestamp,
    /// From when on it is no longer used.
    pub retired_at: Option<Timestamp>,
    /// When it is deleted.
    pub expires_at: Option<Timestamp>,
}

/// The rows of one purpose as they stand at `now`, each with what it does. For each algorithm the newest that is
/// old enough is active; two rotations at once may leave two that could be.
fn described(rows: Vec<signing_key::Model>, now: i64) -> Vec<KeyRow> {
    let active = active(&rows, now);
    rows.into_iter()
        .map(|row| KeyRow {
            id: KeyId(row.id),
            state: match row.active_from > now {
                true => KeyState::Announced,
                false if active.contains(&KeyId(row.id)) => KeyState::Active,
                false => KeyState::Retired,
            },
            algorithm: row.algorithm,
            created_at: Timestamp::from_millis(row.created_at),
            active_from: Timestamp::from_millis(row.active_from),
            retired_at: row.retired_at.map(Timestamp::from_millis),
            expires_at: row.expires_at.map(Timestamp::from_millis),
        })
        .collect()
}

/// The active key of each algorithm.
fn active(rows: &[signing_key::Model], now: i64) -> Vec<KeyId> {
    let mut newest: BTreeMap<&str, (i64, Uuid)> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.active_from <= now) {
        let found = newest.entry(&row.algorithm).or_insert((row.active_from, row.id));
        *found = (*found).max((row.active_from, row.id));
    }
    newest.into_values().map(|(_, id)| KeyId(id)).collect()
}

/// When the installed set of keys has to be looked at again.
#[derive(Debug, Default)]
pub(crate) struct Loaded(Mutex<Option<Timestamp>>);

impl Loaded {
    /// Whether a key became active since the set was installed.
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|at| at <= now)
    }

    fn set(&self, at: Option<Timestamp>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }
}

impl Store {
    /// The sealing keys.
    pub fn keys(&self) -> Keys<'_> {
        Keys(self)
    }

    /// Installs the keys of the database in the vault.
    pub(crate) async fn load_keys(&self) -> Result<(), StoreError> {
        let now = self.now().as_millis();
        let sealing = self.keys().rows().await?;
        let signing = self.signing_keys().rows().await?;
        self.keys().install(&sealing, now)?;
        self.signing_keys().install(&signing, now)?;
        let next = sealing.iter().chain(&signing).map(|row| row.active_from);
        let next = next.filter(|at| *at > now).min();
        self.0.keys.set(next.map(Timestamp::from_millis));
        Ok(())
    }
}

impl Keys<'_> {
    /// Every key, newest first.
    pub async fn list(self) -> Result<Vec<KeyRow>, StoreError> {
        Ok(described(self.rows().await?, self.0.now().as_millis()))
    }

    fn install(self, rows: &[signing_key::Model], now: i64) -> Result<(), StoreError> {
        let mut keys = Vec::with_capacity(rows.len());
        for row in rows {
            let key = self.0.vault().unwrap_sealing_key(KeyId(row.id), &row.wrapped);
            keys.push(key.map_err(|error| StoreError::Key(error.to_string()))?);
        }
        let current = active(rows, now).first().copied();
        let current =
            current.ok_or_else(|| StoreError::Key("no sealing key is active".to_owned()))?;
        self.0.vault().install(keys, current).map_err(|error| StoreError::Key(error.to_string()))
    }

    /// Makes a new key, tells every node, and lets it seal after the time of announcement. Older keys retire
    /// at that moment and are deleted when nothing that they sealed can be alive.
    ///
    /// # Errors
    /// [`StoreError::Forbidden`] when so many keys are still needed that another could not be installed.
    pub async fn rotate(self) -> Result<KeyRow, StoreError> {
        if self.rows().await?.len() >= KEYS {
            return Err(StoreError::Forbidden(
                "too many keys are still needed to open living tokens; wait a day, or run `cleartokens` if it has not \
                 run for long",
            ));
        }
        let now = self.0.now();
        let active_from = now + self.0.options().key_announced;
        let expires_at = forget_at(active_from);
        let row = self.draw(active_from)?;
        let made = KeyRow {
            id: KeyId(row.0),
            state: KeyState::of_new(active_from, now),
            algorithm: ALGORITHM.to_owned(),
            created_at: now,
            active_from,
            retired_at: None,
            expires_at: None,
        };
        let entry = Entry::changed(News::KeysChanged, now);
        self.0
            .write_and_tell(move |tx| {
                Box::pin(async move {
                    let retire = Sql::new(
                        "UPDATE grantwell_signing_key SET retired_at = $1, expires_at = $2 \
                         WHERE retired_at IS NULL AND purpose = $3",
                        [
                            active_from.as_millis().into(),
                            expires_at.as_millis().into(),
                            KeyUse::AccessToken.label().into(),
                        ],
                    );
                    tx.execute(&retire).await?;
                    signing_key::Entity::insert(row.1).exec_without_returning(tx).await?;
                    Ok(((), vec![entry]))
                })
            })
            .await?;
        self.0.load_keys().await?;
        Ok(made)
    }

    /// Refuses a master key that is not the one the database was made with; remembers the first one.
    pub(crate) async fn check_master_key(self) -> Result<(), StoreError> {
        let given = self.0.vault().fingerprint().to_string();
        let found = setting::Entity::find_by_id(MASTER_KEY).one(self.0.database().read()).await?;
        let expected = match found {
            Some(row) => row.value,
            None => self.remember(MASTER_KEY, given.clone()).await?,
        };
        if expected == given { Ok(()) } else { Err(StoreError::WrongMasterKey { expected, given }) }
    }

    /// Makes the first key, once, however many nodes start together.
    pub(crate) async fn ensure_first(self) -> Result<(), StoreError> {
        if setting::Entity::find_by_id(FIRST_KEY).one(self.0.database().read()).await?.is_some() {
            return Ok(());
        }
        let now = self.0.now();
        let (id, row) = self.draw(now)?;
        self.0
            .write(move |tx| {
                Box::pin(async move {
                    // Whoever writes this row makes the key; on PostgreSQL the others wait here for its commit.
                    if insert_setting(tx, FIRST_KEY, id.to_string(), now).await? {
                        signing_key::Entity::insert(row).exec_without_returning(tx).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// Writes a setting unless it is there; answers what is there then.
    async fn remember(self, name: &'static str, value: String) -> Result<String, StoreError> {
        let now = self.0.now();
        self.0
            .write(move |tx| {
                Box::pin(async move {
                    insert_setting(tx, name, value, now).await?;
                    let row = setting::Entity::find_by_id(name).one(tx).await?;
                    row.map(|row| row.value).ok_or(StoreError::Corrupt("setting"))
                })
            })
            .await
    }

    fn draw(self, active_from: Timestamp) -> Result<(Uuid, signing_key::ActiveModel), StoreError> {
        let now = self.0.now();
        let id = self.0.entropy().uuid(now)?;
        let material = zeroize::Zeroizing::new(self.0.entropy().fill::<32>()?);
        let key = SealingKey::new(KeyId(id), &*material)
            .ok_or(StoreError::Corrupt("a sealing key has 32 bytes"))?;
        let wrapped = self
            .0
            .vault()
            .wrap_sealing_key(&key)
            .map_err(|error| StoreError::Key(error.to_string()))?;
        let row = signing_key::ActiveModel {
            id: Set(id),
            purpose: Set(KeyUse::AccessToken.label().to_owned()),
            algorithm: Set(ALGORITHM.to_owned()),
            wrapped: Set(wrapped),
            created_at: Set(now.as_millis()),
            active_from: Set(active_from.as_millis()),
            retired_at: Set(None),
            expires_at: Set(None),
        };
        Ok((id, row))
    }

    async fn rows(self) -> Result<Vec<signing_key::Model>, StoreError> {
        rows_of(self.0, KeyUse::AccessToken.label()).await
    }
}

/// The rows of one purpose, newest first.
async fn rows_of(
    store: &Store,
    purpose: &'static str,
) -> Result<Vec<signing_key::Model>, StoreError> {
    Ok(signing_key::Entity::find()
        .filter(signing_key::Column::Purpose.eq(purpose))
        .order_by_desc(signing_key::Column::ActiveFrom)
        .all(store.database().read())
        .await?)
}

/// Answers whether it was this call that wrote the row.
async fn insert_setting(
    tx: &sea_orm::DatabaseTransaction,
    name: &str,
    value: String,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let row = setting::ActiveModel {
        name: Set(name.to_owned()),
        value: Set(value),
        updated_at: Set(now.as_millis()),
    };
    let once = OnConflict::column(setting::Column::Name).do_nothing().to_owned();
    let done = setting::Entity::insert_many([row])
        .on_conflict(once)
        .try_insert()
        .exec_without_returning(tx)
        .await?;
    Ok(matches!(done, TryInsertResult::Inserted(rows) if rows > 0))
}
