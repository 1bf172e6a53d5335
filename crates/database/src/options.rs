//! What a connection to a database is made from: the URL and its bounds.

use std::time::Duration;

use crate::DatabaseError;

/// Which database speaks at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// SQLite, a file beside the program.
    Sqlite,
    /// PostgreSQL, or a database that speaks its protocol and dialect.
    Postgres,
}

impl Kind {
    /// The kind that the scheme of `url` names: `sqlite:` or `postgres:`/`postgresql:`.
    ///
    /// # Errors
    /// [`DatabaseError::Url`] for any other scheme. The URL itself is not repeated, it may hold a password.
    pub fn of_url(url: &str) -> Result<Self, DatabaseError> {
        match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => Ok(Self::Sqlite),
            Some("postgres" | "postgresql") => Ok(Self::Postgres),
            Some(other) if !other.contains('/') => Err(DatabaseError::Url(format!(
                "a database URL begins with sqlite: or postgres:, not with {other}:"
            ))),
            _ => Err(DatabaseError::Url(
                "a database URL begins with sqlite: or postgres:, for example sqlite:db.sqlite3"
                    .into(),
            )),
        }
    }

    /// The dialect as sea-orm and sea-query name it.
    pub fn backend(self) -> sea_orm::DbBackend {
        match self {
            Self::Sqlite => sea_orm::DbBackend::Sqlite,
            Self::Postgres => sea_orm::DbBackend::Postgres,
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

/// How to connect. Everything has a bound; the defaults suit one server on one small machine.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// `sqlite:db.sqlite3`, `sqlite:///var/lib/app/db.sqlite3`, `sqlite::memory:` (a temporary file, for tests), or
    /// `postgres://user:password@host:5432/name`.
    pub url: String,
    /// Connections in the pool (PostgreSQL) or in the read pool (SQLite, which adds one connection for writing).
    pub max_connections: u32,
    /// How long a request waits for a connection before it is answered with [`DatabaseError::Unavailable`].
    pub acquire_timeout: Duration,
    /// How long one statement may run (PostgreSQL).
    pub statement_timeout: Duration,
    /// How long one write transaction may take before it is rolled back.
    pub transaction_timeout: Duration,
    /// How long SQLite waits for another process that holds the file.
    pub busy_timeout: Duration,
    /// How many write transactions may wait in the lane (SQLite); one more is answered with [`DatabaseError::Busy`].
    pub lane_queue: usize,
    /// How many waiting write transactions are committed together at most (SQLite).
    pub lane_batch: usize,
    /// The name under which this program is listed in `pg_stat_activity`.
    pub application_name: String,
    /// Tells every statement to the log, at level debug under `sqlx::query`; never the values in it.
    pub log_statements: bool,
}

impl Options {
    /// The defaults for `url`.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            max_connections: 10,
            acquire_timeout: Duration::from_secs(2),
            statement_timeout: Duration::from_secs(30),
            transaction_timeout: Duration::from_secs(10),
            busy_timeout: Duration::from_secs(5),
            lane_queue: 4096,
            lane_batch: 256,
            application_name: "grantwell".into(),
            log_statements: false,
        }
    }
}

/// Without the URL: it may hold a password.
impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("kind", &Kind::of_url(&self.url).ok())
            .field("max_connections", &self.max_connections)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_names_the_kind() {
        for (url, kind) in [
            ("sqlite:db.sqlite3", Some(Kind::Sqlite)),
            ("sqlite::memory:", Some(Kind::Sqlite)),
            ("sqlite:///tmp/x", Some(Kind::Sqlite)),
            ("postgres://a@b/c", Some(Kind::Postgres)),
            ("postgresql://a@b/c", Some(Kind::Postgres)),
            ("mysql://root:hunter2@b/c", None),
            ("db.sqlite3", None),
            ("", None),
        ] {
            assert_eq!(Kind::of_url(url).ok(), kind, "{url}");
        }
    }

    #[test]
    fn neither_the_debug_text_nor_an_error_shows_the_password() {
        let shown = format!("{:?}", Options::new("postgres://me:hunter2@host/name"));
        assert!(!shown.contains("hunter2"), "{shown}");
        let refused = Kind::of_url("mysql://root:hunter2@host/name").unwrap_err().to_string();
        assert!(!refused.contains("hunter2"), "{refused}");
    }
}
