//! What the book shows is run: a command stands in a block that `cargo xtask test console` runs, or says why it is not.

use std::path::Path;

use crate::console::page::{self, Block};

/// What a line of a terminal begins with.
const COMMANDS: &[&str] = &["$ ", "cargo ", "curl ", "grantwell "];

/// Every command of the README and the book that nobody runs and that does not say why.
pub(super) fn check(root: &Path) -> Result<Vec<String>, String> {
    let mut faults = Vec::new();
    for path in page::all(root)? {
        let shown = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        let source = std::fs::read_to_string(&path).map_err(|error| format!("{shown}: {error}"))?;
        for block in page::blocks(&source) {
            faults.extend(fault(&block).map(|fault| format!("{shown}:{} {fault}", block.line)));
        }
    }
    Ok(faults)
}

fn fault(block: &Block<'_>) -> Option<String> {
    let info = block.info;
    if info == "console" || info == "browser" || info.contains(" file=") {
        return None;
    }
    if let Some(rest) = info.strip_prefix("console") {
        let reason = rest.trim_start().strip_prefix("no-run:").map(str::trim).unwrap_or_default();
        let said =
            || format!("`{info}` is not run and does not say why: write `console no-run: WHY`");
        return reason.is_empty().then(said);
    }
    let is_command = |line: &&&str| COMMANDS.iter().any(|command| line.starts_with(command));
    let line = block.lines.iter().find(is_command)?;
    Some(format!(
        "`{line}` is shown and not run: let the block be `console`, or `console no-run: WHY`"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_run_or_says_why_not() {
        for (page, good) in [
            ("```console\n$ curl x\n```\n", true),
            ("```console no-run: needs a certificate of yours\n$ curl x\n```\n", true),
            ("```console no-run\n$ curl x\n```\n", false),
            ("```console no-run:\n$ curl x\n```\n", false),
            ("```text\n$ curl x\n```\n", false),
            ("```sh\ncurl x\n```\n", false),
            ("```\ngrantwell user list\n```\n", false),
            ("```sh file=sign.sh\ncurl x\n```\n", true),
            ("```text\nhttps://id.example/o/logout/\n```\n", true),
            ("- a\n\n  ```text\n  $ curl x\n  ```\n", false),
        ] {
            let faults: Vec<_> = page::blocks(page).iter().filter_map(fault).collect();
            assert_eq!(faults.is_empty(), good, "{page}: {faults:?}");
        }
    }
}
