//! One field of a form: what it is called, how it is typed, what is wrong with it.

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

/// Where a script finds suggestions for the key of a row; without it the key is typed.
#[derive(Debug, Clone, Serialize)]
pub struct Suggest {
    /// A list of rows as JSON, by path and query.
    pub list: String,
    /// The query parameter of the list that takes words.
    pub search: Option<String>,
    /// One row by its key, which takes the place of `{}`.
    pub row: Option<String>,
    /// The member of a row that is the key.
    pub value: String,
    /// The member by which people know it.
    pub label: Option<String>,
    /// Whether the field takes several keys, with commas between them.
    pub many: bool,
}

/// One field.
#[derive(Debug, Clone, Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an attribute of the HTML element, independent of the others"
)]
pub struct Field {
    /// The name that is sent.
    pub name: String,
    /// The base of the element's id: the name, unless another form of the page has a field of the same name.
    pub id: String,
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
    /// Suggestions while a key is typed.
    pub suggest: Option<Suggest>,
}

impl Field {
    /// An optional, empty field.
    pub fn new(kind: Kind, name: impl Into<String>, label: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            id: name.clone(),
            name,
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
            suggest: None,
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

    /// With an id of its own, where another form of the page has a field of the same name.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
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

    /// With suggestions.
    #[must_use]
    pub fn suggest(mut self, suggest: Option<Suggest>) -> Self {
        self.suggest = suggest;
        self
    }

    /// Which choices its value stands for.
    pub(super) fn choose(&mut self) {
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
