//! The program in the README: what a newcomer reads there is the example itself.

use std::path::Path;

const EXAMPLE: &str = "examples/unicorn/src/main.rs";

/// A fault if the README does not show the whole example.
pub(super) fn check(root: &Path) -> Result<Vec<String>, String> {
    let read = |file: &str| {
        std::fs::read_to_string(root.join(file)).map_err(|error| format!("{file}: {error}"))
    };
    let block = format!("```rust\n{}```\n", read(EXAMPLE)?);
    let shown = read("README.md")?.contains(&block);
    let fault = || format!("README.md does not show {EXAMPLE} as it is: copy it there");
    Ok((!shown).then(fault).into_iter().collect())
}
