//! JSON as coloured HTML for the browsable pages: indented, every text escaped, links that can be followed.

use std::fmt::Write as _;

use serde_json::Value;

/// Spaces per level.
const INDENT: usize = 2;

/// HTML of `value`, to be put inside `<pre class="json">`.
///
/// Keys, texts, numbers and words are `<span>`s of the classes `j-key`, `j-text`, `j-number`, `j-word`; a text that is an
/// `http` or `https` URL is a link.
pub fn html(value: &Value) -> String {
    let mut out = String::new();
    write_value(&mut out, value, 0);
    out
}

/// The same as a template value that is not escaped again; a field of a context may hold it.
///
/// Members keep the order of `value`, which a template's own loop over an object would not.
pub fn fragment(value: &Value) -> minijinja::Value {
    minijinja::Value::from_safe_string(html(value))
}

fn write_value(out: &mut String, value: &Value, level: usize) {
    match value {
        Value::Null => out.push_str("<span class=\"j-word\">null</span>"),
        Value::Bool(yes) => {
            let _ = write!(out, "<span class=\"j-word\">{yes}</span>");
        }
        Value::Number(number) => {
            let _ = write!(out, "<span class=\"j-number\">{number}</span>");
        }
        Value::String(text) => write_text(out, text),
        Value::Array(items) if items.is_empty() => out.push_str("[]"),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                line(out, index, level + 1);
                write_value(out, item, level + 1);
            }
            end(out, level);
            out.push(']');
        }
        Value::Object(members) if members.is_empty() => out.push_str("{}"),
        Value::Object(members) => {
            out.push('{');
            for (index, (name, member)) in members.iter().enumerate() {
                line(out, index, level + 1);
                out.push_str("<span class=\"j-key\">");
                escape(out, &quoted(name));
                out.push_str("</span>: ");
                write_value(out, member, level + 1);
            }
            end(out, level);
            out.push('}');
        }
    }
}

fn write_text(out: &mut String, text: &str) {
    let link = (text.starts_with("https://") || text.starts_with("http://"))
        && !text.contains(|c: char| c.is_whitespace() || c.is_control());
    out.push_str("<span class=\"j-text\">");
    if link {
        out.push_str("&quot;<a rel=\"noreferrer\" href=\"");
        escape(out, text);
        out.push_str("\">");
        let inner = quoted(text);
        escape(
            out,
            inner.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(&inner),
        );
        out.push_str("</a>&quot;");
    } else {
        escape(out, &quoted(text));
    }
    out.push_str("</span>");
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn line(out: &mut String, index: usize, level: usize) {
    if index > 0 {
        out.push(',');
    }
    end(out, level);
}

fn end(out: &mut String, level: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', level * INDENT));
}

/// Makes text harmless inside an element or a quoted attribute.
pub(crate) fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#x27;"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_is_indented_and_coloured() {
        assert_eq!(
            html(&json!({"id": 1, "tags": [], "ok": true, "none": null, "list": [{}]})),
            "{\n  <span class=\"j-key\">&quot;id&quot;</span>: <span class=\"j-number\">1</span>,\
             \n  <span class=\"j-key\">&quot;tags&quot;</span>: [],\
             \n  <span class=\"j-key\">&quot;ok&quot;</span>: <span class=\"j-word\">true</span>,\
             \n  <span class=\"j-key\">&quot;none&quot;</span>: <span class=\"j-word\">null</span>,\
             \n  <span class=\"j-key\">&quot;list&quot;</span>: [\n    {}\n  ]\n}"
        );
    }

    #[test]
    fn hostile_text_stays_text() {
        for hostile in [
            "\"><svg onload=alert(1)>",
            "</script><script>alert(1)</script>",
            "https://x\"onmouseover=\"alert(1)",
            "https://x'><img src=x onerror=alert(1)>",
        ] {
            let out = html(&json!({ hostile: hostile }));
            assert!(
                !out.contains("<svg") && !out.contains("<script") && !out.contains("<img"),
                "{out}"
            );
            assert!(!out.contains("\"onmouseover"), "{out}");
        }
    }

    #[test]
    fn only_web_addresses_become_links() {
        assert!(
            html(&json!("https://example.com/?a=1&b=2"))
                .contains("href=\"https://example.com/?a=1&amp;b=2\"")
        );
        for text in ["javascript:alert(1)", "data:text/html,x", "//evil", "https://a b", "ftp://x"]
        {
            assert!(!html(&json!(text)).contains("<a "), "{text}");
        }
    }
}
