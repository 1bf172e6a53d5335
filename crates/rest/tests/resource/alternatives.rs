//! Scopes that are needed together, and alternatives, for each method and each action.
use grantwell_rest::{
    AnyOf, Ctx, Permission, Public, Resource, Resources, ViewSet, openapi, permission::scope,
    scopes, viewset,
};
use sea_orm::entity::prelude::*;
use serde::Serialize;
use serde_json::json;

use super::{
    program::{Read, Write},
    stand::{FORM, NOTHING, Stand, make_table, on_both},
};

scopes! {
    crate = grantwell_rest;
    pub Edit    = "edit"    => "Change drafts",
    pub Publish = "publish" => "Show drafts to everybody",
    pub Manage  = "manage"  => "Look after everything",
}

/// Drafts.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Resource)]
#[sea_orm(table_name = "draft")]
#[resource(
    path = "draft", read = Read, write = AnyOf<(Manage, (Edit, Publish))>, bulk = 3,
    methods(post = Edit, delete = (Manage, AnyOf<(Write, Publish)>)), crate = grantwell_rest
)]
pub struct Model {
    #[sea_orm(primary_key)]
    #[resource(read_only)]
    pub id: i64,
    pub text: String,
}

#[viewset(crate = grantwell_rest)]
impl ViewSet for Model {
    fn permission() -> Permission {
        scope::<AnyOf<(Read, Edit, Manage)>>()
    }

    /// Counts them.
    #[action(list, method = "get", scope = AnyOf<(Manage, Publish)>)]
    async fn count(ctx: &Ctx) -> grantwell_rest::Result<u64> {
        Ok(Entity::find().count(ctx.db()).await?)
    }
}

async fn drafts(database: database::Database) -> Stand {
    make_table(&database, Entity).await;
    let stand = Stand::new(database, Resources::new().add::<Model>());
    assert_eq!(stand.ask("POST /v1/draft/", "read+edit", (FORM, "text=a")).await.status, 201);
    stand
}

#[test]
fn each_method_takes_one_of_its_alternatives_and_names_the_nearest() {
    on_both(async |database| {
        let stand = drafts(database).await;
        for (line, token, told) in [
            ("POST /v1/draft/", "manage", Err("edit")),
            ("POST /v1/draft/", "edit", Ok(201)),
            ("PUT /v1/draft/1/", "manage", Ok(200)),
            ("PUT /v1/draft/1/", "edit+publish", Ok(200)),
            ("PATCH /v1/draft/1/", "edit+publish+read", Ok(200)),
            ("PATCH /v1/draft/1/", "read", Err("manage")),
            ("PATCH /v1/draft/1/", "edit", Err("manage")),
            ("DELETE /v1/draft/1/", "manage", Err("manage write")),
            ("DELETE /v1/draft/1/", "manage2+publish", Err("manage publish")),
            ("DELETE /v1/draft/?keys=2", "write+publish", Err("manage write")),
            ("DELETE /v1/draft/?keys=2", "manage+publish", Ok(204)),
            ("GET /v1/draft/", "manage", Err("read")),
            ("GET /v1/draft/count/", "read", Err("manage")),
            ("GET /v1/draft/count/", "publish+read", Ok(200)),
        ] {
            let answer = stand.ask(line, token, (FORM, "text=b")).await;
            match told {
                Ok(status) => assert_eq!(answer.status, status, "{line} {token}: {}", answer.text),
                Err(scope) => {
                    assert_eq!(answer.status, 403, "{line} {token}: {}", answer.text);
                    let challenge = answer.header("www-authenticate");
                    assert!(challenge.contains("error=\"insufficient_scope\""), "{challenge}");
                    let wanted = format!(", scope=\"{scope}\", resource_metadata=");
                    assert!(challenge.contains(&wanted), "{line} {token}: {challenge}");
                }
            }
        }
        let nobody = stand.ask("DELETE /v1/draft/1/", "", NOTHING).await;
        assert_eq!(nobody.status, 401);
        assert!(nobody.header("www-authenticate").starts_with("Bearer scope=\"manage write\", "));
        let lacks = stand.ask("DELETE /v1/draft/1/", "manage", NOTHING).await;
        assert_eq!(
            lacks.json()["detail"],
            "This needs the scopes `manage` and `write`, or `manage` and `publish`; the access token lacks `write` (Change your \
             unicorns)."
        );
    });
}

#[test]
fn description_page_and_document_list_the_alternatives() {
    on_both(async |database| {
        let stand = drafts(database).await;
        let described = stand.ask("OPTIONS /v1/draft/", "manage", NOTHING).await.json();
        assert_eq!(
            described["methods"],
            json!({
                "GET": [["read"]], "POST": [["edit"]],
                "PUT": [["manage"], ["edit", "publish"]], "PATCH": [["manage"], ["edit", "publish"]],
                "DELETE": [["manage", "write"], ["manage", "publish"]],
            })
        );
        assert_eq!(described["actions"][0]["scopes"], json!([["manage"], ["publish"]]));
        let page = |path: &'static str, session: &'static str| {
            let request = http::Request::get(path)
                .header("accept", "text/html")
                .header("cookie", format!("session={session}"));
            stand.send(request.body(axum::body::Body::empty()).unwrap())
        };
        // Who may remove a row need not be able to change it, and is told which scopes the button needs.
        let page_of = page("/v1/draft/1/", "read+manage+write").await.text;
        assert!(page_of.contains("Needs the scopes manage and write, or manage and publish"));
        let page_of = page("/v1/draft/1/", "read+edit+publish").await.text;
        assert!(!page_of.contains("value=\"DELETE\""));
        assert!(page_of.contains("Needs the scopes manage, or edit and publish"), "{page_of}");
        let page_of = page("/v1/draft/", "read+manage").await.text;
        assert!(page_of.contains("Changing anything needs the scope edit, which"), "{page_of}");
    });
    let resources = Resources::new().add::<Model>();
    let document = openapi::document(&openapi::About::default(), [("/v1", &resources)]);
    let security = |path: &str, method: &str| document["paths"][path][method]["security"].clone();
    let bearer = json!({"bearer": []});
    assert_eq!(
        security("/v1/draft/{id}/", "put"),
        json!([{"oauth2": ["manage"]}, {"oauth2": ["edit", "publish"]}, bearer])
    );
    let delete =
        json!([{"oauth2": ["manage", "write"]}, {"oauth2": ["manage", "publish"]}, bearer]);
    assert_eq!(security("/v1/draft/{id}/", "delete"), delete);
    assert_eq!(security("/v1/draft/", "delete"), delete);
    assert_eq!(security("/v1/draft/", "post"), json!([{"oauth2": ["edit"]}, bearer]));
    let names: Vec<String> = resources.scopes().iter().map(|one| one.name.to_string()).collect();
    assert_eq!(names, ["read", "edit", "manage", "publish", "write"]);
    assert_eq!(resources.metadata("https://api.example", "/v1").scopes_supported, names);
}

mod open {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Resource)]
    #[sea_orm(table_name = "note")]
    #[resource(path = "note", read = Read, write = Write, methods(post = Public), crate = grantwell_rest)]
    pub struct Model {
        #[sea_orm(primary_key)]
        #[resource(read_only)]
        pub id: i64,
        pub text: String,
    }
    impl ViewSet for Model {}
}

#[test]
fn one_method_alone_can_be_open_to_everybody() {
    on_both(async |database| {
        make_table(&database, open::Entity).await;
        let stand = Stand::new(database, Resources::new().add::<open::Model>());
        assert_eq!(stand.ask("POST /v1/note/", "", (FORM, "text=a")).await.status, 201);
        for line in ["GET /v1/note/", "PUT /v1/note/1/", "DELETE /v1/note/1/"] {
            assert_eq!(stand.ask(line, "", (FORM, "text=b")).await.status, 401, "{line}");
        }
    });
}
