//! The OpenAPI document of whole programs, held against what they do; and how it is served.
use std::sync::Arc;

use ambient::Clock;
use axum::Router;
use database::{Database, Options};
use grantwell_rest::{
    Dialect, Resources, RestState, docs, openapi,
    openapi::{About, document, schema_of},
};
use serde_json::{Value as Data, json};

use super::{
    kinds, library,
    program::{self, Read},
    stand::{Callers, NOTHING, Stand},
};

fn about() -> About {
    About {
        title: "Stable".to_owned(),
        version: "3".to_owned(),
        server: "https://api.example".to_owned(),
        authorization_url: "https://api.example/o/authorize/".to_owned(),
        token_url: "https://api.example/o/token/".to_owned(),
        remembers: true,
        body_limit: 4096,
        ..About::default()
    }
}

fn described(resources: &Resources) -> Data {
    document(&about(), [("/v1", resources)])
}

/// What a pointer leads to must be this.
fn hold(document: &Data, cases: &[(&str, Data)]) {
    for (place, expected) in cases {
        let found = document.pointer(place).unwrap_or(&Data::Null);
        assert_eq!(found, expected, "{place}");
    }
}

/// A form has texts only: an empty one is no value, lists have commas, JSON is written out. A request for comparison may be empty.
#[test]
fn forms_are_described_as_they_are_read() {
    let form = "/requestBody/content/application~1x-www-form-urlencoded";
    let things = described(&Resources::new().add::<kinds::Model>());
    let create = things.pointer(&format!("/paths/~1v1~1things~1/post{form}")).unwrap();
    let json = &things["components"]["schemas"]["ThingsCreate"]["properties"];
    assert_eq!(json["price"]["pattern"], "^[+-]?[0-9]{1,8}(\\.[0-9]{1,2})?$");
    hold(
        create,
        &[
            ("/schema/properties/price/pattern", json!("^$|^[+-]?[0-9]{1,8}(\\.[0-9]{1,2})?$")),
            ("/schema/properties/small/anyOf/1", json!({ "type": "string", "maxLength": 0 })),
            ("/schema/properties/colour/enum", json!(["white", "black", null, ""])),
            ("/schema/additionalProperties", json!(false)),
        ],
    );
    let library = described(&library::resources());
    hold(
        &library,
        &[
            (
                &format!("/paths/~1v1~1book~1/post{form}/encoding/tags"),
                json!({ "style": "form", "explode": false }),
            ),
            (
                "/paths/~1v1~1book~1/post/requestBody/content/multipart~1form-data/schema/properties/tags/type",
                json!("string"),
            ),
            (
                "/paths/~1v1~1tag~1/patch/requestBody/content/application~1json/schema/items/required",
                json!(["name"]),
            ),
        ],
    );
}

/// The document tells the words that callers really get, for each set of resources by itself.
#[test]
fn errors_are_described_in_the_dialect_in_which_they_come() {
    let old = Resources::new().add::<program::Model>().dialect(Dialect::DjangoRestFramework);
    let new = Resources::new().add::<program::Model>();
    let document = document(&about(), [("/v1", &old), ("/v2", &new)]);
    let place = |text: &str| json!({ "$ref": format!("#/components/{text}") });
    hold(
        &document,
        &[
            ("/paths/~1v1~1unicorn~1/post/responses/400", place("responses/MalformedDjango")),
            ("/paths/~1v1~1unicorn~1/post/responses/422", Data::Null),
            ("/paths/~1v2~1unicorn~1/post/responses/422", place("responses/Invalid")),
            (
                "/components/responses/NotFoundDjango/content",
                json!({ "application/json": { "schema": place("schemas/Detail") } }),
            ),
            ("/components/responses/InvalidDjango", Data::Null),
            ("/components/schemas/FieldErrors/additionalProperties/type", json!("array")),
        ],
    );
    let new = described(&new);
    assert_eq!(new.pointer("/components/schemas/Detail"), None, "what nobody speaks is not there");
}

#[test]
fn fields_become_schemas_of_what_is_shown_and_of_what_is_taken() {
    let document = described(&Resources::new().add::<kinds::Model>());
    let schemas = &document["components"]["schemas"];
    hold(
        schemas,
        &[
            ("/Things/properties/id/readOnly", json!(true)),
            ("/Things/properties/small/type", json!(["integer", "null"])),
            ("/Things/properties/small/minimum", json!(-32768)),
            ("/Things/properties/instant/format", json!("date-time")),
            ("/Things/properties/colour/enum", json!(["white", "black", null])),
            ("/Things/properties/pin", Data::Null),
            ("/Things/additionalProperties", json!(false)),
            (
                "/ThingsCreate/properties/id",
                json!({ "readOnly": true, "description": "Not taken; passed over when it is sent." }),
            ),
            ("/ThingsCreate/properties/pin/writeOnly", json!(true)),
            ("/ThingsCreate/properties/large/minimum", json!(-5)),
            ("/ThingsCreate/properties/large/maximum", json!(5)),
            ("/ThingsCreate/properties/wide/minimum", json!(0.5)),
            ("/ThingsCreate/properties/note/minLength", json!(2)),
            ("/ThingsCreate/properties/flag/default", json!(true)),
            ("/ThingsCreate/properties/size/enum", json!(["s", "l"])),
            ("/ThingsCreate/properties/size/description", json!("How big it is.")),
            ("/ThingsCreate/properties/price/type", json!(["string", "number", "null"])),
            ("/ThingsCreate/additionalProperties", json!(false)),
            ("/ThingsPatch/required", Data::Null),
            ("/ThingsPatch/properties/flag/default", Data::Null),
        ],
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn operations_say_their_scopes_parameters_and_answers() {
    let document = described(&library::resources());
    hold(
        &document,
        &[
            ("/openapi", json!("3.1.1")),
            ("/info", json!({ "title": "Stable", "version": "3" })),
            ("/paths/~1v1~1book~1/get/operationId", json!("list_book")),
            ("/paths/~1v1~1book~1/get/security", json!([{ "oauth2": ["read"] }, { "bearer": [] }])),
            (
                "/paths/~1v1~1book~1/post/security",
                json!([{ "oauth2": ["write"] }, { "bearer": [] }]),
            ),
            ("/paths/~1v1~1book~1count~1/get/security", json!([])),
            ("/paths/~1v1~1book~1count~1/get/operationId", json!("count_book")),
            ("/paths/~1v1~1book~1{id}~1publish~1/post/summary", json!("Puts the book on sale.")),
            ("/paths/~1v1~1book~1{id}~1publish~1/delete/operationId", json!("delete_publish_book")),
            ("/paths/~1v1~1book~1{id}~1publish~1/parameters/0/name", json!("id")),
            ("/paths/~1v1~1tag~1/delete/operationId", json!("bulk_delete_tag")),
            (
                "/paths/~1v1~1tag~1/patch/requestBody/content/application~1json/schema/maxItems",
                json!(3),
            ),
            (
                "/paths/~1v1~1review~1{id}~1/put/responses/428/$ref",
                json!("#/components/responses/PreconditionRequired"),
            ),
            ("/paths/~1v1~1book~1{id}~1/put/responses/428", Data::Null),
            (
                "/paths/~1v1~1book~1{id}~1/put/responses/404/$ref",
                json!("#/components/responses/NotFound"),
            ),
            (
                "/components/schemas/Book/properties/author/anyOf/0/$ref",
                json!("#/components/schemas/Author"),
            ),
            ("/components/schemas/BookCreate/properties/tags/items/type", json!("string")),
            ("/components/schemas/BookReplace/properties/code/readOnly", json!(true)),
            (
                "/components/schemas/TagCreate/properties/name/allOf",
                json!([{ "pattern": "^[a-z]+$" }]),
            ),
            ("/components/schemas/AuthorCreate/properties/mail/format", json!("email")),
            (
                "/components/securitySchemes/oauth2/flows/authorizationCode/scopes/publish",
                json!("Publish books"),
            ),
        ],
    );
    let references = document.to_string();
    let mut ids = std::collections::BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let operations = item.as_object().unwrap().iter().filter(|(name, _)| *name != "parameters");
        for (method, operation) in operations {
            let id = operation["operationId"].as_str().unwrap().to_owned();
            assert!(ids.insert(id), "{method} {path}");
        }
    }
    for piece in references.split("\"$ref\":\"#").skip(1) {
        let place = piece.split('"').next().unwrap();
        assert!(document.pointer(place).is_some(), "nothing is at {place}");
    }
}

#[test]
fn what_plain_routes_say_is_joined_below_the_prefix() {
    let oldest = json!({
        "paths": { "/oldest": { "get": { "operationId": "oldest" } } },
        "tags": [{ "name": "Plain" }],
    });
    let resources = Resources::new().add::<program::Model>().document(oldest);
    let document = described(&resources);
    assert_eq!(document["paths"]["/v1/oldest"]["get"]["operationId"], "oldest");
    assert_eq!(document["paths"]["/v1/unicorn/"]["get"]["operationId"], "list_unicorn");
    let tags: Vec<&str> = document["tags"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|tag| tag["name"].as_str())
        .collect();
    assert_eq!(tags, ["Unicorn", "API", "Plain"]);
}

#[test]
fn the_same_resource_below_another_prefix_has_names_of_its_own() {
    let (one, two) =
        (Resources::new().add::<program::Model>(), Resources::new().add::<program::Model>());
    let document = document(&about(), [("/v1", &one), ("/v2", &two)]);
    assert_eq!(document["paths"]["/v1/unicorn/"]["get"]["operationId"], "list_unicorn");
    assert_eq!(document["paths"]["/v2/unicorn/"]["get"]["operationId"], "list_v2_unicorn");
    assert!(openapi::breaking::changes(&described(&one), &document).is_empty());
}

mod shown {
    //! A resource that shows a type of the author's own.
    use super::{Data, Read, schema_of};
    use grantwell_rest::{Resource, ViewSet};
    use sea_orm::entity::prelude::*;
    use serde::Serialize;

    /// A mare.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, Resource)]
    #[sea_orm(table_name = "mare")]
    #[resource(path = "mare", read = Read, write = Read, output = Shown, crate = grantwell_rest)]
    pub struct Model {
        #[sea_orm(primary_key)]
        #[resource(read_only)]
        pub id: i64,
        pub name: String,
    }

    #[derive(Serialize, schemars::JsonSchema)]
    pub struct Shown {
        /// What she is called.
        called: String,
    }

    impl From<Model> for Shown {
        fn from(row: Model) -> Self {
            Self { called: row.name }
        }
    }

    impl ViewSet for Model {
        fn output_schema() -> Option<Data> {
            Some(schema_of::<Shown>())
        }
    }
}

#[test]
fn a_type_of_the_authors_own_is_described_by_its_schema() {
    let document = described(&Resources::new().add::<shown::Model>());
    let schema = &document["components"]["schemas"]["Mare"];
    assert_eq!(schema["properties"]["called"]["description"], "What she is called.");
    assert_eq!(schema["required"], json!(["called"]));
    assert_eq!(document["tags"][0]["description"], "A mare.");
}

async fn served(readers: docs::Readers) -> Stand {
    let database = Database::connect(&Options::new("sqlite::memory:")).await.unwrap();
    let state = RestState::new(database, Arc::new(Callers), Clock::system());
    let document = described(&Resources::new().add::<program::Model>());
    let docs = docs::Docs { document, readers, pages: None, client: None, scopes: Vec::new() };
    Stand { router: Router::new().merge(docs::router(docs, state).unwrap()) }
}

#[tokio::test]
async fn the_document_is_for_everybody_or_for_staff_and_is_sent_once() {
    let open = served(docs::Readers::Everybody).await;
    for (path, kind) in [(docs::JSON, "application/json"), (docs::YAML, "application/yaml")] {
        let answer = open.ask(&format!("GET {path}"), "", NOTHING).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, kind));
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert_eq!(answer.header("vary"), "");
        let request = http::Request::get(path).header("if-none-match", answer.header("etag"));
        let again = open.send(request.body(axum::body::Body::empty()).unwrap()).await;
        assert_eq!((again.status.as_u16(), again.text.as_str()), (304, ""));
    }
    let closed = served(docs::Readers::Staff).await;
    for (token, status) in [("", 401), ("read", 403), ("expired", 401)] {
        let answer = closed.ask(&format!("GET {}", docs::JSON), token, NOTHING).await;
        assert_eq!(answer.status.as_u16(), status, "{token}");
        assert_eq!(answer.header("access-control-allow-origin"), "");
        assert_eq!(answer.header("vary"), "Authorization, Cookie");
    }
    let page = closed.ask("GET /docs", "", NOTHING).await;
    assert_eq!(page.status, 404, "without pages there is only the document");
}
