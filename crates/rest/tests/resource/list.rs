//! Lists: pages, order, search, filters, and the parameters that are refused.
use super::stand::{Stand, on_both, unicorns};

async fn herd(stand: &Stand) {
    for (name, age) in [("Ann", 3), ("bob", 1), ("anna%", 2), ("Bo_b", 2), ("Carl", 1)] {
        let made =
            stand.json("POST /v1/unicorn/", &serde_json::json!({"name": name, "age": age})).await;
        assert_eq!(made.status, 201);
    }
}

fn names(text: &str) -> Vec<String> {
    let rows: Vec<serde_json::Value> = serde_json::from_str(text).unwrap();
    rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn lists_are_ordered_searched_and_filtered() {
    on_both(async |database| {
        let stand = unicorns(&database).await;
        herd(&stand).await;
        for (query, expected) in [
            ("", vec!["Ann", "bob", "anna%", "Bo_b", "Carl"]),
            ("ordering=age", vec!["bob", "Carl", "anna%", "Bo_b", "Ann"]),
            ("ordering=-age", vec!["Ann", "anna%", "Bo_b", "bob", "Carl"]),
            ("ordering=", vec!["Ann", "bob", "anna%", "Bo_b", "Carl"]),
            ("age=2", vec!["anna%", "Bo_b"]),
            ("age=2&search=b", vec!["Bo_b"]),
            ("age=-7", vec![]),
            ("age=", vec!["Ann", "bob", "anna%", "Bo_b", "Carl"]),
            ("search=ANN", vec!["Ann", "anna%"]),
            ("search=%25", vec!["anna%"]),
            ("search=o_b", vec!["Bo_b"]),
            ("search=a+n", vec!["Ann", "anna%"]),
            ("search=", vec!["Ann", "bob", "anna%", "Bo_b", "Carl"]),
            ("search=%5C", vec![]),
            ("page_size=2", vec!["Ann", "bob"]),
            ("page=2&page_size=2", vec!["anna%", "Bo_b"]),
            ("page=3&page_size=2", vec!["Carl"]),
            ("page=9&page_size=2", vec![]),
            ("format=json", vec!["Ann", "bob", "anna%", "Bo_b", "Carl"]),
        ] {
            let answer = stand.get(&format!("/v1/unicorn/?{query}")).await;
            assert_eq!(answer.status, 200, "{query}: {}", answer.text);
            assert_eq!(names(&answer.text), expected, "{query}");
        }
    });
}

#[test]
fn pages_are_linked_and_counted() {
    on_both(async |database| {
        let stand = unicorns(&database).await;
        herd(&stand).await;
        for (query, links) in [
            ("page_size=2", vec![("first", 1), ("next", 2), ("last", 3)]),
            ("page=2&page_size=2", vec![("first", 1), ("prev", 1), ("next", 3), ("last", 3)]),
            ("page_size=2&page=3", vec![("first", 1), ("prev", 2), ("last", 3)]),
            ("page_size=2&page=9", vec![("first", 1), ("prev", 3), ("last", 3)]),
            ("page_size=5", vec![]),
        ] {
            let answer = stand.get(&format!("/v1/unicorn/?{query}")).await;
            assert_eq!(answer.header("x-total-count"), "5", "{query}");
            let expected: Vec<String> = links
                .iter()
                .map(|(rel, page)| format!("</v1/unicorn/?page={page}&page_size=2>; rel=\"{rel}\""))
                .collect();
            assert_eq!(answer.header("link"), expected.join(", "), "{query}");
        }
        let kept = stand.get("/v1/unicorn/?page_size=1&age=2&search=b+a&ordering=-age").await;
        assert_eq!(kept.status, 200);
        let kept = stand.get("/v1/unicorn/?page_size=1&age=2").await;
        assert!(
            kept.header("link").contains("</v1/unicorn/?page=2&page_size=1&age=2>; rel=\"next\"")
        );
        assert_eq!(kept.header("x-total-count"), "2");
    });
}

#[test]
fn parameters_that_are_not_understood_are_refused_by_name() {
    on_both(async |database| {
        let stand = unicorns(&database).await;
        let long = format!("/v1/unicorn/?search={}", "x".repeat(60_000));
        for (path, code, words) in [
            (long.as_str(), "invalid_parameter", "at most 200 characters"),
            ("/v1/unicorn/?nmae=x", "unknown_parameter", "`nmae`"),
            (
                "/v1/unicorn/?name=x",
                "unknown_parameter",
                "Allowed: `page`, `page_size`, `format`, `ordering`, `search`, `fields`, `age`",
            ),
            ("/v1/unicorn/?serach=x", "unknown_parameter", "Did you mean `search`?"),
            ("/v1/unicorn/?age=old", "invalid_parameter", "whole number"),
            ("/v1/unicorn/?age=99999999999", "invalid_parameter", "2147483647"),
            ("/v1/unicorn/?ordering=id", "invalid_parameter", "name, age"),
            ("/v1/unicorn/?page=0", "invalid_parameter", "from 1 to 1000000000"),
            ("/v1/unicorn/?page=x", "invalid_parameter", "from 1"),
            ("/v1/unicorn/?page=18446744073709551615", "invalid_parameter", "from 1 to"),
            ("/v1/unicorn/?page_size=101", "invalid_parameter", "from 1 to 100"),
            ("/v1/unicorn/?page=1&page=2", "malformed", "twice"),
            ("/v1/unicorn/?search=%ff", "malformed", "UTF-8"),
            ("/v1/unicorn/?search=%00", "malformed", "NUL"),
            ("/v1/unicorn/?format=xml", "invalid_parameter", "json, html, csv, ndjson"),
            ("/v1/unicorn/1/?page=1", "unknown_parameter", "`format`, `fields`"),
            ("/v1/?page=1", "unknown_parameter", "`format`"),
        ] {
            let answer = stand.get(path).await;
            assert_eq!(answer.status, 400, "{path}: {}", answer.text);
            assert_eq!(answer.json()["code"], code, "{path}");
            let detail = answer.json()["detail"].as_str().unwrap().to_owned();
            assert!(detail.contains(words), "{path}: {detail}");
        }
    });
}
