//! Where settings come from: a TOML file, environment variables, flags. Each becomes a list of entries.

use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use toml::de::{DeTable, DeValue};

use crate::settings::describe::{Index, Kind};

/// The file that is read if no other is named.
pub(crate) const DEFAULT_FILE: &str = "grantwell.toml";
/// What the names of our variables begin with; two underscores stand between section and key.
const PREFIX: &str = "GRANTWELL__";

/// The sources of one run, lowest first.
#[derive(Debug, Default)]
pub struct Sources {
    /// A file that has to be there; without one, `grantwell.toml` if it is there.
    pub file: Option<PathBuf>,
    /// The environment: names and values.
    pub environment: Vec<(String, String)>,
    /// `section.key`, value and the flag they came with.
    pub flags: Vec<(String, String, &'static str)>,
}

/// One value of one source.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// The section; empty for a value that stands outside of all.
    pub(super) section: String,
    /// The key.
    pub(super) key: String,
    /// The value; a text if it came from a variable or a flag.
    pub(super) value: Value,
    /// Where it stands.
    pub(super) origin: Origin,
}

/// Where a value stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// In a file, on a line, counted from 1.
    File(PathBuf, usize),
    /// In a variable of that name.
    Variable(String),
    /// In a flag.
    Flag(&'static str),
}

impl Origin {
    /// Whether values from here are always texts.
    pub(super) fn carries_text(&self) -> bool {
        !matches!(self, Self::File(..))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, line) => write!(f, "{}, line {line}", path.display()),
            Self::Variable(name) => write!(f, "variable {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

impl Sources {
    /// The sources of this process: its environment, and the file if one was named.
    pub fn of_process(file: Option<PathBuf>) -> Self {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self {
            file,
            environment: std::env::vars_os().filter_map(text).collect(),
            flags: Vec::new(),
        }
    }

    /// All entries in the order in which they override each other, and what could not be read.
    pub(super) fn entries(&self) -> (Vec<Entry>, Vec<String>) {
        let mut entries = Vec::new();
        let mut faults = Vec::new();
        match self.file_entries() {
            Ok(found) => entries.extend(found),
            Err(fault) => faults.push(fault),
        }
        for (name, value) in &self.environment {
            if !value.is_empty() {
                match variable_entry(name, value) {
                    Some(Ok(entry)) => entries.push(entry),
                    Some(Err(fault)) => faults.push(fault),
                    None => {}
                }
            }
        }
        // `DATABASE_URL` is the general name, so our own variable for the same setting goes over it.
        entries.sort_by_key(|entry| match &entry.origin {
            Origin::File(..) => 0,
            Origin::Variable(name) if !name.starts_with(PREFIX) => 1,
            Origin::Variable(_) => 2,
            Origin::Flag(_) => 3,
        });
        for (name, value, flag) in &self.flags {
            let (section, key) = name.split_once('.').unwrap_or(("", name));
            entries.push(entry(section, key, Value::String(value.clone()), Origin::Flag(flag)));
        }
        faults.extend(given_twice(&entries));
        (entries, faults)
    }

    fn file_entries(&self) -> Result<Vec<Entry>, String> {
        let path = self.file.as_deref().unwrap_or(Path::new(DEFAULT_FILE));
        match std::fs::read_to_string(path) {
            Ok(text) => entries_of_toml(path, &text),
            Err(error) if self.file.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
                Ok(Vec::new())
            }
            Err(error) => {
                Err(format!("The settings file {} cannot be read: {error}", path.display()))
            }
        }
    }
}

fn entry(section: &str, key: &str, value: Value, origin: Origin) -> Entry {
    Entry { section: section.to_owned(), key: key.to_owned(), value, origin }
}

/// A secret and the file it stands in, both in one source: nobody could say which one counts.
fn given_twice(entries: &[Entry]) -> Vec<String> {
    let same_source =
        |a: &Origin, b: &Origin| std::mem::discriminant(a) == std::mem::discriminant(b);
    let secret = |e: &Entry| {
        Index::of_settings().field(&e.section, &e.key).is_some_and(|f| f.kind == Kind::Private)
    };
    let mut faults = Vec::new();
    for given in entries.iter().filter(|e| secret(e)) {
        let file = format!("{}_file", given.key);
        let other = entries.iter().find(|e| {
            e.section == given.section && e.key == file && same_source(&e.origin, &given.origin)
        });
        if let Some(other) = other {
            faults.push(format!(
                "{}: {} is given twice, also as {} ({}): keep one of them",
                given.origin,
                given.name(),
                other.name(),
                other.origin
            ));
        }
    }
    faults
}

fn variable_entry(name: &str, value: &str) -> Option<Result<Entry, String>> {
    let text = Value::String(value.to_owned());
    let origin = Origin::Variable(name.to_owned());
    match name {
        "DATABASE_URL" => return Some(Ok(entry("database", "url", text, origin))),
        "DATABASE_URL_FILE" => return Some(Ok(entry("database", "url_file", text, origin))),
        _ => {}
    }
    let path = name.strip_prefix(PREFIX)?.to_ascii_lowercase();
    Some(match path.split_once("__") {
        Some((section, key)) => Ok(entry(section, key, text, origin)),
        None => Err(format!(
            "{origin}: the name has to be {PREFIX}SECTION__KEY, such as GRANTWELL__SERVER__LISTEN"
        )),
    })
}

/// A TOML document as JSON; or in which line it is wrong and why, without the line itself, which may hold a secret.
pub(crate) fn json_of_toml(text: &str) -> Result<Map<String, Value>, String> {
    let table = table_of(text)?;
    let pairs =
        table.iter().map(|(key, value)| (key.get_ref().to_string(), json_of(value.get_ref())));
    Ok(pairs.collect())
}

fn table_of(text: &str) -> Result<DeTable<'_>, String> {
    let parsed = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(1, |span| line(text, span.start));
        format!("line {at}: not valid TOML: {}", error.message())
    })?;
    Ok(parsed.into_inner())
}

fn line(text: &str, offset: usize) -> usize {
    text.get(..offset).map_or(1, |head| head.matches('\n').count() + 1)
}

fn entries_of_toml(path: &Path, text: &str) -> Result<Vec<Entry>, String> {
    let line = |offset: usize| line(text, offset);
    let table = table_of(text).map_err(|why| format!("{}, {why}", path.display()))?;
    let mut entries = Vec::new();
    for (name, value) in &table {
        let DeValue::Table(fields) = value.get_ref() else {
            let origin = Origin::File(path.to_owned(), line(name.span().start));
            entries.push(entry("", name.get_ref(), json_of(value.get_ref()), origin));
            continue;
        };
        for (key, value) in fields {
            let origin = Origin::File(path.to_owned(), line(key.span().start));
            entries.push(entry(name.get_ref(), key.get_ref(), json_of(value.get_ref()), origin));
        }
    }
    Ok(entries)
}

fn json_of(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(
                |_| Value::String(number.to_string()),
                |number| Value::Number(number.into()),
            ),
        DeValue::Float(number) => number
            .as_str()
            .parse()
            .ok()
            .and_then(serde_json::Number::from_f64)
            .map_or(Value::Null, Value::Number),
        DeValue::Boolean(truth) => Value::Bool(*truth),
        DeValue::Datetime(time) => Value::String(time.to_string()),
        DeValue::Array(items) => items.iter().map(|item| json_of(item.get_ref())).collect(),
        DeValue::Table(fields) => {
            let pairs = fields
                .iter()
                .map(|(key, value)| (key.get_ref().to_string(), json_of(value.get_ref())));
            Value::Object(pairs.collect::<Map<_, _>>())
        }
    }
}
