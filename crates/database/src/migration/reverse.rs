//! What undoes an operation, given the schema before it.

use super::{Operation, State};

/// The operation that undoes `operation`; `before` is the schema before it. What was in a dropped table or column does
/// not come back.
///
/// # Errors
/// A sentence that says why it cannot be undone.
pub(crate) fn reverse(operation: &Operation, before: &State) -> Result<Operation, String> {
    Ok(match operation.clone() {
        Operation::CreateTable { table, .. } => Operation::DropTable { table },
        Operation::DropTable { table } => {
            let was = before.table(&table)?.clone();
            Operation::CreateTable {
                table,
                primary_key: was.primary_key,
                columns: was.columns,
                indexes: was.indexes,
                foreign_keys: was.foreign_keys,
            }
        }
        Operation::RenameTable { from, to } => Operation::RenameTable { from: to, to: from },
        Operation::AddColumn { table, column, .. } => {
            Operation::DropColumn { table, column: column.name }
        }
        Operation::DropColumn { table, column } => {
            let column = column_before(before, &table, &column)?;
            Operation::AddColumn { table, column, fill: None }
        }
        Operation::RenameColumn { table, from, to } => {
            Operation::RenameColumn { table, from: to, to: from }
        }
        Operation::AlterColumn { table, column, .. } => {
            let was = column_before(before, &table, &column.name)?;
            if !column.kind.converts_to(was.kind) {
                return Err(format!(
                    "{operation}: {} cannot be turned back into {}",
                    column.kind, was.kind
                ));
            }
            Operation::AlterColumn { table, column: was, fill: None }
        }
        Operation::AddIndex { .. }
        | Operation::DropIndex { .. }
        | Operation::AddForeignKey { .. }
        | Operation::DropForeignKey { .. } => reverse_rule(operation.clone(), before)?,
        Operation::Sql { sqlite, postgres, reverse_sqlite, reverse_postgres } => {
            let (Some(back_sqlite), Some(back_postgres)) = (reverse_sqlite, reverse_postgres)
            else {
                return Err("it executes SQL and does not say what undoes it (reverse_sqlite, reverse_postgres)".into());
            };
            Operation::Sql {
                sqlite: back_sqlite,
                postgres: back_postgres,
                reverse_sqlite: Some(sqlite),
                reverse_postgres: Some(postgres),
            }
        }
    })
}

/// The same for the operations on indexes and references.
fn reverse_rule(operation: Operation, before: &State) -> Result<Operation, String> {
    Ok(match operation {
        Operation::AddIndex { table, index } => Operation::DropIndex { table, index: index.name },
        Operation::DropIndex { table, index } => {
            let was = before.table(&table)?.indexes.iter().find(|known| known.name == index);
            let index = was.ok_or_else(|| format!("{table} has no index {index}"))?.clone();
            Operation::AddIndex { table, index }
        }
        Operation::AddForeignKey { table, foreign_key } => {
            Operation::DropForeignKey { table, foreign_key: foreign_key.name }
        }
        Operation::DropForeignKey { table, foreign_key } => {
            let was =
                before.table(&table)?.foreign_keys.iter().find(|known| known.name == foreign_key);
            let foreign_key =
                was.ok_or_else(|| format!("{table} has no foreign key {foreign_key}"))?.clone();
            Operation::AddForeignKey { table, foreign_key }
        }
        other => {
            return Err(format!("{other}: it is neither about an index nor about a reference"));
        }
    })
}

fn column_before(before: &State, table: &str, column: &str) -> Result<super::Column, String> {
    let column = before
        .table(table)?
        .column(column)
        .ok_or_else(|| format!("{table} has no column {column}"))?;
    Ok(column.clone())
}
