//! What every source file keeps: a first sentence, a size, a name that says something.

use std::path::{Path, PathBuf};

const LONGEST_FILE: usize = 400;
const EMPTY_NAMES: &[&str] = &[
    "common.rs",
    "helper.rs",
    "helpers.rs",
    "misc.rs",
    "mod.rs",
    "types.rs",
    "util.rs",
    "utils.rs",
];
const UNFINISHED: &[&str] = &["FIXME", "XXX", "todo!(", "unimplemented!("];

/// How a program reaches out. Only the room `fetch` does, which checks where to.
const WAYS_OUT: &[&str] = &[
    "TcpSocket",
    "TcpStream::connect",
    "UdpSocket",
    "hyper::client",
    "lookup_host",
    "to_socket_addrs",
];

/// Every file that does not say what it is for, is too long, is unfinished or has an empty name.
pub(super) fn check(root: &Path) -> Result<Vec<String>, String> {
    let mut faults = Vec::new();
    for folder in ["bench", "crates", "examples", "fuzz", "xtask"] {
        for path in rust_files(&root.join(folder))? {
            let shown = path.strip_prefix(root).unwrap_or(&path).display().to_string();
            let source =
                std::fs::read_to_string(&path).map_err(|error| format!("{shown}: {error}"))?;
            faults.extend(file(&shown, &source));
        }
    }
    Ok(faults)
}

fn file(shown: &str, source: &str) -> Vec<String> {
    let mut faults = Vec::new();
    // The cases of a compile-fail test are inputs and not files of the house.
    if shown.contains("/compile_fail/") {
        return faults;
    }
    if !source.starts_with("//!") {
        faults
            .push(format!("{shown} does not open with a `//!` sentence that says what it is for"));
    }
    let name = shown.rsplit('/').next().unwrap_or(shown);
    if EMPTY_NAMES.contains(&name) && !shown.contains("/tests/") {
        faults.push(format!("{shown} has a name that says nothing"));
    }
    let code = source.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    if shown.starts_with("crates/")
        && shown.contains("/src/")
        && !shown.starts_with("crates/fetch/")
    {
        faults.extend(WAYS_OUT.iter().filter(|way| code.contains(**way)).map(|way| {
            format!(
                "{shown} reaches out with `{way}`: outgoing requests leave through the room fetch"
            )
        }));
    }
    let production = code.lines().count();
    if production > LONGEST_FILE && !shown.contains("/tests/") {
        faults.push(format!("{shown} has {production} lines of production code; at most {LONGEST_FILE}: it has two subjects"));
    }
    if !shown.ends_with("tidy/sources.rs") {
        faults.extend(
            UNFINISHED
                .iter()
                .filter(|mark| source.contains(**mark))
                .map(|mark| format!("{shown} contains `{mark}`")),
        );
    }
    faults
}

fn rust_files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| format!("{}: {error}", folder.display()))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() {
            if !["target", "node_modules", "corpus", "artifacts"].contains(&name) {
                files.extend(rust_files(&path)?);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_first_sentence_or_with_an_empty_name_is_named() {
        assert_eq!(file("crates/a/src/b.rs", "//! Says what it is for.\n").len(), 0);
        assert_eq!(file("crates/a/src/b.rs", "fn main() {}\n").len(), 1);
        assert_eq!(file("crates/a/src/utils.rs", "//! x\n").len(), 1);
    }

    #[test]
    fn only_the_room_fetch_reaches_out() {
        let source = "//! x\nlet stream = TcpStream::connect(address);\n";
        assert_eq!(file("crates/web/src/jwks.rs", source).len(), 1);
        assert_eq!(file("crates/fetch/src/connect.rs", source).len(), 0);
        assert_eq!(file("crates/web/tests/web/world.rs", source).len(), 0);
        let tests = "//! x\n#[cfg(test)]\nmod tests {\n".to_owned() + source;
        assert_eq!(file("crates/web/src/jwks.rs", &tests).len(), 0);
    }

    #[test]
    fn tests_inside_a_file_do_not_count_towards_its_size() {
        let tests = "//! x\n#[cfg(test)]\nmod tests {\n".to_owned() + &"\n".repeat(900);
        assert_eq!(file("crates/a/src/b.rs", &tests).len(), 0);
        assert_eq!(file("crates/a/src/b.rs", &("//! x\n".to_owned() + &"\n".repeat(900))).len(), 1);
    }
}
