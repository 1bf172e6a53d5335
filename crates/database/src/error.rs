//! What can go wrong between us and the database, told the same way for SQLite and PostgreSQL.

use sea_orm::sqlx::{self, postgres::PgDatabaseError};
use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr};

/// A failure of the database, or of a rule that the database keeps.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// The database does not answer (stopped, unreachable, disk full, no connection free in time). It may be back soon.
    #[error("the database cannot be reached at the moment: {0}")]
    Unavailable(String),
    /// Too much is waiting, or somebody else holds what is needed. Trying again soon is right.
    #[error("the database is busy: {0}")]
    Busy(String),
    /// A row with the same values in these columns is there already.
    #[error("a row of {table} with the same {} exists already", columns.join(", "))]
    Unique {
        /// The table of the unique index or primary key.
        table: String,
        /// Its columns in the order of the index; empty if the database does not tell (an index on an expression).
        columns: Vec<String>,
    },
    /// A row that is referenced does not exist, or one that is still referenced was to be deleted.
    /// SQLite does not tell which reference it is, so neither do we.
    #[error("a referenced row does not exist, or a row that is still referenced was to be deleted")]
    ForeignKey,
    /// A column that must have a value was given none.
    #[error("{table}.{column} must have a value")]
    NotNull {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// A value that the column cannot hold: too large, too long, out of range, or against a CHECK.
    #[error("the database cannot hold a value: {0}")]
    Value(String),
    /// A write was started inside a write.
    #[error(
        "a write was started inside another write: use the transaction that the outer one was given"
    )]
    Nested,
    /// The code of a write transaction panicked; nothing of it was kept.
    #[error("the write was rolled back, because its code panicked")]
    Panicked,
    /// A write transaction took too long and was rolled back.
    #[error("the write was rolled back, because it took longer than {0:?}")]
    Timeout(std::time::Duration),
    /// The URL or the options cannot be used.
    #[error("the database URL cannot be used: {0}")]
    Url(String),
    /// Anything else: a wrong statement, a missing table, a value that does not fit.
    #[error("the database refused: {0}")]
    Other(DbErr),
}

impl DatabaseError {
    /// Whether the same call may well succeed a moment later: answer 503 with `Retry-After`.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Busy(_) | Self::Timeout(_))
    }

    /// Whether this is a violated unique index or primary key.
    pub fn is_unique(&self) -> bool {
        matches!(self, Self::Unique { .. })
    }
}

impl From<DbErr> for DatabaseError {
    fn from(error: DbErr) -> Self {
        match &error {
            DbErr::ConnectionAcquire(ConnAcquireErr::Timeout) => {
                Self::Unavailable("no connection was to be had in time".into())
            }
            DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed) => {
                Self::Unavailable("the connection is closed".into())
            }
            DbErr::Conn(RuntimeErr::SqlxError(cause))
            | DbErr::Exec(RuntimeErr::SqlxError(cause))
            | DbErr::Query(RuntimeErr::SqlxError(cause)) => {
                of_driver(cause).unwrap_or(Self::Other(error))
            }
            _ => Self::Other(error),
        }
    }
}

impl From<sqlx::Error> for DatabaseError {
    fn from(error: sqlx::Error) -> Self {
        of_driver(&error).unwrap_or_else(|| {
            Self::Other(DbErr::Conn(RuntimeErr::SqlxError(std::sync::Arc::new(error))))
        })
    }
}

/// What the driver's error means, if it is one of those that we tell apart.
fn of_driver(error: &sqlx::Error) -> Option<DatabaseError> {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) => {
            Some(DatabaseError::Unavailable(error.to_string()))
        }
        sqlx::Error::PoolTimedOut => {
            Some(DatabaseError::Unavailable("no connection was to be had in time".into()))
        }
        sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
            Some(DatabaseError::Unavailable("the connection is closed".into()))
        }
        sqlx::Error::Configuration(cause) => Some(DatabaseError::Url(cause.to_string())),
        sqlx::Error::Database(cause) => match cause.try_downcast_ref::<PgDatabaseError>() {
            Some(postgres) => of_postgres(postgres),
            None => of_sqlite(&cause.code()?, cause.message()),
        },
        _ => None,
    }
}

/// PostgreSQL's SQLSTATE (its appendix A) and the fields of its error message.
fn of_postgres(error: &PgDatabaseError) -> Option<DatabaseError> {
    let table = || error.table().unwrap_or_default().to_owned();
    Some(match error.code() {
        "23505" => DatabaseError::Unique {
            table: table(),
            columns: error.detail().map(key_columns).unwrap_or_default(),
        },
        "23503" | "23001" => DatabaseError::ForeignKey,
        "23502" => DatabaseError::NotNull {
            table: table(),
            column: error.column().unwrap_or_default().to_owned(),
        },
        // serialization_failure, deadlock_detected, lock_not_available, query_canceled (the statement timeout)
        "40001" | "40P01" | "55P03" | "57014" => DatabaseError::Busy(error.message().to_owned()),
        // too_many_connections, admin_shutdown, crash_shutdown, cannot_connect_now, disk_full, idle-in-transaction
        "53300" | "57P01" | "57P02" | "57P03" | "53100" | "25P03" => {
            DatabaseError::Unavailable(error.message().to_owned())
        }
        // feature_not_supported: a statement was prepared before another node migrated. The next connection knows better.
        "0A000" if error.routine() == Some("RevalidateCachedQuery") => {
            crate::connection::schema_changed();
            DatabaseError::Unavailable("the schema has just changed".into())
        }
        // too long, out of range (numbers; dates), not in the encoding, not the type's text, an untranslatable character;
        // check_violation
        "22001" | "22003" | "22007" | "22008" | "22021" | "22P02" | "22P05" | "23514" => {
            DatabaseError::Value(error.message().to_owned())
        }
        code if code.starts_with("08") => DatabaseError::Unavailable(error.message().to_owned()),
        _ => return None,
    })
}

/// The columns in the detail `Key (a, "B c")=(1, 2) already exists.`. The words are translated by the server, the two
/// parentheses are not. An index on an expression has no columns to name.
fn key_columns(detail: &str) -> Vec<String> {
    let Some((names, _)) = detail.split_once('(').and_then(|(_, rest)| rest.split_once(")=("))
    else {
        return Vec::new();
    };
    let mut columns = vec![String::new()];
    let mut quoted = false;
    let mut characters = names.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                if let Some(name) = columns.last_mut() {
                    name.push('"');
                }
            }
            '"' => quoted = !quoted,
            ',' if !quoted => columns.push(String::new()),
            ' ' if !quoted => {}
            '(' if !quoted => return Vec::new(),
            _ => {
                if let Some(name) = columns.last_mut() {
                    name.push(c);
                }
            }
        }
    }
    columns
}

/// SQLite's extended result code (<https://www.sqlite.org/rescode.html>) and its message.
fn of_sqlite(code: &str, message: &str) -> Option<DatabaseError> {
    let code: u32 = code.parse().ok()?;
    let rest = || message.rsplit_once("failed: ").map_or("", |(_, rest)| rest);
    Some(match code {
        // CONSTRAINT_UNIQUE, CONSTRAINT_PRIMARYKEY, CONSTRAINT_ROWID
        2067 | 1555 | 2579 => {
            let named: Vec<_> =
                rest().split(", ").filter_map(|name| name.split_once('.')).collect();
            DatabaseError::Unique {
                table: named.first().map(|(table, _)| (*table).to_owned()).unwrap_or_default(),
                columns: named.into_iter().map(|(_, column)| column.to_owned()).collect(),
            }
        }
        // CONSTRAINT_FOREIGNKEY; CONSTRAINT_TRIGGER is what RESTRICT answers
        787 | 1811 => DatabaseError::ForeignKey,
        // CONSTRAINT_CHECK, TOOBIG, MISMATCH
        275 | 18 | 20 => DatabaseError::Value(message.to_owned()),
        1299 => {
            let (table, column) = rest().split_once('.').unwrap_or_default();
            DatabaseError::NotNull { table: table.to_owned(), column: column.to_owned() }
        }
        // BUSY and LOCKED; IOERR, FULL, CANTOPEN: the low byte is the primary code
        _ => match code & 0xff {
            5 | 6 => DatabaseError::Busy(message.to_owned()),
            10 | 13 | 14 => DatabaseError::Unavailable(message.to_owned()),
            _ => return None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_of_a_key_are_read_in_any_language_and_with_quotes() {
        for (detail, expected) in [
            ("Key (name)=(x) already exists.", vec!["name"]),
            (
                "Schlüssel »(owner_id, name)=(1, (a)=(b))« existiert bereits.",
                vec!["owner_id", "name"],
            ),
            (
                r#"Key ("Odd, one", "a ""b""", c)=(1, 2, 3) already exists."#,
                vec!["Odd, one", "a \"b\"", "c"],
            ),
            ("Key (lower(name))=(x) already exists.", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(key_columns(detail), expected, "{detail}");
        }
    }

    #[test]
    fn sqlite_codes_are_told_apart() {
        for (code, message, expected) in [
            (
                "2067",
                "UNIQUE constraint failed: unicorn.owner_id, unicorn.name",
                "Unique unicorn owner_id,name",
            ),
            ("1555", "UNIQUE constraint failed: unicorn.id", "Unique unicorn id"),
            ("2067", "UNIQUE constraint failed: index 'lowered'", "Unique  "),
            ("787", "FOREIGN KEY constraint failed", "ForeignKey"),
            ("1811", "FOREIGN KEY constraint failed", "ForeignKey"),
            ("1299", "NOT NULL constraint failed: unicorn.name", "NotNull unicorn.name"),
            ("5", "database is locked", "Busy"),
            ("517", "database is locked", "Busy"),
            ("13", "database or disk is full", "Unavailable"),
            ("1", "no such table: x", "None"),
        ] {
            let told = match of_sqlite(code, message) {
                Some(DatabaseError::Unique { table, columns }) => {
                    format!("Unique {table} {}", columns.join(","))
                }
                Some(DatabaseError::ForeignKey) => "ForeignKey".into(),
                Some(DatabaseError::NotNull { table, column }) => {
                    format!("NotNull {table}.{column}")
                }
                Some(DatabaseError::Busy(_)) => "Busy".into(),
                Some(DatabaseError::Unavailable(_)) => "Unavailable".into(),
                Some(other) => format!("{other:?}"),
                None => "None".into(),
            };
            assert_eq!(told, expected, "{code} {message}");
        }
    }
}
