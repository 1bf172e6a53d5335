//! Runs what a Markdown page shows (see [`page`]) against a started server, and holds each answer against the page.
//!
//! `cargo run` or `cargo run -p NAME` is the server itself, which is running already; `cargo run -- X` and `grantwell X` become a command of
//! its binary. A command that ends with `&` is a second server beside it, on the port that the page calls 8001. What stands in angle brackets comes from an earlier answer (see [`memory`]).

mod memory;
pub(crate) mod page;
mod person;

use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::output::say;
use crate::server::{self, Server};
use crate::tools;
use memory::Memory;
use page::{Action, Page};
use person::Person;

/// What a page is run with.
pub(crate) struct Ground<'a> {
    /// The program of the server and of its commands.
    pub(crate) binary: &'a Path,
    /// The URL of its database; `None` is a SQLite file of its own.
    pub(crate) database: Option<&'a str>,
}

/// Everything that lives as long as a page is run.
struct Run<'a> {
    ground: &'a Ground<'a>,
    server: Server,
    second: u16,
    beside: Vec<Child>,
    memory: Memory,
    person: Person,
}

/// Whether a page shows something that is run.
pub(crate) fn has_steps(page: &Path) -> Result<bool, String> {
    Ok(!read(page)?.steps.is_empty())
}

/// The example that a page runs as its server (`cargo run -p NAME`), instead of the unicorns.
pub(crate) fn example(page: &Path) -> Result<Option<String>, String> {
    let steps = read(page)?.steps;
    let named = steps.iter().find_map(|step| match &step.action {
        Action::Command(command) if is_server(command) => command.split_once(" -p "),
        _ => None,
    });
    Ok(named.map(|(_, name)| name.trim().to_owned()))
}

/// Run every step of `page` against a server of its own, and say how many there were.
pub(crate) fn run(page: &Path, ground: &Ground<'_>) -> Result<usize, String> {
    let content = read(page)?;
    let (settings, files): (Vec<_>, Vec<_>) =
        content.files.iter().partition(|(name, _)| name == "grantwell.toml");
    let settings: String = settings.into_iter().map(|(_, text)| text.as_str()).collect();
    let (port, second) = (tools::free_port()?, tools::free_port()?);
    let memory = Memory::new(port, second);
    let server = Server::start_on(port, ground.binary, ground.database, &memory.fill(&settings))
        .map_err(|fault| format!("{}: {fault}", page.display()))?;
    let folder = server.folder();
    for (name, text) in files {
        std::fs::write(folder.join(name), memory.fill(text))
            .map_err(|error| format!("{name}: {error}"))?;
    }
    symlink(ground.binary, folder.join("grantwell")).map_err(|error| error.to_string())?;
    let person = Person::new(folder, port);
    let mut run = Run { ground, server, second, beside: Vec::new(), memory, person };
    for step in &content.steps {
        let fault = match run.take(&step.action) {
            Ok(answer) => difference(&run.memory.fill(&step.expected.join("\n")), &answer),
            Err(fault) => Some(fault),
        };
        if let Some(fault) = fault {
            let (shown, log) = (page.display(), run.server.log());
            return Err(format!("{shown}:{} {fault}\nthe server's log:\n{log}", step.line));
        }
    }
    say(&format!("{}: {} steps answered as shown", page.display(), content.steps.len()));
    Ok(content.steps.len())
}

fn read(page: &Path) -> Result<Page, String> {
    let source = std::fs::read_to_string(page);
    Ok(Page::parse(&source.map_err(|error| format!("{}: {error}", page.display()))?))
}

/// Whether a command is the page's own server.
fn is_server(command: &str) -> bool {
    let words: Vec<&str> = command.split_whitespace().collect();
    matches!(
        words.as_slice(),
        ["cargo", "run"] | ["cargo", "run", "--release"] | ["cargo", "run", "-p", _]
    )
}

/// The server that a command starts in the background, beside the page's own.
fn second_server(command: &str) -> Option<&str> {
    command.trim().strip_suffix(" &")
}

impl Run<'_> {
    /// Do it, and learn from the answer.
    fn take(&mut self, action: &Action) -> Result<String, String> {
        let command = match action {
            Action::Open(address) => {
                let end = self.person.open(&self.memory.fill(address))?;
                self.memory.learn_address(&end);
                return Ok(end);
            }
            Action::Command(command) if is_server(command) => return Ok(String::new()),
            Action::Command(command) => self.memory.fill(command),
        };
        if let Some(command) = second_server(&command) {
            return self.start_beside(command).map(|()| String::new());
        }
        let answer = tools::ask(&mut self.shell(&of_binary(&command)))?;
        self.memory.learn(&answer);
        Ok(answer)
    }

    fn shell(&self, command: &str) -> Command {
        let mut shell = Command::new("bash");
        shell.args(["-c", &format!("set -euo pipefail\nPATH=\"$PWD:$PATH\"\n{command}")]);
        shell.current_dir(self.server.folder());
        server::environment(&mut shell, self.server.port(), self.ground.database);
        shell
    }

    /// Start a server beside the page's own and wait until it listens. Its database is a file of its own.
    fn start_beside(&mut self, command: &str) -> Result<(), String> {
        let folder = self.ground.binary.parent().unwrap_or(self.ground.binary);
        let command = command.replace("cargo run -p ", &format!("{}/", folder.display()));
        let mut shell = self.shell(&command);
        shell.env_remove("DATABASE_URL").process_group(0);
        shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.beside.push(shell.spawn().map_err(|error| error.to_string())?);
        if server::listens_soon(self.second) {
            return Ok(());
        }
        Err(format!("`{command}` does not listen on port {} within a minute", self.second))
    }
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        for child in &mut self.beside {
            // The shell and what it started are one group.
            let _ = Command::new("kill").args(["--", &format!("-{}", child.id())]).status();
            let _ = child.wait();
        }
    }
}

/// A command of the project, asked of the program that is built already.
fn of_binary(command: &str) -> String {
    let mut rest = command;
    let mut filled = String::new();
    while let Some((before, after)) = rest.split_once("cargo run ") {
        filled.push_str(before);
        if let Some((_, arguments)) = after.split_once("-- ") {
            filled.push_str("grantwell ");
            rest = arguments;
        } else {
            filled.push_str("cargo run ");
            rest = after;
        }
    }
    filled + rest
}

/// How `answer` differs from what the page shows, if the page shows anything.
fn difference(expected: &str, answer: &str) -> Option<String> {
    // How lines end cannot be seen on a page; CSV ends them otherwise than a terminal.
    let answer = answer.trim_end().replace("\r\n", "\n");
    let answer = answer.as_str();
    let differs = !expected.is_empty() && !matches(expected, answer);
    differs.then(|| format!("answered\n{answer}\nand the page shows\n{expected}"))
}

/// Whether `answer` is what the page shows, `…` standing for anything.
fn matches(expected: &str, answer: &str) -> bool {
    let parts: Vec<&str> = expected.trim_end().split('…').collect();
    let [first, middle @ .., last] = parts.as_slice() else { return expected.trim_end() == answer };
    let Some(mut rest) = answer.strip_prefix(first) else { return false };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ellipsis_stands_for_anything_and_nothing_else_does() {
        assert!(matches("{\"t\":\"…\",\"n\":1}", "{\"t\":\"abc\",\"n\":1}"));
        assert!(!matches("{\"t\":\"…\",\"n\":1}", "{\"t\":\"abc\",\"n\":2}"));
        assert!(matches("same", "same"));
        assert!(!matches("same", "other"));
    }

    #[test]
    fn a_command_is_told_from_a_server() {
        for (command, server, second) in [
            ("cargo run", true, None),
            ("cargo run -p badge", true, None),
            ("cargo run -p badge -- user list", false, None),
            ("A=1 cargo run -p resource-server &", false, Some("A=1 cargo run -p resource-server")),
            ("cargo run -- user list", false, None),
        ] {
            assert_eq!((is_server(command), second_server(command)), (server, second), "{command}");
        }
    }

    #[test]
    fn a_command_of_the_project_is_asked_of_the_built_program() {
        for (page, here) in [
            ("cargo run -- user list", "grantwell user list"),
            ("echo x | cargo run --quiet -- createsuperuser", "echo x | grantwell createsuperuser"),
            ("cargo run --quiet -p badge -- user list", "grantwell user list"),
            ("curl -s x", "curl -s x"),
        ] {
            assert_eq!(of_binary(page), here);
        }
    }
}
