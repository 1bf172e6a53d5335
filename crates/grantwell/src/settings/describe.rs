//! What the settings are, read from the schema of their struct: sections, keys, kinds, defaults, documentation.

use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::Settings;

/// All sections, in the order in which they are declared.
#[derive(Debug)]
pub struct Index {
    /// The sections.
    pub sections: Vec<Section>,
}

/// One section: `[server]`.
#[derive(Debug)]
pub struct Section {
    /// The name between the brackets.
    pub name: String,
    /// What the section is about.
    pub about: String,
    /// Its keys, in the order in which they are declared.
    pub fields: Vec<Field>,
}

/// One key of a section.
#[derive(Debug)]
pub struct Field {
    /// The name of the key.
    pub name: String,
    /// What it does.
    pub about: String,
    /// What it takes.
    pub kind: Kind,
    /// The library's default; null if the key has none.
    pub default: Value,
}

/// What a key takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// `true` or `false`.
    Boolean,
    /// A whole number that is not negative.
    Integer,
    /// A list of texts.
    List,
    /// A list of tables, each with keys of its own.
    Tables,
    /// Names and texts.
    Map,
    /// One of these words.
    Choice(Vec<String>),
    /// A span of time.
    Span,
    /// A size in bytes.
    Size,
    /// An absolute URL.
    Url,
    /// A text that is never shown, and may stand in a file of its own.
    Private,
}

impl Kind {
    /// What the key takes, for the sentence "… expects …".
    pub fn expectation(&self) -> String {
        match self {
            Self::Text => "a text".to_owned(),
            Self::Boolean => "true or false".to_owned(),
            Self::Integer => "a whole number, 0 or more".to_owned(),
            Self::List => "a list of texts (in a variable: separated by commas)".to_owned(),
            Self::Tables => "a list of tables (in a variable: JSON)".to_owned(),
            Self::Map => {
                "names and texts, such as { read = \"See your unicorns\" } (in a variable: JSON)"
                    .to_owned()
            }
            Self::Choice(words) => format!("one of {}", words.join(", ")),
            Self::Span => {
                "a span of time, such as 30, \"500 ms\", \"10 m\", \"1 h\" or \"30 d\"".to_owned()
            }
            Self::Size => "a size, such as 65536, \"512 KiB\" or \"1 MiB\"".to_owned(),
            Self::Url => "an absolute URL, such as \"https://id.example.org\"".to_owned(),
            Self::Private => "a text (which is not shown here)".to_owned(),
        }
    }

    /// The short name in the reference.
    pub fn name(&self) -> String {
        match self {
            Self::Text => "text".to_owned(),
            Self::Boolean => "true or false".to_owned(),
            Self::Integer => "number".to_owned(),
            Self::List => "list of texts".to_owned(),
            Self::Tables => "list of tables".to_owned(),
            Self::Map => "names and texts".to_owned(),
            Self::Choice(words) => {
                words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
            }
            Self::Span => "span of time".to_owned(),
            Self::Size => "size".to_owned(),
            Self::Url => "URL".to_owned(),
            Self::Private => "secret text".to_owned(),
        }
    }

    fn of(schema: &Value) -> Self {
        if let Some(words) = words_of(schema) {
            return Self::Choice(words);
        }
        match (type_of(schema), schema.get("format").and_then(Value::as_str)) {
            (_, Some("span")) => Self::Span,
            (_, Some("size")) => Self::Size,
            (_, Some("uri")) => Self::Url,
            (_, Some("private")) => Self::Private,
            ("boolean", _) => Self::Boolean,
            ("integer", _) => Self::Integer,
            ("array", _) if schema.get("items").map(type_of) == Some("object") => Self::Tables,
            ("array", _) => Self::List,
            ("object", _) => Self::Map,
            _ => Self::Text,
        }
    }
}

impl Index {
    /// The index of [`Settings`], made once.
    pub fn of_settings() -> &'static Self {
        static INDEX: LazyLock<Index> = LazyLock::new(Index::read);
        &INDEX
    }

    /// The section of that name.
    pub fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.name == name)
    }

    /// The key of that section.
    pub fn field(&self, section: &str, key: &str) -> Option<&Field> {
        self.section(section)?.fields.iter().find(|field| field.name == key)
    }

    fn read() -> Self {
        let generator =
            SchemaSettings::draft2020_12().with(|s| s.inline_subschemas = true).into_generator();
        let schema = generator.into_root_schema_for::<Settings>().to_value();
        let defaults = serde_json::to_value(Settings::default()).unwrap_or_default();
        let sections = properties(&schema).map(|(name, schema)| Section {
            name: name.clone(),
            about: text_of(schema),
            fields: properties(schema)
                .map(|(key, schema)| Field {
                    name: key.clone(),
                    about: text_of(schema),
                    kind: Kind::of(schema),
                    default: defaults
                        .get(name)
                        .and_then(|fields| fields.get(key))
                        .cloned()
                        .unwrap_or_default(),
                })
                .collect(),
        });
        Self { sections: sections.collect() }
    }
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema.get("properties").and_then(Value::as_object).into_iter().flatten()
}

/// The doc comment as one line.
fn text_of(schema: &Value) -> String {
    let text = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The first type that is not null.
fn type_of(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(name)) => name,
        Some(Value::Array(names)) => {
            names.iter().filter_map(Value::as_str).find(|name| *name != "null").unwrap_or("")
        }
        _ => "",
    }
}

/// The words of an enum, with or without doc comments on its variants.
fn words_of(schema: &Value) -> Option<Vec<String>> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return Some(words.iter().filter_map(text).collect());
    }
    let variants = schema.get("oneOf").and_then(Value::as_array)?;
    Some(variants.iter().filter_map(|variant| text(variant.get("const")?)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_a_text_and_the_kind_of_its_type() {
        let index = Index::of_settings();
        for section in &index.sections {
            assert!(!section.about.is_empty(), "{} has no doc comment", section.name);
            for field in &section.fields {
                assert!(
                    !field.about.is_empty(),
                    "{}.{} has no doc comment",
                    section.name,
                    field.name
                );
            }
        }
        for (section, key, kind) in [
            ("server", "listen", Kind::Text),
            ("server", "public_url", Kind::Url),
            ("server", "allowed_hosts", Kind::List),
            ("server", "body_limit", Kind::Size),
            ("server", "request_timeout", Kind::Span),
            ("server", "max_connections", Kind::Integer),
            ("database", "url", Kind::Private),
            ("database", "migrate_on_start", Kind::Boolean),
            ("oauth", "scopes", Kind::Map),
            ("oauth", "trusted_issuers", Kind::Tables),
            ("pages", "templates", Kind::Text),
            ("log", "format", Kind::Choice(vec!["auto".into(), "text".into(), "json".into()])),
            ("keys", "master_key", Kind::Private),
        ] {
            assert_eq!(index.field(section, key).unwrap().kind, kind, "{section}.{key}");
        }
    }
}
