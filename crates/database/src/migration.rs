//! Migrations: typed changes of the schema in reviewable files that serve SQLite and PostgreSQL alike.
//!
//! A migration is one TOML file with a list of [`Operation`]s. The schema at any point is the fold of all operations up
//! to there ([`State::apply`]), so there is no second description of it that could disagree. SQL is made from the
//! operations when they are applied, for the database that is there.

mod answers;
mod apply;
mod chain;
mod column_type;
mod diff;
mod entities;
mod error;
mod file;
mod folder;
mod ledger;
mod literal;
mod operation;
mod reverse;
mod sql;
mod state;

pub use answers::{Answer, Answers, Flags, Question, Unresolved};
pub use apply::{Entry, Plan, Step, Target, check, migrate, plan, show, unapply};
pub use column_type::ColumnType;
pub use diff::diff;
pub use entities::Entities;
pub use error::MigrationError;
pub use file::{Migration, Set};
pub use folder::{Folder, Made, Order, make};
pub use literal::{Function, Literal};
pub use operation::{Action, Column, ForeignKey, Index, Operation};
pub use state::{State, Table};
