//! The operations that a migration consists of, as they stand in its file.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ColumnType;

/// One change of the schema. In a file: an `[[operation]]` whose `op` is the name of the change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum Operation {
    /// Creates a table with everything that belongs to it.
    CreateTable {
        /// Its name.
        table: String,
        /// The columns of its primary key.
        primary_key: Vec<String>,
        /// Its columns.
        #[serde(rename = "column")]
        columns: Vec<Column>,
        /// Its indexes.
        #[serde(rename = "index", default, skip_serializing_if = "Vec::is_empty")]
        indexes: Vec<Index>,
        /// Its references to other tables.
        #[serde(rename = "foreign_key", default, skip_serializing_if = "Vec::is_empty")]
        foreign_keys: Vec<ForeignKey>,
    },
    /// Drops a table and its rows.
    DropTable {
        /// Its name.
        table: String,
    },
    /// Renames a table; references to it follow.
    RenameTable {
        /// The name until now.
        from: String,
        /// The name from now on.
        to: String,
    },
    /// Adds a column.
    AddColumn {
        /// The table.
        table: String,
        /// The column.
        column: Column,
        /// What the rows that exist get; without it they get the column's default, or null.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fill: Option<Literal>,
    },
    /// Drops a column and its values.
    DropColumn {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// Renames a column; keys, indexes, and references follow.
    RenameColumn {
        /// The table.
        table: String,
        /// The name until now.
        from: String,
        /// The name from now on.
        to: String,
    },
    /// Changes the type, nullability, or default of a column.
    AlterColumn {
        /// The table.
        table: String,
        /// The column as it is afterwards.
        column: Column,
        /// What rows without a value get when the column stops being nullable.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fill: Option<Literal>,
    },
    /// Adds an index.
    AddIndex {
        /// The table.
        table: String,
        /// The index.
        index: Index,
    },
    /// Drops an index.
    DropIndex {
        /// The table.
        table: String,
        /// The name of the index.
        index: String,
    },
    /// Adds a reference to another table; the rows that exist must keep it.
    AddForeignKey {
        /// The table that refers.
        table: String,
        /// The reference.
        foreign_key: ForeignKey,
    },
    /// Drops a reference.
    DropForeignKey {
        /// The table that refers.
        table: String,
        /// The name of the reference.
        foreign_key: String,
    },
    /// Executes SQL of your own, for changes of data. It must not change the schema: the state would not know of it.
    Sql {
        /// For SQLite; several statements are separated by semicolons.
        sqlite: String,
        /// For PostgreSQL.
        postgres: String,
        /// What undoes it on SQLite; without it the migration cannot be unapplied. May be empty.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reverse_sqlite: Option<String>,
        /// What undoes it on PostgreSQL.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reverse_postgres: Option<String>,
    },
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: ColumnType,
    /// Whether it may be null.
    #[serde(default, skip_serializing_if = "is_false")]
    pub nullable: bool,
    /// Whether the database numbers new rows; only for the single integer column of a primary key.
    #[serde(default, skip_serializing_if = "is_false")]
    pub auto_increment: bool,
    /// What the database fills in when an insert leaves it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Literal>,
}

impl Column {
    /// A column that must have a value.
    pub fn new(name: impl Into<String>, kind: ColumnType) -> Self {
        Self { name: name.into(), kind, nullable: false, auto_increment: false, default: None }
    }
}

/// An index over columns of one table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// Its name, unique in the database.
    pub name: String,
    /// Its columns in order.
    pub columns: Vec<String>,
    /// Whether two rows may not have the same values.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unique: bool,
}

/// A reference of columns to the columns of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForeignKey {
    /// Its name, unique in its table.
    pub name: String,
    /// The columns that refer.
    pub columns: Vec<String>,
    /// The table referred to.
    pub references: String,
    /// The columns referred to: its primary key or a unique index.
    pub referenced_columns: Vec<String>,
    /// What happens when the row referred to is deleted.
    #[serde(default, skip_serializing_if = "Action::is_none")]
    pub on_delete: Action,
    /// What happens when the columns referred to change.
    #[serde(default, skip_serializing_if = "Action::is_none")]
    pub on_update: Action,
}

/// What a reference does when its row goes away or changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Refuses.
    #[default]
    NoAction,
    /// Refuses at once.
    Restrict,
    /// Deletes or changes the referring row as well.
    Cascade,
    /// Sets the referring columns to null.
    SetNull,
    /// Sets the referring columns to their default.
    SetDefault,
}

impl Action {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    fn is_none(&self) -> bool {
        *self == Self::NoAction
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(value: &bool) -> bool {
    !*value
}

/// A value in a migration. Text stands also for types that TOML does not have: a uuid, a date, a decimal, JSON, and the
/// bytes of a binary column in hexadecimal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Literal {
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Float(f64),
    /// Text.
    Text(String),
    /// `{ function = "current_timestamp" }`.
    Function {
        /// Which one.
        function: Function,
    },
}

/// What the database can compute for a default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Function {
    /// The time of the transaction.
    #[serde(rename = "current_timestamp")]
    Timestamp,
    /// Its date.
    #[serde(rename = "current_date")]
    Date,
    /// Its time of the day.
    #[serde(rename = "current_time")]
    Time,
}

impl Literal {
    /// Reads a value from a flag or a prompt for a column of type `kind`.
    ///
    /// # Errors
    /// A sentence for the person who typed it.
    pub fn parse(text: &str, kind: ColumnType) -> Result<Self, String> {
        let literal = match kind {
            _ if text.eq_ignore_ascii_case("current_timestamp") => {
                Self::Function { function: Function::Timestamp }
            }
            ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => Self::Integer(
                text.trim().parse().map_err(|_| format!("`{text}` is no whole number"))?,
            ),
            ColumnType::Float | ColumnType::Double => {
                Self::Float(text.trim().parse().map_err(|_| format!("`{text}` is no number"))?)
            }
            ColumnType::Boolean => Self::Boolean(
                text.trim().parse().map_err(|_| format!("`{text}` is neither true nor false"))?,
            ),
            _ => Self::Text(text.to_owned()),
        };
        literal.fits(kind).map(|()| literal)
    }

    /// Whether a column of type `kind` can hold it.
    ///
    /// # Errors
    /// A sentence that says why not.
    pub fn fits(&self, kind: ColumnType) -> Result<(), String> {
        let fits = match (self, kind) {
            (Self::Boolean(_), kind) => kind == ColumnType::Boolean,
            (Self::Integer(number), ColumnType::SmallInt) => i16::try_from(*number).is_ok(),
            (Self::Integer(number), ColumnType::Integer) => i32::try_from(*number).is_ok(),
            (Self::Integer(_), kind) => {
                kind.is_integer()
                    || matches!(
                        kind,
                        ColumnType::Float | ColumnType::Double | ColumnType::Decimal(_)
                    )
            }
            (Self::Float(number), kind) => {
                number.is_finite()
                    && matches!(
                        kind,
                        ColumnType::Float | ColumnType::Double | ColumnType::Decimal(_)
                    )
            }
            (Self::Text(text), ColumnType::String(length)) => {
                u32::try_from(text.chars().count()).is_ok_and(|count| count <= length)
            }
            (Self::Text(text), ColumnType::Binary) => bytes(text).is_some(),
            (Self::Text(text), ColumnType::Uuid) => sea_orm::prelude::Uuid::parse_str(text).is_ok(),
            (Self::Text(text), ColumnType::Decimal(_)) => {
                text.parse::<sea_orm::prelude::Decimal>().is_ok()
            }
            (Self::Text(_), kind) => {
                !kind.is_integer()
                    && !matches!(kind, ColumnType::Float | ColumnType::Double | ColumnType::Boolean)
            }
            (Self::Function { function }, kind) => match function {
                Function::Timestamp => {
                    matches!(kind, ColumnType::Timestamp | ColumnType::DateTime)
                }
                Function::Date => kind == ColumnType::Date,
                Function::Time => kind == ColumnType::Time,
            },
        };
        if fits { Ok(()) } else { Err(format!("{self} is no value for a column of type {kind}")) }
    }
}

/// The bytes that an even number of hexadecimal digits stands for.
pub(crate) fn bytes(hexadecimal: &str) -> Option<Vec<u8>> {
    if !hexadecimal.len().is_multiple_of(2)
        || !hexadecimal.bytes().all(|digit| digit.is_ascii_hexdigit())
    {
        return None;
    }
    (0..hexadecimal.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(hexadecimal.get(at..at + 2)?, 16).ok())
        .collect()
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value}"),
            Self::Text(value) => write!(f, "{value:?}"),
            Self::Function { function } => f.write_str(match function {
                Function::Timestamp => "current_timestamp",
                Function::Date => "current_date",
                Function::Time => "current_time",
            }),
        }
    }
}

/// One line for people, as `migrate --plan` and `makemigrations` print it.
impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateTable { table, .. } => write!(f, "Create table {table}"),
            Self::DropTable { table } => write!(f, "Drop table {table}"),
            Self::RenameTable { from, to } => write!(f, "Rename table {from} to {to}"),
            Self::AddColumn { table, column, .. } => {
                write!(f, "Add column {} to {table}", column.name)
            }
            Self::DropColumn { table, column } => write!(f, "Drop column {column} from {table}"),
            Self::RenameColumn { table, from, to } => {
                write!(f, "Rename column {from} of {table} to {to}")
            }
            Self::AlterColumn { table, column, .. } => {
                write!(f, "Alter column {} of {table}", column.name)
            }
            Self::AddIndex { table, index } => {
                let unique = if index.unique { "unique " } else { "" };
                write!(
                    f,
                    "Add {unique}index {} to {table} ({})",
                    index.name,
                    index.columns.join(", ")
                )
            }
            Self::DropIndex { table, index } => write!(f, "Drop index {index} from {table}"),
            Self::AddForeignKey { table, foreign_key } => {
                write!(
                    f,
                    "Add foreign key {} from {table} to {}",
                    foreign_key.name, foreign_key.references
                )
            }
            Self::DropForeignKey { table, foreign_key } => {
                write!(f, "Drop foreign key {foreign_key} from {table}")
            }
            Self::Sql { .. } => f.write_str("Execute SQL"),
        }
    }
}

impl Operation {
    /// What a migration that begins with this operation is called, like Django calls it: `add_unicorn_horn`.
    pub(crate) fn slug(&self) -> String {
        match self {
            Self::CreateTable { table, .. } => table.clone(),
            Self::DropTable { table } => format!("drop_{table}"),
            Self::RenameTable { from, to } => format!("rename_{from}_{to}"),
            Self::AddColumn { table, column, .. } => format!("add_{table}_{}", column.name),
            Self::DropColumn { table, column } => format!("drop_{table}_{column}"),
            Self::RenameColumn { table, from, to } => format!("rename_{table}_{from}_{to}"),
            Self::AlterColumn { table, column, .. } => format!("alter_{table}_{}", column.name),
            Self::AddIndex { index, .. } => format!("add_{}", index.name),
            Self::DropIndex { index, .. } => format!("drop_{index}"),
            Self::AddForeignKey { foreign_key, .. } => format!("add_{}", foreign_key.name),
            Self::DropForeignKey { foreign_key, .. } => format!("drop_{foreign_key}"),
            Self::Sql { .. } => "sql".to_owned(),
        }
    }
}
