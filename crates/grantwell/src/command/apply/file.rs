//! The file of `apply`: its tables, and where the secrets stand that it names.

use std::path::Path;

use admin::plan::Fault;
use oauth::json::{self, Limits};
use oauth::secret::Secret;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::refused;
use crate::command::application::facts;
use crate::error::Error;
use crate::output::{secret_from_file, secret_of, text_from_stdin};
use crate::settings::json_of_toml;

/// How large a file may be.
const LIMITS: Limits = Limits { bytes: 1024 * 1024, depth: 12, values: 100_000 };

/// What a table is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Application,
    User,
}

impl Kind {
    const ALL: [Self; 2] = [Self::Application, Self::User];

    /// The key of its tables.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::User => "user",
        }
    }

    /// The member that names one.
    pub(super) const fn id(self) -> &'static str {
        match self {
            Self::Application => "client_id",
            Self::User => "username",
        }
    }

    /// The members that say where a secret stands; a declaration has one at most.
    pub(super) const fn secrets(self) -> [&'static str; 3] {
        match self {
            Self::Application => ["client_secret", "client_secret_env", "client_secret_file"],
            Self::User => ["password", "password_env", "password_file"],
        }
    }
}

/// The tables of a file.
#[derive(Debug, PartialEq)]
pub(super) struct Tables {
    pub(super) applications: Vec<Map<String, Value>>,
    pub(super) users: Vec<Map<String, Value>>,
}

/// The tables of the file; - is standard input.
pub(super) fn read(path: &Path) -> Result<Tables, Error> {
    let (text, place) = if path == Path::new("-") {
        (text_from_stdin(LIMITS.bytes)?, "Standard input".to_owned())
    } else {
        (facts::file(path, LIMITS.bytes as u64)?, path.display().to_string())
    };
    let is_json = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
    // No TOML document begins with a brace.
    let is_json = is_json || (path == Path::new("-") && text.trim_start().starts_with('{'));
    tables(&Zeroizing::new(text), is_json).map_err(|wrong| refused(&format!("{place}{wrong}")))
}

/// The tables of a text; or what is wrong with it, to be read after its name.
fn tables(text: &str, is_json: bool) -> Result<Tables, String> {
    let read = if is_json {
        json::read_object(text.as_bytes(), LIMITS)
            .map_err(|why| format!(": not valid JSON: {why}."))
    } else {
        json_of_toml(text).map_err(|why| format!(", {why}."))
    };
    let mut root = read?;
    let applications = take(&mut root, Kind::Application)?;
    let users = take(&mut root, Kind::User)?;
    if let Some(key) = root.keys().next() {
        let known = Kind::ALL.map(|kind| format!("[[{}]]", kind.key())).join(" or ");
        return Err(format!(": {key} is not known here; write a table {known} for each."));
    }
    Ok(Tables { applications, users })
}

/// The tables of one kind, which the root then holds no more.
fn take(root: &mut Map<String, Value>, kind: Kind) -> Result<Vec<Map<String, Value>>, String> {
    let key = kind.key();
    let wrong = || format!(": {key} is a list of tables: write [[{key}]].");
    let list = match root.remove(key) {
        None => Vec::new(),
        Some(Value::Array(list)) => list,
        Some(_) => return Err(wrong()),
    };
    let table = |value| match value {
        Value::Object(members) => Ok(members),
        _ => Err(wrong()),
    };
    list.into_iter().map(table).collect()
}

/// The secret that a table names, from where it stands. A file is looked for in `folder`.
pub(super) fn secret(
    members: &Map<String, Value>,
    kind: Kind,
    folder: &Path,
) -> Result<Option<Secret>, Fault> {
    let wrong = |member: &str, message: String| Fault::new(&[member], "invalid", message);
    let mut given = kind
        .secrets()
        .into_iter()
        .filter_map(|member| Some((member, members.get(member).filter(|value| !value.is_null())?)));
    let Some((member, value)) = given.next() else { return Ok(None) };
    if let Some((other, _)) = given.next() {
        return Err(wrong(member, format!("{other} gives the secret as well: keep one of them.")));
    }
    let Value::String(text) = value else {
        return Err(wrong(member, "This is a text.".to_owned()));
    };
    let found = match member {
        "client_secret_file" | "password_file" => secret_from_file(&folder.join(text)),
        "client_secret_env" | "password_env" => from_variable(text),
        _ => secret_of(text, "This member"),
    };
    let found = found.map_err(|error| wrong(member, error.to_string()))?;
    Ok(Some(Secret::from(found.as_str())))
}

fn from_variable(name: &str) -> Result<Zeroizing<String>, Error> {
    let value = std::env::var(name).map_err(|_| {
        Error::failed(format!(
            "There is no variable {name:?} in the environment, or it is no text."
        ))
    })?;
    secret_of(&Zeroizing::new(value), &format!("The variable {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toml_and_json_say_the_same() {
        let toml = "[[application]]\nclient_id = \"a\"\nactive = false\n\n[[application]]\nclient_id = 'b'\njwks = { keys = [] }\n";
        let json = r#"{"application": [{"client_id": "a", "active": false}, {"client_id": "b", "jwks": {"keys": []}}]}"#;
        assert_eq!(tables(toml, false).unwrap(), tables(json, true).unwrap());
        assert!(tables("", false).unwrap().applications.is_empty());
        let people = tables("[[user]]\nusername = 'ann'\nclaims = { level = 7 }\n", false).unwrap();
        let json = r#"{"user": [{"username": "ann", "claims": {"level": 7}}]}"#;
        assert_eq!((people.users.len(), people), (1, tables(json, true).unwrap()));
    }

    #[test]
    fn a_text_that_is_no_list_of_tables_is_refused_without_repeating_it() {
        for (text, is_json, expected) in [
            (
                "[[application]]\nclient_secret = \"hunter2hunter2",
                false,
                ", line 2: not valid TOML",
            ),
            ("{\"application\": [{\"client_secret\": \"hunter2", true, ": not valid JSON"),
            ("{\"application\": [{\"a\": 1, \"a\": 2}]}", true, ": not valid JSON"),
            ("[application]\nclient_secret = 'hunter2'", false, "write [[application]]"),
            ("application = ['hunter2']", false, "write [[application]]"),
            ("[[applications]]\nclient_secret = 'hunter2'", false, ": applications is not known"),
        ] {
            let wrong = tables(text, is_json).unwrap_err();
            assert!(wrong.contains(expected) && !wrong.contains("hunter2"), "{wrong}");
        }
    }
}
