//! Brings a database to the schema that the program needs, and back.

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};

use super::ledger::{self, Applied};
use super::reverse::reverse;
use super::sql::Script;
use super::{Migration, MigrationError, Operation, Set, State};
use crate::{Database, DatabaseError, Kind};

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

/// The migrations of one app, read.
struct Chain {
    app: &'static str,
    migrations: Vec<Migration>,
}

/// A migration with its SQL, ready to be executed.
struct Ready {
    step: Step,
    checksum: String,
    script: Script,
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

impl Chain {
    /// How many migrations stay.
    fn position(&self, target: &Target) -> Result<usize, MigrationError> {
        let Target::Migration(wanted) = target else { return Ok(0) };
        let exact = self.migrations.iter().position(|migration| migration.name == *wanted);
        let mut begin = (0..)
            .zip(&self.migrations)
            .filter(|(_, migration)| migration.name.starts_with(wanted.as_str()));
        let found = exact.or_else(|| match (begin.next(), begin.next()) {
            (Some((at, _)), None) => Some(at),
            _ => None,
        });
        found.map(|at| at + 1).ok_or_else(|| MigrationError::NotFound {
            what: format!("one migration {wanted} of {}", self.app),
            known: self
                .migrations
                .iter()
                .map(|migration| migration.name.as_str())
                .collect::<Vec<_>>()
                .join(", "),
        })
    }
}

fn read(sets: &[Set]) -> Result<Vec<Chain>, MigrationError> {
    sets.iter().map(|set| Ok(Chain { app: set.app, migrations: set.migrations()? })).collect()
}

/// The database must have a beginning of each chain, unedited. Apps that we do not know belong to somebody else.
fn verify(chains: &[Chain], applied: &[Applied]) -> Result<(), MigrationError> {
    for chain in chains {
        let app = || chain.app.to_owned();
        for row in applied.iter().filter(|row| row.app == chain.app) {
            let name = row.name.clone();
            match chain.migrations.iter().find(|migration| migration.name == row.name) {
                None => return Err(MigrationError::Unknown { app: app(), name }),
                Some(known) if known.checksum != row.checksum => {
                    return Err(MigrationError::Edited { app: app(), name });
                }
                Some(_) => {}
            }
        }
        let is_applied = |migration: &&Migration| {
            applied.iter().any(|row| row.app == chain.app && row.name == migration.name)
        };
        let mut rest = chain.migrations.iter().skip_while(is_applied);
        if let Some(first) = rest.next()
            && rest.any(|later| is_applied(&later))
        {
            return Err(MigrationError::OutOfOrder { app: app(), name: first.name.clone() });
        }
    }
    Ok(())
}

fn pending(
    kind: Kind,
    chains: &[Chain],
    applied: &[Applied],
) -> Result<Vec<Ready>, MigrationError> {
    let mut waiting = Vec::new();
    for chain in chains {
        let mut state = State::default();
        for migration in &chain.migrations {
            let ready = prepare(kind, chain.app, migration, &migration.operations, &mut state)?;
            if !applied.iter().any(|row| row.app == chain.app && row.name == migration.name) {
                waiting.push(ready);
            }
        }
    }
    Ok(waiting)
}

/// Folds `operations` into `state` and collects their SQL.
fn prepare(
    kind: Kind,
    app: &str,
    migration: &Migration,
    operations: &[Operation],
    state: &mut State,
) -> Result<Ready, MigrationError> {
    let mut script = Script::default();
    for operation in operations {
        let before = state.clone();
        state.apply(operation)?;
        script.add(kind, operation, &before, state).map_err(|reason| {
            MigrationError::Operation { operation: operation.to_string(), reason }
        })?;
    }
    let step = Step {
        app: app.to_owned(),
        name: migration.name.clone(),
        operations: operations.iter().map(ToString::to_string).collect(),
        sql: script.statements.clone(),
    };
    Ok(Ready { step, checksum: migration.checksum.clone(), script })
}

fn undo(
    kind: Kind,
    chain: &Chain,
    at: usize,
    migration: &Migration,
) -> Result<Ready, MigrationError> {
    let earlier: Vec<_> = chain.migrations.iter().take(at).cloned().collect();
    let mut state = State::of(&earlier)?;
    let mut back = Vec::new();
    for operation in &migration.operations {
        let undone = reverse(operation, &state).map_err(|reason| MigrationError::Irreversible {
            app: chain.app.to_owned(),
            name: migration.name.clone(),
            reason,
        })?;
        back.insert(0, undone);
        state.apply(operation)?;
    }
    prepare(kind, chain.app, migration, &back, &mut state)
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
