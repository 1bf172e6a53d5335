//! Between the values of rows and the words of the rooms above.

use sea_orm::{DbBackend, Statement, StatementBuilder, Value};

use crate::StoreError;

/// Epochs and generations are 32 bits in tokens and 64 in rows, which all databases can hold.
pub(crate) fn epoch_from(value: i64) -> Result<u32, StoreError> {
    u32::try_from(value).map_err(|_| StoreError::Corrupt("epoch or generation out of range"))
}

/// One statement in the words that SQLite and PostgreSQL share, with its values in the order of `$1`, `$2` ….
#[derive(Clone, Debug)]
pub(crate) struct Sql(&'static str, Vec<Value>);

impl Sql {
    pub(crate) fn new(text: &'static str, values: impl Into<Vec<Value>>) -> Self {
        Self(text, values.into())
    }
}

impl StatementBuilder for Sql {
    fn build(&self, backend: &DbBackend) -> Statement {
        Statement::from_sql_and_values(*backend, self.0, self.1.clone())
    }
}
