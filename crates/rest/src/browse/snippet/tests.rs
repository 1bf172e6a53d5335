//! Every language, with values that want to get out of their quotes; a shell, where there is one, reads them back.
use std::process::Command;

use http::Method;
use serde_json::json;

use super::*;

fn hostile() -> Vec<&'static str> {
    vec![
        "it's",
        r#"say "hi""#,
        "$(touch /tmp/owned) `id` ${HOME} $TOKEN",
        r"back\slash \' \n \u0041",
        "two\nlines\r\n\ttab",
        "</script><script>alert(1)</script>",
        "!! %s %PATH% & | ; > < * ? ~ #",
        "\"# \"## r#\"x\"#",
        "\u{202e}reversed\u{2066} \u{200b} \u{9b}31m \u{1b}[31m",
        "é 🦄 ' \" ` \\ $",
        "@/etc/passwd",
        "",
    ]
}

fn call(value: &str) -> Call {
    Call::new(Method::POST, "https://api.example/v1/unicorn/?q='$(id)\"")
        .token(true)
        .tag(Some("\"a'b\"".to_owned()))
        .body(json!({ "name": value, value: [null, true, 1.5, {}] }))
}

fn text(id: &str, call: &Call) -> String {
    let all = all(std::slice::from_ref(call));
    all.into_iter().find(|snippet| snippet.id == id).unwrap().texts.join("\n")
}

#[test]
fn each_language_sends_a_plain_request() {
    let get = Call::new(Method::GET, "https://api.example/v1/unicorn/?age=4&x={a}[b] c");
    assert_eq!(
        text("curl", &get),
        "curl -X GET 'https://api.example/v1/unicorn/?age=4&x=%7Ba%7D%5Bb%5D%20c' \\\n  -H 'Accept: application/json'"
    );
    let patch = Call::new(Method::PATCH, "https://api.example/v1/unicorn/1/")
        .token(true)
        .tag(Some("\"t\"".to_owned()))
        .body(json!({"age": 4, "alive": true, "name": null}));
    for (id, expected) in [
        ("curl", include_str!("expected/curl.txt")),
        ("httpie", include_str!("expected/httpie.txt")),
        ("python", include_str!("expected/python.txt")),
        ("javascript", include_str!("expected/javascript.txt")),
        ("rust", include_str!("expected/rust.txt")),
    ] {
        assert_eq!(text(id, &patch), expected.trim_end(), "{id}");
    }
}

/// What a shell makes of a command: its words.
fn words(command: &str) -> Vec<String> {
    let program = command.split(' ').next().unwrap();
    let script = format!("{program}() {{ printf '%s\\0' \"$@\"; }}\n{command}");
    let output =
        Command::new("sh").args(["-c", &script]).env("TOKEN", "the token").output().unwrap();
    assert!(output.stderr.is_empty(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_terminator('\0').map(str::to_owned).collect()
}

#[test]
fn a_shell_reads_every_value_back_and_runs_none() {
    for value in hostile() {
        let call = call(value);
        for id in ["curl", "httpie"] {
            let words = words(&text(id, &call));
            let body: Json = serde_json::from_str(words.last().unwrap()).unwrap();
            assert_eq!(Some(&body), call.body.as_ref(), "{id} {value:?}");
            assert!(
                words.iter().any(|word| word == "Authorization: Bearer the token"),
                "{words:?}"
            );
            assert!(words.contains(&"https://api.example/v1/unicorn/?q='$(id)%22".to_owned()));
        }
    }
}

/// The text of a literal that starts after `before`, by the rules that JSON, Python and JavaScript share.
fn literal_after<'a>(text: &'a str, before: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap();
    let mut escaped = false;
    let end = rest[1..].find(|c| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    &rest[..end.unwrap() + 2]
}

#[test]
fn python_and_javascript_keep_every_value_inside_its_literal() {
    for value in hostile() {
        let call = call(value);
        for (id, before) in [("python", "        \"name\": "), ("javascript", "    \"name\": ")] {
            let text = text(id, &call);
            let read: String = serde_json::from_str(literal_after(&text, before)).unwrap();
            assert_eq!(read, value, "{id}");
            let unseen = text.chars().any(is_unseen);
            assert!(!unseen, "{id} {value:?}: what is not seen is escaped");
        }
    }
}

#[test]
fn python_has_words_of_its_own() {
    let call = Call::new(Method::POST, "https://x/").body(json!([null, true, false, {"a": []}]));
    let text = text("python", &call);
    assert!(text.contains("None,\n        True,\n        False,"), "{text}");
    assert!(text.contains("\"a\": [],"), "{text}");
    assert!(!text.contains("TOKEN"), "without a credential none is asked for: {text}");
}

#[test]
fn javascript_writes_a_text_where_it_would_read_something_else() {
    for body in [json!({"__proto__": {"admin": true}}), json!([9_007_199_254_740_993_u64])] {
        let text = text("javascript", &Call::new(Method::POST, "https://x/").body(body.clone()));
        let read: String = serde_json::from_str(literal_after(&text, "body: ")).unwrap();
        assert_eq!(read, body.to_string());
    }
    let small = Call::new(Method::POST, "https://x/").body(json!([-9_007_199_254_740_991_i64]));
    assert!(text("javascript", &small).contains("JSON.stringify"));
}

#[test]
fn a_raw_string_of_rust_has_marks_enough() {
    for value in hostile() {
        let text = text("rust", &call(value));
        let (_, rest) = text.split_once(".body(r").unwrap();
        let marks: String = rest.chars().take_while(|c| *c == '#').collect();
        let rest = &rest[marks.len() + 1..];
        let (body, _) = rest.split_once(&format!("\"{marks}")).unwrap();
        let body: Json = serde_json::from_str(body).unwrap();
        assert_eq!(body["name"], value);
    }
}
