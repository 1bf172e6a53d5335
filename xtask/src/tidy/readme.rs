//! The programs that pages show: what a newcomer reads there is the example itself.

use std::path::Path;

/// Pages and the examples that they show whole.
const SHOWN: &[(&str, &str)] = &[
    ("README.md", "examples/unicorn/src/main.rs"),
    ("docs/guides/extension-grants.md", "examples/badge/src/main.rs"),
];

/// A fault for each page that does not show the whole example.
pub(super) fn check(root: &Path) -> Result<Vec<String>, String> {
    let read = |file: &str| {
        std::fs::read_to_string(root.join(file)).map_err(|error| format!("{file}: {error}"))
    };
    let mut faults = Vec::new();
    for (page, example) in SHOWN {
        if !read(page)?.contains(&format!("```rust\n{}```\n", read(example)?)) {
            faults.push(format!("{page} does not show {example} as it is: copy it there"));
        }
    }
    Ok(faults)
}
