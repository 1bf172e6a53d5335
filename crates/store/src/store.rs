//! The store itself: what it holds, how it is opened, what it does in the background.

use std::sync::Arc;
use std::time::Duration;

use ambient::{Clock, Entropy};
use database::{Database, DatabaseError};
use futures_util::future::BoxFuture;
use jose::Algorithm;
use oauth::time::Timestamp;
use sea_orm::DatabaseTransaction;
use tokio::sync::{Mutex, Notify, Semaphore};
use vault::{RsaSize, Vault};

use crate::StoreError;
use crate::applications::cache::ClientCache;
use crate::applications::origins::Origins;
use crate::keys::Loaded;
use crate::revocations::feed::Feed;
use crate::revocations::view::View;
use crate::revocations::{Entry, record};

/// Our own tables' migrations, for the database room to apply before [`Store::open`].
pub fn migrations() -> database::migration::Set {
    database::migration::Set {
        app: "grantwell",
        files: &[
            ("0001_initial", include_str!("../migrations/0001_initial.toml")),
            ("0002_user_claims", include_str!("../migrations/0002_user_claims.toml")),
            (
                "0003_authorization_endpoint",
                include_str!("../migrations/0003_authorization_endpoint.toml"),
            ),
            (
                "0004_client_registration",
                include_str!("../migrations/0004_client_registration.toml"),
            ),
            ("0005_device_codes", include_str!("../migrations/0005_device_codes.toml")),
            ("0006_logout", include_str!("../migrations/0006_logout.toml")),
            (
                "0007_client_secret_sealed",
                include_str!("../migrations/0007_client_secret_sealed.toml"),
            ),
            ("0008_rate", include_str!("../migrations/0008_rate.toml")),
            ("0009_answer", include_str!("../migrations/0009_answer.toml")),
        ],
    }
}

/// How the store behaves; the defaults are those of the settings.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// A node that has not read the revocation feed for longer asks the database for each request.
    pub max_staleness: Duration,
    /// How often the revocation feed is read.
    pub poll_every: Duration,
    /// How long before it is used a new key is made known to every node, and published if it is one that signs.
    pub key_announced: Duration,
    /// With what this server signs: each has a key of its own.
    pub signing_algorithms: Vec<Algorithm>,
    /// How long the modulus of a new RSA key is.
    pub rsa_size: RsaSize,
    /// How often what has expired is deleted by itself; `None`: only by `cleartokens`.
    pub sweep_every: Option<Duration>,
    /// How long a client that registered itself is kept that nobody has allowed anything; `None`: for ever.
    pub keep_unused_clients: Option<Duration>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            max_staleness: Duration::from_secs(2),
            poll_every: Duration::from_millis(500),
            key_announced: Duration::from_mins(1),
            signing_algorithms: vec![Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa],
            rsa_size: RsaSize::default(),
            sweep_every: Some(Duration::from_hours(1)),
            keep_unused_clients: Some(Duration::from_hours(30 * 24)),
        }
    }
}

/// Everything that is kept. Cloning is cheap; clones share connections and memory.
#[derive(Clone)]
pub struct Store(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) database: Database,
    pub(crate) vault: Vault,
    pub(crate) clock: Clock,
    pub(crate) entropy: Entropy,
    pub(crate) options: Options,
    pub(crate) view: View,
    pub(crate) clients: ClientCache,
    pub(crate) origins: Origins,
    pub(crate) keys: Loaded,
    pub(crate) feed: Mutex<Feed>,
    pub(crate) wake: Notify,
    /// A session has ended that clients have to be told of.
    pub(crate) logouts: Notify,
    /// One turn for each signature that is computed at the same time.
    pub(crate) signing: Arc<Semaphore>,
}

/// Without keys and rows.
impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("database", &self.0.database)
            .field("options", &self.0.options)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the store over a database whose migrations have been applied.
    ///
    /// Checks that the vault's master key belongs to this database, makes the first keys and the built-in
    /// first-party client where they are missing, installs the keys in the vault, and reads the revocation feed. Start [`Store::run`] for a server; a command that ends soon needs it not.
    ///
    /// # Errors
    /// [`StoreError::WrongMasterKey`] for another database's key; [`StoreError::Unavailable`] without a database.
    pub async fn open(
        database: Database,
        vault: Vault,
        clock: Clock,
        entropy: Entropy,
        options: Options,
    ) -> Result<Self, StoreError> {
        let store = Self(Arc::new(Inner {
            database,
            vault,
            clock,
            entropy,
            options,
            view: View::new(),
            clients: ClientCache::default(),
            origins: Origins::default(),
            keys: Loaded::default(),
            feed: Mutex::default(),
            wake: Notify::new(),
            logouts: Notify::new(),
            signing: Arc::new(Semaphore::new(processors())),
        }));
        store.keys().check_master_key().await?;
        store.keys().ensure_first().await?;
        Box::pin(store.signing_keys().ensure_first()).await?;
        store.applications().ensure_first_party().await?;
        store.catch_up().await?;
        Ok(store)
    }

    /// Reads the revocation feed, listens for it and sweeps, until `shutdown` is done.
    pub async fn run(&self, shutdown: impl Future<Output = ()>) {
        tokio::select! {
            () = self.follow() => {}
            () = self.listen() => {}
            () = self.sweep_now_and_then() => {}
            () = shutdown => {}
        }
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        Ok(self.0.database.ping().await?)
    }

    /// The database.
    pub fn database(&self) -> &Database {
        &self.0.database
    }

    /// The vault whose keys this store installs.
    pub fn vault(&self) -> &Vault {
        &self.0.vault
    }

    /// How it was opened.
    pub fn options(&self) -> &Options {
        &self.0.options
    }

    /// The source of identifiers and seeds.
    pub(crate) fn entropy(&self) -> &Entropy {
        &self.0.entropy
    }

    /// The current time.
    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Runs `work` as one transaction.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        F: for<'t> FnOnce(&'t DatabaseTransaction) -> BoxFuture<'t, Result<T, StoreError>>
            + Send
            + 'static,
        T: Send + 'static,
    {
        self.0.database.write(work).await
    }

    /// Runs `work` as one transaction which also writes the entries that it answers to the feed. This node
    /// knows them before the call returns.
    pub(crate) async fn write_and_tell<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        F: for<'t> FnOnce(
                &'t DatabaseTransaction,
            ) -> BoxFuture<'t, Result<(T, Vec<Entry>), StoreError>>
            + Send
            + 'static,
        T: Send + 'static,
    {
        let now = self.now();
        let (answer, entries) = self
            .write(move |tx| {
                Box::pin(async move {
                    let (answer, entries) = work(tx).await?;
                    record(tx, &entries, now).await?;
                    Ok((answer, entries))
                })
            })
            .await?;
        for entry in &entries {
            self.learn(entry);
        }
        Ok(answer)
    }
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

impl From<DatabaseError> for StoreError {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Unavailable(reason) => Self::Unavailable(reason),
            DatabaseError::Busy(reason) => Self::Busy(reason),
            DatabaseError::Timeout(_) => Self::Busy(error.to_string()),
            DatabaseError::Unique { table, columns } => field_of(&table, &columns),
            DatabaseError::ForeignKey => Self::NotFound("user or application that this belongs to"),
            other => Self::Database(other.to_string()),
        }
    }
}

impl From<sea_orm::DbErr> for StoreError {
    fn from(error: sea_orm::DbErr) -> Self {
        DatabaseError::from(error).into()
    }
}

/// Which of a form's fields is to blame for a violated unique index.
fn field_of(table: &str, columns: &[String]) -> StoreError {
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let field = match (table, columns.as_slice()) {
        ("grantwell_user", ["username_key"]) => "username",
        ("grantwell_application", ["client_id"]) => "client_id",
        _ => "id",
    };
    StoreError::Conflict { field }
}
