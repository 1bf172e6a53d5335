//! Requests in programming languages: Python with requests, JavaScript with fetch, Rust with reqwest.
use std::fmt::Write as _;

use serde_json::Value as Json;

use super::{Call, escape_unseen, json_text};

/// Numbers beyond this are not all whole numbers of their own in JavaScript.
const MOST_EXACT: u64 = (1 << 53) - 1;

/// A text between double quotes: JSON's escapes mean the same in Python and in JavaScript.
fn quoted(text: &str) -> String {
    escape_unseen(&Json::from(text).to_string())
}

/// With [requests](https://requests.readthedocs.io).
pub(super) fn python(call: &Call) -> String {
    let mut text = String::new();
    if call.token {
        text.push_str("import os\n\n");
    }
    let _ = writeln!(text, "import requests\n\nanswer = requests.request(");
    let _ = writeln!(text, "    \"{}\",\n    {},", call.method, quoted(&call.url));
    text.push_str("    headers={\n");
    if call.token {
        text.push_str("        \"Authorization\": \"Bearer \" + os.environ[\"TOKEN\"],\n");
    }
    // The library writes the type of a JSON body itself.
    for (name, value) in call.fields().into_iter().filter(|(name, _)| *name != "Content-Type") {
        let _ = writeln!(text, "        \"{name}\": {},", quoted(value));
    }
    text.push_str("    },\n");
    if let Some(body) = &call.body {
        let mut literal = String::new();
        python_literal(&mut literal, body, 1);
        let _ = writeln!(text, "    json={literal},");
    }
    text.push_str("    timeout=10,\n)\nanswer.raise_for_status()\nprint(answer.text)");
    text
}

/// JSON as Python writes it: the same, but for three words.
fn python_literal(out: &mut String, value: &Json, level: usize) {
    match value {
        Json::Null => out.push_str("None"),
        Json::Bool(true) => out.push_str("True"),
        Json::Bool(false) => out.push_str("False"),
        Json::Number(number) => {
            let _ = write!(out, "{number}");
        }
        Json::String(text) => out.push_str(&quoted(text)),
        Json::Array(items) if items.is_empty() => out.push_str("[]"),
        Json::Array(items) => {
            out.push('[');
            for item in items {
                line(out, level + 1);
                python_literal(out, item, level + 1);
                out.push(',');
            }
            line(out, level);
            out.push(']');
        }
        Json::Object(members) if members.is_empty() => out.push_str("{}"),
        Json::Object(members) => {
            out.push('{');
            for (name, member) in members {
                line(out, level + 1);
                let _ = write!(out, "{}: ", quoted(name));
                python_literal(out, member, level + 1);
                out.push(',');
            }
            line(out, level);
            out.push('}');
        }
    }
}

fn line(out: &mut String, level: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("    ", level));
}

/// With `fetch`, where there is an environment: Node.js, Deno, Bun.
pub(super) fn javascript(call: &Call) -> String {
    let mut text = format!("const answer = await fetch({}, {{\n", quoted(&call.url));
    let _ = writeln!(text, "  method: \"{}\",\n  headers: {{", call.method);
    if call.token {
        text.push_str("    \"Authorization\": `Bearer ${process.env.TOKEN}`,\n");
    }
    for (name, value) in call.fields() {
        let _ = writeln!(text, "    \"{name}\": {},", quoted(value));
    }
    text.push_str("  },\n");
    if let Some(body) = &call.body {
        if is_same_in_javascript(body) {
            let literal = json_text(body).replace('\n', "\n  ");
            let _ = writeln!(text, "  body: JSON.stringify({literal}),");
        } else {
            let _ = writeln!(text, "  body: {},", quoted(&body.to_string()));
        }
    }
    text.push_str(
        "});\nif (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);\n",
    );
    text.push_str("console.log(await answer.text());");
    text
}

/// Whether JavaScript reads a value written into a program as JSON does: it rounds large whole numbers, and takes `__proto__` for
/// what an object inherits from.
fn is_same_in_javascript(value: &Json) -> bool {
    match value {
        Json::Number(number) => {
            number.is_f64()
                || number.as_u64().is_some_and(|number| number <= MOST_EXACT)
                || number.as_i64().is_some_and(|number| number.unsigned_abs() <= MOST_EXACT)
        }
        Json::Array(items) => items.iter().all(is_same_in_javascript),
        Json::Object(members) => members
            .iter()
            .all(|(name, member)| name != "__proto__" && is_same_in_javascript(member)),
        Json::Null | Json::Bool(_) | Json::String(_) => true,
    }
}

/// With [reqwest](https://docs.rs/reqwest), inside an `async fn` that returns a `Result`.
pub(super) fn rust(call: &Call) -> String {
    let mut text = format!(
        "let answer = reqwest::Client::new()\n    .request(reqwest::Method::{}, {})\n",
        call.method,
        raw(&call.url),
    );
    if call.token {
        text.push_str("    .bearer_auth(std::env::var(\"TOKEN\")?)\n");
    }
    for (name, value) in call.fields() {
        let _ = writeln!(text, "    .header(\"{name}\", {})", raw(value));
    }
    if let Some(body) = &call.body {
        let _ = writeln!(text, "    .body({})", raw(&json_text(body)));
    }
    text.push_str("    .send()\n    .await?\n    .error_for_status()?;\n");
    text.push_str("println!(\"{}\", answer.text().await?);");
    text
}

/// A text as a raw string of Rust, with as many `#` as it takes.
fn raw(text: &str) -> String {
    let plain = !text.contains(['"', '\\', '\n']);
    if plain {
        return format!("\"{text}\"");
    }
    let mut marks = String::from("#");
    while text.contains(&format!("\"{marks}")) {
        marks.push('#');
    }
    format!("r{marks}\"{text}\"{marks}")
}
