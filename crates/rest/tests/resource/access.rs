//! Who is let in: 401, 403 and their challenges; public resources; plain handlers with `Scoped`.
use axum::routing::get;
use grantwell_rest::{Public, Requirement, Resources, Scoped};
use serde_json::json;

use super::{
    program::{self, Read, Write},
    stand::{FORM, NOTHING, Stand, on_both, unicorns},
};

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn callers_without_the_right_credential_get_a_full_challenge() {
    on_both(async |database| {
        let stand = unicorns(&database).await;
        let metadata =
            r#"resource_metadata="https://api.example/.well-known/oauth-protected-resource/v1""#;
        for (line, token, status, code, challenge) in [
            (
                "GET /v1/unicorn/",
                "",
                401,
                "missing_token",
                format!(r#"Bearer scope="read", {metadata}"#),
            ),
            (
                "GET /v1/unicorn/1/",
                "",
                401,
                "missing_token",
                format!(r#"Bearer scope="read", {metadata}"#),
            ),
            (
                "POST /v1/unicorn/",
                "",
                401,
                "missing_token",
                format!(r#"Bearer scope="write", {metadata}"#),
            ),
            (
                "DELETE /v1/unicorn/1/",
                "",
                401,
                "missing_token",
                format!(r#"Bearer scope="write", {metadata}"#),
            ),
            (
                "GET /v1/unicorn/",
                "expired",
                401,
                "invalid_token",
                format!(
                    r#"Bearer error="invalid_token", error_description="The access token has expired", {metadata}"#
                ),
            ),
            (
                "POST /v1/unicorn/",
                "read",
                403,
                "insufficient_scope",
                format!(
                    r#"Bearer error="insufficient_scope", error_description="the scope write is needed", scope="write", {metadata}"#
                ),
            ),
            (
                "GET /v1/unicorn/",
                "write",
                403,
                "insufficient_scope",
                format!(
                    r#"Bearer error="insufficient_scope", error_description="the scope read is needed", scope="read", {metadata}"#
                ),
            ),
            (
                "GET /v1/unicorn/",
                "two words",
                400,
                "malformed",
                format!(
                    r#"Bearer error="invalid_request", error_description="The Authorization header is malformed", {metadata}"#
                ),
            ),
        ] {
            let answer = stand.ask(line, token, (FORM, "name=a&age=1")).await;
            assert_eq!(answer.status.as_u16(), status, "{line} {token}");
            assert_eq!(answer.header("www-authenticate"), challenge, "{line} {token}");
            assert_eq!(answer.json()["code"], code);
            assert_eq!(answer.json()["type"], format!("/problems/{code}"));
            assert_eq!(answer.json()["instance"], line.split_once(' ').unwrap().1);
            assert_eq!(answer.header("content-type"), "application/problem+json");
        }
        let refused = stand.ask("POST /v1/unicorn/", "read", (FORM, "name=a&age=1")).await;
        assert!(
            refused.json()["detail"].as_str().unwrap().contains("`write` (Change your unicorns)")
        );
        let away = stand.ask("GET /v1/unicorn/", "away", NOTHING).await;
        assert_eq!((away.status.as_u16(), away.header("retry-after")), (503, "5"));
        assert_eq!(stand.get("/v1/unicorn/").await.text, "[]", "nothing was written");
    });
}

mod open {
    use grantwell_rest::{Public, Resource, ViewSet};
    use sea_orm::entity::prelude::*;
    use serde::Serialize;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Resource)]
    #[sea_orm(table_name = "note")]
    #[resource(path = "notes", read = Public, write = super::Write, crate = grantwell_rest)]
    pub struct Model {
        #[sea_orm(primary_key)]
        #[resource(read_only)]
        pub id: i32,
        #[sea_orm(unique)]
        pub text: String,
    }
    impl ViewSet for Model {}
}

#[test]
fn a_public_resource_is_read_by_everybody_and_written_by_the_scope() {
    on_both(async |database| {
        super::stand::make_table(&database, open::Entity).await;
        let stand = Stand::new(database, Resources::new().add::<open::Model>());
        assert_eq!(stand.ask("GET /v1/notes/", "", NOTHING).await.text, "[]");
        assert_eq!(stand.ask("POST /v1/notes/", "", (FORM, "text=a")).await.status, 401);
        assert_eq!(stand.ask("POST /v1/notes/", "write", (FORM, "text=a")).await.status, 201);
        // A bad token is refused even where none is needed.
        assert_eq!(stand.ask("GET /v1/notes/", "expired", NOTHING).await.status, 401);
        let twice = stand.ask("POST /v1/notes/", "write", (FORM, "text=a")).await;
        assert_eq!(twice.status, 422);
        assert_eq!(
            twice.json()["errors"],
            json!([{"pointer": "/text", "code": "unique", "detail": "This value is taken; it must be unique."}])
        );
    });
    assert_eq!(<Public as grantwell_rest::Access>::REQUIREMENT, Requirement::Public);
}

async fn oldest(caller: Scoped<Read>) -> String {
    caller.client.to_string()
}

#[test]
fn a_plain_handler_is_guarded_by_its_argument() {
    on_both(async |database| {
        super::stand::make_table(&database, program::Entity).await;
        let resources = Resources::new().add::<program::Model>().route("/oldest", get(oldest));
        let stand = Stand::new(database, resources);
        assert_eq!(stand.ask("GET /v1/oldest", "read", NOTHING).await.text, "first-party");
        let refused = stand.ask("GET /v1/oldest", "write", NOTHING).await;
        assert_eq!(refused.status, 403);
        assert!(refused.header("www-authenticate").contains(r#"scope="read""#));
        assert_eq!(stand.ask("GET /v1/oldest", "", NOTHING).await.status, 401);
    });
}
