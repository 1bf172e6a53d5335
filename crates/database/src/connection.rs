//! A database that is open: reads go to a pool, writes through the lane (SQLite) or an ordinary transaction (PostgreSQL).

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sea_orm::sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sea_orm::sqlx::{ConnectOptions, Connection};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, QueryResult, SqlxPostgresConnector,
    Statement, StatementBuilder, TransactionTrait,
};

use crate::lane::{IN_WRITE, Lane, Outcome, Wanted, execute, guarded, open_pool};
use crate::{DatabaseError, Kind, Options};

/// A database that is open. Cloning is cheap and shares the connections.
#[derive(Clone)]
pub struct Database {
    inner: Arc<Inner>,
}

struct Inner {
    read: DatabaseConnection,
    writer: Writer,
    options: Options,
    /// Where `sqlite::memory:` lives; removed with the last clone.
    _temporary: Option<tempfile::TempDir>,
}

enum Writer {
    Lane { lane: Lane, file: Box<SqliteConnectOptions> },
    Pool,
}

/// A connection that waited this long in the pool is asked whether it still lives before it is used.
const PING_AFTER: Duration = Duration::from_secs(1);

/// Connections of PostgreSQL that are older than this have statements prepared for a schema that has changed since.
static SCHEMA_CHANGED: Mutex<Option<Instant>> = Mutex::new(None);

/// Notes that statements prepared until now may be wrong. PostgreSQL refuses such a statement for as long as the
/// connection lives ("cached plan must not change result type"), so the pool replaces the older connections.
pub(crate) fn schema_changed() {
    *SCHEMA_CHANGED.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
}

fn is_stale(age: Duration) -> bool {
    let changed = *SCHEMA_CHANGED.lock().unwrap_or_else(PoisonError::into_inner);
    changed.is_some_and(|changed| age >= changed.elapsed())
}

impl Database {
    /// Opens the database that `options.url` names; a SQLite file is created if it is not there.
    ///
    /// SQLite runs in WAL mode with `synchronous=FULL` (what was answered survives a power cut) and foreign keys on.
    ///
    /// # Errors
    /// [`DatabaseError::Url`] for a URL that cannot be used, [`DatabaseError::Unavailable`] if nobody answers.
    pub async fn connect(options: &Options) -> Result<Self, DatabaseError> {
        let (read, writer, temporary) = match Kind::of_url(&options.url)? {
            Kind::Sqlite => open_sqlite(options).await?,
            Kind::Postgres => {
                (open_postgres(options, options.max_connections).await?, Writer::Pool, None)
            }
        };
        Ok(Self {
            inner: Arc::new(Inner {
                read,
                writer,
                options: options.clone(),
                _temporary: temporary,
            }),
        })
    }

    /// Which database it is.
    pub fn kind(&self) -> Kind {
        match self.inner.writer {
            Writer::Lane { .. } => Kind::Sqlite,
            Writer::Pool => Kind::Postgres,
        }
    }

    /// The pool for reading. On SQLite its connections refuse to write; writes go through [`write`](Self::write).
    pub fn read(&self) -> &DatabaseConnection {
        &self.inner.read
    }

    /// Runs `work` in a transaction: `Ok` commits, `Err`, a panic, and the time limit roll back.
    ///
    /// The answer comes after the commit is durable. A caller that goes away meanwhile does not stop the work. On
    /// SQLite all writes share one lane: do only what belongs to the transaction inside, no waiting for anything else.
    /// On PostgreSQL it is an ordinary `READ COMMITTED` transaction; use guarded statements, not read-then-write.
    ///
    /// # Errors
    /// What `work` returned, or a [`DatabaseError`] turned into `E`.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t DatabaseTransaction) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        refuse_nested()?;
        let limit = self.inner.options.transaction_timeout;
        match &self.inner.writer {
            Writer::Lane { lane, .. } => lane.write(work, limit).await,
            Writer::Pool => {
                let (pool, span) = (self.inner.read.clone(), tracing::Span::current());
                let task = tokio::spawn(async move {
                    let transaction = begin(&pool).await?;
                    let result = guarded(work, &transaction, limit, span).await;
                    let end = if result.is_ok() {
                        transaction.commit().await
                    } else {
                        transaction.rollback().await
                    };
                    match (result, end) {
                        (Ok(_), Err(failed)) => Err(E::from(failed.into())),
                        (result, _) => result,
                    }
                });
                task.await.unwrap_or_else(|_| Err(E::from(DatabaseError::Panicked)))
            }
        }
    }

    /// Executes one INSERT, UPDATE or DELETE durably and tells how many rows it touched.
    ///
    /// # Errors
    /// A [`DatabaseError`]; nothing was changed then.
    pub async fn execute_write(
        &self,
        statement: &impl StatementBuilder,
    ) -> Result<u64, DatabaseError> {
        match self.single(self.kind().backend().build(statement), Wanted::Count).await? {
            Outcome::Count(rows) => Ok(rows),
            Outcome::Row(_) => Ok(0),
        }
    }

    /// Executes one statement with `RETURNING` durably and gives the first row, if any was touched.
    ///
    /// # Errors
    /// A [`DatabaseError`]; nothing was changed then.
    pub async fn query_write(
        &self,
        statement: &impl StatementBuilder,
    ) -> Result<Option<QueryResult>, DatabaseError> {
        match self.single(self.kind().backend().build(statement), Wanted::Row).await? {
            Outcome::Row(row) => Ok(row),
            Outcome::Count(_) => Ok(None),
        }
    }

    async fn single(&self, statement: Statement, wanted: Wanted) -> Result<Outcome, DatabaseError> {
        refuse_nested()?;
        match &self.inner.writer {
            Writer::Lane { lane, .. } => lane.statement(statement, wanted).await,
            Writer::Pool => {
                let pool = self.inner.read.clone();
                let task = tokio::spawn(async move { execute(&pool, statement, wanted).await });
                task.await.unwrap_or(Err(DatabaseError::Panicked))
            }
        }
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// [`DatabaseError::Unavailable`] if it does not answer within the time for getting a connection.
    pub async fn ping(&self) -> Result<(), DatabaseError> {
        let question = Statement::from_string(self.kind().backend(), "SELECT 1");
        match tokio::time::timeout(
            self.inner.options.acquire_timeout,
            self.read().query_one_raw(question),
        )
        .await
        {
            Ok(answer) => Ok(answer.map(drop)?),
            Err(_) => Err(DatabaseError::Unavailable("no answer in time".into())),
        }
    }

    /// Takes no more writes, finishes those that wait, and closes all connections.
    pub async fn close(&self) {
        if let Writer::Lane { lane, .. } = &self.inner.writer {
            lane.close().await;
        }
        drop(self.inner.read.close_by_ref().await);
    }

    /// A single connection of its own for changing the schema: no lane, no statement timeout.
    pub(crate) async fn for_migrations(&self) -> Result<DatabaseConnection, DatabaseError> {
        match &self.inner.writer {
            Writer::Lane { file, .. } => {
                let pool = SqlitePoolOptions::new().max_connections(1);
                open_pool(pool, *file.clone(), self.inner.options.busy_timeout).await
            }
            Writer::Pool => {
                let options =
                    Options { statement_timeout: Duration::ZERO, ..self.inner.options.clone() };
                open_postgres(&options, 1).await
            }
        }
    }
}

/// Without the connections and the URL, which may hold a password.
impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database").field("kind", &self.kind()).finish_non_exhaustive()
    }
}

fn refuse_nested() -> Result<(), DatabaseError> {
    if IN_WRITE.try_with(|()| ()).is_ok() { Err(DatabaseError::Nested) } else { Ok(()) }
}

/// Begins a transaction. Connections that died in the pool are noticed here, where nothing was executed yet, so the
/// next one is tried.
async fn begin(pool: &DatabaseConnection) -> Result<DatabaseTransaction, DatabaseError> {
    let mut tries = 0;
    loop {
        let failed = match pool.begin().await {
            Ok(transaction) => return Ok(transaction),
            Err(failed) => DatabaseError::from(failed),
        };
        let waited_already =
            matches!(&failed, DatabaseError::Unavailable(reason) if reason.contains("in time"));
        if tries == 3 || waited_already || !matches!(failed, DatabaseError::Unavailable(_)) {
            return Err(failed);
        }
        tries += 1;
    }
}

async fn open_sqlite(
    options: &Options,
) -> Result<(DatabaseConnection, Writer, Option<tempfile::TempDir>), DatabaseError> {
    let (file, temporary) = sqlite_file(options)?;
    // The lane first: it creates the file and switches it to WAL before any reader looks.
    let lane = Lane::open(file.clone(), options).await?;
    let pool = SqlitePoolOptions::new()
        .max_connections(options.max_connections.max(1))
        .acquire_timeout(options.acquire_timeout);
    let read =
        open_pool(pool, file.clone().pragma("query_only", "ON"), options.busy_timeout).await?;
    Ok((read, Writer::Lane { lane, file: Box::new(file) }, temporary))
}

/// The file that the URL names. "In memory" is a temporary file: a shared cache would lock whole tables against readers.
fn sqlite_file(
    options: &Options,
) -> Result<(SqliteConnectOptions, Option<tempfile::TempDir>), DatabaseError> {
    let in_memory = options.url.contains(":memory:") || options.url.contains("mode=memory");
    let (file, temporary) = if in_memory {
        let folder = tempfile::Builder::new().prefix("grantwell-").tempdir().map_err(|failed| {
            DatabaseError::Url(format!("no temporary folder for it: {failed}"))
        })?;
        let file = SqliteConnectOptions::new().filename(folder.path().join("memory.sqlite3"));
        (file.synchronous(SqliteSynchronous::Off), Some(folder))
    } else {
        let file = SqliteConnectOptions::from_str(&options.url)?;
        if let Some(folder) = missing_folder(&file) {
            return Err(DatabaseError::Url(format!(
                "the folder {} does not exist; create it first",
                folder.display()
            )));
        }
        create_private(file.get_filename())?;
        (file.synchronous(SqliteSynchronous::Full), None)
    };
    let file = file
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .foreign_keys(true)
        // After a burst the log gives its space back, down to 64 MiB.
        .pragma("journal_size_limit", "67108864")
        .busy_timeout(options.busy_timeout);
    let file = if options.log_statements { file } else { file.disable_statement_logging() };
    Ok((file, temporary))
}

/// Creates the file so that only its owner can read it: it will hold password hashes. SQLite gives its two side files
/// the same permissions. A file that exists keeps what it has.
fn create_private(path: &Path) -> Result<(), DatabaseError> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(failed) if failed.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(failed) => {
            Err(DatabaseError::Url(format!("{} cannot be created: {failed}", path.display())))
        }
    }
}

fn missing_folder(file: &SqliteConnectOptions) -> Option<PathBuf> {
    let folder = file.get_filename().parent()?;
    (!folder.as_os_str().is_empty() && !folder.is_dir()).then(|| folder.to_owned())
}

async fn open_postgres(
    options: &Options,
    connections: u32,
) -> Result<DatabaseConnection, DatabaseError> {
    let idle_limit = if options.statement_timeout.is_zero() {
        Duration::ZERO
    } else {
        options.transaction_timeout * 2
    };
    let server = PgConnectOptions::from_str(&options.url)?
        .application_name(&options.application_name)
        .options([
            ("statement_timeout", options.statement_timeout.as_millis().to_string()),
            ("idle_in_transaction_session_timeout", idle_limit.as_millis().to_string()),
        ]);
    let server = if options.log_statements { server } else { server.disable_statement_logging() };
    let pool = PgPoolOptions::new()
        .max_connections(connections.max(1))
        .acquire_timeout(options.acquire_timeout)
        .test_before_acquire(false)
        .before_acquire(|connection, seen| {
            Box::pin(async move {
                if is_stale(seen.age) {
                    return Ok(false);
                }
                if seen.idle_for > PING_AFTER {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_with(server)
        .await?;
    Ok(SqlxPostgresConnector::from_sqlx_postgres_pool(pool))
}
