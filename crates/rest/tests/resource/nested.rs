//! Children that are written with their parent: by the way of their own resource, all together or not at all.
use grantwell_rest::{Resources, openapi};
use http::StatusCode;
use serde_json::{Value as Json, json};

use super::stand::{Answer, JSON, NOTHING, Stand, make_table, on_both};

pub mod shelf {
    use grantwell_rest::{Resource, ViewSet};
    use sea_orm::entity::prelude::*;
    use serde::Serialize;

    use crate::program::{Read, Write};

    /// A shelf; a list of boxes is all that it holds.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Resource)]
    #[sea_orm(table_name = "shelf")]
    #[resource(path = "shelf", read = Read, write = Write, bulk = 3, crate = grantwell_rest)]
    pub struct Model {
        #[sea_orm(primary_key)]
        #[resource(read_only)]
        pub id: i64,
        #[sea_orm(unique)]
        #[resource(max_length = 10)]
        pub name: String,
        #[sea_orm(has_many)]
        #[resource(expand, nested = "replace")]
        pub boxes: HasMany<super::carton::Entity>,
        #[sea_orm(has_many)]
        #[resource(expand, nested)]
        pub seals: HasMany<super::seal::Entity>,
    }
    impl ViewSet for Model {}
}

pub mod carton {
    use grantwell_rest::{
        Action, Ctx, FieldError, Permission, Problem, Resource, Result, ViewSet,
        permission::{owner, reading},
    };
    use sea_orm::{DatabaseTransaction, Select, Set, entity::prelude::*};
    use serde::Serialize;

    use crate::library::Publish;
    use crate::program::Write;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Resource)]
    #[sea_orm(table_name = "carton")]
    #[resource(
        path = "box", read = Publish, write = Publish, methods(delete = (Publish, Write)), crate = grantwell_rest
    )]
    pub struct Model {
        #[sea_orm(primary_key)]
        #[resource(read_only)]
        pub id: i64,
        #[sea_orm(unique)]
        #[resource(max_length = 10)]
        pub label: String,
        #[resource(min = 1, default = 1)]
        pub weight: i32,
        pub shelf_id: i64,
        #[resource(read_only)]
        pub owner: Uuid,
        #[sea_orm(belongs_to, from = "shelf_id", to = "id")]
        #[resource(expand)]
        pub shelf: BelongsTo<super::shelf::Entity>,
        #[sea_orm(has_many)]
        #[resource(expand, nested)]
        pub things: HasMany<super::thing::Entity>,
    }

    /// Whoever makes a box owns it; those called "hidden" are nobody's to see.
    impl ViewSet for Model {
        async fn query(_: &Ctx) -> Result<Select<Entity>> {
            Ok(Entity::find().filter(Column::Label.ne("hidden")))
        }

        fn permission() -> Permission {
            reading() | owner(Column::Owner)
        }

        async fn validate(
            ctx: &Ctx,
            _: &DatabaseTransaction,
            change: &mut ActiveModel,
        ) -> Result<()> {
            if ctx.action() == Action::Create {
                let other = change.label.try_as_ref().is_some_and(|label| label == "theirs");
                change.owner = Set(if other { Uuid::nil() } else { ctx.user()?.as_uuid() });
            }
            if change.weight.try_as_ref() == Some(&13) {
                let wrong = FieldError::new("weight", "unlucky", "Thirteen is not taken.");
                return Err(Problem::invalid(vec![wrong]));
            }
            Ok(())
        }
    }
}

pub mod thing {
    use grantwell_rest::{Resource, ViewSet};
    use sea_orm::entity::prelude::*;
    use serde::Serialize;

    use crate::program::{Read, Write};

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Resource)]
    #[sea_orm(table_name = "thing")]
    #[resource(path = "thing", read = Read, write = Write, crate = grantwell_rest)]
    pub struct Model {
        /// Made up by callers.
        #[sea_orm(primary_key, auto_increment = false)]
        #[resource(pattern = "^[a-z]+$")]
        pub code: String,
        pub carton_id: i64,
        #[resource(min = 0)]
        pub count: i32,
        #[sea_orm(belongs_to, from = "carton_id", to = "id", on_delete = "Cascade")]
        pub carton: BelongsTo<super::carton::Entity>,
    }
    impl ViewSet for Model {}
}

pub mod seal {
    use grantwell_rest::{Resource, ViewSet};
    use sea_orm::entity::prelude::*;
    use serde::Serialize;

    use crate::program::{Read, Write};

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Resource)]
    #[sea_orm(table_name = "seal")]
    #[resource(path = "seal", read = Read, write = Write, require_if_match, crate = grantwell_rest)]
    pub struct Model {
        #[sea_orm(primary_key)]
        #[resource(read_only)]
        pub id: i64,
        pub text: String,
        pub shelf_id: i64,
        #[sea_orm(belongs_to, from = "shelf_id", to = "id")]
        pub shelf: BelongsTo<super::shelf::Entity>,
    }
    impl ViewSet for Model {}
}

fn resources() -> Resources {
    Resources::new()
        .add::<shelf::Model>()
        .add::<carton::Model>()
        .add::<thing::Model>()
        .add::<seal::Model>()
}

/// Shelves, with nothing on them.
pub async fn shelves(database: &database::Database) -> Stand {
    make_table(database, shelf::Entity).await;
    make_table(database, carton::Entity).await;
    make_table(database, thing::Entity).await;
    make_table(database, seal::Entity).await;
    Stand::new(database.clone(), resources())
}

const ALL: &str = "read+write+publish";

async fn send(stand: &Stand, line: &str, body: &Json) -> Answer {
    stand.ask(line, ALL, (JSON, body.to_string())).await
}

/// What is on the shelves: `label:weight[code:count …]`.
async fn content(stand: &Stand, shelf: i64) -> String {
    let address = format!("GET /v1/shelf/{shelf}/?expand=boxes.things");
    let seen = stand.ask(&address, ALL, NOTHING).await.json();
    let list = |row: &Json, name: &str| row[name].as_array().cloned().unwrap_or_default();
    let boxes = list(&seen, "boxes").into_iter().map(|one| {
        let things = list(&one, "things").into_iter();
        let things =
            things.map(|thing| format!("{}:{}", thing["code"].as_str().unwrap(), thing["count"]));
        let things = things.collect::<Vec<_>>().join(" ");
        format!("{}:{}[{things}]", one["label"].as_str().unwrap(), one["weight"])
    });
    boxes.collect::<Vec<_>>().join(" ")
}

fn errors(answer: &Answer) -> Vec<String> {
    let errors = answer.json()["errors"].as_array().cloned().unwrap_or_default();
    let text = |error: &Json, name: &str| error[name].as_str().unwrap().to_owned();
    errors
        .iter()
        .map(|error| format!("{} {}", text(error, "pointer"), text(error, "code")))
        .collect()
}

/// A shelf with two boxes and two things in the first.
async fn filled(database: &database::Database) -> Stand {
    let stand = shelves(database).await;
    let made = send(
        &stand,
        "POST /v1/shelf/",
        &json!({"name": "one", "boxes": [
            {"label": "a", "things": [{"code": "cup", "count": 2}, {"code": "jug", "count": 1}]},
            {"label": "b", "weight": 5},
        ]}),
    )
    .await;
    assert_eq!(made.status, 201, "{}", made.text);
    let row = made.json();
    assert_eq!((&row["id"], &row["boxes"][0]["shelf_id"]), (&json!(1), &json!(1)));
    assert_eq!(row["boxes"][0]["things"][1], json!({"code": "jug", "carton_id": 1, "count": 1}));
    assert_eq!(row["boxes"][1]["id"], 2);
    // The tag is that of the row itself, so that it can be sent back.
    let read = stand.ask("GET /v1/shelf/1/", ALL, NOTHING).await;
    assert_eq!(read.header("etag"), made.header("etag"));
    stand
}

#[test]
fn children_are_made_and_changed_with_their_parent() {
    on_both(async |database| {
        let stand = filled(&database).await;
        assert_eq!(content(&stand, 1).await, "a:1[cup:2 jug:1] b:5[]");
        for (line, body, after) in [
            // Those that are left out stay, and what is left out of one stays.
            (
                "PATCH",
                json!({"boxes": [{"id": 1, "weight": 3}, {"label": "c"}]}),
                "a:3[cup:2 jug:1] b:5[] c:1[]",
            ),
            // A key that callers make up is that of a new row or of one that is there.
            (
                "PATCH",
                json!({"boxes": [{"id": 1, "things": [{"code": "cup", "count": 9}, {"code": "pan", "count": 1}]}]}),
                "a:3[cup:9 jug:1 pan:1] b:5[] c:1[]",
            ),
            ("PUT", json!({"name": "one"}), "a:3[cup:9 jug:1 pan:1] b:5[] c:1[]"),
            // PUT of a list takes away what it leaves out, before anything is made; where it was not declared, nothing.
            (
                "PUT",
                json!({"name": "one", "boxes": [{"label": "b"}, {"id": 1, "shelf_id": 1, "things": []}]}),
                "a:3[cup:9 jug:1 pan:1] b:1[]",
            ),
            ("PUT", json!({"name": "one", "boxes": []}), ""),
        ] {
            if after.is_empty() {
                let gone = stand.ask("DELETE /v1/thing/cup/", ALL, NOTHING).await;
                assert_eq!(gone.status, 204);
            }
            let answer = send(&stand, &format!("{line} /v1/shelf/1/"), &body).await;
            assert_eq!(answer.status, 200, "{line} {body}: {}", answer.text);
            assert_eq!(content(&stand, 1).await, after, "{line} {body}");
        }
        let many = json!([{"name": "x", "boxes": [{"label": "x"}]}, {"name": "y", "boxes": [{"label": "y"}]}]);
        assert_eq!(send(&stand, "POST /v1/shelf/", &many).await.status, 201);
        assert_eq!(
            (content(&stand, 2).await, content(&stand, 3).await),
            ("x:1[]".into(), "y:1[]".into())
        );
    });
}

#[test]
fn every_error_has_its_place_and_nothing_is_kept() {
    on_both(async |database| {
        let stand = filled(&database).await;
        let other = json!({"name": "two", "boxes": [{"label": "other"}, {"label": "hidden"}]});
        assert_eq!(send(&stand, "POST /v1/shelf/", &other).await.status, 201);
        for (body, expected) in [
            // All that can be seen without the table is told at once.
            (
                json!({"name": "far too long", "boxes": [{"label": "k", "weight": 0}, {"weight": 2}, {"label": 1, "x": 1}]}),
                "/name max_length, /boxes/0/weight min, /boxes/1/label required, /boxes/2/x unknown, /boxes/2/label type",
            ),
            (
                json!({"boxes": [{"label": "k", "things": [{"code": "pot", "count": 1}, {"code": "POT", "count": -1}]}]}),
                "/boxes/0/things/1/code pattern",
            ),
            (
                json!({"boxes": [{"label": "k", "things": [{"code": "pot", "count": 1}, {"code": "pot", "count": 1}]}]}),
                "/boxes/0/things/1 repeated",
            ),
            (json!({"boxes": "all"}), "/boxes type"),
            (json!({"boxes": null}), "/boxes type"),
            (json!({"boxes": [1]}), "/boxes/0 type"),
            (json!({"boxes": [{"id": "x"}]}), "/boxes/0/id type"),
            (json!({"boxes": [{"id": 1}, {"id": 1}]}), "/boxes/1 repeated"),
            (json!({"boxes": vec![json!({"label": "m"}); 201]}), "/boxes max_length"),
            // What only the table, or the author's own check, can say.
            (
                json!({"name": "1", "boxes": [{"label": "k"}, {"label": "l", "weight": 13}]}),
                "/boxes/1/weight unlucky",
            ),
            (
                json!({"name": "1", "boxes": [{"label": "k"}, {"label": "b"}]}),
                "/boxes/1/label unique",
            ),
            (json!({"name": "1", "boxes": [{"id": 77}]}), "/boxes/0/id does_not_exist"),
            // A row of another parent, and one that is nobody's to see.
            (json!({"name": "1", "boxes": [{"id": 3, "weight": 2}]}), "/boxes/0/id does_not_exist"),
            (json!({"name": "1", "boxes": [{"id": 4, "weight": 2}]}), "/boxes/0/id does_not_exist"),
            (
                json!({"name": "1", "boxes": [{"id": 1, "shelf_id": 2}]}),
                "/boxes/0/shelf_id other_parent",
            ),
            // A key that is taken by a row of another parent is not made again.
            (
                json!({"name": "1", "boxes": [{"id": 2, "things": [{"code": "cup", "count": 1}]}]}),
                "/boxes/0/things/0/code unique",
            ),
        ] {
            let answer = send(&stand, "PATCH /v1/shelf/1/", &body).await;
            assert_eq!(errors(&answer).join(", "), expected, "{body}: {}", answer.text);
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
            let seen = stand.ask("GET /v1/shelf/1/", ALL, NOTHING).await.json();
            assert_eq!(seen["name"], "one", "{body}");
            assert_eq!(content(&stand, 1).await, "a:1[cup:2 jug:1] b:5[]", "{body}");
        }
        let lost =
            send(&stand, "POST /v1/shelf/", &json!({"name": "new", "boxes": [{"label": "a"}]}))
                .await;
        assert_eq!(errors(&lost), ["/boxes/0/label unique"]);
        assert_eq!(stand.ask("GET /v1/shelf/", ALL, NOTHING).await.header("x-total-count"), "2");
    });
}

#[test]
fn children_ask_for_what_their_own_resource_asks_for() {
    on_both(async |database| {
        let stand = filled(&database).await;
        let body = |json: Json| (JSON, json.to_string());
        let theirs = json!({"boxes": [{"label": "theirs"}]});
        for (line, token, sent, status, told) in [
            // The scope of the child's method.
            ("PATCH", "read+write", json!({"boxes": [{"label": "k"}]}), 403, "publish"),
            ("PATCH", "read+write", json!({"boxes": [{"id": 1, "weight": 2}]}), 403, "publish"),
            (
                "PUT",
                "publish+write",
                json!({"name": "one", "boxes": [{"id": 1}, {"id": 2}]}),
                200,
                "",
            ),
            ("PATCH", "write", json!({"name": "one", "boxes": []}), 200, ""),
            // Its permission about rows, for what is made and for what is changed.
            ("PATCH", ALL, theirs, 403, "not yours"),
            // Its `require_if_match`: one header cannot speak for many rows.
            ("PATCH", ALL, json!({"seals": [{"text": "s"}]}), 200, ""),
            ("PATCH", ALL, json!({"seals": [{"id": 1, "text": "t"}]}), 428, "own address"),
        ] {
            let answer =
                stand.ask(&format!("{line} /v1/shelf/1/"), token, body(sent.clone())).await;
            assert_eq!(answer.status.as_u16(), status, "{line} {sent}: {}", answer.text);
            assert!(answer.text.contains(told), "{line} {sent}: {}", answer.text);
            if status == 403 {
                assert_eq!(answer.json()["errors"][0]["pointer"], "/boxes/0", "{}", answer.text);
            }
        }
        assert_eq!(content(&stand, 1).await, "a:1[cup:2 jug:1] b:5[]");
    });
}

#[test]
fn what_a_list_leaves_out_goes_only_with_what_removing_it_asks_for() {
    on_both(async |database| {
        let stand = filled(&database).await;
        let others = json!({"name": "two", "boxes": [{"label": "hidden"}, {"label": "mine"}]});
        assert_eq!(send(&stand, "POST /v1/shelf/", &others).await.status, 201);
        let list = (JSON, json!({"name": "two", "boxes": []}).to_string());
        // Removing asks for two scopes.
        let refused = stand.ask("PUT /v1/shelf/2/", "write+read", list.clone()).await;
        assert_eq!(refused.status, 403, "{}", refused.text);
        assert!(refused.header("www-authenticate").contains("scope=\"publish write\""));
        assert_eq!(content(&stand, 2).await, "mine:1[]");
        assert_eq!(stand.ask("PUT /v1/shelf/2/", ALL, list).await.status, 200);
        assert_eq!(content(&stand, 2).await, "");
        // What the caller does not see is not theirs to remove.
        let kept = stand.ask("DELETE /v1/shelf/2/", ALL, NOTHING).await;
        assert_eq!(kept.status, 409, "{}", kept.text);
    });
}

/// R9110-13.1.1: the parent's state is what the change is about.
#[test]
fn the_state_of_the_parent_comes_first() {
    on_both(async |database| {
        let stand = filled(&database).await;
        let tag = stand.ask("GET /v1/shelf/1/", ALL, NOTHING).await.header("etag").to_owned();
        for (tag, status) in [("\"other\"", 412), (tag.as_str(), 200)] {
            let request = http::Request::patch("/v1/shelf/1/")
                .header("authorization", format!("Bearer {ALL}"))
                .header("content-type", JSON)
                .header("if-match", tag);
            let body = json!({"boxes": [{"id": 1, "weight": 7}]}).to_string();
            let answer = stand.send(request.body(body.into()).unwrap()).await;
            assert_eq!(answer.status.as_u16(), status, "{}", answer.text);
            let weight = if status == 200 { 7 } else { 1 };
            assert!(content(&stand, 1).await.starts_with(&format!("a:{weight}[")));
        }
    });
}

#[test]
fn description_and_document_say_what_is_taken() {
    let resources = resources();
    let document = openapi::document(&openapi::About::default(), [("/v1", &resources)]);
    let boxes = &document["components"]["schemas"]["ShelfCreate"]["properties"]["boxes"];
    assert_eq!((&boxes["type"], &boxes["maxItems"]), (&json!("array"), &json!(200)));
    let told = boxes["description"].as_str().unwrap();
    assert_eq!(
        told,
        "Rows that belong to this one; one with its key is changed. PUT removes those that are left out. A new one needs the \
         scope `publish`."
    );
    let [new, changed] = [&boxes["items"]["anyOf"][0], &boxes["items"]["anyOf"][1]];
    assert_eq!((&new["required"], &changed["required"]), (&json!(["label"]), &json!(["id"])));
    assert!(new["properties"].get("id").is_none() && changed["properties"].get("id").is_some());
    assert_eq!(
        new["properties"]["things"]["items"]["anyOf"][0]["required"],
        json!(["code", "count"])
    );
    // A form holds no rows.
    let content = &document["paths"]["/v1/shelf/{id}/"]["put"]["requestBody"]["content"];
    let form = &content["application/x-www-form-urlencoded"]["schema"]["properties"];
    assert_eq!((form.get("boxes"), form.get("name").is_some()), (None, true));
    on_both(async |database| {
        let stand = shelves(&database).await;
        let described = stand.ask("OPTIONS /v1/shelf/", ALL, NOTHING).await.json();
        let relations = &described["relations"];
        let nested = [&relations["boxes"]["nested"], &relations["seals"]["nested"]];
        assert_eq!(nested, ["replace", "append"]);
    });
}
