//! A form described as data, so that labels, help, errors and their wiring for screen readers are the same everywhere.

mod field;
mod section;

pub use field::{Choice, Field, Kind, Suggest};
pub use section::Section;

use serde::Serialize;

/// A form.
#[derive(Debug, Clone, Serialize)]
pub struct Form {
    /// `post` or `get`. Only `post` carries the CSRF token.
    pub method: &'static str,
    /// Where it is sent; empty for the page's own URL.
    pub action: String,
    /// The fields, in order.
    pub fields: Vec<Field>,
    /// Headings between them; fields before the first one stand alone.
    pub sections: Vec<Section>,
    /// Whether each optional field says so; not where all are, and the page says it once.
    pub mark_optional: bool,
    /// The text of the button.
    pub submit: String,
    /// Where the way back leads.
    pub cancel: Option<String>,
    /// What is wrong with the whole.
    pub errors: Vec<String>,
    /// Whether the button is red.
    pub danger: bool,
    /// Whether to ask before leaving with changes that were not sent (only with a script).
    pub guard_changes: bool,
}

impl Form {
    /// A form that changes something.
    pub fn post(action: impl Into<String>) -> Self {
        Self {
            method: "post",
            action: action.into(),
            fields: Vec::new(),
            sections: Vec::new(),
            mark_optional: true,
            submit: "Save".to_owned(),
            cancel: None,
            errors: Vec::new(),
            danger: false,
            guard_changes: false,
        }
    }

    /// A form that asks for something: search, filters. Its values are in the URL.
    pub fn get(action: impl Into<String>) -> Self {
        Self { method: "get", submit: "Search".to_owned(), ..Self::post(action) }
    }

    /// With one more field.
    #[must_use]
    pub fn field(mut self, field: Field) -> Self {
        self.fields.push(field);
        if let Some(section) = self.sections.last_mut() {
            section.to = self.fields.len();
        }
        self
    }

    /// The fields that follow belong together, under this heading and sentence.
    #[must_use]
    pub fn section(mut self, title: impl Into<String>, help: impl Into<String>) -> Self {
        let (from, help) = (self.fields.len(), Some(help.into()).filter(|help| !help.is_empty()));
        self.sections.push(Section { title: title.into(), help, from, to: from });
        self
    }

    /// Every field is optional and none says so; the page does.
    #[must_use]
    pub fn all_optional(mut self) -> Self {
        self.mark_optional = false;
        self
    }

    /// With a text on the button: a verb.
    #[must_use]
    pub fn submit(mut self, text: impl Into<String>) -> Self {
        self.submit = text.into();
        self
    }

    /// With a way back.
    #[must_use]
    pub fn cancel(mut self, href: impl Into<String>) -> Self {
        self.cancel = Some(href.into());
        self
    }

    /// With a red button.
    #[must_use]
    pub fn danger(mut self) -> Self {
        self.danger = true;
        self
    }

    /// Asks before leaving with changes that were not sent.
    #[must_use]
    pub fn guard_changes(mut self) -> Self {
        self.guard_changes = true;
        self
    }

    /// Puts what was sent back into the fields, except passwords and hidden fields. A field sent several times (a group
    /// of checkboxes) gets all its values; a field that was not sent is emptied.
    #[must_use]
    pub fn fill<N: AsRef<str>, V: AsRef<str>>(mut self, pairs: &[(N, V)]) -> Self {
        for field in &mut self.fields {
            if matches!(field.kind, Kind::Password | Kind::Hidden) || field.read_only {
                continue;
            }
            let sent: Vec<&str> = pairs
                .iter()
                .filter(|(name, _)| name.as_ref() == field.name)
                .map(|(_, value)| value.as_ref())
                .collect();
            field.value = sent.join(" ");
            field.choose();
        }
        self
    }

    /// Says what is wrong: at the field of that name, or above the form when there is none (or it is hidden).
    #[must_use]
    pub fn fail(mut self, name: &str, text: impl Into<String>) -> Self {
        match self.fields.iter_mut().find(|field| field.name == name && field.kind != Kind::Hidden)
        {
            Some(field) => field.errors.push(text.into()),
            None => self.errors.push(text.into()),
        }
        self
    }

    /// Whether anything is wrong.
    pub fn has_errors(&self) -> bool {
        !self.errors.is_empty() || self.fields.iter().any(|field| !field.errors.is_empty())
    }
}

#[cfg(test)]
mod tests;
