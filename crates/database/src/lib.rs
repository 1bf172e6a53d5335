//! How a database is reached: SQLite or PostgreSQL by URL, the read pool, the write lane, migrations.

mod connection;
mod error;
mod lane;
pub mod migration;
mod options;

pub use connection::Database;
pub use error::DatabaseError;
pub use options::{Kind, Options};
