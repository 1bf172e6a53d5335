//! What a command can end with: an error for people, and the exit code for scripts.

use std::fmt;
use std::process::ExitCode;

use database::DatabaseError;
use database::migration::MigrationError;
use store::StoreError;

use crate::settings::SettingsError;

/// What `main` of a project returns. The error was already told, so `main` only passes it on.
pub type Result<T = ExitCode> = std::result::Result<T, Error>;

/// How a command ended, as scripts see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// It could not be done.
    Failed = 1,
    /// The command line makes no sense.
    Usage = 2,
    /// What was asked for is not there.
    NotFound = 3,
    /// It needs a confirmation, or an answer that nobody is there to give.
    Unconfirmed = 4,
    /// The settings are wrong.
    BadSettings = 5,
    /// It may work a little later (`EX_TEMPFAIL` of sysexits.h).
    TryAgain = 75,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command did not do what it was asked: what happened, why, what to do; and the exit code.
pub struct Error {
    exit: Exit,
    text: String,
}

impl Error {
    /// An error with the exit code that fits it.
    pub fn new(exit: Exit, text: impl Into<String>) -> Self {
        Self { exit, text: text.into() }
    }

    /// It could not be done (exit code 1).
    pub fn failed(text: impl Into<String>) -> Self {
        Self::new(Exit::Failed, text)
    }

    /// What was asked for is not there (exit code 3).
    pub fn not_found(text: impl Into<String>) -> Self {
        Self::new(Exit::NotFound, text)
    }

    /// It needs a confirmation (exit code 4).
    pub fn unconfirmed(text: impl Into<String>) -> Self {
        Self::new(Exit::Unconfirmed, text)
    }

    /// The exit code.
    pub fn exit(&self) -> Exit {
        self.exit
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The same as `Display`: Rust prints the `Debug` of an error that leaves `main`.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {}

impl From<SettingsError> for Error {
    fn from(error: SettingsError) -> Self {
        Self::new(Exit::BadSettings, error.to_string())
    }
}

impl From<DatabaseError> for Error {
    fn from(error: DatabaseError) -> Self {
        let exit = match &error {
            DatabaseError::Url(_) => Exit::BadSettings,
            other if other.is_unavailable() => Exit::TryAgain,
            _ => Exit::Failed,
        };
        Self::new(exit, sentence(&error.to_string()))
    }
}

impl From<MigrationError> for Error {
    fn from(error: MigrationError) -> Self {
        match error {
            MigrationError::Database(error) => error.into(),
            other => Self::failed(sentence(&other.to_string())),
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        let exit = match &error {
            StoreError::Unavailable(_) | StoreError::Busy(_) | StoreError::Overtaken(_) => {
                Exit::TryAgain
            }
            StoreError::NotFound(_) => Exit::NotFound,
            StoreError::WrongMasterKey { .. } => Exit::BadSettings,
            _ => Exit::Failed,
        };
        Self::new(exit, sentence(&error.to_string()))
    }
}

/// The rooms tell errors as parts of a sentence; a command tells whole ones.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    let end = if text.ends_with(['.', '?', '!', '`', '\n']) { "" } else { "." };
    format!("{}{end}", first.chain(letters).collect::<String>())
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::failed(error.to_string())
    }
}
