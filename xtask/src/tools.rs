//! Running other programs: where the workspace is, which programs there are, what they answered.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::output::say;

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// The folder that cargo builds into.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Whether this run is the gate, where nothing may be skipped.
pub(crate) fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true" || value == "1")
}

/// Run a command, show it, and fail with its line if it fails.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    let line = line(command);
    say(&format!("$ {line}"));
    let status = command.status().map_err(|error| format!("`{line}` did not start: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("`{line}` failed: {status}")) }
}

/// Run a command quietly and give what it printed.
pub(crate) fn ask(command: &mut Command) -> Result<String, String> {
    let line = line(command);
    let output = command.output().map_err(|error| format!("`{line}` did not start: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        return Ok(text(&output.stdout));
    }
    Err(format!(
        "`{line}` failed: {}\n{}{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    ))
}

/// The first of these programs that is on the path.
pub(crate) fn find(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    names.iter().find_map(|name| {
        std::env::split_paths(&path)
            .map(|folder| folder.join(name))
            .find(|program| program.is_file())
    })
}

/// Install Debian packages where that is possible: as root, on a system that has apt-get.
pub(crate) fn install(packages: &[&str]) -> Result<(), String> {
    if find(&["apt-get"]).is_none() || !is_root() {
        return Err(format!("please install: {}", packages.join(", ")));
    }
    let apt = || {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    run(apt().args(["update", "-qq"]))?;
    run(apt().args(["install", "-y", "-qq", "--no-install-recommends"]).args(packages))
}

/// Whether we run as root: PostgreSQL refuses to, and Chromium needs a flag then.
pub(crate) fn is_root() -> bool {
    ask(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// A port that nobody listens on at this moment.
pub(crate) fn free_port() -> Result<u16, String> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0))
        .map_err(|error| format!("no free port: {error}"))?;
    listener.local_addr().map(|address| address.port()).map_err(|error| error.to_string())
}

fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}
