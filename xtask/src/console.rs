//! Runs the console blocks of a Markdown page against a started server, and holds each answer against the page.
//!
//! A block opens with ```` ```console ````; a line that begins with `$ ` is a command and the lines
//! after it are its expected output, in which `…` stands for anything. A block without output lines
//! is run all the same. ```` ```console no-run ```` is shown only. `cargo run` alone is the
//! server itself, which is running already; `cargo run -- X` becomes a command of its binary.
//! `<token>` and `<refresh token>` stand for those of the last answer that had them.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::output::say;
use crate::server::{self, Server};
use crate::tools;

/// One command of a page with what the page shows as its answer.
#[derive(Debug, PartialEq, Eq)]
struct Step {
    line: usize,
    command: String,
    expected: Vec<String>,
}

/// Run every step of `page` against `server`.
pub(crate) fn run(
    page: &Path,
    binary: &Path,
    server: &Server,
    database: Option<&str>,
) -> Result<usize, String> {
    let source =
        std::fs::read_to_string(page).map_err(|error| format!("{}: {error}", page.display()))?;
    let mut memory = Memory::default();
    let steps = steps(&source);
    for step in &steps {
        let command = memory.fill(&step.command, server.port());
        if matches!(command.trim(), "cargo run" | "cargo run --release") {
            continue;
        }
        let command = command.replace("cargo run --quiet -- ", "cargo run -- ");
        let command = command.replace("cargo run -- ", &format!("{} ", binary.display()));
        let mut shell = Command::new("bash");
        shell.args(["-c", &format!("set -euo pipefail\n{command}")]).current_dir(server.folder());
        server::environment(&mut shell, server.port(), database);
        let place = format!("{}:{}", page.display(), step.line);
        let answer = tools::ask(&mut shell).map_err(|fault| format!("{place}: {fault}"))?;
        memory.learn(&answer);
        let expected: Vec<String> =
            step.expected.iter().map(|line| memory.fill(line, server.port())).collect();
        if !expected.is_empty() && !matches(&expected.join("\n"), answer.trim_end()) {
            return Err(format!(
                "{place}: `{}` answered\n{}\nand the page shows\n{}",
                step.command,
                answer.trim_end(),
                expected.join("\n")
            ));
        }
    }
    say(&format!("{}: {} commands answered as shown", page.display(), steps.len()));
    Ok(steps.len())
}

/// What later commands take from earlier answers.
#[derive(Default)]
struct Memory {
    access_token: Option<String>,
    refresh_token: Option<String>,
}

impl Memory {
    fn learn(&mut self, answer: &str) {
        let Ok(Value::Object(object)) = serde_json::from_str::<Value>(answer.trim()) else {
            return;
        };
        let text = |key: &str| object.get(key).and_then(Value::as_str).map(str::to_owned);
        self.access_token = text("access_token").or(self.access_token.take());
        self.refresh_token = text("refresh_token").or(self.refresh_token.take());
    }

    fn fill(&self, line: &str, port: u16) -> String {
        let here = format!("127.0.0.1:{port}");
        let mut line = ["0.0.0.0:8000", "localhost:8000", "127.0.0.1:8000"]
            .iter()
            .fold(line.to_owned(), |line, page| line.replace(page, &here));
        for (mark, value) in
            [("<token>", &self.access_token), ("<refresh token>", &self.refresh_token)]
        {
            if let Some(value) = value {
                line = line.replace(mark, value);
            }
        }
        line
    }
}

fn steps(source: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for (number, line) in source.lines().enumerate() {
        if line.starts_with("```") {
            inside = line.trim_end() == "```console";
            continue;
        }
        if !inside {
            continue;
        }
        if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step {
                line: number + 1,
                command: command.to_owned(),
                expected: Vec::new(),
            });
        } else if let Some(step) = steps.last_mut() {
            if step.expected.is_empty() && step.command.ends_with('\\') {
                step.command.push('\n');
                step.command.push_str(line);
            } else {
                step.expected.push(line.to_owned());
            }
        }
    }
    steps
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
    fn a_block_is_read_as_commands_with_their_answers() {
        let page = "text\n```console\n$ cargo run\n$ curl \\\n  x\n{\"a\":1}\n```\n```console no-run\n$ rm -rf /\n```\n";
        let commands: Vec<_> =
            steps(page).into_iter().map(|s| (s.command, s.expected.len())).collect();
        assert_eq!(commands, [("cargo run".to_owned(), 0), ("curl \\\n  x".to_owned(), 1)]);
    }

    #[test]
    fn the_ellipsis_stands_for_anything_and_nothing_else_does() {
        assert!(matches("{\"t\":\"…\",\"n\":1}", "{\"t\":\"abc\",\"n\":1}"));
        assert!(!matches("{\"t\":\"…\",\"n\":1}", "{\"t\":\"abc\",\"n\":2}"));
        assert!(matches("same", "same"));
        assert!(!matches("same", "other"));
    }

    #[test]
    fn a_token_is_carried_from_an_answer_to_the_next_command() {
        let mut memory = Memory::default();
        memory.learn("{\"access_token\":\"abc\"}");
        assert_eq!(
            memory.fill("curl -H \"Bearer <token>\" 0.0.0.0:8000/", 5),
            "curl -H \"Bearer abc\" 127.0.0.1:5/"
        );
    }
}
