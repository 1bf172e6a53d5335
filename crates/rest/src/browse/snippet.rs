//! A request as text that can be copied: for a shell, and for three languages. Nothing in it can leave its quotes.
mod code;
mod shell;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use http::Method;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::Serialize;
use serde_json::Value as Json;

/// The media type of bodies and answers.
const JSON: &str = "application/json";

/// A request that a person may want to send from elsewhere.
#[derive(Clone, Debug)]
pub(super) struct Call {
    method: Method,
    url: String,
    body: Option<Json>,
    token: bool,
    tag: Option<String>,
}

/// One way to send it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Snippet {
    /// The word for scripts and styles.
    id: &'static str,
    label: &'static str,
    /// One for each request.
    texts: Vec<String>,
}

/// The ways to send some requests, by language.
pub(super) fn all(calls: &[Call]) -> Vec<Snippet> {
    let write = |id, label, write: fn(&Call) -> String| Snippet {
        id,
        label,
        texts: calls.iter().map(write).collect(),
    };
    vec![
        write("curl", "curl", shell::curl),
        write("httpie", "HTTPie", shell::httpie),
        write("python", "Python", code::python),
        write("javascript", "JavaScript", code::javascript),
        write("rust", "Rust", code::rust),
    ]
}

impl Call {
    /// A request to this address.
    pub(super) fn new(method: Method, url: &str) -> Self {
        let url = utf8_percent_encode(url, NOT_IN_URLS).to_string();
        Self { method, url, body: None, token: false, tag: None }
    }

    /// With an access token, which is taken from the environment variable `TOKEN`.
    pub(super) fn token(mut self, token: bool) -> Self {
        self.token = token;
        self
    }

    /// With a JSON body.
    pub(super) fn body(mut self, body: Json) -> Self {
        self.body = Some(body);
        self
    }

    /// With the state of the row that the change is about.
    pub(super) fn tag(mut self, tag: Option<String>) -> Self {
        self.tag = tag;
        self
    }

    /// The fields of the head besides `Authorization`.
    fn fields(&self) -> Vec<(&'static str, &str)> {
        let mut fields = vec![("Accept", JSON)];
        if self.body.is_some() {
            fields.push(("Content-Type", JSON));
        }
        if let Some(tag) = &self.tag {
            fields.push(("If-Match", tag));
        }
        fields
    }
}

/// What RFC 3986 §2 does not let stand in a URL, and the brackets, which curl would take for a pattern.
const NOT_IN_URLS: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}')
    .add(b'[')
    .add(b']');

/// JSON on several lines. Characters that no reader sees are escaped, so that the text does what it looks like: those that
/// turn the direction of writing or have no width, and those that control a terminal.
pub(super) fn json_text(value: &Json) -> String {
    let pretty = serde_json::to_string_pretty(value).unwrap_or_default();
    escape_unseen(&pretty)
}

/// `text`, which is JSON, with its unseen characters as `\u…`; they only stand inside the strings of it.
fn escape_unseen(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unseen(c) {
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

/// Control characters but the line feed, marks of direction, characters without width, separators of lines. All of them are
/// in the Basic Multilingual Plane, so one escape is enough.
fn is_unseen(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}')
}
