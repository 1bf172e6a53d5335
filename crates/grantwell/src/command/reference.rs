//! The generated pages of the book: every command with its help, every setting. `cargo xtask generate` writes them;
//! without it this test fails when they are stale.

use std::fmt::Write as _;
use std::path::Path;

use clap::Command;

use super::tree;
use crate::project::Project;
use crate::settings::markdown;

#[test]
fn the_reference_pages_are_what_the_program_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference");
    for (name, page) in [("commands.md", commands()), ("settings.md", markdown())] {
        let path = folder.join(name);
        if std::env::var_os("GRANTWELL_GENERATE").is_some() {
            std::fs::write(&path, &page).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(written == page, "docs/reference/{name} is stale: run `cargo xtask generate`");
    }
}

fn commands() -> String {
    let mut page = "# Commands\n\n\
        Every project has these commands; `grantwell` stands for its name (in a clone: `cargo run --`). \
        Data goes to standard output, talk to standard error.\n\n\
        | exit code | meaning |\n|---|---|\n\
        | 0 | done |\n| 1 | could not be done |\n| 2 | the command line makes no sense |\n\
        | 3 | what was asked for is not there |\n\
        | 4 | needs a confirmation, or an answer that nobody is there to give |\n\
        | 5 | the settings are wrong |\n| 75 | may work a little later |\n"
        .to_owned();
    let mut root = tree(&Project::new("grantwell")).term_width(100);
    root.build();
    describe(&root, &mut page);
    page
}

fn describe(command: &Command, page: &mut String) {
    let help = command.clone().render_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    let name = command.get_bin_name().unwrap_or(command.get_name());
    let _ = write!(page, "\n## `{name}`\n\n```text\n{}\n```\n", lines.join("\n").trim_end());
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
        describe(inner, page);
    }
}
