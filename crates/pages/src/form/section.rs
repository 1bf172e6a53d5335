//! A part of a long form: a heading, a sentence, and the fields that belong together.

use serde::Serialize;

/// Fields that belong together.
#[derive(Debug, Clone, Serialize)]
pub struct Section {
    /// The heading.
    pub title: String,
    /// A sentence below it.
    pub help: Option<String>,
    /// The position of its first field in the form.
    pub from: usize,
    /// The position after its last field.
    pub to: usize,
}
