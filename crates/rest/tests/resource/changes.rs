//! Changes: whose rows they are, what they are about, what the author checks, actions of the author's own, many at once.
use http::{Request, header};
use sea_orm::{ActiveModelTrait, Set};
use serde_json::{Value as Json, json};

use super::{
    library::{book, library},
    stand::{Answer, JSON, NOTHING, Stand, on_both},
};

/// One author and one book of the caller's, and one of somebody else's.
async fn filled(database: &database::Database) -> Stand {
    let stand = library(database).await;
    assert_eq!(stand.json("POST /v1/author/", &json!({"name": "Ann"})).await.status, 201);
    let made = stand.json("POST /v1/book/", &mine()).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let theirs = book::ActiveModel {
        title: Set("Theirs".into()),
        code: Set("t".into()),
        price: Set(5),
        author_id: Set(1),
        owner: Set(uuid::Uuid::nil()),
        published: Set(false),
        ..Default::default()
    };
    database
        .write::<_, grantwell_rest::Problem, _>(|transaction| {
            Box::pin(async move { Ok(theirs.insert(transaction).await.map(drop)?) })
        })
        .await
        .unwrap();
    stand
}

fn mine() -> Json {
    json!({"title": "Mine", "code": "m", "price": 10, "author_id": 1})
}

/// A request with a header of its own.
async fn with(stand: &Stand, line: &str, name: &str, value: &str, body: &Json) -> Answer {
    let (method, uri) = line.split_once(' ').unwrap();
    let request = Request::builder()
        .method(method)
        .uri(uri)
        .header(header::AUTHORIZATION, "Bearer read+write+publish")
        .header(header::CONTENT_TYPE, JSON)
        .header(name, value);
    stand.send(request.body(body.to_string().into()).unwrap()).await
}

#[test]
fn rows_of_others_can_be_read_and_not_changed() {
    on_both(async |database| {
        let stand = filled(&database).await;
        assert_eq!(stand.get("/v1/book/2/").await.status, 200);
        for line in ["PUT", "PATCH", "DELETE"] {
            let answer = stand.json(&format!("{line} /v1/book/2/"), &mine()).await;
            assert_eq!(
                (answer.status.as_u16(), answer.json()["code"].clone()),
                (403, json!("forbidden")),
                "{line}"
            );
        }
        let answer =
            stand.ask("POST /v1/book/2/publish/", "read+publish", (JSON, r#"{"price":1}"#)).await;
        assert_eq!(answer.status, 403);
        assert_eq!(stand.json("PATCH /v1/book/1/", &json!({"title": "Ours"})).await.status, 200);
        assert_eq!(stand.ask("DELETE /v1/book/1/", "write+read", NOTHING).await.status, 204);
        let rows = stand.get("/v1/book/").await.json();
        assert_eq!(rows.as_array().unwrap().len(), 1);
        assert_eq!(rows[0]["title"], "Theirs");
    });
}

#[test]
fn the_author_checks_values_and_rows() {
    on_both(async |database| {
        let stand = filled(&database).await;
        for (change, pointer, code) in [
            (json!({"pages": 3}), "/pages", "invalid"),
            (json!({"reduced": 10}), "/reduced", "too_high"),
            (json!({"price": 4, "reduced": 4}), "/reduced", "too_high"),
        ] {
            let answer = stand.json("PATCH /v1/book/1/", &change).await;
            assert_eq!(answer.status, 422, "{change}");
            assert_eq!(answer.json()["errors"][0]["pointer"], pointer, "{change}");
            assert_eq!(answer.json()["errors"][0]["code"], code, "{change}");
        }
        let fine = json!({"pages": 4, "reduced": 3, "price": 4, "code": "ignored"});
        let answer = stand.json("PATCH /v1/book/1/", &fine).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        // It is taken when the row is made, and never again.
        assert_eq!(answer.json()["code"], "m");
        let wrong = json!({"name": "Eve", "mail": "nowhere"});
        let answer = stand.json("POST /v1/author/", &wrong).await;
        assert_eq!(answer.json()["errors"][0]["code"], "email");
    });
}

#[test]
fn a_change_may_say_what_it_is_about() {
    on_both(async |database| {
        let stand = filled(&database).await;
        let read = stand.get("/v1/book/1/").await;
        let tag = read.header("etag").to_owned();
        assert!(tag.starts_with('"'), "{tag}");
        let again = with(&stand, "GET /v1/book/1/", "if-none-match", &tag, &json!({})).await;
        assert_eq!((again.status.as_u16(), again.text.as_str()), (304, ""));
        assert_eq!(again.header("etag"), tag);
        let change = json!({"title": "New"});
        let changed = with(&stand, "PATCH /v1/book/1/", "if-match", &tag, &change).await;
        assert_eq!(changed.status, 200, "{}", changed.text);
        assert_ne!(changed.header("etag"), tag);
        for line in ["PATCH /v1/book/1/", "PUT /v1/book/1/", "DELETE /v1/book/1/"] {
            let late = with(&stand, line, "if-match", &tag, &mine()).await;
            assert_eq!(
                (late.status.as_u16(), late.json()["code"].clone()),
                (412, json!("precondition_failed")),
                "{line}"
            );
            assert_eq!(late.header("etag"), changed.header("etag"));
        }
        assert_eq!(stand.get("/v1/book/1/").await.json()["title"], "New");
        let fresh = changed.header("etag").to_owned();
        assert_eq!(
            with(&stand, "DELETE /v1/book/1/", "if-match", &fresh, &json!({})).await.status,
            204
        );
    });
}

#[test]
fn of_two_changes_about_the_same_state_one_is_made() {
    on_both(async |database| {
        let stand = filled(&database).await;
        let tag = stand.get("/v1/book/1/").await.header("etag").to_owned();
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..8 {
            let (stand, tag) = (stand.clone(), tag.clone());
            tasks.spawn(async move {
                let change = json!({"title": format!("Title {number}")});
                with(&stand, "PATCH /v1/book/1/", "if-match", &tag, &change).await.status.as_u16()
            });
        }
        let mut codes = tasks.join_all().await;
        codes.sort_unstable();
        assert_eq!(codes, [200, 412, 412, 412, 412, 412, 412, 412]);
    });
}

#[test]
fn where_it_is_required_a_change_says_what_it_is_about() {
    on_both(async |database| {
        let stand = filled(&database).await;
        let review = json!({"book_id": 1, "reader": "Eve", "rating": 5});
        let made = stand.json("POST /v1/review/", &review).await;
        assert_eq!(made.status, 201);
        let blind = stand.json("PATCH /v1/review/1/", &json!({"rating": 4})).await;
        assert_eq!(
            (blind.status.as_u16(), blind.json()["code"].clone()),
            (428, json!("precondition_required"))
        );
        assert_eq!(stand.ask("DELETE /v1/review/1/", "write+publish", NOTHING).await.status, 428);
        let tag = made.header("etag").to_owned();
        let seen =
            with(&stand, "PATCH /v1/review/1/", "if-match", &tag, &json!({"rating": 4})).await;
        assert_eq!(seen.status, 200, "{}", seen.text);
        let any = with(&stand, "PATCH /v1/review/1/", "if-match", "*", &json!({"rating": 3})).await;
        assert_eq!(any.status, 200);
    });
}

#[test]
fn actions_have_addresses_scopes_and_input_of_their_own() {
    on_both(async |database| {
        let stand = filled(&database).await;
        let line = "POST /v1/book/1/publish/";
        let publish =
            async |token: &str, body: &str| stand.ask(line, token, (JSON, body.to_owned())).await;
        let done = publish("read+publish", r#"{"price": 12, "note": "at last"}"#).await;
        assert_eq!(
            (done.status.as_u16(), done.json()),
            (200, json!({"title": "Mine", "note": "at last"}))
        );
        assert_eq!(stand.get("/v1/book/1/").await.json()["published"], true);
        let refused = publish("read+write", r#"{"price": 12}"#).await;
        assert_eq!(refused.status, 403);
        assert!(refused.header("www-authenticate").contains("scope=\"publish\""));
        for (body, status, pointer) in [
            (r#"{"price": 0}"#, 422, "/price"),
            ("{}", 422, "/price"),
            (r#"{"price": 1, "notes": ""}"#, 422, "/notes"),
            (r#"{"price": 2000}"#, 409, ""),
            ("[]", 400, ""),
        ] {
            let answer = publish("read+publish", body).await;
            assert_eq!(answer.status.as_u16(), status, "{body}: {}", answer.text);
            assert_eq!(answer.json()["errors"][0]["pointer"].as_str().unwrap_or_default(), pointer);
        }
        // What an action did before it failed is not kept.
        assert_eq!(publish("read+publish", r#"{"price": 999}"#).await.status, 409);
        assert_eq!(stand.get("/v1/book/1/").await.json()["price"], 12);
        assert_eq!(stand.form(line, "price=7").await.status, 403);
        let gone = stand.ask("DELETE /v1/book/1/publish", "read+publish", NOTHING).await;
        assert_eq!((gone.status.as_u16(), gone.text.as_str()), (204, ""));
        assert_eq!(stand.ask("GET /v1/book/count/", "", NOTHING).await.text, "2");
        let wrong = stand.ask("PUT /v1/book/1/publish/", "read+publish", NOTHING).await;
        assert_eq!((wrong.status.as_u16(), wrong.header("allow")), (405, "POST, DELETE, OPTIONS"));
        assert_eq!(
            stand
                .ask("POST /v1/book/9/publish/", "read+publish", (JSON, r#"{"price":1}"#))
                .await
                .status,
            404
        );
    });
}

#[test]
fn many_rows_are_changed_together_or_not_at_all() {
    on_both(async |database| {
        let stand = filled(&database).await;
        let tags = |names: &[&str]| -> Json {
            names.iter().map(|name| json!({"name": name, "hidden": false})).collect()
        };
        let made = stand.json("POST /v1/tag/", &tags(&["red", "blue", "green"])).await;
        assert_eq!((made.status.as_u16(), made.json()), (201, tags(&["red", "blue", "green"])));
        for (line, body, status, pointer) in [
            ("POST", tags(&["black", "WHITE", "x y"]), 422, "/1/name"),
            ("POST", tags(&["black", "red"]), 422, "/1/name"),
            ("POST", tags(&["a", "b", "c", "d"]), 413, ""),
            ("POST", json!([]), 400, ""),
            ("POST", json!([1]), 400, ""),
            ("PATCH", json!([{"name": "red", "hidden": true}, {"hidden": true}]), 422, "/1/name"),
            ("PATCH", json!([{"name": "red", "hidden": true}, {"name": "red"}]), 422, "/1/name"),
            ("PATCH", json!([{"name": "red", "hidden": true}, {"name": "none"}]), 404, "/1"),
            ("PATCH", json!([{"name": "red", "hidden": 7}]), 422, "/0/hidden"),
            ("PATCH", json!({"name": "red"}), 400, ""),
        ] {
            let answer = stand.json(&format!("{line} /v1/tag/"), &body).await;
            assert_eq!(answer.status.as_u16(), status, "{line} {body}: {}", answer.text);
            assert_eq!(
                answer.json()["errors"][0]["pointer"].as_str().unwrap_or_default(),
                pointer,
                "{line} {body}"
            );
        }
        assert_eq!(stand.get("/v1/tag/").await.header("x-total-count"), "3");
        let hidden = json!([{"name": "red", "hidden": true}]);
        assert_eq!(stand.json("PATCH /v1/tag/", &hidden).await.status, 200);
        assert_eq!(
            stand.ask("DELETE /v1/tag/?keys=blue,none", "write+read", NOTHING).await.status,
            404
        );
        assert_eq!(stand.ask("DELETE /v1/tag/", "write+read", NOTHING).await.status, 400);
        assert_eq!(stand.get("/v1/tag/").await.header("x-total-count"), "2");
        assert_eq!(
            stand.ask("DELETE /v1/tag/?keys=blue,green", "write+read", NOTHING).await.status,
            204
        );
        assert_eq!(stand.get("/v1/tag/").await.header("x-total-count"), "0");
        // Others take one row at a time.
        assert_eq!(stand.json("POST /v1/author/", &json!([{"name": "x"}])).await.status, 400);
        assert_eq!(stand.ask("DELETE /v1/author/?keys=1", "write+read", NOTHING).await.status, 405);
    });
}
