//! Which room may use which: the table of ARCHITECTURE.md, held against the manifests.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// What a room may use of the house. A room that is not named here does not exist.
const ROOMS: &[(&str, &[&str])] = &[
    ("grantwell-jose", &[]),
    ("grantwell-oauth", &["grantwell-jose"]),
    ("grantwell-accounts", &["grantwell-oauth"]),
    ("grantwell-ambient", &["grantwell-oauth"]),
    ("grantwell-vault", &["grantwell-jose", "grantwell-oauth"]),
    ("grantwell-pages", &["grantwell-ambient"]),
    ("grantwell-macros", &[]),
    ("grantwell-database", &[]),
    ("grantwell-fetch", &[]),
    (
        "grantwell-store",
        &[
            "grantwell-accounts",
            "grantwell-ambient",
            "grantwell-database",
            "grantwell-jose",
            "grantwell-macros",
            "grantwell-oauth",
            "grantwell-vault",
        ],
    ),
    (
        "grantwell-rest",
        &[
            "grantwell-ambient",
            "grantwell-database",
            "grantwell-fetch",
            "grantwell-jose",
            "grantwell-macros",
            "grantwell-oauth",
            "grantwell-pages",
        ],
    ),
    (
        "grantwell-web",
        &[
            "grantwell-accounts",
            "grantwell-ambient",
            "grantwell-fetch",
            "grantwell-jose",
            "grantwell-oauth",
            "grantwell-pages",
            "grantwell-rest",
            "grantwell-store",
            "grantwell-vault",
        ],
    ),
    (
        "grantwell-admin",
        &[
            "grantwell-accounts",
            "grantwell-ambient",
            "grantwell-jose",
            "grantwell-oauth",
            "grantwell-pages",
            "grantwell-rest",
            "grantwell-store",
            "grantwell-vault",
        ],
    ),
];

/// Outside crates that only some rooms may use: the wall that keeps a subject in its room.
const WALLS: &[(&str, &[&str])] = &[
    ("aws-lc-rs", &["grantwell-bench", "grantwell-jose", "grantwell-vault"]),
    (
        "axum",
        &[
            "grantwell",
            "grantwell-admin",
            "grantwell-pages",
            "grantwell-rest",
            "grantwell-web",
            "grantwell-bench",
            "resource-server",
            "unicorn",
        ],
    ),
    ("argon2", &["grantwell-accounts"]),
    ("getrandom", &["grantwell-ambient"]),
    ("hyper", &["grantwell", "grantwell-bench", "grantwell-fetch"]),
    ("minijinja", &["grantwell-pages"]),
    ("pasetors", &["grantwell-vault"]),
    ("reqwest", &[]),
    ("rustls", &["grantwell", "grantwell-fetch"]),
    (
        "sea-orm",
        &[
            "bookshop",
            "grantwell",
            "grantwell-bench",
            "grantwell-database",
            "grantwell-rest",
            "grantwell-store",
            "resource-server",
            "unicorn",
        ],
    ),
    ("sqlx", &["grantwell-database", "grantwell-store"]),
    ("tokio-rustls", &["grantwell", "grantwell-fetch"]),
];

/// What a program that stands on one room alone must not bring along, however far down.
const ALONE: &[(&str, &[&str])] = &[(
    "resource-server",
    &["grantwell", "grantwell-accounts", "grantwell-store", "grantwell-vault", "grantwell-web"],
)];

/// All that the rules may use: no runtime, no IO, no randomness.
const PURE: &[(&str, &[&str])] = &[
    ("grantwell-jose", &["base64", "serde", "serde_json", "subtle", "thiserror"]),
    (
        "grantwell-oauth",
        &[
            "base64",
            "form_urlencoded",
            "grantwell-jose",
            "percent-encoding",
            "serde",
            "serde_json",
            "sha2",
            "subtle",
            "thiserror",
            "url",
            "uuid",
            "zeroize",
        ],
    ),
    (
        "grantwell-accounts",
        &[
            "argon2",
            "base64",
            "grantwell-oauth",
            "icu_casemap",
            "icu_normalizer",
            "icu_properties",
            "serde",
            "serde_json",
            "strsim",
            "subtle",
            "thiserror",
            "url",
            "zeroize",
            "zxcvbn",
        ],
    ),
];

/// Every arrow between rooms and through the walls that the table does not allow, and every
/// manifest that is unsorted, unlinted or names a version of its own.
pub(super) fn check(root: &Path) -> Result<Vec<String>, String> {
    let packages = packages(root)?;
    let mut faults = Vec::new();
    for package in &packages {
        let name = text(package, "name");
        faults.extend(doors(name, package));
        faults.extend(manifest(root, name, package)?);
    }
    for (name, others) in ALONE {
        faults.extend(brings_along(name, others, &packages));
    }
    Ok(faults)
}

/// Which of `others` the package reaches by ordinary dependencies, through whatever rooms.
fn brings_along(name: &str, others: &[&str], packages: &[Value]) -> Vec<String> {
    let mut reached = vec![name];
    let mut at = 0;
    while let Some(here) = reached.get(at) {
        let found = packages.iter().find(|package| text(package, "name") == *here);
        let doors = found.map(shipped).unwrap_or_default();
        for door in doors {
            if !reached.contains(&door) {
                reached.push(door);
            }
        }
        at += 1;
    }
    let brought = others.iter().filter(|other| reached.contains(other));
    brought.map(|other| format!("{name} stands alone and must not bring {other} along")).collect()
}

/// The names of a package's ordinary dependencies: a null kind; tests and build scripts may use what they like.
fn shipped(package: &Value) -> Vec<&str> {
    let dependencies = package.get("dependencies").and_then(Value::as_array);
    let shipped = dependencies
        .into_iter()
        .flatten()
        .filter(|door| door.get("kind").is_some_and(Value::is_null));
    shipped.map(|door| text(door, "name")).collect()
}

fn doors(name: &str, package: &Value) -> Vec<String> {
    let rooms: BTreeMap<_, _> = ROOMS.iter().copied().collect();
    let pure: BTreeMap<_, _> = PURE.iter().copied().collect();
    let walls: BTreeMap<_, _> = WALLS.iter().copied().collect();
    let mut faults = Vec::new();
    if name.starts_with("grantwell-") && name != "grantwell-bench" && !rooms.contains_key(name) {
        faults.push(format!(
            "{name} is no room of the house: add its row to ARCHITECTURE.md and to xtask/src/tidy/dependencies.rs"
        ));
    }
    for to in shipped(package) {
        let forbidden = match (rooms.get(name), walls.get(to), pure.get(name)) {
            (Some(allowed), _, _) if rooms.contains_key(to) => !allowed.contains(&to),
            (_, Some(holders), _) => !holders.contains(&name),
            (_, None, Some(allowed)) => !allowed.contains(&to),
            _ => false,
        };
        if forbidden {
            faults.push(format!("{name} must not use {to}: see the table in ARCHITECTURE.md"));
        }
    }
    faults
}

fn manifest(root: &Path, name: &str, package: &Value) -> Result<Vec<String>, String> {
    let path = text(package, "manifest_path");
    let source = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    let table: toml::Table = source.parse().map_err(|error| format!("{path}: {error}"))?;
    let shown = Path::new(path).strip_prefix(root).unwrap_or(Path::new(path)).display().to_string();
    let mut faults = Vec::new();
    let inherits = |section: &str| {
        table.get(section).and_then(|value| value.get("workspace")).and_then(toml::Value::as_bool)
            == Some(true)
    };
    if !inherits("lints") {
        faults.push(format!(
            "{shown}: {name} does not inherit the lints: add `[lints] workspace = true`"
        ));
    }
    for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
        let names = names_in(&source, &format!("[{section}]"));
        if !names.is_sorted() {
            faults.push(format!("{shown}: [{section}] is not sorted"));
        }
        for (dependency, value) in
            table.get(section).and_then(toml::Value::as_table).into_iter().flatten()
        {
            if value.get("workspace").is_none() {
                faults.push(format!(
                    "{shown}: {dependency} names a version here; versions stand once, in the root manifest"
                ));
            }
        }
    }
    Ok(faults)
}

/// The keys of one section in the order in which they stand in the file.
fn names_in<'a>(source: &'a str, section: &str) -> Vec<&'a str> {
    source
        .lines()
        .skip_while(|line| line.trim() != section)
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split(['.', '=', ' ']).next())
        .filter(|name| !name.is_empty() && !name.starts_with('#'))
        .collect()
}

fn packages(root: &Path) -> Result<Vec<Value>, String> {
    let output = Command::new("cargo")
        .args(["metadata", "--no-deps", "--format-version=1"])
        .current_dir(root)
        .output()
        .map_err(|error| format!("cargo metadata did not start: {error}"))?;
    let metadata: Value = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("cargo metadata answered no JSON: {error}"))?;
    metadata
        .get("packages")
        .and_then(Value::as_array)
        .cloned()
        .ok_or_else(|| "cargo metadata named no packages".to_owned())
}

fn text<'a>(object: &'a Value, key: &str) -> &'a str {
    object.get(key).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_forbidden_arrow_is_named_and_an_allowed_one_is_not() {
        let package = json!({"dependencies": [
            {"name": "grantwell-store", "kind": null},
            {"name": "serde", "kind": null},
            {"name": "tokio", "kind": null},
            {"name": "proptest", "kind": "dev"},
        ]});
        let faults = doors("grantwell-oauth", &package);
        assert_eq!(faults.len(), 2, "{faults:?}");
        assert!(faults.iter().any(|fault| fault.contains("grantwell-store")));
        assert!(faults.iter().any(|fault| fault.contains("tokio")));
    }

    #[test]
    fn what_is_brought_along_is_found_behind_other_rooms() {
        let package =
            |name: &str, dependencies: Value| json!({"name": name, "dependencies": dependencies});
        let packages = [
            package(
                "alone",
                json!([{"name": "rest", "kind": null}, {"name": "web", "kind": "dev"}]),
            ),
            package("rest", json!([{"name": "pages", "kind": null}])),
            package(
                "pages",
                json!([{"name": "store", "kind": null}, {"name": "rest", "kind": null}]),
            ),
        ];
        let faults = brings_along("alone", &["store", "web"], &packages);
        assert_eq!(faults, ["alone stands alone and must not bring store along"]);
    }

    #[test]
    fn names_are_read_in_file_order() {
        let source =
            "[dependencies]\nb.workspace = true\na = { version = \"1\" }\n\n[lints]\nx = 1\n";
        assert_eq!(names_in(source, "[dependencies]"), ["b", "a"]);
    }
}
