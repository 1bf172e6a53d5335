//! Brings a database to the schema that the program needs, and back.

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};

use super::chain::{Ready, pending, read, undo, verify};
use super::ledger::{self, Applied};
use super::{MigrationError, Set};
use crate::{Database, DatabaseError};

/// One line of `showmigrations`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The app.
    pub app: String,
    /// The migration.
    pub name: String,
    /// When it was applied, in milliseconds since the epoch; `None` if it is not.
    pub applied_at: Option<i64>,
}

/// One migration that will be or was applied or undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The app.
    pub app: String,
    /// The migration.
    pub name: String,
    /// What it does, in words.
    pub operations: Vec<String>,
    /// The SQL for this database.
    pub sql: Vec<String>,
}

/// What `migrate` would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The migrations that are not applied, in order.
    pub steps: Vec<Step>,
}

/// How far back to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Undo all.
    Zero,
    /// Undo all after this one: its name, or an unambiguous beginning such as `0002`.
    Migration(String),
}

/// Every migration of every set with when it was applied.
///
/// # Errors
/// A set that cannot be read, or the database.
pub async fn show(database: &Database, sets: &[Set]) -> Result<Vec<Entry>, MigrationError> {
    let (chains, applied) = (read(sets)?, ledger::load(database.read()).await?);
    let when =
        |app: &str, name: &str| applied.iter().find(|row| row.app == app && row.name == name);
    let entries = chains.iter().flat_map(|chain| {
        chain.migrations.iter().map(|migration| Entry {
            app: chain.app.to_owned(),
            name: migration.name.clone(),
            applied_at: when(chain.app, &migration.name).map(|row| row.at),
        })
    });
    Ok(entries.collect())
}

/// What [`migrate`] would do now.
///
/// # Errors
/// As [`migrate`], but nothing is changed.
pub async fn plan(database: &Database, sets: &[Set]) -> Result<Plan, MigrationError> {
    let (chains, applied) = (read(sets)?, ledger::load(database.read()).await?);
    verify(&chains, &applied)?;
    let steps =
        pending(database.kind(), &chains, &applied)?.into_iter().map(|ready| ready.step).collect();
    Ok(Plan { steps })
}

/// Refuses a database that does not have exactly the migrations of the sets.
///
/// # Errors
/// [`MigrationError::Pending`], [`MigrationError::Unknown`], [`MigrationError::Edited`], [`MigrationError::OutOfOrder`].
pub async fn check(database: &Database, sets: &[Set]) -> Result<(), MigrationError> {
    match plan(database, sets).await?.steps.len() {
        0 => Ok(()),
        waiting => Err(MigrationError::Pending(waiting)),
    }
}

/// Applies what is not applied yet, each migration in a transaction of its own, the sets in their order. Two nodes may
/// do this at once. `report` is told of each migration after it is committed; `now` is in milliseconds since the epoch.
///
/// # Errors
/// A [`MigrationError`]; the migrations reported so far stay applied.
pub async fn migrate(
    database: &Database,
    sets: &[Set],
    now: i64,
    report: &mut (dyn FnMut(&Step) + Send),
) -> Result<Vec<Step>, MigrationError> {
    let chains = read(sets)?;
    let kind = database.kind();
    on_own_connection(database, async |connection| {
        with_lock(connection, async |transaction| ledger::create(transaction).await).await?;
        let applied = ledger::load(connection).await?;
        verify(&chains, &applied)?;
        let mut done = Vec::new();
        for ready in pending(kind, &chains, &applied)? {
            if run(connection, &ready, Some(now)).await? {
                tracing::info!(
                    app = ready.step.app,
                    migration = ready.step.name,
                    "applied a migration"
                );
                report(&ready.step);
                done.push(ready.step);
            }
        }
        // Another node may have applied newer ones meanwhile, or these from an edited file.
        verify(&chains, &ledger::load(connection).await?)?;
        Ok(done)
    })
    .await
}

/// Undoes the migrations of `app` after `target`, the last one first.
///
/// # Errors
/// [`MigrationError::Irreversible`] before anything is undone if one of them cannot be; otherwise as [`migrate`].
pub async fn unapply(
    database: &Database,
    sets: &[Set],
    app: &str,
    target: &Target,
    report: &mut (dyn FnMut(&Step) + Send),
) -> Result<Vec<Step>, MigrationError> {
    let chains = read(sets)?;
    let chain =
        chains.iter().find(|chain| chain.app == app).ok_or_else(|| MigrationError::NotFound {
            what: format!("app {app}"),
            known: chains.iter().map(|chain| chain.app).collect::<Vec<_>>().join(", "),
        })?;
    let keep = chain.position(target)?;
    on_own_connection(database, async |connection| {
        let applied = ledger::load(connection).await?;
        verify(&chains, &applied)?;
        let mut back = Vec::new();
        let is_applied = |name: &str| applied.iter().any(|row| row.app == app && row.name == name);
        for (at, migration) in chain.migrations.iter().enumerate().skip(keep).rev() {
            if is_applied(&migration.name) {
                back.push(undo(database.kind(), chain, at, migration)?);
            }
        }
        let mut done = Vec::new();
        for ready in back {
            if run(connection, &ready, None).await? {
                tracing::info!(
                    app = ready.step.app,
                    migration = ready.step.name,
                    "undid a migration"
                );
                report(&ready.step);
                done.push(ready.step);
            }
        }
        Ok(done)
    })
    .await
}

/// Executes one migration and notes it (`Some(now)`), or notes that it was undone (`None`). `false`: another node was
/// faster.
async fn run(
    connection: &DatabaseConnection,
    ready: &Ready,
    now: Option<i64>,
) -> Result<bool, MigrationError> {
    let off = ready.script.without_foreign_keys;
    if off {
        connection.execute_unprepared("PRAGMA foreign_keys=OFF").await?;
    }
    let result =
        with_lock(connection, async |transaction| execute(transaction, ready, now).await).await;
    if off {
        connection.execute_unprepared("PRAGMA foreign_keys=ON").await?;
    }
    result.map_err(|failed| match failed {
        unavailable if unavailable.is_unavailable() => unavailable.into(),
        failed => MigrationError::Apply {
            app: ready.step.app.clone(),
            name: ready.step.name.clone(),
            reason: failed.to_string(),
        },
    })
}

async fn execute(on: &DatabaseTransaction, ready: &Ready, now: Option<i64>) -> Result<bool, DbErr> {
    let step = &ready.step;
    let there =
        ledger::load(on).await?.iter().any(|row| row.app == step.app && row.name == step.name);
    if there == now.is_some() {
        return Ok(false);
    }
    for statement in &ready.script.statements {
        on.execute_unprepared(statement).await?;
    }
    if ready.script.without_foreign_keys {
        let broken = on.query_all_raw(sea_orm::Statement::from_string(
            on.get_database_backend(),
            "PRAGMA foreign_key_check",
        ));
        if let Some(row) = broken.await?.first() {
            let (table, parent): (String, String) =
                (row.try_get_by_index(0)?, row.try_get_by_index(2)?);
            return Err(DbErr::Custom(format!(
                "rows of {table} would refer to rows of {parent} that do not exist"
            )));
        }
    }
    match now {
        Some(at) => {
            let (app, name) = (step.app.clone(), step.name.clone());
            ledger::record(on, &Applied { app, name, at, checksum: ready.checksum.clone() })
                .await?;
        }
        None => ledger::forget(on, &step.app, &step.name).await?,
    }
    Ok(true)
}

/// A transaction in which no other node migrates.
async fn with_lock<T>(
    connection: &DatabaseConnection,
    work: impl AsyncFnOnce(&DatabaseTransaction) -> Result<T, DbErr>,
) -> Result<T, DatabaseError> {
    let immediate = Some(SqliteTransactionMode::Immediate);
    let options = TransactionOptions { sqlite_transaction_mode: immediate, ..Default::default() };
    let transaction = connection.begin_with_options(options).await?;
    let result = match ledger::lock(&transaction).await {
        Ok(()) => work(&transaction).await,
        Err(failed) => Err(failed),
    };
    match result {
        Ok(value) => {
            transaction.commit().await?;
            Ok(value)
        }
        Err(failed) => {
            drop(transaction.rollback().await);
            Err(failed.into())
        }
    }
}

async fn on_own_connection<T>(
    database: &Database,
    work: impl AsyncFnOnce(&DatabaseConnection) -> Result<T, MigrationError>,
) -> Result<T, MigrationError> {
    let connection = database.for_migrations().await?;
    let result = work(&connection).await;
    crate::connection::schema_changed();
    drop(connection.close().await);
    result
}
