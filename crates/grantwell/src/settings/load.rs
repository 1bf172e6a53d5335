//! Lays the sources of settings over each other and says precisely what is wrong with them.

mod sources;

use sources::Entry;
pub(crate) use sources::json_of_toml;
pub use sources::{Origin, Sources};

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};

use super::describe::{Field, Index, Kind};
use super::{Private, Settings};

/// The settings of a run, and where each of them came from.
#[derive(Debug)]
pub struct Loaded {
    /// The settings.
    pub settings: Settings,
    /// For each `section.key` that some source gave: which.
    pub origins: BTreeMap<String, Origin>,
}

/// Everything that is wrong with the settings, one line each.
#[derive(Debug, PartialEq, Eq)]
pub struct SettingsError(pub Vec<String>);

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for SettingsError {}

/// Lays the sources over `base`, the lowest layer. All faults are found before any is told.
pub fn load(base: Settings, sources: &Sources) -> Result<Loaded, SettingsError> {
    let (entries, mut faults) = sources.entries();
    let mut settings = with_profile(base, &entries);
    let mut origins = BTreeMap::new();
    for entry in entries {
        match lay(settings.clone(), &entry) {
            Ok(laid) => {
                settings = laid;
                // The file of a secret counts as the secret.
                let name = entry.name();
                let name = secret_behind_file(Index::of_settings(), &entry)
                    .map_or(name, |key| format!("{}.{key}", entry.section));
                origins.insert(name, entry.origin);
            }
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() {
        faults = settings.contradictions();
    }
    if faults.is_empty() { Ok(Loaded { settings, origins }) } else { Err(SettingsError(faults)) }
}

/// The base with the switches of the profile that the entries choose, or that of the project if they choose none. A profile that is none is told of when it is laid.
fn with_profile(base: Settings, entries: &[Entry]) -> Settings {
    let chosen = entries.iter().rev().find(|entry| entry.name() == "oauth.profile");
    let chosen = chosen.and_then(|entry| lay(base.clone(), entry).ok());
    chosen.map_or(base.oauth.profile, |laid| laid.oauth.profile).over(base)
}

/// Lays one entry over the settings.
fn lay(base: Settings, entry: &Entry) -> Result<Settings, String> {
    let index = Index::of_settings();
    let Some(field) = index.field(&entry.section, &entry.key) else {
        return match secret_behind_file(index, entry) {
            Some(key) => lay(base, &entry.read_from_file(key)?),
            None => Err(unknown(index, entry)),
        };
    };
    let value = entry.value_as(&field.kind);
    let mut tree = serde_json::to_value(&base).unwrap_or_default();
    let section = tree.as_object_mut().and_then(|sections| sections.get_mut(&entry.section));
    if let Some(fields) = section.and_then(Value::as_object_mut) {
        fields.insert(entry.key.clone(), value.clone());
    }
    let wrong = |error: serde_json::Error| {
        // Only of a key with keys of its own it has to be said which of them is meant.
        let which = match (&field.kind, &value) {
            (Kind::Tables, Value::Array(_)) => format!(": {error}"),
            _ => String::new(),
        };
        format!(
            "{}: {} expects {}, got {}{which}",
            entry.origin,
            entry.name(),
            field.kind.expectation(),
            shown(field, &value)
        )
    };
    let laid: Settings = serde_json::from_value(tree).map_err(wrong)?;
    Ok(with_secrets_of(laid, base))
}

/// Secrets are not serialized, so those that an entry did not set are carried over by hand.
fn with_secrets_of(mut laid: Settings, base: Settings) -> Settings {
    let keep = |new: &mut Option<Private>, old: Option<Private>| {
        if new.is_none() {
            *new = old;
        }
    };
    keep(&mut laid.database.url, base.database.url);
    keep(&mut laid.keys.master_key, base.keys.master_key);
    keep(&mut laid.server.tls_key, base.server.tls_key);
    laid
}

/// `url_file` names the file that holds the secret `url`: the key of the secret, if that is what it is.
fn secret_behind_file<'k>(index: &Index, entry: &'k Entry) -> Option<&'k str> {
    if index.field(&entry.section, &entry.key).is_some() {
        return None;
    }
    let key = entry.key.strip_suffix("_file")?;
    let field = index.field(&entry.section, key)?;
    (field.kind == Kind::Private).then_some(key)
}

/// How a wrong value is shown: never if the key is a secret.
fn shown(field: &Field, value: &Value) -> String {
    if field.kind == Kind::Private {
        return "something else".to_owned();
    }
    match value {
        Value::String(text) => format!("the text {text:?}"),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(map) if map.is_empty() => "an empty table".to_owned(),
        Value::Object(_) => "a table".to_owned(),
        other => other.to_string(),
    }
}

/// What an unknown key may have been meant to be.
fn unknown(index: &Index, entry: &Entry) -> String {
    let name = entry.name();
    let head = format!("{}: {name} is not a setting", entry.origin);
    if let Some(section) = index.section(&entry.section) {
        // Only a secret may stand in a file of its own; of another key, the key itself is meant.
        let bare = entry.key.strip_suffix("_file").unwrap_or(&entry.key);
        if index.field(&section.name, bare).is_some() {
            return format!("{head}; did you mean {}.{bare}?", section.name);
        }
        let keys = section.fields.iter().map(|field| field.name.as_str());
        if let Some(near) = nearest(&entry.key, keys) {
            return format!("{head}; did you mean {}.{near}?", section.name);
        }
    }
    let elsewhere =
        index.sections.iter().find(|section| section.fields.iter().any(|f| f.name == entry.key));
    if let Some(section) = elsewhere {
        return format!("{head}; did you mean {}.{}?", section.name, entry.key);
    }
    let all = index
        .sections
        .iter()
        .flat_map(|s| s.fields.iter().map(move |f| format!("{}.{}", s.name, f.name)));
    let all: Vec<String> = all.collect();
    match nearest(&name, all.iter().map(String::as_str)) {
        Some(near) => format!("{head}; did you mean {near}?"),
        None => format!("{head}; `config reference` lists them all"),
    }
}

/// The candidate that a mistyped name is closest to, if any is close at all.
pub(crate) fn nearest<'c>(
    name: &str,
    candidates: impl Iterator<Item = &'c str>,
) -> Option<&'c str> {
    let scored = candidates
        .map(|candidate| (strsim::normalized_damerau_levenshtein(name, candidate), candidate));
    let best = scored.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 >= 0.5).then_some(best.1)
}

impl Entry {
    /// `section.key`.
    fn name(&self) -> String {
        if self.section.is_empty() {
            self.key.clone()
        } else {
            format!("{}.{}", self.section, self.key)
        }
    }

    /// The value as the key takes it: variables and flags carry text only.
    fn value_as(&self, kind: &Kind) -> Value {
        let (Value::String(text), true) = (&self.value, self.origin.carries_text()) else {
            return self.value.clone();
        };
        let converted = match kind {
            Kind::Boolean => match text.as_str() {
                "true" | "1" => Some(Value::Bool(true)),
                "false" | "0" => Some(Value::Bool(false)),
                _ => None,
            },
            Kind::Integer => text.parse().ok().map(|number: u64| Value::Number(number.into())),
            Kind::Tables => serde_json::from_str(text).ok(),
            Kind::List if text.starts_with('[') => serde_json::from_str(text).ok(),
            Kind::List => {
                Some(text.split(',').map(|part| Value::String(part.trim().to_owned())).collect())
            }
            Kind::Map => {
                serde_json::from_str(text).ok().map(|map: Map<String, Value>| Value::Object(map))
            }
            _ => None,
        };
        converted.unwrap_or_else(|| self.value.clone())
    }

    /// The same entry for the secret itself, with what its file holds.
    fn read_from_file(&self, key: &str) -> Result<Self, String> {
        let Value::String(path) = &self.value else {
            return Err(format!("{}: {} expects the path of a file", self.origin, self.name()));
        };
        let text = std::fs::read_to_string(path).map_err(|error| {
            format!("{}: {} names {path}, which cannot be read: {error}", self.origin, self.name())
        })?;
        let value = Value::String(text.trim_end_matches(['\r', '\n']).to_owned());
        Ok(Self {
            section: self.section.clone(),
            key: key.to_owned(),
            value,
            origin: self.origin.clone(),
        })
    }
}

#[cfg(test)]
#[path = "load/tests.rs"]
mod tests;
