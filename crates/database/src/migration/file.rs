//! One migration as a file, and the set of them that an app brings along.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{MigrationError, Operation, State};

/// The migrations of one app in order, as `migrations!()` puts them into the program.
#[derive(Clone, Copy, Debug)]
pub struct Set {
    /// The app: whose migrations they are.
    pub app: &'static str,
    /// Name and text of each file, in order.
    pub files: &'static [(&'static str, &'static str)],
}

impl Set {
    /// Reads all files.
    ///
    /// # Errors
    /// [`MigrationError::File`] names the file and the line.
    pub fn migrations(&self) -> Result<Vec<Migration>, MigrationError> {
        self.files.iter().map(|(name, text)| Migration::parse(name, text)).collect()
    }

    /// The schema after all of them.
    ///
    /// # Errors
    /// Those of [`Set::migrations`], and [`MigrationError::Operation`] if an operation does not fit.
    pub fn state(&self) -> Result<State, MigrationError> {
        State::of(&self.migrations()?)
    }
}

/// One migration: its name, its operations, and the checksum of its file.
#[derive(Clone, Debug, PartialEq)]
pub struct Migration {
    /// `0001_initial`.
    pub name: String,
    /// What it does, in order.
    pub operations: Vec<Operation>,
    /// SHA-256 of its text in hexadecimal; line endings do not count.
    pub checksum: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    #[serde(rename = "operation", default)]
    operations: Vec<Operation>,
}

impl Migration {
    /// Reads a file.
    ///
    /// # Errors
    /// [`MigrationError::File`] names the file and the line.
    pub fn parse(name: &str, text: &str) -> Result<Self, MigrationError> {
        let content: Content = toml::from_str(text).map_err(|failed| MigrationError::File {
            file: format!("{name}.toml"),
            reason: failed.to_string(),
        })?;
        Ok(Self { name: name.to_owned(), operations: content.operations, checksum: checksum(text) })
    }

    /// Writes the text of a file with these operations.
    ///
    /// # Errors
    /// [`MigrationError::File`] if a value cannot be written as TOML.
    pub fn text(name: &str, operations: &[Operation]) -> Result<String, MigrationError> {
        let mut text =
            String::from("# Applied once and then never edited: make a new migration instead.\n");
        for operation in operations {
            let one = Content { operations: vec![operation.clone()] };
            let written = toml::to_string(&one).map_err(|failed| MigrationError::File {
                file: format!("{name}.toml"),
                reason: failed.to_string(),
            })?;
            text.extend(["\n# ", &operation.to_string(), "\n", &written]);
        }
        Ok(text)
    }
}

/// SHA-256 in hexadecimal, of the text with `\n` at the end of each line whatever the checkout made of it.
pub(crate) fn checksum(text: &str) -> String {
    let digest = Sha256::digest(text.replace("\r\n", "\n").as_bytes());
    digest
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|half| char::from_digit(half.into(), 16))
        .collect()
}
