//! The operations that a migration consists of, as they stand in its file.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{ColumnType, Literal};

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
