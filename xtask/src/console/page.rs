//! What a Markdown page asks to be run: its commands and addresses with the answers that it shows, and its files.
//!
//! | fence | what it is |
//! |---|---|
//! | `console` | a line that begins with `$ ` is a command, the lines after it are its answer |
//! | `console no-run: WHY` | shown only, for the reason that is given |
//! | `browser` | an address that a person opens, over one or more lines; after `→ ` where it leads |
//! | `LANGUAGE file=NAME` | a file that is there before the server starts, such as `grantwell.toml` |
//!
//! In an answer `…` stands for anything. A command without an answer is run all the same.

use std::path::{Path, PathBuf};

/// One fenced block.
#[derive(Debug)]
pub(crate) struct Block<'a> {
    /// The line of its fence, counted from one.
    pub(crate) line: usize,
    /// What stands behind the fence.
    pub(crate) info: &'a str,
    /// What it holds, without the indentation of the fence.
    pub(crate) lines: Vec<&'a str>,
}

/// What is done.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// A command for the shell.
    Command(String),
    /// An address for the browser.
    Open(String),
}

/// One thing that a page does, with what the page shows as its answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) line: usize,
    pub(super) action: Action,
    pub(super) expected: Vec<String>,
}

/// A page as it is run.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) steps: Vec<Step>,
    /// Names and contents; a name that comes again goes on where it stopped.
    pub(super) files: Vec<(String, String)>,
}

/// The README and every page of the book, sorted.
pub(crate) fn all(root: &Path) -> Result<Vec<PathBuf>, String> {
    let mut pages = vec![root.join("README.md")];
    let mut folders = vec![root.join("docs")];
    while let Some(folder) = folders.pop() {
        let shown = folder.display();
        let entries = std::fs::read_dir(&folder).map_err(|error| format!("{shown}: {error}"))?;
        for entry in entries {
            let path = entry.map_err(|error| format!("{shown}: {error}"))?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    pages.sort();
    Ok(pages)
}

/// The fenced blocks of a page.
pub(crate) fn blocks(source: &str) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let mut open: Option<usize> = None;
    for (number, line) in source.lines().enumerate() {
        let text = line.trim_start();
        let fence = text.strip_prefix("```");
        match (open, fence) {
            (None, Some(info)) => {
                open = Some(line.len() - text.len());
                blocks.push(Block { line: number + 1, info: info.trim(), lines: Vec::new() });
            }
            (Some(_), Some("")) => open = None,
            (Some(indent), _) => {
                if let Some(block) = blocks.last_mut() {
                    block.lines.push(line.get(indent..).unwrap_or(text));
                }
            }
            (None, None) => {}
        }
    }
    blocks
}

impl Page {
    /// Take a page apart.
    pub(super) fn parse(source: &str) -> Self {
        let mut page = Self::default();
        for block in blocks(source) {
            match block.info.split_once(" file=") {
                Some((_, name)) => page.write(name, &block.lines),
                None if block.info == "console" => page.type_in(&block),
                None if block.info == "browser" => page.open(&block),
                None => {}
            }
        }
        page
    }

    fn write(&mut self, name: &str, lines: &[&str]) {
        let text = lines.join("\n") + "\n";
        match self.files.iter_mut().find(|(known, _)| known == name) {
            Some((_, content)) => content.push_str(&text),
            None => self.files.push((name.to_owned(), text)),
        }
    }

    fn type_in(&mut self, block: &Block<'_>) {
        for (number, line) in (block.line + 1..).zip(&block.lines) {
            if let Some(command) = line.strip_prefix("$ ") {
                let action = Action::Command(command.to_owned());
                self.steps.push(Step { line: number, action, expected: Vec::new() });
            } else if let Some(step) = self.steps.last_mut() {
                match &mut step.action {
                    Action::Command(command) if step.expected.is_empty() && goes_on(command) => {
                        command.push('\n');
                        command.push_str(line);
                    }
                    _ => step.expected.push((*line).to_owned()),
                }
            }
        }
    }

    fn open(&mut self, block: &Block<'_>) {
        let leads = |line: &&&str| !line.starts_with("→ ");
        let address = block.lines.iter().take_while(leads).map(|line| line.trim()).collect();
        let expected = block.lines.iter().skip_while(leads);
        self.steps.push(Step {
            line: block.line,
            action: Action::Open(address),
            expected: expected.map(|line| line.trim_start_matches("→ ").to_owned()).collect(),
        });
    }
}

/// Whether the shell waits for another line: after a backslash, and inside single quotes.
fn goes_on(command: &str) -> bool {
    command.ends_with('\\') || command.matches('\'').count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands(page: &str) -> Vec<(Action, usize)> {
        let steps = Page::parse(page).steps;
        steps.into_iter().map(|step| (step.action, step.expected.len())).collect()
    }

    #[test]
    fn a_block_is_read_as_commands_with_their_answers() {
        let page = "text\n```console\n$ cargo run\n$ curl \\\n  x\n{\"a\":1}\n```\n```console no-run: why\n$ rm -rf /\n```\n";
        let shown = |line: &str| Action::Command(line.to_owned());
        assert_eq!(commands(page), [(shown("cargo run"), 0), (shown("curl \\\n  x"), 1)]);
    }

    #[test]
    fn a_command_goes_on_inside_quotes() {
        let page = "```console\n$ echo '{\n  \"a\"}'\nanswer\n```\n";
        assert_eq!(commands(page), [(Action::Command("echo '{\n  \"a\"}'".to_owned()), 1)]);
    }

    #[test]
    fn an_address_goes_over_lines_up_to_where_it_leads() {
        let page = "```browser\nhttp://a/?b=c\n    &d=e\n→ https://f/…\n```\n";
        assert_eq!(commands(page), [(Action::Open("http://a/?b=c&d=e".to_owned()), 1)]);
        let steps = Page::parse(page).steps;
        assert_eq!(
            steps.first().map(|step| step.expected.join("")).as_deref(),
            Some("https://f/…")
        );
    }

    #[test]
    fn a_file_is_put_together_and_an_indented_block_loses_its_indentation() {
        let page = "```toml file=a.toml\n[b]\n```\n- x\n\n  ```toml file=a.toml\n  c = 1\n    d\n  ```\n```toml\ne\n```\n";
        let files = Page::parse(page).files;
        assert_eq!(files, [("a.toml".to_owned(), "[b]\nc = 1\n  d\n".to_owned())]);
    }
}
