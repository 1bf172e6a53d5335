//! The schema as the fold of all operations so far.

use std::collections::BTreeMap;

use super::{Column, ForeignKey, Index, Migration, MigrationError, Operation};

/// The schema of one app: its tables by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// The tables by name.
    pub tables: BTreeMap<String, Table>,
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Its columns. Their order means nothing: a column that was added later stands last in the database.
    pub columns: Vec<Column>,
    /// The columns of its primary key.
    pub primary_key: Vec<String>,
    /// Its indexes.
    pub indexes: Vec<Index>,
    /// Its references.
    pub foreign_keys: Vec<ForeignKey>,
}

impl Table {
    /// The column called `name`.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Whether the key, an index, or a reference of this table uses the column.
    fn uses(&self, column: &str) -> Option<String> {
        let holds = |columns: &[String]| columns.iter().any(|name| name == column);
        if holds(&self.primary_key) {
            return Some("it belongs to the primary key".into());
        }
        if let Some(index) = self.indexes.iter().find(|index| holds(&index.columns)) {
            return Some(format!("the index {} uses it; drop that first", index.name));
        }
        let key = self.foreign_keys.iter().find(|key| holds(&key.columns))?;
        Some(format!("the foreign key {} uses it; drop that first", key.name))
    }
}

type Checked<T = ()> = Result<T, String>;

impl State {
    /// The schema after `migrations`.
    ///
    /// # Errors
    /// [`MigrationError::Operation`] for the first operation that does not fit.
    pub fn of(migrations: &[Migration]) -> Result<Self, MigrationError> {
        let mut state = Self::default();
        for migration in migrations {
            for operation in &migration.operations {
                state.apply(operation).map_err(|failed| match failed {
                    MigrationError::Operation { operation, reason } => MigrationError::Operation {
                        operation: format!("{}: {operation}", migration.name),
                        reason,
                    },
                    other => other,
                })?;
            }
        }
        Ok(state)
    }

    /// Makes one change.
    ///
    /// # Errors
    /// [`MigrationError::Operation`] if it does not fit the schema; the state is unchanged then.
    pub fn apply(&mut self, operation: &Operation) -> Result<(), MigrationError> {
        let mut next = self.clone();
        next.change(operation).map_err(|reason| MigrationError::Operation {
            operation: operation.to_string(),
            reason,
        })?;
        *self = next;
        Ok(())
    }

    fn change(&mut self, operation: &Operation) -> Checked {
        match operation {
            Operation::CreateTable { table, primary_key, columns, indexes, foreign_keys } => {
                self.refuse_table(table)?;
                let new = Table { primary_key: primary_key.clone(), ..Table::default() };
                self.tables.insert(table.clone(), new);
                for column in columns {
                    self.add_column(table, column)?;
                }
                self.check_primary_key(table)?;
                indexes.iter().try_for_each(|index| self.add_index(table, index))?;
                foreign_keys.iter().try_for_each(|key| self.add_foreign_key(table, key))
            }
            Operation::DropTable { table } => self.drop_table(table),
            Operation::RenameTable { from, to } => self.rename_table(from, to),
            Operation::AddColumn { table, column, fill } => {
                check_fill(column, fill.as_ref())?;
                if column.auto_increment {
                    return Err(
                        "a column that numbers rows can only be created with its table".into()
                    );
                }
                self.add_column(table, column)
            }
            Operation::DropColumn { table, column } => self.drop_column(table, column),
            Operation::RenameColumn { table, from, to } => self.rename_column(table, from, to),
            Operation::AlterColumn { table, column, fill } => {
                check_fill(column, fill.as_ref())?;
                self.alter_column(table, column)
            }
            Operation::AddIndex { table, index } => self.add_index(table, index),
            Operation::DropIndex { table, index } => self.drop_index(table, index),
            Operation::AddForeignKey { table, foreign_key } => {
                self.add_foreign_key(table, foreign_key)
            }
            Operation::DropForeignKey { table, foreign_key } => {
                let keys = &mut self.table_mut(table)?.foreign_keys;
                let at = keys.iter().position(|known| known.name == *foreign_key);
                keys.remove(at.ok_or_else(|| format!("{table} has no foreign key {foreign_key}"))?);
                Ok(())
            }
            Operation::Sql { .. } => Ok(()),
        }
    }

    /// The table called `name`.
    pub(crate) fn table(&self, name: &str) -> Checked<&Table> {
        self.tables.get(name).ok_or_else(|| format!("there is no table {name}"))
    }

    fn table_mut(&mut self, name: &str) -> Checked<&mut Table> {
        self.tables.get_mut(name).ok_or_else(|| format!("there is no table {name}"))
    }

    fn refuse_table(&self, name: &str) -> Checked {
        check_name(name)?;
        if self.tables.contains_key(name) {
            Err(format!("there is a table {name} already"))
        } else {
            Ok(())
        }
    }

    fn check_primary_key(&self, name: &str) -> Checked {
        let table = self.table(name)?;
        if table.primary_key.is_empty() {
            return Err("a table needs a primary key".into());
        }
        for column in &table.primary_key {
            let column =
                table.column(column).ok_or_else(|| format!("{name} has no column {column}"))?;
            if column.nullable {
                return Err(format!(
                    "the column {} of the primary key cannot be nullable",
                    column.name
                ));
            }
        }
        let counting = table.columns.iter().find(|column| column.auto_increment);
        match counting {
            Some(column)
                if table.primary_key != [column.name.clone()] || !column.kind.is_integer() =>
            {
                Err(format!(
                    "{} cannot number rows: only the single integer column of a primary key can",
                    column.name
                ))
            }
            _ => Ok(()),
        }
    }

    fn add_column(&mut self, table: &str, column: &Column) -> Checked {
        check_name(&column.name)?;
        if let Some(default) = &column.default {
            default.fits(column.kind)?;
        }
        let columns = &mut self.table_mut(table)?.columns;
        if columns.iter().any(|known| known.name == column.name) {
            return Err(format!("{table} has a column {} already", column.name));
        }
        columns.push(column.clone());
        Ok(())
    }

    fn alter_column(&mut self, table: &str, column: &Column) -> Checked {
        if let Some(default) = &column.default {
            default.fits(column.kind)?;
        }
        let known =
            self.table_mut(table)?.columns.iter_mut().find(|known| known.name == column.name);
        let known = known.ok_or_else(|| format!("{table} has no column {}", column.name))?;
        if known.auto_increment != column.auto_increment {
            return Err("whether a column numbers rows cannot be changed".into());
        }
        if !known.kind.converts_to(column.kind) {
            return Err(format!(
                "{} cannot be turned into {} alike on both databases: add a new column, copy with an sql operation, \
                 drop the old one",
                known.kind, column.kind
            ));
        }
        *known = column.clone();
        self.check_primary_key(table)
    }

    fn drop_table(&mut self, table: &str) -> Checked {
        self.table(table)?;
        for (other, definition) in &self.tables {
            if other != table && definition.foreign_keys.iter().any(|key| key.references == table) {
                return Err(format!("{other} refers to it; drop that foreign key or table first"));
            }
        }
        self.tables.remove(table);
        Ok(())
    }

    fn rename_table(&mut self, from: &str, to: &str) -> Checked {
        self.refuse_table(to)?;
        let table = self.tables.remove(from).ok_or_else(|| format!("there is no table {from}"))?;
        self.tables.insert(to.to_owned(), table);
        for key in self.tables.values_mut().flat_map(|table| &mut table.foreign_keys) {
            if key.references == from {
                to.clone_into(&mut key.references);
            }
        }
        Ok(())
    }

    fn drop_column(&mut self, table: &str, column: &str) -> Checked {
        let definition = self.table(table)?;
        if definition.column(column).is_none() {
            return Err(format!("{table} has no column {column}"));
        }
        if let Some(reason) = definition.uses(column) {
            return Err(reason);
        }
        for (other, definition) in &self.tables {
            let refers = |key: &&ForeignKey| {
                key.references == table && key.referenced_columns.iter().any(|name| name == column)
            };
            if let Some(key) = definition.foreign_keys.iter().find(refers) {
                return Err(format!(
                    "the foreign key {} of {other} refers to it; drop that first",
                    key.name
                ));
            }
        }
        self.table_mut(table)?.columns.retain(|known| known.name != column);
        Ok(())
    }

    fn rename_column(&mut self, table: &str, from: &str, to: &str) -> Checked {
        check_name(to)?;
        let definition = self.table_mut(table)?;
        if definition.column(to).is_some() {
            return Err(format!("{table} has a column {to} already"));
        }
        let column = definition.columns.iter_mut().find(|column| column.name == from);
        to.clone_into(&mut column.ok_or_else(|| format!("{table} has no column {from}"))?.name);
        let replace = |names: &mut Vec<String>| {
            for name in names.iter_mut().filter(|name| *name == from) {
                to.clone_into(name);
            }
        };
        replace(&mut definition.primary_key);
        definition.indexes.iter_mut().for_each(|index| replace(&mut index.columns));
        definition.foreign_keys.iter_mut().for_each(|key| replace(&mut key.columns));
        for key in self.tables.values_mut().flat_map(|table| &mut table.foreign_keys) {
            if key.references == table {
                replace(&mut key.referenced_columns);
            }
        }
        Ok(())
    }

    fn add_index(&mut self, table: &str, index: &Index) -> Checked {
        check_name(&index.name)?;
        if self
            .tables
            .values()
            .any(|table| table.indexes.iter().any(|known| known.name == index.name))
        {
            return Err(format!("there is an index {} already", index.name));
        }
        let definition = self.table_mut(table)?;
        check_columns(table, definition, &index.columns)?;
        definition.indexes.push(index.clone());
        Ok(())
    }

    fn drop_index(&mut self, table: &str, name: &str) -> Checked {
        let definition = self.table_mut(table)?;
        let at = definition.indexes.iter().position(|known| known.name == name);
        let index =
            definition.indexes.remove(at.ok_or_else(|| format!("{table} has no index {name}"))?);
        let still_unique = definition.primary_key == index.columns
            || definition
                .indexes
                .iter()
                .any(|other| other.unique && other.columns == index.columns);
        if index.unique && !still_unique {
            for (other, definition) in &self.tables {
                let refers = |key: &&ForeignKey| {
                    key.references == table && key.referenced_columns == index.columns
                };
                if let Some(key) = definition.foreign_keys.iter().find(refers) {
                    return Err(format!(
                        "the foreign key {} of {other} needs it; drop that first",
                        key.name
                    ));
                }
            }
        }
        Ok(())
    }

    fn add_foreign_key(&mut self, table: &str, key: &ForeignKey) -> Checked {
        check_name(&key.name)?;
        let definition = self.table(table)?;
        check_columns(table, definition, &key.columns)?;
        if definition.foreign_keys.iter().any(|known| known.name == key.name) {
            return Err(format!("{table} has a foreign key {} already", key.name));
        }
        if key.columns.len() != key.referenced_columns.len() {
            return Err("a foreign key needs as many columns as it refers to".into());
        }
        // A table of another app is not in this state; the database will tell whether it is there.
        if let Some(referenced) = self.tables.get(&key.references) {
            check_columns(&key.references, referenced, &key.referenced_columns)?;
            let unique = referenced.primary_key == key.referenced_columns
                || referenced
                    .indexes
                    .iter()
                    .any(|index| index.unique && index.columns == key.referenced_columns);
            if !unique {
                return Err(format!(
                    "{} ({}) is neither the primary key nor a unique index",
                    key.references,
                    key.referenced_columns.join(", ")
                ));
            }
        }
        self.table_mut(table)?.foreign_keys.push(key.clone());
        Ok(())
    }
}

fn check_columns(name: &str, table: &Table, columns: &[String]) -> Checked {
    if columns.is_empty() {
        return Err("it names no columns".into());
    }
    for (at, column) in columns.iter().enumerate() {
        if table.column(column).is_none() {
            return Err(format!("{name} has no column {column}"));
        }
        if columns.iter().take(at).any(|before| before == column) {
            return Err(format!("the column {column} is named twice"));
        }
    }
    Ok(())
}

fn check_fill(column: &Column, fill: Option<&super::Literal>) -> Checked {
    fill.map_or(Ok(()), |fill| fill.fits(column.kind))
}

/// PostgreSQL cuts longer names off silently, so that two of them could become one.
fn check_name(name: &str) -> Checked {
    match name.len() {
        0 => Err("a name is empty".into()),
        1..=63 if !name.contains('\0') => Ok(()),
        _ => Err(format!("the name {name:?} is longer than the 63 bytes that PostgreSQL keeps")),
    }
}
