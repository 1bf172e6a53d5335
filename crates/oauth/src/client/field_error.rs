//! What is wrong with a client that somebody asks for, field by field.

/// What is wrong with one field of a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field of [`Draft`](super::Draft) or the member of [`ClientMetadata`](super::ClientMetadata).
    pub field: &'static str,
    /// A word for programs.
    pub code: &'static str,
    /// A sentence for people: what is wrong and what to write.
    pub message: String,
}

impl FieldError {
    /// Nobody changes the built-in application.
    pub(super) fn built_in() -> Self {
        Self {
            field: "client_id",
            code: "built_in",
            message: "The built-in application is the server's own and stays as it is: choose another id.".to_owned(),
        }
    }
}

/// Everything that is wrong, in the order it was found.
pub(super) struct Errors(pub(super) Vec<FieldError>);

impl Errors {
    pub(super) fn add(
        &mut self,
        field: &'static str,
        code: &'static str,
        message: impl Into<String>,
    ) {
        self.0.push(FieldError { field, code, message: message.into() });
    }

    pub(super) fn take<T, E: ToString>(
        &mut self,
        field: &'static str,
        code: &'static str,
        result: Result<T, E>,
    ) -> Option<T> {
        result.map_err(|why| self.add(field, code, sentence(&why.to_string()))).ok()
    }
}

/// The text with a capital at its start and a full stop at its end.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_ascii_uppercase())
        .into_iter()
        .chain(letters)
        .collect::<String>()
        + "."
}
