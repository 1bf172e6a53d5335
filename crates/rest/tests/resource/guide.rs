//! The guide's requests, answer for answer, and the rest of the six operations.
use serde_json::json;

use super::stand::{FORM, NOTHING, on_both, unicorns};

#[test]
fn the_guides_unicorns_are_created_and_listed() {
    on_both(async |database| {
        let stand = unicorns(&database).await;
        let made = stand.form("POST /v1/unicorn/", "name=djangounchained&age=34").await;
        assert_eq!(made.status, 201, "{}", made.text);
        assert_eq!(made.text, r#"{"id":1,"name":"djangounchained","age":34}"#);
        assert_eq!(made.header("location"), "/v1/unicorn/1/");
        assert_eq!(made.header("content-type"), "application/json");
        let made = stand.form("POST /v1/unicorn", "name=mylittlepony&age=22").await;
        assert_eq!(made.text, r#"{"id":2,"name":"mylittlepony","age":22}"#);
        for path in ["/v1/unicorn/", "/v1/unicorn"] {
            let list = stand.get(path).await;
            assert_eq!(list.status, 200);
            assert_eq!(
                list.text,
                r#"[{"id":1,"name":"djangounchained","age":34},{"id":2,"name":"mylittlepony","age":22}]"#
            );
            assert_eq!(list.header("x-total-count"), "2");
            assert_eq!(list.header("link"), "");
            assert!(list.header("vary").contains("Accept"));
        }
    });
}

#[test]
fn a_row_is_read_replaced_changed_and_deleted() {
    on_both(async |database| {
        let stand = unicorns(&database).await;
        let created = stand.json("POST /v1/unicorn/", &json!({"name": "dash", "age": 5})).await;
        assert_eq!(created.status, 201);
        for path in ["/v1/unicorn/1/", "/v1/unicorn/1", "/v1/unicorn/%31/"] {
            assert_eq!(stand.get(path).await.text, r#"{"id":1,"name":"dash","age":5}"#, "{path}");
        }
        let replaced =
            stand.json("PUT /v1/unicorn/1/", &json!({"id": 9, "name": "rainbow", "age": 6})).await;
        assert_eq!(
            (replaced.status.as_u16(), replaced.text.as_str()),
            (200, r#"{"id":1,"name":"rainbow","age":6}"#)
        );
        let replaced = stand.form("PUT /v1/unicorn/1", "name=rainbow").await;
        assert_eq!(replaced.status, 422);
        assert_eq!(replaced.json()["errors"][0]["pointer"], "/age");
        let changed = stand
            .ask("PATCH /v1/unicorn/1/", "write", ("application/merge-patch+json", r#"{"age":7}"#))
            .await;
        assert_eq!(
            (changed.status.as_u16(), changed.text.as_str()),
            (200, r#"{"id":1,"name":"rainbow","age":7}"#)
        );
        let changed = stand.ask("PATCH /v1/unicorn/1/", "write", (FORM, "name=dash")).await;
        assert_eq!(changed.text, r#"{"id":1,"name":"dash","age":7}"#);
        let unchanged = stand.json("PATCH /v1/unicorn/1/", &json!({})).await;
        assert_eq!(
            (unchanged.status.as_u16(), unchanged.text.as_str()),
            (200, r#"{"id":1,"name":"dash","age":7}"#)
        );
        let gone = stand.ask("DELETE /v1/unicorn/1/", "write", NOTHING).await;
        assert_eq!((gone.status.as_u16(), gone.text.as_str()), (204, ""));
        assert_eq!(gone.header("content-type"), "");
        for line in ["GET /v1/unicorn/1/", "DELETE /v1/unicorn/1/"] {
            let answer = stand.ask(line, "read+write", NOTHING).await;
            assert_eq!(
                (answer.status.as_u16(), answer.json()["code"].clone()),
                (404, json!("not_found")),
                "{line}"
            );
        }
        for line in ["PUT /v1/unicorn/1/", "PATCH /v1/unicorn/1/"] {
            // A row that is not there comes before what is wrong with the fields.
            assert_eq!(stand.form(line, "agee=1").await.status, 404, "{line}");
            assert_eq!(stand.form(line, "name=x&age=1").await.status, 404, "{line}");
        }
    });
}

#[test]
fn head_answers_like_get_without_a_body() {
    on_both(async |database| {
        let stand = unicorns(&database).await;
        stand.form("POST /v1/unicorn/", "name=dash&age=5").await;
        for path in ["/v1/", "/v1/unicorn/", "/v1/unicorn/1/"] {
            let get = stand.get(path).await;
            let head = stand.ask(&format!("HEAD {path}"), "read", NOTHING).await;
            assert_eq!(head.status, 200);
            assert_eq!(head.text, "");
            assert_eq!(head.header("content-length"), get.text.len().to_string());
        }
    });
}

/// What `curl -F` sends makes and changes rows as other forms do; a file is refused by its field.
#[test]
fn a_form_in_parts_is_taken_like_any_other() {
    on_both(async |database| {
        let stand = unicorns(&database).await;
        let kind = "multipart/form-data; boundary=xyz";
        let body = |fields: &[(&str, &str)]| {
            let part = |(head, value): &(&str, &str)| {
                format!("--xyz\r\nContent-Disposition: form-data; {head}\r\n\r\n{value}\r\n")
            };
            format!("{}--xyz--\r\n", fields.iter().map(part).collect::<String>())
        };
        let made = body(&[("name=\"name\"", "Ünal & co"), ("name=\"age\"", "3")]);
        let made = stand.ask("POST /v1/unicorn/", "read+write", (kind, made)).await;
        assert_eq!((made.status.as_u16(), &made.json()["name"]), (201, &json!("Ünal & co")));
        let line = format!("PATCH {}", made.header("location"));
        let older = stand.ask(&line, "read+write", (kind, body(&[("name=age", "4")]))).await;
        assert_eq!(older.json()["age"], 4);
        let file = body(&[("name=name; filename=a.txt", "x"), ("name=age", "3")]);
        let refused = stand.ask("POST /v1/unicorn/", "read+write", (kind, file)).await;
        assert_eq!(refused.status, 422);
        assert_eq!(refused.json()["errors"][0]["pointer"], "/name");
    });
}

#[test]
fn options_describes_the_resource_and_shows_fields_to_those_who_may() {
    on_both(async |database| {
        let stand = unicorns(&database).await;
        let list = stand.ask("OPTIONS /v1/unicorn/", "read", NOTHING).await;
        assert_eq!(list.status, 200);
        assert_eq!(list.header("allow"), "GET, HEAD, POST, OPTIONS");
        assert_eq!(
            list.header("accept-post"),
            "application/json, application/x-www-form-urlencoded, multipart/form-data"
        );
        let described = list.json();
        assert_eq!(described["scopes"], json!({"read": "read", "write": "write"}));
        assert_eq!(described["methods"]["GET"], json!([["read"]]));
        assert_eq!(
            described["fields"]["name"],
            json!({"type": "string", "label": "Name", "required": true, "max_length": 100})
        );
        assert_eq!(described["fields"]["age"]["min"], 0);
        assert_eq!(described["fields"]["id"]["read_only"], true);
        assert_eq!(described["filters"], json!(["age"]));
        let item = stand.ask("OPTIONS /v1/unicorn/1/", "write", NOTHING).await;
        assert_eq!(item.header("allow"), "GET, HEAD, PUT, PATCH, DELETE, OPTIONS");
        assert!(item.header("accept-patch").starts_with("application/merge-patch+json"));
        let stranger = stand.ask("OPTIONS /v1/unicorn/", "", NOTHING).await;
        assert_eq!((stranger.status.as_u16(), stranger.json().get("fields")), (200, None));
    });
}

#[test]
fn the_root_lists_the_resources() {
    on_both(async |database| {
        let stand = unicorns(&database).await;
        for path in ["/v1/", "/v1"] {
            let root = stand.ask(&format!("GET {path}"), "", NOTHING).await;
            assert_eq!(
                (root.status.as_u16(), root.text.as_str()),
                (200, r#"{"unicorn":"/v1/unicorn/"}"#)
            );
        }
        assert_eq!(stand.ask("POST /v1/", "", NOTHING).await.status, 405);
        let nothing = stand.get("/v1/nothing/here").await;
        assert_eq!(
            (nothing.status.as_u16(), nothing.header("content-type")),
            (404, "application/problem+json")
        );
    });
}
