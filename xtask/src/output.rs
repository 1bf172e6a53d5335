//! What a person reads: plain lines on standard output and standard error.

use std::io::Write;

/// Print one line on standard output.
pub(crate) fn say(line: &str) {
    // A closed pipe is the reader's choice and no reason to fail.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// Print one line on standard error.
pub(crate) fn complain(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
