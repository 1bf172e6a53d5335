//! Why the store could not do as asked.

/// Why the store could not do as asked. Written for the operator's log, never shown to a client.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, or what is known is too old to be trusted: answer 503.
    #[error(
        "the database cannot be reached: {0}; requests that need it are refused until it answers again, look at the database server and at the `database` settings"
    )]
    Unavailable(String),
    /// The database works but has no room for this request now: answer 503 and let the client try again.
    #[error(
        "the database is too busy to take this request: {0}; if it lasts, allow more connections (`database.max_connections`)"
    )]
    Busy(String),
    /// Something like it exists already; `field` names which value must differ.
    #[error("a row with this `{field}` exists already; choose another value")]
    Conflict {
        /// The field of the entity whose value is taken.
        field: &'static str,
    },
    /// What should be changed is not there (any more).
    #[error("there is no such {0}; it may have been deleted meanwhile")]
    NotFound(&'static str),
    /// Somebody else changed or deleted it after the caller had read what the change was decided on; nothing was changed.
    #[error("somebody else changed or deleted this {0} meanwhile; read it again and decide anew")]
    Overtaken(&'static str),
    /// The change is not allowed, whoever asks.
    #[error("{0}")]
    Forbidden(&'static str),
    /// A stored value cannot be read back.
    #[error(
        "a stored value cannot be read: {0}; somebody changed the table by hand, or the database was written by a newer version"
    )]
    Corrupt(&'static str),
    /// The master key is not the one that this database was made with.
    #[error(
        "this master key does not open the keys in the database (it has fingerprint {given}, the database was made with {expected}); give the server the key that belongs to this database, or another database. With the wrong key no token, session or client secret can be checked"
    )]
    WrongMasterKey {
        /// Fingerprint stored in the database.
        expected: String,
        /// Fingerprint of the key in use.
        given: String,
    },
    /// A key could not be wrapped, opened or used.
    #[error("a key could not be used: {0}")]
    Key(String),
    /// The operating system gave no randomness.
    #[error(transparent)]
    Entropy(#[from] ambient::EntropyError),
    /// The database refused; a fault in this program or in the schema (run `migrate`).
    #[error("the database refused: {0}; if the schema is older than the program, run `migrate`")]
    Database(String),
}

impl StoreError {
    /// Whether the same call may well succeed a moment later: answer 503 with `Retry-After`.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Busy(_))
    }
}
