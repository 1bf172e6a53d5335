//! The front door of Grantwell: settings, commands, the server, and the names an application needs.

mod error;
pub mod server;
pub mod settings;

pub use error::{Error, Exit, Result};
