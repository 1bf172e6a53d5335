//! Whole tables that come and go, in an order in which references allow it.

use super::Way;
use crate::migration::{ForeignKey, MigrationError, Operation, Table};

impl Way<'_> {
    /// Drops the tables that are not wanted, those that refer before those that are referred to.
    pub(super) fn drop_tables(&mut self) -> Result<(), MigrationError> {
        loop {
            let gone: Vec<_> = self
                .now
                .tables
                .keys()
                .filter(|name| !self.new.tables.contains_key(*name))
                .cloned()
                .collect();
            let Some(first) = gone.first() else { return Ok(()) };
            let referred = |name: &String| {
                self.now.tables.iter().any(|(other, table)| {
                    other != name && table.foreign_keys.iter().any(|key| key.references == *name)
                })
            };
            if let Some(free) = gone.iter().find(|name| !referred(name)) {
                self.go(Operation::DropTable { table: free.clone() })?;
                continue;
            }
            // They refer to each other in a circle: cut it open at one that refers.
            let keys_of =
                |name: &String| self.now.tables.get(name).map(|table| table.foreign_keys.clone());
            let refers =
                gone.iter().find(|name| keys_of(name).is_some_and(|keys| !keys.is_empty()));
            let Some(table) = refers.cloned() else {
                // Only a table that stays can refer to it now, and that is an error of the entities.
                return self.go(Operation::DropTable { table: first.clone() });
            };
            let keys = keys_of(&table).unwrap_or_default();
            for key in keys {
                self.go(Operation::DropForeignKey { table: table.clone(), foreign_key: key.name })?;
            }
        }
    }

    /// Creates the new tables, referred ones first; returns the references that must wait until all columns are there.
    pub(super) fn create_tables(&mut self) -> Result<Vec<(String, ForeignKey)>, MigrationError> {
        let mut late = Vec::new();
        let mut waiting: Vec<_> = self
            .new
            .tables
            .iter()
            .filter(|(name, _)| !self.now.tables.contains_key(*name))
            .collect();
        while !waiting.is_empty() {
            let names: Vec<_> = waiting.iter().map(|(name, _)| (*name).clone()).collect();
            let ready = |(name, table): &(&String, &Table)| {
                table
                    .foreign_keys
                    .iter()
                    .all(|key| key.references == **name || !names.contains(&key.references))
            };
            let at = waiting.iter().position(ready).unwrap_or(0);
            let (name, table) = waiting.remove(at);
            let mut keys = Vec::new();
            for key in &table.foreign_keys {
                if key.references == *name
                    || self.is_there(&key.references, &key.referenced_columns)
                {
                    keys.push(key.clone());
                } else {
                    late.push((name.clone(), key.clone()));
                }
            }
            let indexes = table.indexes.iter().map(|index| self.named_freely(index)).collect();
            self.go(Operation::CreateTable {
                table: name.clone(),
                primary_key: table.primary_key.clone(),
                columns: table.columns.clone(),
                indexes,
                foreign_keys: keys,
            })?;
        }
        Ok(late)
    }

    /// Whether a reference to these columns is possible at this point: of a table of another app, or one that has its
    /// key here already.
    fn is_there(&self, table: &str, columns: &[String]) -> bool {
        match self.now.tables.get(table) {
            None => !self.new.tables.contains_key(table),
            Some(here) => {
                !self.is_replaced(table, columns)
                    && (here.primary_key == columns
                        || here
                            .indexes
                            .iter()
                            .any(|index| index.unique && index.columns == columns))
            }
        }
    }
}
