//! The questions that a difference between two schemas leaves open, and who answers them.

use std::fmt;

use super::{ColumnType, Literal};

/// Something that only a person knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Was a table renamed, or was one dropped and another created?
    RenameTable {
        /// The table that is gone.
        from: String,
        /// The table that is new.
        to: String,
        /// Whether they have the same columns. If not, nobody should be bothered with it.
        alike: bool,
    },
    /// Was a column renamed, or was one dropped and another added?
    RenameColumn {
        /// The table.
        table: String,
        /// The column that is gone.
        from: String,
        /// The column that is new.
        to: String,
        /// Whether the values of the one can be kept in the other. If not, nobody should be bothered with it.
        alike: bool,
    },
    /// What do the rows that exist get in a column that must have a value?
    Fill {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// Its type.
        kind: ColumnType,
    },
    /// The values of a column cannot be turned into its new type: drop them?
    Replace {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// Its type until now.
        from: ColumnType,
        /// Its type from now on.
        to: ColumnType,
    },
}

/// With the flag that answers it, for those who cannot be asked.
impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RenameTable { from, to, .. } => write!(
                f,
                "Was the table {from} renamed to {to}? Yes: --rename {from}={to}. No, drop it and its rows: --drop {from}."
            ),
            Self::RenameColumn { table, from, to, .. } => write!(
                f,
                "Was {table}.{from} renamed to {table}.{to}? Yes: --rename {table}.{from}={to}. No, drop it and its \
                 values: --drop {table}.{from}."
            ),
            Self::Fill { table, column, kind } => write!(
                f,
                "{table}.{column} must have a value. What do the rows that exist get? --default \
                 {table}.{column}=VALUE ({kind}). Or make it an Option, or give it a default in the entity."
            ),
            Self::Replace { table, column, from, to } => write!(
                f,
                "{table}.{column} changes from {from} to {to}, and its values cannot be turned into that alike on both \
                 databases. Drop the values and begin anew: --replace {table}.{column}."
            ),
        }
    }
}

/// What was said.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Yes.
    Yes,
    /// No.
    No,
    /// This value.
    Value(Literal),
    /// Nobody knows yet.
    Open,
}

/// Whoever answers: flags, a prompt, or a test.
pub trait Answers {
    /// Answers one question. A wrong kind of answer counts as [`Answer::Open`].
    fn answer(&mut self, question: &Question) -> Answer;
}

/// The questions that nobody answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unresolved {
    /// They.
    pub questions: Vec<Question>,
}

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("some changes of the models can be understood in more than one way:")?;
        self.questions.iter().try_for_each(|question| write!(f, "\n  {question}"))
    }
}

impl std::error::Error for Unresolved {}

/// Answers given beforehand, as flags of `makemigrations` or as `renamed_from` in an entity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// (`table` or `table.column`, the new name of the table or column).
    renames: Vec<(String, String)>,
    /// `table` or `table.column` that is really gone.
    drops: Vec<String>,
    /// `table.column` whose values may be dropped.
    replaces: Vec<String>,
    /// (`table.column`, what rows that exist get).
    fills: Vec<(String, String)>,
}

impl Flags {
    /// Reads `old_table=new_table` or `table.old=new`.
    ///
    /// # Errors
    /// A sentence that shows the form.
    pub fn rename(&mut self, flag: &str) -> Result<(), String> {
        let pair = flag.split_once('=').filter(|(from, to)| !from.is_empty() && !to.is_empty());
        let (from, to) = pair.ok_or("--rename takes table.old=new or old_table=new_table")?;
        // `table.old=table.new` is what many will type.
        let to = match (from.split_once('.'), to.split_once('.')) {
            (Some((table, _)), Some((same, column))) if table == same => column,
            (_, Some(_)) => {
                return Err("--rename takes table.old=new or old_table=new_table".into());
            }
            (_, None) => to,
        };
        self.renames.push((from.to_owned(), to.to_owned()));
        Ok(())
    }

    /// Reads `table.column=value`.
    ///
    /// # Errors
    /// A sentence that shows the form.
    pub fn default_value(&mut self, flag: &str) -> Result<(), String> {
        let (name, value) = flag.split_once('=').ok_or("--default takes table.column=value")?;
        if !name.contains('.') {
            return Err("--default takes table.column=value".into());
        }
        self.fills.push((name.to_owned(), value.to_owned()));
        Ok(())
    }

    /// Says that a table or a `table.column` is really gone.
    pub fn drop_name(&mut self, name: &str) {
        self.drops.push(name.to_owned());
    }

    /// Says that the values of a `table.column` may be dropped when its type changes.
    pub fn replace(&mut self, name: &str) {
        self.replaces.push(name.to_owned());
    }

    /// What `--default` says about a column, as a value of its type.
    ///
    /// # Errors
    /// A sentence that names the flag, if the value is not of the type.
    pub fn fill(
        &self,
        table: &str,
        column: &str,
        kind: ColumnType,
    ) -> Result<Option<Literal>, String> {
        let name = format!("{table}.{column}");
        let given = self.fills.iter().find(|(known, _)| *known == name);
        given
            .map(|(_, value)| {
                Literal::parse(value, kind)
                    .map_err(|wrong| format!("--default {name}={value}: {wrong}"))
            })
            .transpose()
    }

    fn renamed(&self, name: &str, to: &str) -> Answer {
        match self.renames.iter().find(|(from, _)| from == name) {
            Some((_, known)) if known == to => Answer::Yes,
            Some(_) => Answer::No,
            None if self.drops.iter().any(|gone| gone == name) => Answer::No,
            None => Answer::Open,
        }
    }
}

impl Answers for Flags {
    fn answer(&mut self, question: &Question) -> Answer {
        match question {
            Question::RenameTable { from, to, .. } => self.renamed(from, to),
            Question::RenameColumn { table, from, to, .. } => {
                self.renamed(&format!("{table}.{from}"), to)
            }
            Question::Replace { table, column, .. }
                if self.replaces.contains(&format!("{table}.{column}")) =>
            {
                Answer::Yes
            }
            Question::Replace { .. } => Answer::Open,
            Question::Fill { table, column, kind } => {
                self.fill(table, column, *kind).ok().flatten().map_or(Answer::Open, Answer::Value)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(from: &str, to: &str) -> Question {
        Question::RenameColumn {
            table: "unicorn".into(),
            from: from.into(),
            to: to.into(),
            alike: true,
        }
    }

    #[test]
    fn flags_answer_what_they_name_and_leave_the_rest_open() {
        let mut flags = Flags::default();
        flags.rename("unicorn.nick=name").unwrap();
        flags.rename("unicorn.horn=unicorn.spike").unwrap();
        flags.rename("herd=blessing").unwrap();
        flags.drop_name("unicorn.tail");
        flags.default_value("unicorn.age=7").unwrap();
        flags.replace("unicorn.colour");
        for (question, expected) in [
            (column("nick", "name"), Answer::Yes),
            (column("nick", "other"), Answer::No),
            (column("horn", "spike"), Answer::Yes),
            (column("tail", "name"), Answer::No),
            (column("mane", "name"), Answer::Open),
            (
                Question::RenameTable { from: "herd".into(), to: "blessing".into(), alike: false },
                Answer::Yes,
            ),
            (
                Question::Fill {
                    table: "unicorn".into(),
                    column: "age".into(),
                    kind: ColumnType::Integer,
                },
                Answer::Value(Literal::Integer(7)),
            ),
            (
                Question::Fill {
                    table: "unicorn".into(),
                    column: "age".into(),
                    kind: ColumnType::Uuid,
                },
                Answer::Open,
            ),
        ] {
            assert_eq!(flags.answer(&question), expected, "{question}");
        }
        assert!(
            flags
                .fill("unicorn", "age", ColumnType::Boolean)
                .unwrap_err()
                .contains("--default unicorn.age=7")
        );
    }

    #[test]
    fn a_flag_of_another_form_is_refused() {
        let mut flags = Flags::default();
        for wrong in ["unicorn.nick", "=x", "x=", "unicorn.nick=herd.name", "herd=a.b"] {
            assert!(flags.rename(wrong).is_err(), "{wrong}");
        }
        assert!(flags.default_value("age=7").is_err());
        assert!(flags.default_value("unicorn.age").is_err());
    }
}
