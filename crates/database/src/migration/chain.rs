//! What stands in the migrations of an app against what stands in the ledger of a database.

use super::ledger::Applied;
use super::reverse::reverse;
use super::sql::Script;
use super::{Migration, MigrationError, Operation, Set, State, Step, Target};
use crate::Kind;

/// The migrations of one app, read.
pub(super) struct Chain {
    pub(super) app: &'static str,
    pub(super) migrations: Vec<Migration>,
}

/// A migration with its SQL, ready to be executed.
pub(super) struct Ready {
    pub(super) step: Step,
    pub(super) checksum: String,
    pub(super) script: Script,
}

impl Chain {
    /// How many migrations stay.
    pub(super) fn position(&self, target: &Target) -> Result<usize, MigrationError> {
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

pub(super) fn read(sets: &[Set]) -> Result<Vec<Chain>, MigrationError> {
    sets.iter().map(|set| Ok(Chain { app: set.app, migrations: set.migrations()? })).collect()
}

/// The database must have a beginning of each chain, unedited. Apps that we do not know belong to somebody else.
pub(super) fn verify(chains: &[Chain], applied: &[Applied]) -> Result<(), MigrationError> {
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

pub(super) fn pending(
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

pub(super) fn undo(
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
