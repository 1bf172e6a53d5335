//! The words of Django REST framework, as they were recorded from it.
use grantwell_rest::{Dialect, Resources};
use http::header;
use serde_json::json;

use super::{
    program::{Entity, Model},
    stand::{FORM, JSON, NOTHING, Stand, make_table, on_both},
};

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn an_old_client_does_not_notice() {
    on_both(async |database| {
        make_table(&database, Entity).await;
        let resources = Resources::new().add::<Model>();
        let stand = Stand::speaking(database, resources, Dialect::DjangoRestFramework);
        let long = format!("name={}&age=1", "x".repeat(101));
        let ok = "read+write";
        for (line, token, body, status, expected) in [
            (
                "GET /v1/unicorn/",
                "",
                NOTHING,
                401,
                json!({"detail": "Authentication credentials were not provided."}),
            ),
            (
                "GET /v1/unicorn/",
                "expired",
                NOTHING,
                401,
                json!({"detail": "Authentication credentials were not provided."}),
            ),
            (
                "POST /v1/unicorn/",
                "read",
                (FORM, "name=a&age=1"),
                403,
                json!({"detail": "You do not have permission to perform this action."}),
            ),
            (
                "POST /v1/unicorn/",
                ok,
                (FORM, "name=&age=x"),
                400,
                json!({"name": ["This field may not be blank."], "age": ["A valid integer is required."]}),
            ),
            (
                "POST /v1/unicorn/",
                ok,
                (FORM, ""),
                400,
                json!({"name": ["This field is required."], "age": ["This field is required."]}),
            ),
            (
                "POST /v1/unicorn/",
                ok,
                (FORM, long.as_str()),
                400,
                json!({"name": ["Ensure this field has no more than 100 characters."]}),
            ),
            (
                "POST /v1/unicorn/",
                ok,
                (FORM, "name=a&age=-1"),
                400,
                json!({"age": ["Ensure this value is greater than or equal to 0."]}),
            ),
            (
                "POST /v1/unicorn/",
                ok,
                (JSON, r#"{"name": null, "age": []}"#),
                400,
                json!({"name": ["This field may not be null."], "age": ["A valid integer is required."]}),
            ),
            (
                "PUT /v1/unicorn/1/",
                ok,
                (JSON, r#"{"name": "a"}"#),
                404,
                json!({"detail": "No Unicorn matches the given query."}),
            ),
            (
                "POST /v1/unicorn/",
                ok,
                (JSON, r#"{"name": "a", "age": 34, "horn": 1}"#),
                201,
                json!({"id": 1, "name": "a", "age": 34}),
            ),
            (
                "PUT /v1/unicorn/1/",
                ok,
                (JSON, r#"{"name": "a"}"#),
                400,
                json!({"age": ["This field is required."]}),
            ),
            (
                "PATCH /v1/unicorn/1/",
                ok,
                (FORM, "age=3"),
                200,
                json!({"id": 1, "name": "a", "age": 3}),
            ),
            (
                "GET /v1/unicorn/7/",
                ok,
                NOTHING,
                404,
                json!({"detail": "No Unicorn matches the given query."}),
            ),
            (
                "DELETE /v1/unicorn/",
                ok,
                NOTHING,
                405,
                json!({"detail": "Method \"DELETE\" not allowed."}),
            ),
            (
                "POST /v1/unicorn/",
                ok,
                ("text/xml", "<a/>"),
                415,
                json!({"detail": "Unsupported media type \"text/xml\" in request."}),
            ),
            (
                "POST /v1/unicorn/",
                ok,
                (JSON, "[1]"),
                400,
                json!({"non_field_errors": ["Invalid data. Expected a dictionary, but got list."]}),
            ),
        ] {
            let answer = stand.ask(line, token, (body.0, body.1.to_owned())).await;
            assert_eq!(answer.status.as_u16(), status, "{line} {body:?}: {}", answer.text);
            assert_eq!(answer.json(), expected, "{line} {body:?}");
            assert_eq!(answer.header("content-type"), "application/json");
        }
        let broken = stand.ask("POST /v1/unicorn/", ok, (JSON, "{")).await;
        assert!(broken.text.starts_with(r#"{"detail":"JSON parse error - "#), "{}", broken.text);
        let bare = stand.ask("GET /v1/unicorn/", "", NOTHING).await;
        assert!(bare.headers.contains_key(header::WWW_AUTHENTICATE), "the challenge stays");
        let gone = stand.ask("DELETE /v1/unicorn/1/", ok, NOTHING).await;
        assert_eq!((gone.status.as_u16(), gone.text.as_str()), (204, ""));
    });
}
