//! The operations that lead from one schema to another.

mod tables;

use super::{
    Answer, Answers, Column, ForeignKey, Index, Literal, MigrationError, Operation, Question,
    State, Table, Unresolved,
};

/// The operations that turn `old` into `new`, in an order in which they can be executed. Names of indexes and references
/// and the order of columns do not count as differences.
///
/// # Errors
/// [`MigrationError::Unresolved`] with every question that `answers` left open, or [`MigrationError::Entity`] for a
/// change that must be written by hand (of a primary key).
pub fn diff(
    old: &State,
    new: &State,
    answers: &mut dyn Answers,
) -> Result<Vec<Operation>, MigrationError> {
    let mut way = Way {
        now: old.clone(),
        new,
        answers,
        operations: Vec::new(),
        replaced: Vec::new(),
        questions: Vec::new(),
    };
    way.rename_tables()?;
    way.rename_columns()?;
    way.refuse_key_changes()?;
    way.find_replaced();
    way.drop_rules()?;
    way.drop_tables()?;
    let late_keys = way.create_tables()?;
    way.change_columns()?;
    way.add_rules(late_keys)?;
    if way.questions.is_empty() {
        Ok(way.operations)
    } else {
        way.questions.dedup();
        Err(Unresolved { questions: way.questions }.into())
    }
}

/// The way from one schema to the other, with the point that is reached.
struct Way<'a> {
    now: State,
    new: &'a State,
    answers: &'a mut dyn Answers,
    operations: Vec<Operation>,
    /// (table, column) that is dropped and added anew, because its values cannot be converted.
    replaced: Vec<(String, String)>,
    questions: Vec<Question>,
}

impl Way<'_> {
    fn go(&mut self, operation: Operation) -> Result<(), MigrationError> {
        self.now.apply(&operation)?;
        self.operations.push(operation);
        Ok(())
    }

    /// A yes or no; what is open is remembered and taken as no.
    fn ask(&mut self, question: Question) -> bool {
        let worth_asking = match &question {
            Question::RenameTable { alike, .. } | Question::RenameColumn { alike, .. } => *alike,
            _ => true,
        };
        match self.answers.answer(&question) {
            Answer::Yes => return true,
            Answer::Open | Answer::Value(_) if worth_asking => self.questions.push(question),
            _ => {}
        }
        false
    }

    /// The tables that are on both sides.
    fn common(&self) -> Vec<(String, Table)> {
        let both = self.new.tables.iter().filter(|(name, _)| self.now.tables.contains_key(*name));
        both.map(|(name, table)| (name.clone(), table.clone())).collect()
    }

    fn rename_tables(&mut self) -> Result<(), MigrationError> {
        for (to, wanted) in &self.new.tables {
            if self.now.tables.contains_key(to) {
                continue;
            }
            let gone: Vec<_> = self
                .now
                .tables
                .keys()
                .filter(|name| !self.new.tables.contains_key(*name))
                .cloned()
                .collect();
            for from in gone {
                let alike =
                    self.now.tables.get(&from).is_some_and(|table| same_columns(table, wanted));
                if self.ask(Question::RenameTable { from: from.clone(), to: to.clone(), alike }) {
                    self.go(Operation::RenameTable { from, to: to.clone() })?;
                    break;
                }
            }
        }
        Ok(())
    }

    fn rename_columns(&mut self) -> Result<(), MigrationError> {
        for (table, wanted) in self.common() {
            for column in &wanted.columns {
                let here = self.now.tables.get(&table).cloned().unwrap_or_default();
                if here.column(&column.name).is_some() {
                    continue;
                }
                for gone in here.columns.iter().filter(|gone| wanted.column(&gone.name).is_none()) {
                    let (from, to) = (gone.name.clone(), column.name.clone());
                    let alike = gone.kind.converts_to(column.kind);
                    let question = Question::RenameColumn {
                        table: table.clone(),
                        from: from.clone(),
                        to: to.clone(),
                        alike,
                    };
                    if self.ask(question) {
                        self.go(Operation::RenameColumn { table: table.clone(), from, to })?;
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    fn refuse_key_changes(&self) -> Result<(), MigrationError> {
        // An open question may be about the key itself.
        if !self.questions.is_empty() {
            return Ok(());
        }
        for (name, wanted) in self.common() {
            let here = self.now.tables.get(&name).cloned().unwrap_or_default();
            let counts = |table: &Table| table.columns.iter().any(|column| column.auto_increment);
            let converts = |key: &String| match (here.column(key), wanted.column(key)) {
                (Some(is), Some(will)) => is.kind.converts_to(will.kind),
                _ => false,
            };
            if here.primary_key != wanted.primary_key
                || counts(&here) != counts(&wanted)
                || !wanted.primary_key.iter().all(converts)
            {
                return Err(MigrationError::Entity(format!(
                    "the primary key of {name} changes from ({}) to ({}), or its type or numbering does. Create a table \
                     with the new key, copy the rows with an sql operation, drop the old table, rename the new one.",
                    here.primary_key.join(", "),
                    wanted.primary_key.join(", ")
                )));
            }
        }
        Ok(())
    }

    fn find_replaced(&mut self) {
        for (table, wanted) in self.common() {
            let here = self.now.tables.get(&table).cloned().unwrap_or_default();
            for will in &wanted.columns {
                let Some(is) = here.column(&will.name).filter(|is| !is.kind.converts_to(will.kind))
                else {
                    continue;
                };
                let (column, from, to) = (will.name.clone(), is.kind, will.kind);
                self.replaced.push((table.clone(), column.clone()));
                let question = Question::Replace { table: table.clone(), column, from, to };
                if self.answers.answer(&question) != Answer::Yes {
                    self.questions.push(question);
                }
            }
        }
    }

    fn is_replaced(&self, table: &str, columns: &[String]) -> bool {
        self.replaced.iter().any(|(owner, column)| owner == table && columns.contains(column))
    }

    /// Drops the references and indexes of tables that stay, where they are not wanted any more or stand in the way.
    fn drop_rules(&mut self) -> Result<(), MigrationError> {
        for (table, wanted) in self.common() {
            for key in self
                .now
                .tables
                .get(&table)
                .map(|here| here.foreign_keys.clone())
                .unwrap_or_default()
            {
                let in_the_way = self.is_replaced(&table, &key.columns)
                    || self.is_replaced(&key.references, &key.referenced_columns);
                if in_the_way || !wanted.foreign_keys.iter().any(|other| same_key(&key, other)) {
                    self.go(Operation::DropForeignKey {
                        table: table.clone(),
                        foreign_key: key.name,
                    })?;
                }
            }
        }
        for (table, wanted) in self.common() {
            for index in
                self.now.tables.get(&table).map(|here| here.indexes.clone()).unwrap_or_default()
            {
                let in_the_way = self.is_replaced(&table, &index.columns);
                if in_the_way || !wanted.indexes.iter().any(|other| same_index(&index, other)) {
                    self.go(Operation::DropIndex { table: table.clone(), index: index.name })?;
                }
            }
        }
        Ok(())
    }

    /// The index with a name that no other index has.
    fn named_freely(&self, index: &Index) -> Index {
        let taken = |name: &str| {
            self.now
                .tables
                .values()
                .any(|table| table.indexes.iter().any(|known| known.name == name))
        };
        let mut free = index.clone();
        let mut number = 2;
        while taken(&free.name) {
            free.name = format!("{}_{number}", index.name.chars().take(58).collect::<String>());
            number += 1;
        }
        free
    }

    fn change_columns(&mut self) -> Result<(), MigrationError> {
        for (table, wanted) in self.common() {
            let here = self.now.tables.get(&table).cloned().unwrap_or_default();
            for column in &here.columns {
                let replaced = self.is_replaced(&table, std::slice::from_ref(&column.name));
                if replaced || wanted.column(&column.name).is_none() {
                    // With questions open the way is not gone to its end, so a column may still be in use.
                    let operation =
                        Operation::DropColumn { table: table.clone(), column: column.name.clone() };
                    self.go_unless_open(operation)?;
                }
            }
            for column in &wanted.columns {
                let replaced = self.is_replaced(&table, std::slice::from_ref(&column.name));
                let (table, column) = (table.clone(), column.clone());
                match here.column(&column.name).filter(|_| !replaced) {
                    None => {
                        let must = !column.nullable && column.default.is_none();
                        let fill = if must { self.fill(&table, &column) } else { None };
                        self.go_unless_open(Operation::AddColumn { table, column, fill })?;
                    }
                    Some(is) if *is != column => {
                        let fill = match &column.default {
                            _ if !is.nullable || column.nullable => None,
                            Some(default) => Some(default.clone()),
                            None => self.fill(&table, &column),
                        };
                        self.go_unless_open(Operation::AlterColumn { table, column, fill })?;
                    }
                    Some(_) => {}
                }
            }
        }
        Ok(())
    }

    fn go_unless_open(&mut self, operation: Operation) -> Result<(), MigrationError> {
        if self.questions.is_empty() { self.go(operation) } else { Ok(()) }
    }

    fn fill(&mut self, table: &str, column: &Column) -> Option<Literal> {
        let question = Question::Fill {
            table: table.to_owned(),
            column: column.name.clone(),
            kind: column.kind,
        };
        match self.answers.answer(&question) {
            Answer::Value(value) if value.fits(column.kind).is_ok() => Some(value),
            _ => {
                self.questions.push(question);
                None
            }
        }
    }

    fn add_rules(&mut self, late: Vec<(String, ForeignKey)>) -> Result<(), MigrationError> {
        let mut keys = late;
        for (table, wanted) in self.common() {
            let here = self.now.tables.get(&table).cloned().unwrap_or_default();
            for index in wanted
                .indexes
                .iter()
                .filter(|index| !here.indexes.iter().any(|known| same_index(known, index)))
            {
                let index = self.named_freely(index);
                self.go_unless_open(Operation::AddIndex { table: table.clone(), index })?;
            }
            for key in &wanted.foreign_keys {
                let known = here.foreign_keys.iter().any(|known| same_key(known, key))
                    || keys.iter().any(|(owner, known)| *owner == table && same_key(known, key));
                if !known {
                    keys.push((table.clone(), key.clone()));
                }
            }
        }
        for (table, mut key) in keys {
            let here = self.now.tables.get(&table).cloned().unwrap_or_default();
            let base = key.name.clone();
            let mut number = 2;
            while here.foreign_keys.iter().any(|known| known.name == key.name) {
                key.name = format!("{}_{number}", base.chars().take(58).collect::<String>());
                number += 1;
            }
            self.go_unless_open(Operation::AddForeignKey { table, foreign_key: key })?;
        }
        Ok(())
    }
}

fn same_columns(one: &Table, other: &Table) -> bool {
    let matches =
        |column: &Column| other.column(&column.name).is_some_and(|known| known.kind == column.kind);
    one.columns.len() == other.columns.len() && one.columns.iter().all(matches)
}

fn same_index(one: &Index, other: &Index) -> bool {
    one.columns == other.columns && one.unique == other.unique
}

fn same_key(one: &ForeignKey, other: &ForeignKey) -> bool {
    ForeignKey { name: other.name.clone(), ..one.clone() } == *other
}
