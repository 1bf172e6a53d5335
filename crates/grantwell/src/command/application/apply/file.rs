//! The file of `application apply`: its tables, and where the secrets stand that it names.

use std::path::Path;

use oauth::client::declaration::Declaration;
use oauth::json::{self, Limits};
use oauth::secret::Secret;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::plan::Fault;
use super::refused;
use crate::command::application::facts;
use crate::error::Error;
use crate::output::{secret_from_file, secret_of, text_from_stdin};
use crate::settings::{json_of_toml, nearest};

/// How large a file may be.
const LIMITS: Limits = Limits { bytes: 1024 * 1024, depth: 12, values: 100_000 };

/// The one key of a file: each of its tables is an application.
const TABLES: &str = "application";

/// The members that say where a secret stands; a declaration has one at most.
const SECRETS: [&str; 3] = ["client_secret", "client_secret_env", "client_secret_file"];

/// The tables of the file; - is standard input.
pub(super) fn read(path: &Path) -> Result<Vec<Map<String, Value>>, Error> {
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
fn tables(text: &str, is_json: bool) -> Result<Vec<Map<String, Value>>, String> {
    let read = if is_json {
        json::read_object(text.as_bytes(), LIMITS)
            .map_err(|why| format!(": not valid JSON: {why}."))
    } else {
        json_of_toml(text).map_err(|why| format!(", {why}."))
    };
    let mut root = read?;
    let found = root.remove(TABLES);
    if let Some(key) = root.keys().next() {
        return Err(format!(
            ": {key} is not known here; each application is a table [[{TABLES}]] of its own."
        ));
    }
    let list = match found {
        None => Vec::new(),
        Some(Value::Array(list)) => list,
        Some(_) => return Err(format!(": {TABLES} is a list of tables: write [[{TABLES}]].")),
    };
    let table = |value| match value {
        Value::Object(members) => Ok(members),
        _ => Err(format!(": {TABLES} is a list of tables: write [[{TABLES}]].")),
    };
    list.into_iter().map(table).collect()
}

/// A fault for each member that nobody reads.
pub(super) fn unknown(members: &Map<String, Value>) -> Vec<Fault> {
    let known: Vec<&str> = Declaration::members().chain(SECRETS).collect();
    let others = members.keys().filter(|member| !known.contains(&member.as_str()));
    others
        .map(|member| {
            let message = match nearest(member, known.iter().copied()) {
                Some(near) => {
                    format!("This is not a member of an application; did you mean {near}?")
                }
                None => "This is not a member of an application; members are named as in RFC 7591."
                    .to_owned(),
            };
            Fault::new(member, message)
        })
        .collect()
}

/// The secret that a table names, from where it stands. A file is looked for in `folder`.
pub(super) fn secret(members: &Map<String, Value>, folder: &Path) -> Result<Option<Secret>, Fault> {
    let mut given = SECRETS
        .into_iter()
        .filter_map(|member| Some((member, members.get(member).filter(|value| !value.is_null())?)));
    let Some((member, value)) = given.next() else { return Ok(None) };
    if let Some((other, _)) = given.next() {
        return Err(Fault::new(
            member,
            format!("{other} gives the secret as well: keep one of them."),
        ));
    }
    let Value::String(text) = value else { return Err(Fault::new(member, "This is a text.")) };
    let found = match member {
        "client_secret_file" => secret_from_file(&folder.join(text)),
        "client_secret_env" => from_variable(text),
        _ => secret_of(text, "This member"),
    };
    let found = found.map_err(|error| Fault::new(member, error.to_string()))?;
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
        assert!(tables("", false).unwrap().is_empty());
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

    #[test]
    fn an_unknown_member_names_the_nearest() {
        let members =
            tables("[[application]]\nredirect_uri = 1\nzzz = 2\nname = 3", false).unwrap();
        let faults: Vec<String> = unknown(&members[0]).iter().map(ToString::to_string).collect();
        assert_eq!(faults.len(), 2, "{faults:?}");
        assert!(faults[0].ends_with("did you mean redirect_uris?"), "{faults:?}");
    }
}
