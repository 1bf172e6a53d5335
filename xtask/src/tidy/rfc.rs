//! The tables of standards and threats: every file and every test that they name must exist.

use std::path::Path;

/// The pages with such a table, and the shape of its rows.
const PAGES: &[(&str, Shape)] =
    &[("docs/reference/rfc.md", Shape::FileAndTest), ("docs/threats.md", Shape::Tests)];

#[derive(Clone, Copy)]
enum Shape {
    /// Four cells: what, about, one file, one test.
    FileAndTest,
    /// Three cells: what, about, one test or several.
    Tests,
}

/// Every row whose file or test is not there.
pub(super) fn check(root: &Path) -> Result<Vec<String>, String> {
    let read = |file: &str| std::fs::read_to_string(root.join(file)).ok();
    let mut faults = Vec::new();
    for (page, shape) in PAGES {
        let table = read(page).ok_or_else(|| format!("{page} cannot be read"))?;
        faults
            .extend(in_page(&table, *shape, &read).iter().map(|fault| format!("{page}: {fault}")));
    }
    Ok(faults)
}

fn in_page(table: &str, shape: Shape, read: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
    // The head of a table, which a line of dashes follows, names nothing.
    let below = table.lines().skip(1).chain([""]);
    let lines = table.lines().zip(below).filter(|(_, below)| !below.starts_with("|-"));
    let rows = lines.map(|(line, _)| line).filter(|line| line.starts_with("| "));
    rows.flat_map(|line| {
        let cells: Vec<&str> = line.trim().trim_matches('|').split('|').map(str::trim).collect();
        let name = cells.first().copied().unwrap_or_default();
        let faults = match (shape, cells.as_slice()) {
            (Shape::FileAndTest, [_, _, file, test]) => {
                let file = file.trim_matches('`');
                let missing = read(file).is_none().then(|| format!("there is no file {file}"));
                missing.into_iter().chain(missing_test(test, read)).collect()
            }
            (Shape::Tests, [_, _, tests]) => {
                tests.split(", ").filter_map(|test| missing_test(test, read)).collect()
            }
            _ => vec!["the row has another number of cells than its head".to_owned()],
        };
        faults.into_iter().map(move |fault| format!("{name}: {fault}")).collect::<Vec<_>>()
    })
    .collect()
}

/// A test is named as `path/to/file.rs::test_name`.
fn missing_test(cell: &str, read: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let cell = cell.trim_matches('`');
    let Some((file, test)) = cell.split_once("::") else {
        return Some(format!("`{cell}` is not FILE::TEST"));
    };
    let Some(source) = read(file) else { return Some(format!("there is no file {file}")) };
    let spellings = [format!("fn {test}("), format!("on_both! {{ {test}("), format!("'{test}'")];
    let found = spellings.iter().any(|spelling| source.contains(spelling));
    (!found).then(|| format!("{file} has no test {test}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(shape: Shape, row: &str) -> usize {
        let read = |file: &str| (file == "a.rs").then(|| "fn it_works() {}".to_owned());
        in_page(&format!("| head |\n|---|\n{row}\n"), shape, &read).len()
    }

    #[test]
    fn a_row_that_names_a_missing_file_or_test_is_a_fault() {
        let rows = [
            ("| RFC 1 §2 | what | `a.rs` | `a.rs::it_works` |", 0),
            ("| RFC 1 §2 | what | `a.rs` | `a.rs::it_fails` |", 1),
            ("| RFC 1 §2 | what | `b.rs` | `a.rs::it_works` |", 1),
            ("| RFC 1 §2 | what | `a.rs` |", 1),
        ];
        for (row, expected) in rows {
            assert_eq!(faults(Shape::FileAndTest, row), expected, "{row}");
        }
    }

    #[test]
    fn each_of_several_tests_is_looked_for() {
        for (row, expected) in [
            ("| attack | what | `a.rs::it_works` |", 0),
            ("| attack | what | `a.rs::it_works`, `a.rs::it_fails`, `b.rs::x` |", 2),
            ("| attack | what | |", 1),
            ("| attack | what | some words |", 1),
        ] {
            assert_eq!(faults(Shape::Tests, row), expected, "{row}");
        }
    }
}
