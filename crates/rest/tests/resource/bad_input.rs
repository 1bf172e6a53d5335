//! Whatever is sent, the answer is a clear 4xx problem.
use axum::body::Body;
use http::{Request, header};

use super::stand::{FORM, JSON, NOTHING, on_both, unicorns};

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn bodies_that_cannot_be_taken_are_refused_clearly() {
    on_both(async |database| {
        let stand = unicorns(&database).await;
        let deep = format!(r#"{{"name":{}1{}}}"#, "[".repeat(1000), "]".repeat(1000));
        let long = format!("name={}&age=1", "x".repeat(101));
        let large = format!("name={}&age=1", "x".repeat(5000));
        let cases: Vec<(&str, &[u8], u16, &str, &str)> = vec![
            (JSON, br#"{"name":"a","age":1,"age":2}"#, 400, "malformed", "`age` is there twice"),
            (JSON, br#"{"name":"a\u0000","age":1}"#, 400, "malformed", "NUL"),
            (JSON, b"{\"name\":\"\xff\",\"age\":1}", 400, "malformed", "not JSON"),
            (JSON, br#"{"name":"a","#, 400, "malformed", "not JSON"),
            (JSON, b"", 400, "malformed", "not JSON"),
            (JSON, b"[]", 400, "malformed", "must be a JSON object"),
            (JSON, deep.as_bytes(), 400, "malformed", "recursion"),
            (FORM, b"name=a&age=1&age=2", 400, "malformed", "twice"),
            (FORM, b"name=%00&age=1", 400, "malformed", "NUL"),
            (FORM, b"name=%ff&age=1", 400, "malformed", "UTF-8"),
            (FORM, b"name=\xff&age=1", 400, "malformed", "UTF-8"),
            (FORM, large.as_bytes(), 413, "too_large", "4096"),
            ("multipart/form-data; boundary=x", b"--x--", 422, "validation_failed", "2 fields"),
            ("multipart/form-data; boundary=x", b"name=a", 400, "malformed", "RFC 7578"),
            ("multipart/form-data", b"--x--", 400, "malformed", "between the parts"),
            ("multipart/mixed; boundary=x", b"--x--", 415, "unsupported_media_type", "multipart"),
            ("text/plain", b"name=a", 415, "unsupported_media_type", "text/plain"),
            ("application/json; charset=latin1", b"{}", 415, "unsupported_media_type", "latin1"),
            ("application/merge-patch+json", b"{}", 415, "unsupported_media_type", "merge-patch"),
            ("", b"name=a", 415, "unsupported_media_type", "no Content-Type"),
            ("", b"", 422, "validation_failed", "2 fields"),
            (JSON, b"{}", 422, "validation_failed", "2 fields"),
            (FORM, b"name=a", 422, "validation_failed", "`age`"),
            (FORM, b"name=a&age=", 422, "validation_failed", "required"),
            (FORM, b"name=&age=1", 422, "validation_failed", "must not be empty"),
            (FORM, b"name=a&age=one", 422, "validation_failed", "whole number"),
            (FORM, b"name=a&age=-1", 422, "validation_failed", "0 or more"),
            (FORM, b"name=a&age=2147483648", 422, "validation_failed", "2147483647"),
            (
                FORM,
                b"name=a&age=99999999999999999999999999999999999999999999",
                422,
                "validation_failed",
                "2147483647",
            ),
            (FORM, long.as_bytes(), 422, "validation_failed", "at most 100"),
            (FORM, b"name=a&age=1&agee=2", 422, "validation_failed", "Did you mean `age`?"),
            (FORM, b"name=a&age=1&_method=DELETE", 422, "validation_failed", "`_method`"),
            (FORM, b"name=a&age=1&csrf_token=x", 422, "validation_failed", "`csrf_token`"),
            (JSON, br#"{"name":"a","age":"1"}"#, 422, "validation_failed", "a text was sent"),
            (JSON, br#"{"name":"a","age":1.5}"#, 422, "validation_failed", "without a fraction"),
            (JSON, br#"{"name":"a","age":1e30}"#, 422, "validation_failed", "2147483647"),
            (JSON, br#"{"name":"a","age":null}"#, 422, "validation_failed", "not be null"),
            (JSON, br#"{"name":7,"age":1}"#, 422, "validation_failed", "must be a text"),
            (JSON, br#"{"name":{"a":1},"age":1}"#, 422, "validation_failed", "an object was sent"),
        ];
        for (media_type, body, status, code, words) in cases {
            let shown = String::from_utf8_lossy(body).chars().take(60).collect::<String>();
            let answer =
                stand.ask("POST /v1/unicorn/", "read+write", (media_type, body.to_vec())).await;
            assert_eq!(answer.status.as_u16(), status, "{media_type} {shown}: {}", answer.text);
            assert_eq!(answer.json()["code"], code, "{shown}");
            assert!(answer.text.contains(words), "{shown}: {}", answer.text);
            assert_eq!(answer.header("content-type"), "application/problem+json");
        }
        assert_eq!(stand.get("/v1/unicorn/").await.text, "[]");
    });
}

#[test]
fn all_field_errors_come_at_once() {
    on_both(async |database| {
        let stand = unicorns(&database).await;
        let answer = stand.form("POST /v1/unicorn/", "age=-3&horn=long").await;
        let problem = answer.json();
        let errors: Vec<(&str, &str)> = problem["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| (error["pointer"].as_str().unwrap(), error["code"].as_str().unwrap()))
            .collect();
        assert_eq!(errors, [("/horn", "unknown"), ("/name", "required"), ("/age", "min")]);
    });
}

#[test]
fn thousands_of_unknown_fields_are_not_echoed() {
    on_both(async |database| {
        let stand = unicorns(&database).await;
        let form = (0..500).map(|n| format!("f{n}=")).collect::<Vec<_>>().join("&");
        let answer = stand.form("POST /v1/unicorn/", &form).await;
        assert_eq!(answer.status, 422);
        assert_eq!(answer.json()["errors"].as_array().unwrap().len(), 22, "20 unknown, 2 missing");
    });
}

#[test]
fn methods_types_and_addresses_that_do_not_fit_are_refused() {
    on_both(async |database| {
        let stand = unicorns(&database).await;
        for (line, allow) in [
            ("PUT /v1/unicorn/", "GET, HEAD, POST, OPTIONS"),
            ("DELETE /v1/unicorn", "GET, HEAD, POST, OPTIONS"),
            ("POST /v1/unicorn/1/", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"),
            ("TRACE /v1/unicorn/1", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"),
            ("BREW /v1/unicorn/", "GET, HEAD, POST, OPTIONS"),
        ] {
            for token in ["read+write", ""] {
                let answer = stand.ask(line, token, NOTHING).await;
                assert_eq!(answer.status, 405, "{line}");
                assert_eq!(answer.header("allow"), allow, "{line}");
            }
            let form = stand.ask(line, "read+write", (FORM, "_method=DELETE")).await;
            assert_eq!(form.status, 405, "{line} with a form");
        }
        for key in [
            "0",
            "-1",
            "x",
            "1.5",
            "99999999999999999999",
            "%00",
            "%ff",
            "1%2F2",
            "%F0%9F%A6%84",
            "' OR 1=1",
        ] {
            let path = format!("/v1/unicorn/{}/", key.replace(' ', "%20"));
            assert_eq!(stand.get(&path).await.status, 404, "{key}");
        }
        for (accept, status) in [
            ("image/png", 406),
            ("application/json;q=0", 406),
            ("application/*", 200),
            ("application/problem+json", 200),
            ("text/csv, */*;q=0.1", 200),
        ] {
            let request = Request::get("/v1/unicorn/")
                .header(header::AUTHORIZATION, "Bearer read")
                .header(header::ACCEPT, accept);
            let answer = stand.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(answer.status.as_u16(), status, "{accept}");
        }
    });
}

#[test]
fn a_problem_carries_the_request_id() {
    on_both(async |database| {
        let stand = unicorns(&database).await;
        let request = Request::get("/v1/unicorn/1/")
            .header(header::AUTHORIZATION, "Bearer read")
            .header("x-request-id", "abc-1");
        let answer = stand.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.json()["request_id"], "abc-1");
    });
}

#[test]
fn a_database_that_is_away_is_a_503() {
    on_both(async |database| {
        let stand = unicorns(&database).await;
        database.close().await;
        for (line, body) in [
            ("GET /v1/unicorn/", ""),
            ("GET /v1/unicorn/1/", ""),
            ("POST /v1/unicorn/", "name=a&age=1"),
        ] {
            let answer = stand.ask(line, "read+write", (FORM, body)).await;
            assert_eq!(
                (answer.status.as_u16(), answer.header("retry-after")),
                (503, "5"),
                "{line}: {}",
                answer.text
            );
        }
    });
}
