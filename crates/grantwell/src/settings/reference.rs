//! Prints the settings: the reference page in Markdown, and a dump of the values in force without the secrets.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::Loaded;
use super::describe::{Field, Index, Kind};

/// The reference of all settings as Markdown, made from the doc comments of the struct.
pub fn markdown() -> String {
    let mut page = "# Settings\n\n\
        Read from `grantwell.toml`, then from environment variables named `GRANTWELL__SECTION__KEY`, then from flags \
        (`--set section.key=value`); each overrides the one before it. A secret may stand in a file of its own, named by \
        the same key with `_file` at its end. Unknown keys are refused.\n"
        .to_owned();
    for section in &Index::of_settings().sections {
        let _ = write!(page, "\n## `[{}]`\n\n{}\n", section.name, section.about);
        for field in &section.fields {
            let variable = format!("GRANTWELL__{}__{}", section.name, field.name).to_uppercase();
            let _ = write!(page, "\n### `{}.{}`\n\n{}\n\n", section.name, field.name, field.about);
            let _ = writeln!(page, "- Takes: {}", field.kind.name());
            let _ = writeln!(page, "- Default: {}", default_of(field));
            let _ = writeln!(page, "- Variable: `{variable}`{}", file_note(field, &variable));
        }
    }
    page
}

fn default_of(field: &Field) -> String {
    match &field.default {
        Value::Null => "none".to_owned(),
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Object(map) if map.is_empty() => "none".to_owned(),
        Value::String(text) => format!("`\"{text}\"`"),
        other => format!("`{other}`"),
    }
}

fn file_note(field: &Field, variable: &str) -> String {
    if field.kind == Kind::Private {
        format!(", or its content in the file `{variable}_FILE`")
    } else {
        String::new()
    }
}

/// The settings in force as JSON: for each key its value and where it came from. Secrets say only that they are set.
pub fn dump_json(loaded: &Loaded) -> Value {
    let mut sections = Map::new();
    for (section, field, value) in values(loaded) {
        let origin = loaded.origins.get(&format!("{section}.{}", field.name));
        let origin = origin.map_or_else(|| "default".to_owned(), ToString::to_string);
        let fields = sections.entry(section).or_insert_with(|| Value::Object(Map::new()));
        if let Some(fields) = fields.as_object_mut() {
            fields.insert(field.name.clone(), json!({ "value": value, "from": origin }));
        }
    }
    Value::Object(sections)
}

/// The settings in force as TOML that could be a settings file, with their origin as a comment.
pub fn dump_toml(loaded: &Loaded) -> String {
    let mut text = String::new();
    let mut current = String::new();
    for (section, field, value) in values(loaded) {
        if current != section {
            let _ = writeln!(text, "{}[{section}]", if current.is_empty() { "" } else { "\n" });
            current.clone_from(&section);
        }
        let origin = loaded.origins.get(&format!("{section}.{}", field.name));
        let note = origin.map_or(String::new(), |origin| format!("  # {origin}"));
        match toml_of(&value) {
            Some(value) => _ = writeln!(text, "{} = {value}{note}", field.name),
            None => _ = writeln!(text, "# {} is not set", field.name),
        }
    }
    text
}

fn values(loaded: &Loaded) -> impl Iterator<Item = (String, &'static Field, Value)> {
    let tree = serde_json::to_value(&loaded.settings).unwrap_or_default();
    let keys = &loaded.settings.keys;
    let url = loaded.settings.database.url.as_ref().map(|url| without_password(url.expose()));
    let master_key = keys.master_key.as_ref().map(|_| "(hidden)".to_owned());
    Index::of_settings().sections.iter().flat_map(move |section| {
        let (tree, url, master_key) = (tree.clone(), url.clone(), master_key.clone());
        section.fields.iter().map(move |field| {
            let value = match (section.name.as_str(), field.name.as_str()) {
                ("database", "url") => json!(url),
                ("keys", "master_key") => json!(master_key),
                (_, key) => tree
                    .get(&section.name)
                    .and_then(|fields| fields.get(key))
                    .cloned()
                    .unwrap_or_default(),
            };
            (section.name.clone(), field, value)
        })
    })
}

fn toml_of(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Object(map) => {
            let pairs = map
                .iter()
                .filter_map(|(key, value)| Some(format!("{} = {}", json!(key), toml_of(value)?)));
            Some(format!("{{ {} }}", pairs.collect::<Vec<_>>().join(", ")))
        }
        Value::Array(items) => {
            let items: Vec<_> = items.iter().filter_map(toml_of).collect();
            Some(format!("[{}]", items.join(", ")))
        }
        other => Some(other.to_string()),
    }
}

/// A database URL without the password in it, so that it can be shown.
pub(crate) fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, path) = rest.split_once('/').map_or((rest, None), |(a, p)| (a, Some(p)));
    let shown = match authority.rsplit_once('@') {
        Some((credentials, host)) => {
            let user = credentials.split(':').next().unwrap_or_default();
            if credentials.contains(':') {
                format!("{user}:(hidden)@{host}")
            } else {
                format!("{user}@{host}")
            }
        }
        None => authority.to_owned(),
    };
    let path = path.map(|path| {
        path.split_once('?').map_or(path.to_owned(), |(path, _)| format!("{path}?(hidden)"))
    });
    format!("{scheme}://{shown}{}", path.map_or(String::new(), |path| format!("/{path}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Sources, load};

    #[test]
    fn the_reference_names_every_key_with_its_variable_and_default() {
        let page = markdown();
        for text in [
            "## `[server]`",
            "### `server.listen`",
            "`\"127.0.0.1:8000\"`",
            "`GRANTWELL__OAUTH__ACCESS_TOKEN_LIFETIME`",
            "`\"1 h\"`",
            "`GRANTWELL__KEYS__MASTER_KEY_FILE`",
            "in the file `GRANTWELL__DATABASE__URL_FILE`",
        ] {
            assert!(page.contains(text), "{text} is missing in\n{page}");
        }
    }

    #[test]
    fn a_dump_hides_secrets_and_is_itself_a_settings_file() {
        let mut sources = Sources { file: None, ..Sources::default() };
        sources.environment = vec![
            ("DATABASE_URL".into(), "postgres://app:hunter2@db/app?sslkey=hunter2".into()),
            ("GRANTWELL__KEYS__MASTER_KEY".into(), "hunter2hunter2".into()),
            ("GRANTWELL__OAUTH__SCOPES".into(), r#"{"read":"See \"it\""}"#.into()),
            (
                "GRANTWELL__OAUTH__TRUSTED_ISSUERS".into(),
                r#"[{"issuer":"https://a.example","jwks_uri":"https://a.example/k","clients":["x"]}]"#
                    .into(),
            ),
        ];
        let loaded = load(crate::settings::Settings::default(), &sources).unwrap();
        let (text, json) = (dump_toml(&loaded), dump_json(&loaded).to_string());
        assert!(!text.contains("hunter2") && !json.contains("hunter2"), "{text}");
        assert!(
            text.contains("postgres://app:(hidden)@db/app?(hidden)\"  # variable DATABASE_URL"),
            "{text}"
        );
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &text).unwrap();
        let again = load(
            crate::settings::Settings::default(),
            &Sources { file: Some(file.path().into()), ..Sources::default() },
        );
        let again = again.unwrap().settings.oauth;
        assert_eq!(again.scopes["read"], "See \"it\"");
        let trusted = &again.trusted_issuers[0];
        assert_eq!(trusted.clients.as_deref(), Some(&["x".to_owned()][..]));
        assert_eq!((trusted.issuer.as_str(), &trusted.scopes), ("https://a.example", &None));
    }

    #[test]
    fn a_password_in_a_url_is_hidden() {
        for (url, shown) in [
            ("sqlite://db.sqlite3", "sqlite://db.sqlite3"),
            ("postgres://u@h/d", "postgres://u@h/d"),
            ("postgres://u:p@ss@h:5432/d", "postgres://u:(hidden)@h:5432/d"),
            ("postgres://h/d?password=p", "postgres://h/d?(hidden)"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }
}
