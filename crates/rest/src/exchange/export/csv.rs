//! Rows as CSV (RFC 4180): lines end with CR LF, cells are quoted where they must be, and no cell is a formula.
use serde_json::{Map, Value as Json};

use crate::{Problem, Result};

/// A row as JSON, with its members in order.
pub(super) type Row = Map<String, Json>;

/// The rows, taken apart.
pub(super) fn rows(lines: &[Vec<u8>]) -> Result<Vec<Row>> {
    let row = |line: &Vec<u8>| serde_json::from_slice(line);
    lines.iter().map(row).collect::<Result<_, _>>().map_err(|error| Problem::internal(&error))
}

/// The names of the members, in the order in which they first appear.
pub(super) fn columns(rows: &[Row]) -> Vec<String> {
    let mut columns: Vec<String> = Vec::new();
    for name in rows.iter().flat_map(Map::keys) {
        if !columns.contains(name) {
            columns.push(name.clone());
        }
    }
    columns
}

/// The first line.
pub(super) fn header(columns: &[String], out: &mut Vec<u8>) {
    join(columns.iter().map(|name| safe(name)), out);
}

/// The line of a row.
pub(super) fn line(columns: &[String], row: &Row, out: &mut Vec<u8>) {
    join(columns.iter().map(|name| row.get(name).map_or_else(String::new, cell)), out);
}

fn join(cells: impl Iterator<Item = String>, out: &mut Vec<u8>) {
    for (index, cell) in cells.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        if cell.contains(['"', ',', '\r', '\n']) {
            out.push(b'"');
            out.extend_from_slice(cell.replace('"', "\"\"").as_bytes());
            out.push(b'"');
        } else {
            out.extend_from_slice(cell.as_bytes());
        }
    }
    out.extend_from_slice(b"\r\n");
}

fn cell(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => safe(text),
        other => other.to_string(),
    }
}

/// A spreadsheet runs a cell that begins like a formula, and what stands in a row may come from a stranger. An apostrophe
/// before it makes it a text, which is the remedy that spreadsheets themselves have. A number is no formula and stays one.
fn safe(text: &str) -> String {
    let risky = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let number = text.parse::<f64>().is_ok_and(f64::is_finite);
    if risky && !number { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{columns, line};

    #[test]
    fn a_cell_is_quoted_where_it_must_be_and_is_never_a_formula() {
        for (value, expected) in [
            (json!("plain"), "plain"),
            (json!("a,b"), "\"a,b\""),
            (json!("say \"hi\""), "\"say \"\"hi\"\"\""),
            (json!("two\nlines"), "\"two\nlines\""),
            (json!(null), ""),
            (json!(-3), "-3"),
            (json!(true), "true"),
            (json!("-12.50"), "-12.50"),
            (json!("=1+1"), "'=1+1"),
            (json!("+cmd|' /C calc'!A0"), "'+cmd|' /C calc'!A0"),
            (json!("-1+1"), "'-1+1"),
            (json!("@SUM(A1)"), "'@SUM(A1)"),
            (json!("\t=1"), "'\t=1"),
            (json!("\r=1"), "\"'\r=1\""),
            (json!("＝1"), "'＝1"),
            (json!("-inf"), "'-inf"),
            (json!({"a": [1]}), "\"{\"\"a\"\":[1]}\""),
        ] {
            let mut out = Vec::new();
            let row = json!({ "x": value }).as_object().unwrap().clone();
            line(&["x".to_owned()], &row, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), format!("{expected}\r\n"), "{value}");
        }
    }

    #[test]
    fn columns_are_those_of_all_rows_and_a_row_without_one_leaves_it_empty() {
        let rows = [json!({"a": 1}), json!({"b": 2, "a": 3})];
        let rows: Vec<_> = rows.iter().map(|row| row.as_object().unwrap().clone()).collect();
        let columns = columns(&rows);
        assert_eq!(columns, ["a", "b"]);
        let mut out = Vec::new();
        for row in &rows {
            line(&columns, row, &mut out);
        }
        assert_eq!(out, b"1,\r\n3,2\r\n");
    }
}
