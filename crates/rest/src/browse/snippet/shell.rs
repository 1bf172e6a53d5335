//! Requests for a POSIX shell: curl and `HTTPie`.
use std::fmt::Write as _;

use super::{Call, json_text};

/// The line that takes the token from the environment; the only place where the shell may replace something.
const AUTHORIZATION: &str = r#""Authorization: Bearer $TOKEN""#;

/// Any text as one word of a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A command for [curl](https://curl.se).
pub(super) fn curl(call: &Call) -> String {
    let mut text = format!("curl -X {} {}", call.method, quoted(&call.url));
    if call.token {
        let _ = write!(text, " \\\n  -H {AUTHORIZATION}");
    }
    for (name, value) in call.fields() {
        let _ = write!(text, " \\\n  -H {}", quoted(&format!("{name}: {value}")));
    }
    if let Some(body) = &call.body {
        // Not `-d`, which reads a file when the text begins with `@`.
        let _ = write!(text, " \\\n  --data-raw {}", quoted(&json_text(body)));
    }
    text
}

/// A command for [HTTPie](https://httpie.io).
pub(super) fn httpie(call: &Call) -> String {
    let mut text = format!("http {} {}", call.method, quoted(&call.url));
    if call.token {
        let _ = write!(text, " \\\n  {AUTHORIZATION}");
    }
    for (name, value) in call.fields() {
        let _ = write!(text, " \\\n  {}", quoted(&format!("{name}:{value}")));
    }
    if let Some(body) = &call.body {
        let _ = write!(text, " \\\n  --raw {}", quoted(&json_text(body)));
    }
    text
}
