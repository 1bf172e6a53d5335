//! What can go wrong with migrations, each with what to do about it.

use crate::DatabaseError;

/// A migration cannot be read, does not follow from what is there, or was refused by the database.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MigrationError {
    /// The file is not what it should be.
    #[error("{file}: {reason}")]
    File {
        /// Which file.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// An operation does not fit the schema that the operations before it make.
    #[error("{operation}: {reason}")]
    Operation {
        /// The operation in words.
        operation: String,
        /// Why not.
        reason: String,
    },
    /// Applying one migration failed; nothing of it was kept.
    #[error("{app}.{name} could not be applied, nothing of it was kept: {reason}")]
    Apply {
        /// The app.
        app: String,
        /// The migration.
        name: String,
        /// Why.
        reason: String,
    },
    /// The file was changed after it was applied.
    #[error(
        "{app}.{name} was edited after it was applied to this database. Restore the file as it was (git log), and put \
         your change into a new migration with makemigrations."
    )]
    Edited {
        /// The app.
        app: String,
        /// The migration.
        name: String,
    },
    /// The database knows a migration that this program does not.
    #[error(
        "the database has {app}.{name}, which this program does not know. Start the newer version of the program, or \
         unapply that migration with it first."
    )]
    Unknown {
        /// The app.
        app: String,
        /// The migration.
        name: String,
    },
    /// A migration was put in before ones that are applied already.
    #[error(
        "{app}.{name} is not applied, but later ones are. Give it a number after them (rename it, and put it last in \
         index.toml)."
    )]
    OutOfOrder {
        /// The app.
        app: String,
        /// The migration.
        name: String,
    },
    /// There are migrations that are not applied.
    #[error("{0} migrations are not applied yet. Run `migrate`.")]
    Pending(usize),
    /// The app or migration that was asked for does not exist.
    #[error("there is no {what}; there are: {known}")]
    NotFound {
        /// What was asked for.
        what: String,
        /// What there is.
        known: String,
    },
    /// A migration cannot be undone.
    #[error("{app}.{name} cannot be undone: {reason}")]
    Irreversible {
        /// The app.
        app: String,
        /// The migration.
        name: String,
        /// Which operation, and why.
        reason: String,
    },
    /// The entities hold something that cannot be put into a migration.
    #[error("{0}")]
    Entity(String),
    /// Questions are open.
    #[error(transparent)]
    Unresolved(#[from] super::Unresolved),
    /// A folder or file cannot be read or written.
    #[error("{path}: {reason}")]
    Io {
        /// The path.
        path: String,
        /// Why.
        reason: String,
    },
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl From<sea_orm::DbErr> for MigrationError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Database(error.into())
    }
}
