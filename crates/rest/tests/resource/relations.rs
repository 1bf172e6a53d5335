//! Relations: what a column refers to is there, what hangs on a row can be expanded, links are written with the row.
use serde_json::{Value as Json, json};

use super::{
    library::library,
    stand::{NOTHING, Stand, on_both},
};

/// Two authors, three tags of which one is hidden, and one book.
async fn filled(database: &database::Database) -> Stand {
    let stand = library(database).await;
    for name in ["Ann", "Ben"] {
        assert_eq!(stand.json("POST /v1/author/", &json!({"name": name})).await.status, 201);
    }
    for (name, hidden) in [("red", false), ("blue", false), ("secret", true)] {
        let tag = json!({"name": name, "hidden": hidden});
        assert_eq!(stand.json("POST /v1/tag/", &tag).await.status, 201, "{name}");
    }
    let made = stand.json("POST /v1/book/", &book("One", &json!(["red"]))).await;
    assert_eq!(made.status, 201, "{}", made.text);
    stand
}

fn book(title: &str, tags: &Json) -> Json {
    json!({"title": title, "code": "x", "price": 10, "author_id": 1, "tags": tags})
}

fn errors(answer: &super::stand::Answer) -> Vec<(String, String)> {
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    let errors = answer.json().get("errors").and_then(Json::as_array).cloned().unwrap_or_default();
    let of = |error: &Json, name: &str| error.get(name).map(text).unwrap_or_default();
    errors.iter().map(|error| (of(error, "pointer"), of(error, "code"))).collect()
}

#[test]
fn links_are_written_with_the_row() {
    on_both(async |database| {
        let stand = filled(&database).await;
        assert_eq!(stand.get("/v1/book/1/").await.json()["tags"], json!(["red"]));
        assert_eq!(stand.get("/v1/book/").await.json()[0]["tags"], json!(["red"]));
        for (line, body, tags) in [
            ("PATCH", json!({"tags": ["blue", "red", "blue"]}), json!(["blue", "red"])),
            ("PATCH", json!({"title": "Uno"}), json!(["blue", "red"])),
            ("PATCH", json!({"tags": ["blue"]}), json!(["blue"])),
            ("PUT", json!({"title": "One", "price": 1, "author_id": 1}), json!([])),
            ("PATCH", json!({"tags": ["red"]}), json!(["red"])),
        ] {
            let answer = stand.json(&format!("{line} /v1/book/1/"), &body).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
            assert_eq!(answer.json()["tags"], tags, "{line} {body}");
            assert_eq!(stand.get("/v1/book/1/").await.json()["tags"], tags, "{line} {body}");
        }
        let form = stand.form("PATCH /v1/book/1/", "tags=red%2C+blue").await;
        assert_eq!(form.json()["tags"], json!(["blue", "red"]), "{}", form.text);
        // What is wrong with one link is said at its place, and nothing of the row is kept.
        for (tags, pointer, code) in [
            (json!(["red", "none"]), "/tags/1", "does_not_exist"),
            (json!(["secret"]), "/tags/0", "does_not_exist"),
            (json!([1]), "/tags/0", "type"),
            (json!(["RED"]), "/tags/0", "pattern"),
            (json!("red"), "/tags", "type"),
            (json!(vec!["red"; 201]), "/tags", "max_length"),
        ] {
            let body = json!({"title": "Changed", "tags": tags});
            let answer = stand.json("PATCH /v1/book/1/", &body).await;
            assert_eq!(answer.status, 422, "{tags}");
            assert_eq!(errors(&answer), [(pointer.to_owned(), code.to_owned())], "{tags}");
        }
        assert_eq!(stand.get("/v1/book/1/").await.json()["title"], "One");
    });
}

#[test]
fn a_link_that_is_there_stays_when_its_end_is_hidden() {
    on_both(async |database| {
        let stand = filled(&database).await;
        let hidden = json!({"hidden": true});
        assert_eq!(stand.json("PATCH /v1/tag/red/", &hidden).await.status, 200);
        let answer = stand.json("PATCH /v1/book/1/", &json!({"tags": ["red", "blue"]})).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()["tags"].clone()),
            (200, json!(["blue", "red"]))
        );
        let seen = stand.get("/v1/book/1/?expand=tags").await;
        assert_eq!(seen.json()["tags"], json!([{"name": "blue", "hidden": false}]));
    });
}

#[test]
fn what_a_column_refers_to_is_there() {
    on_both(async |database| {
        let stand = filled(&database).await;
        let mut body = book("Two", &json!([]));
        body["author_id"] = json!(77);
        let answer = stand.json("POST /v1/book/", &body).await;
        assert_eq!(errors(&answer), [("/author_id".to_owned(), "does_not_exist".to_owned())]);
        let answer = stand.json("PATCH /v1/book/1/", &json!({"author_id": 77})).await;
        assert_eq!(errors(&answer), [("/author_id".to_owned(), "does_not_exist".to_owned())]);
        assert_eq!(stand.json("PATCH /v1/book/1/", &json!({"author_id": 2})).await.status, 200);
        // Removing what is referred to says who refers to it.
        let kept = stand.ask("DELETE /v1/author/2/", "write+read", NOTHING).await;
        assert_eq!((kept.status.as_u16(), kept.json()["code"].clone()), (409, json!("referenced")));
        assert!(
            kept.json()["detail"].as_str().unwrap().contains("rows of `book`"),
            "{}",
            kept.text
        );
        assert_eq!(stand.ask("DELETE /v1/author/1/", "write+read", NOTHING).await.status, 204);
    });
}

#[test]
fn relations_are_expanded_as_far_as_the_caller_may_read() {
    on_both(async |database| {
        let stand = filled(&database).await;
        let seen = stand.get("/v1/book/1/?expand=author").await.json();
        assert_eq!(seen["author"], json!({"id": 1, "name": "Ann", "mail": null}));
        assert_eq!(seen["author_id"], 1);
        let seen = stand.get("/v1/author/?expand=books.tags").await.json();
        assert_eq!(seen[0]["books"][0]["tags"], json!([{"name": "red", "hidden": false}]));
        assert_eq!(seen[1]["books"], json!([]));
        // The answer, changed, can be sent back whole.
        let mut whole = stand.get("/v1/book/1/?expand=author").await.json();
        whole["title"] = json!("Back");
        assert_eq!(stand.json("PUT /v1/book/1/", &whole).await.status, 200);
        for (address, status, words) in [
            ("/v1/book/?expand=reviews", 403, "`publish`"),
            ("/v1/book/?expand=autor", 400, "Did you mean `author`?"),
            ("/v1/book/?expand=author.books.author.books", 400, "3 levels"),
            ("/v1/tag/?expand=books", 400, "`expand`"),
            ("/v1/book/1/?expands=author", 400, "Did you mean `expand`?"),
        ] {
            let answer = stand.get(address).await;
            assert_eq!(answer.status.as_u16(), status, "{address}");
            let detail = answer.json()["detail"].as_str().unwrap().to_owned();
            assert!(detail.contains(words), "{address}: {detail}");
        }
        let many = ["author"; 11].join(",");
        assert_eq!(stand.get(&format!("/v1/book/?expand={many}")).await.status, 400);
        let review = json!({"book_id": 1, "reader": "Eve", "rating": 5});
        assert_eq!(stand.json("POST /v1/review/", &review).await.status, 201);
        let all = stand.ask("GET /v1/book/?expand=reviews", "read+publish", NOTHING).await;
        assert_eq!(all.json()[0]["reviews"][0]["reader"], "Eve");
    });
}

#[test]
fn two_of_the_same_together_are_an_error_of_both_fields() {
    on_both(async |database| {
        let stand = filled(&database).await;
        let review = json!({"book_id": 1, "reader": "Eve", "rating": 5});
        let (one, other) = tokio::join!(
            stand.json("POST /v1/review/", &review),
            stand.json("POST /v1/review/", &review)
        );
        let mut codes = [one.status.as_u16(), other.status.as_u16()];
        codes.sort_unstable();
        assert_eq!(codes, [201, 422]);
        let refused = if one.status == 422 { one } else { other };
        let names: Vec<String> = errors(&refused).into_iter().map(|(pointer, _)| pointer).collect();
        assert_eq!(names, ["/book_id", "/reader"]);
    });
}
