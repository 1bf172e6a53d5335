//! The write lane of SQLite: one connection that commits together whatever is waiting, once, and then answers all.
//!
//! SQLite has one writer at a time, and a commit that survives a power cut costs an fsync. So the lane gathers the
//! transactions that wait at that moment, runs each in its own savepoint, commits once and only then answers.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, SqliteTransactionMode,
    SqlxSqliteConnector, Statement, TransactionOptions, TransactionTrait,
};
use tokio::sync::{mpsc, oneshot, watch};

use crate::{DatabaseError, Options};

tokio::task_local! {
    /// Set while the code of a write runs, so that a write inside a write is an error and not a deadlock.
    pub(crate) static IN_WRITE: ();
}

/// The end of the lane where transactions are put in.
pub(crate) struct Lane {
    jobs: mpsc::Sender<Box<dyn Job>>,
    closing: watch::Sender<bool>,
}

impl Lane {
    /// Opens the one connection and starts the task that owns it.
    pub(crate) async fn open(
        file: SqliteConnectOptions,
        options: &Options,
    ) -> Result<Self, DatabaseError> {
        let (jobs, waiting) = mpsc::channel(options.lane_queue.max(1));
        let (closing, asked_to_close) = watch::channel(false);
        let timeout = options.busy_timeout.max(options.acquire_timeout);
        let connection = connect(&file, timeout).await?;
        let track = Track { connection: Some(connection), file, timeout };
        tokio::spawn(track.run(waiting, asked_to_close, options.lane_batch.max(1)));
        Ok(Self { jobs, closing })
    }

    /// Queues `work` and waits until it is committed or rolled back.
    pub(crate) async fn write<T, E, F>(&self, work: F, limit: Duration) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t DatabaseTransaction) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let span = tracing::Span::current();
        self.put(Box::new(Transaction { work: Some(work), result: None, reply, limit, span }))?;
        answer.await.unwrap_or_else(|_| Err(E::from(lane_ended())))
    }

    /// Queues one statement, which needs no savepoint: SQLite undoes a failed statement by itself.
    pub(crate) async fn statement(
        &self,
        statement: Statement,
        wanted: Wanted,
    ) -> Result<Outcome, DatabaseError> {
        let (reply, answer) = oneshot::channel();
        self.put(Box::new(Single { statement: Some(statement), wanted, result: None, reply }))?;
        answer.await.unwrap_or_else(|_| Err(lane_ended()))
    }

    fn put(&self, job: Box<dyn Job>) -> Result<(), DatabaseError> {
        self.jobs.try_send(job).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => {
                DatabaseError::Busy("too many writes are waiting; try again in a moment".into())
            }
            mpsc::error::TrySendError::Closed(_) => lane_ended(),
        })
    }

    /// Takes no more work, does what is waiting, and closes the connection.
    pub(crate) async fn close(&self) {
        self.closing.send_replace(true);
        self.jobs.closed().await;
        // The receiver is dropped only when the task has ended.
        self.closing.closed().await;
    }
}

fn lane_ended() -> DatabaseError {
    DatabaseError::Unavailable("the database is being closed".into())
}

/// What is wanted of a single statement.
#[derive(Clone, Copy)]
pub(crate) enum Wanted {
    /// How many rows it touched.
    Count,
    /// The first row that it returned.
    Row,
}

/// What a single statement gave.
pub(crate) enum Outcome {
    /// How many rows it touched.
    Count(u64),
    /// The first row that it returned.
    Row(Option<sea_orm::QueryResult>),
}

/// Executes one statement on anything that takes statements.
pub(crate) async fn execute(
    on: &impl ConnectionTrait,
    statement: Statement,
    wanted: Wanted,
) -> Result<Outcome, DatabaseError> {
    Ok(match wanted {
        Wanted::Count => Outcome::Count(on.execute_raw(statement).await?.rows_affected()),
        // All rows, not one: a statement that is dropped after its first row may commit after we answered.
        Wanted::Row => Outcome::Row(on.query_all_raw(statement).await?.into_iter().next()),
    })
}

/// One waiting piece of work.
trait Job: Send {
    /// Whether a failure must be undone by a savepoint.
    fn needs_savepoint(&self) -> bool;
    /// Does the work and says whether it is to be kept.
    fn run<'a>(&'a mut self, on: &'a DatabaseTransaction) -> BoxFuture<'a, bool>;
    /// Does the work by itself with no transaction around, if it can.
    fn run_alone<'a>(&'a mut self, on: &'a DatabaseConnection) -> Option<BoxFuture<'a, bool>>;
    /// Tells the caller, after the fate of the whole batch is known. A caller that went away hears nothing.
    fn answer(self: Box<Self>, fate: Result<(), DatabaseError>);
}

struct Transaction<F, T, E> {
    work: Option<F>,
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
    limit: Duration,
    span: tracing::Span,
}

impl<F, T, E> Job for Transaction<F, T, E>
where
    F: for<'t> FnOnce(&'t DatabaseTransaction) -> BoxFuture<'t, Result<T, E>> + Send,
    T: Send,
    E: From<DatabaseError> + Send,
{
    fn needs_savepoint(&self) -> bool {
        true
    }

    fn run<'a>(&'a mut self, on: &'a DatabaseTransaction) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            let Some(work) = self.work.take() else { return false };
            let result = guarded(work, on, self.limit, self.span.clone()).await;
            let keep = result.is_ok();
            self.result = Some(result);
            keep
        })
    }

    fn run_alone<'a>(&'a mut self, _: &'a DatabaseConnection) -> Option<BoxFuture<'a, bool>> {
        None
    }

    fn answer(self: Box<Self>, fate: Result<(), DatabaseError>) {
        let answer = match (self.result, fate) {
            (Some(Err(own)), _) => Err(own),
            (_, Err(failed)) => Err(E::from(failed)),
            (Some(done), Ok(())) => done,
            (None, Ok(())) => Err(E::from(lane_ended())),
        };
        drop(self.reply.send(answer));
    }
}

/// Runs the code of a write: a panic and a stuck call become errors.
pub(crate) async fn guarded<T, E, F>(
    work: F,
    on: &DatabaseTransaction,
    limit: Duration,
    span: tracing::Span,
) -> Result<T, E>
where
    F: for<'t> FnOnce(&'t DatabaseTransaction) -> BoxFuture<'t, Result<T, E>> + Send,
    E: From<DatabaseError>,
{
    let run =
        IN_WRITE.scope((), tracing::Instrument::instrument(async move { work(on).await }, span));
    match tokio::time::timeout(limit, AssertUnwindSafe(run).catch_unwind()).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(E::from(DatabaseError::Panicked)),
        Err(_) => Err(E::from(DatabaseError::Timeout(limit))),
    }
}

struct Single {
    statement: Option<Statement>,
    wanted: Wanted,
    result: Option<Result<Outcome, DatabaseError>>,
    reply: oneshot::Sender<Result<Outcome, DatabaseError>>,
}

impl Single {
    async fn execute(&mut self, on: &impl ConnectionTrait) -> bool {
        let Some(statement) = self.statement.take() else { return false };
        let result = execute(on, statement, self.wanted).await;
        let keep = result.is_ok();
        self.result = Some(result);
        keep
    }
}

impl Job for Single {
    fn needs_savepoint(&self) -> bool {
        false
    }

    fn run<'a>(&'a mut self, on: &'a DatabaseTransaction) -> BoxFuture<'a, bool> {
        Box::pin(self.execute(on))
    }

    fn run_alone<'a>(&'a mut self, on: &'a DatabaseConnection) -> Option<BoxFuture<'a, bool>> {
        Some(Box::pin(self.execute(on)))
    }

    fn answer(self: Box<Self>, fate: Result<(), DatabaseError>) {
        let answer = match (self.result, fate) {
            (Some(Err(own)), _) => Err(own),
            (_, Err(failed)) => Err(failed),
            (Some(done), Ok(())) => done,
            (None, Ok(())) => Err(lane_ended()),
        };
        drop(self.reply.send(answer));
    }
}

/// The task's side: the connection and what it needs to be opened anew.
struct Track {
    connection: Option<DatabaseConnection>,
    file: SqliteConnectOptions,
    timeout: Duration,
}

impl Track {
    async fn run(
        mut self,
        mut waiting: mpsc::Receiver<Box<dyn Job>>,
        mut asked_to_close: watch::Receiver<bool>,
        most: usize,
    ) {
        let mut batch = Vec::new();
        let mut open = true;
        loop {
            let taken = tokio::select! {
                biased;
                _ = asked_to_close.wait_for(|asked| *asked), if open => {
                    open = false;
                    waiting.close();
                    continue;
                }
                taken = waiting.recv_many(&mut batch, most) => taken,
            };
            if taken == 0 {
                break;
            }
            let fate = self.commit(&mut batch).await;
            if let Err(failed) = &fate {
                tracing::warn!(error = %failed, writes = batch.len(), "a batch of writes was not committed");
                self.drop_connection().await;
            }
            for job in batch.drain(..) {
                job.answer(fate.clone());
            }
        }
        self.drop_connection().await;
    }

    /// Runs a batch to its end. An error is the fate of all of it; nothing was kept then.
    async fn commit(&mut self, batch: &mut [Box<dyn Job>]) -> Result<(), DatabaseError> {
        let connection = match &self.connection {
            Some(connection) => connection,
            None => self.connection.insert(connect(&self.file, self.timeout).await?),
        };
        if let [only] = batch {
            if let Some(done) = only.run_alone(connection) {
                done.await;
                return Ok(());
            }
            let transaction = begin(connection).await?;
            let end = if only.run(&transaction).await {
                transaction.commit().await
            } else {
                transaction.rollback().await
            };
            return Ok(end?);
        }
        let transaction = begin(connection).await?;
        for job in batch {
            if !job.needs_savepoint() {
                job.run(&transaction).await;
                continue;
            }
            let savepoint = transaction.begin().await?;
            if job.run(&savepoint).await {
                savepoint.commit().await?;
            } else {
                savepoint.rollback().await?;
            }
        }
        Ok(transaction.commit().await?)
    }

    /// After a failure nothing is assumed about the connection: the next batch opens a new one.
    async fn drop_connection(&mut self) {
        if let Some(connection) = self.connection.take() {
            drop(connection.close().await);
        }
    }
}

/// `BEGIN IMMEDIATE`: the file is claimed for writing at once, so waiting for another process happens here and nowhere else.
async fn begin(connection: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let immediate = Some(SqliteTransactionMode::Immediate);
    connection
        .begin_with_options(TransactionOptions {
            sqlite_transaction_mode: immediate,
            ..Default::default()
        })
        .await
}

/// Opens the one connection.
async fn connect(
    file: &SqliteConnectOptions,
    timeout: Duration,
) -> Result<DatabaseConnection, DatabaseError> {
    let pool = SqlitePoolOptions::new().max_connections(1).acquire_timeout(timeout);
    open_pool(pool, file.clone(), timeout).await
}

/// Opens a pool. While another process creates the file or switches it to WAL, SQLite answers "locked" without waiting,
/// so we wait here.
pub(crate) async fn open_pool(
    pool: SqlitePoolOptions,
    file: SqliteConnectOptions,
    patience: Duration,
) -> Result<DatabaseConnection, DatabaseError> {
    let pool = pool.idle_timeout(None).max_lifetime(None).test_before_acquire(false);
    let begin = tokio::time::Instant::now();
    loop {
        match pool.clone().connect_with(file.clone()).await.map_err(DatabaseError::from) {
            Ok(open) => return Ok(SqlxSqliteConnector::from_sqlx_sqlite_pool(open)),
            Err(DatabaseError::Busy(_)) if begin.elapsed() < patience => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(failed) => return Err(failed),
        }
    }
}
