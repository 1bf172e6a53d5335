//! The RFC table of docs/reference/rfc.md: every file and every test that it names must exist.

use std::path::Path;

/// Every row whose file or test is not there.
pub(super) fn check(root: &Path) -> Result<Vec<String>, String> {
    let path = root.join("docs/reference/rfc.md");
    let table = std::fs::read_to_string(&path)
        .map_err(|error| format!("docs/reference/rfc.md: {error}"))?;
    let read = |file: &str| std::fs::read_to_string(root.join(file)).ok();
    Ok(rows(&table).into_iter().filter_map(|row| fault(&row, &read)).collect())
}

struct Row<'a> {
    section: &'a str,
    file: &'a str,
    test: &'a str,
}

fn rows(table: &str) -> Vec<Row<'_>> {
    table
        .lines()
        .filter(|line| line.starts_with("| ") && line.contains('`'))
        .filter_map(|line| {
            let mut cells =
                line.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`'));
            Some(Row { section: cells.next()?, file: cells.nth(1)?, test: cells.next()? })
        })
        .collect()
}

/// A test is named as `path/to/file.rs::test_name`.
fn fault(row: &Row<'_>, read: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let section = row.section;
    if read(row.file).is_none() {
        return Some(format!("docs/reference/rfc.md: {section}: there is no file {}", row.file));
    }
    let Some((file, test)) = row.test.split_once("::") else {
        return Some(format!("docs/reference/rfc.md: {section}: `{}` is not FILE::TEST", row.test));
    };
    match read(file) {
        None => Some(format!("docs/reference/rfc.md: {section}: there is no file {file}")),
        Some(source)
            if !source.contains(&format!("fn {test}("))
                && !source.contains(&format!("'{test}'")) =>
        {
            Some(format!("docs/reference/rfc.md: {section}: {file} has no test {test}"))
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_names_a_missing_test_is_a_fault() {
        let read = |file: &str| (file == "a.rs").then(|| "fn it_works() {}".to_owned());
        let check = |table: &str| rows(table).iter().filter_map(|row| fault(row, &read)).count();
        assert_eq!(check("| RFC 1 §2 | what | `a.rs` | `a.rs::it_works` |"), 0);
        assert_eq!(check("| RFC 1 §2 | what | `a.rs` | `a.rs::it_fails` |"), 1);
        assert_eq!(check("| RFC 1 §2 | what | `b.rs` | `a.rs::it_works` |"), 1);
    }
}
