//! The front door of Grantwell: [`Project`], settings, commands, the server, and the names an application needs.

pub mod app;
mod command;
mod error;
mod log;
mod open;
mod outgoing;
mod output;
mod people;
mod policy;
pub mod prelude;
mod project;
pub mod server;
pub mod settings;
pub mod testing;

pub use app::App;
pub use error::{Error, Exit, Result};
pub use project::Project;
pub use settings::Settings;
pub use web::{Asked, ExtensionGrant};

// The rooms behind the door, for those who go down the ladder.
pub use database;
pub use macros::migrations;
pub use oauth;
pub use pages;
pub use rest;
