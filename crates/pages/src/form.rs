//! A form described as data, so that labels, help, errors and their wiring for screen readers are the same everywhere.

mod section;

pub use section::Section;

use serde::Serialize;

/// How a field is shown and typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// One line.
    Text,
    /// An e-mail address.
    Email,
    /// A URL.
    Url,
    /// A telephone number.
    Tel,
    /// A search text.
    Search,
    /// Hidden while typed, with a button that shows it. Its value is never sent back.
    Password,
    /// A number.
    Number,
    /// Several lines.
    Textarea,
    /// One of several choices in a list.
    Select,
    /// One of several choices, all visible.
    Radio,
    /// Any of several choices.
    Checkboxes,
    /// One yes or no; sent as `true`, or not at all.
    Checkbox,
    /// Not shown.
    Hidden,
}

/// One choice of a select, radio or checkbox group.
#[derive(Debug, Clone, Serialize)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is shown.
    pub label: String,
    /// A sentence below the label (not in a select).
    pub help: Option<String>,
    /// Whether it is chosen.
    pub chosen: bool,
}

impl Choice {
    /// A choice that is not chosen.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), help: None, chosen: false }
    }

    /// With a sentence that explains it.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }
}

/// One field.
#[derive(Debug, Clone, Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an attribute of the HTML element, independent of the others"
)]
pub struct Field {
    /// The name that is sent; also the base of the element's id.
    pub name: String,
    /// The label.
    pub label: String,
    /// How it is shown.
    pub kind: Kind,
    /// What is in it.
    pub value: String,
    /// A sentence below the label.
    pub help: Option<String>,
    /// What is wrong with it, a sentence each.
    pub errors: Vec<String>,
    /// Whether it must be filled in; optional fields say so.
    pub required: bool,
    /// The `autocomplete` token that tells password managers what it is.
    pub autocomplete: Option<String>,
    /// An example in the empty field.
    pub placeholder: Option<String>,
    /// The smallest number.
    pub min: Option<i64>,
    /// The greatest number.
    pub max: Option<i64>,
    /// The step of a number; `any` for decimals.
    pub step: Option<String>,
    /// The most characters.
    pub max_length: Option<u64>,
    /// The choices of a select or a group.
    pub choices: Vec<Choice>,
    /// Shown, but not to be changed.
    pub read_only: bool,
    /// Whether typing starts here.
    pub autofocus: bool,
    /// A fixed-width font: for URIs, scopes, JSON.
    pub monospace: bool,
    /// Lines of a textarea.
    pub rows: u8,
}

impl Field {
    /// An optional, empty field.
    pub fn new(kind: Kind, name: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            label: label.into(),
            kind,
            value: String::new(),
            help: None,
            errors: Vec::new(),
            required: false,
            autocomplete: None,
            placeholder: None,
            min: None,
            max: None,
            step: None,
            max_length: None,
            choices: Vec::new(),
            read_only: false,
            autofocus: false,
            monospace: false,
            rows: 4,
        }
    }

    /// One line of text.
    pub fn text(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self::new(Kind::Text, name, label)
    }

    /// A username, so that password managers and phones treat it as one.
    pub fn username(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self::text(name, label).autocomplete("username").required()
    }

    /// A password that exists; a new one says `.autocomplete("new-password")`.
    pub fn password(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self::new(Kind::Password, name, label).autocomplete("current-password").required()
    }

    /// A value that is sent but not shown.
    pub fn hidden(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self::new(Kind::Hidden, name, "").value(value)
    }

    /// Must be filled in.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// With a value; in a group the choice of that value is chosen.
    #[must_use]
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self.choose();
        self
    }

    /// With a sentence that helps.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// With something wrong.
    #[must_use]
    pub fn error(mut self, text: impl Into<String>) -> Self {
        self.errors.push(text.into());
        self
    }

    /// With choices.
    #[must_use]
    pub fn choices(mut self, choices: impl IntoIterator<Item = Choice>) -> Self {
        self.choices = choices.into_iter().collect();
        self.choose();
        self
    }

    /// With an `autocomplete` token (HTML §4.10.18.7), such as `new-password` or `off`.
    #[must_use]
    pub fn autocomplete(mut self, token: impl Into<String>) -> Self {
        self.autocomplete = Some(token.into());
        self
    }

    /// With an example in the empty field; never instead of a label or help.
    #[must_use]
    pub fn placeholder(mut self, text: impl Into<String>) -> Self {
        self.placeholder = Some(text.into());
        self
    }

    /// Numbers from `min` to `max`.
    #[must_use]
    pub fn between(mut self, min: Option<i64>, max: Option<i64>) -> Self {
        (self.min, self.max) = (min, max);
        self
    }

    /// At most so many characters.
    #[must_use]
    pub fn max_length(mut self, characters: u64) -> Self {
        self.max_length = Some(characters);
        self
    }

    /// Shown, but not to be changed.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// Typing starts here.
    #[must_use]
    pub fn autofocus(mut self) -> Self {
        self.autofocus = true;
        self
    }

    /// In a fixed-width font.
    #[must_use]
    pub fn monospace(mut self) -> Self {
        self.monospace = true;
        self
    }

    /// A textarea of so many lines.
    #[must_use]
    pub fn rows(mut self, rows: u8) -> Self {
        self.rows = rows;
        self
    }

    fn choose(&mut self) {
        // A group of checkboxes holds its values separated by spaces, as scopes and grant types are.
        let many = self.kind == Kind::Checkboxes;
        for choice in &mut self.choices {
            choice.chosen = if many {
                self.value.split(' ').any(|value| value == choice.value)
            } else {
                self.value == choice.value
            };
        }
    }
}

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
