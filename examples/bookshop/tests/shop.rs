//! The bookshop as its callers see it, on both databases.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking")]

use std::time::Duration;

use grantwell::testing::{Caller, InProcess};
use serde_json::{Value, json};

const ANN: &str = "0198c5f2-6d3a-7c4e-9f1b-2a3b4c5d6e7f";

/// Tells one story on both databases.
fn on_both<F: Future<Output = ()>>(story: impl Fn(InProcess) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        story(InProcess::start(bookshop::project()).await.unwrap()).await;
        let Ok(server) = std::env::var("GRANTWELL_TEST_POSTGRES") else {
            eprintln!("skipped on PostgreSQL: GRANTWELL_TEST_POSTGRES is not set");
            return;
        };
        let shop = InProcess::start_on_postgres(bookshop::project(), &server).await.unwrap();
        story(shop.clone()).await;
        shop.remove().await.unwrap();
    });
}

fn seller(shop: &InProcess, name: &str) -> Caller {
    shop.as_user(name).scopes("browse sell")
}

/// A shop with one author, two tags and one book of Sue's.
async fn filled(shop: &InProcess) -> Caller {
    let sue = seller(shop, "sue");
    let author = json!({"id": ANN, "name": "Ann Author", "website": "https://ann.example/"});
    sue.post("/v1/authors/", &author).await.expect(201);
    let tags = json!([{"word": "sea"}, {"word": "storms", "meaning": "Wind and rain"}]);
    sue.post("/v1/tags/", &tags).await.expect(201);
    let made = sue.post("/v1/books/", &book()).await.expect(201);
    assert_eq!(made.header("location"), "/v1/books/1/");
    sue
}

fn book() -> Value {
    json!({
        "title": "Harbour Lights", "isbn": "978-0000000001", "price": "12.50", "binding": "paperback",
        "published": "2026-03-31", "details": {"grams": 310}, "author_id": ANN, "tags": ["sea"],
    })
}

#[test]
fn a_book_is_put_on_the_shelf_and_found() {
    on_both(async |shop: InProcess| {
        filled(&shop).await;
        let reader = shop.as_user("ray").scopes("browse");
        let seen = reader.get("/v1/books/1/?expand=author,tags").await.expect(200).json();
        assert_eq!(seen["price"], "12.50");
        assert_eq!(seen["details"], json!({"grams": 310}));
        assert_eq!(seen["author"]["name"], "Ann Author");
        assert_eq!(seen["tags"], json!([{"word": "sea", "meaning": ""}]));
        assert_eq!(reader.get("/v1/books/?binding=ebook").await.expect(200).json(), json!([]));
        let found = reader.get("/v1/books/?search=harbour&ordering=-price").await.expect(200);
        assert_eq!(found.json()[0]["tags"], json!(["sea"]));
        assert_eq!(shop.anonymous().get("/v1/books/").await.status, 401);
        let stock = shop.anonymous().get("/v1/books/stock/").await.expect(200).json();
        assert_eq!(stock, json!({"books": 1, "newest": "Harbour Lights"}));
    });
}

#[test]
fn an_author_comes_with_their_books() {
    on_both(async |shop: InProcess| {
        let sue = seller(&shop, "sue");
        let title = |title: &str, isbn: &str| {
            let mut book = book();
            book["title"] = title.into();
            book["isbn"] = isbn.into();
            book.as_object_mut().unwrap().shift_remove("author_id");
            book["tags"] = json!([]);
            book
        };
        let mut author = json!({"id": ANN, "name": "Ann Author"});
        author["books"] = json!([title("One", "978-0000000001"), title("Two", "wrong")]);
        let refused = sue.post("/v1/authors/", &author).await.expect(422);
        assert_eq!(refused.json()["errors"][0]["pointer"], "/books/1/isbn");
        assert_eq!(sue.get("/v1/authors/").await.expect(200).json(), json!([]), "nothing is kept");
        author["books"][1]["isbn"] = "978-0000000002".into();
        let made = sue.post("/v1/authors/", &author).await.expect(201).json();
        assert_eq!(made["books"][1]["author_id"], ANN);
        // Each goes the way of its own resource: somebody else's book stays as it is.
        let renamed = json!({"books": [{"id": made["books"][0]["id"], "title": "Uno"}]});
        let tom = seller(&shop, "tom");
        let address = format!("/v1/authors/{ANN}/");
        let refused = tom.patch(&address, &renamed).await.expect(403);
        assert_eq!(refused.json()["errors"][0]["pointer"], "/books/0");
        sue.patch(&address, &renamed).await.expect(200);
        let seen = sue.get(&format!("{address}?expand=books")).await.expect(200).json();
        assert_eq!(
            (&seen["books"][0]["title"], &seen["books"][1]["title"]),
            (&json!("Uno"), &json!("Two"))
        );
    });
}

#[test]
fn sellers_change_their_own_books() {
    on_both(async |shop: InProcess| {
        let sue = filled(&shop).await;
        let tom = seller(&shop, "tom");
        let cheaper = tom.post("/v1/books/1/reduce/", &json!({"percent": 50})).await;
        assert_eq!(cheaper.status, 403);
        tom.patch("/v1/books/1/", &json!({"title": "Mine"})).await.expect(403);
        let cheaper = sue.post("/v1/books/1/reduce/", &json!({"percent": 50})).await.expect(200);
        assert_eq!(cheaper.json()["reduced"], "6.25");
        for (change, pointer) in [
            (json!({"reduced": "99"}), "/reduced"),
            (json!({"author_id": "0198c5f2-0000-7c4e-9f1b-2a3b4c5d6e7f"}), "/author_id"),
            (json!({"binding": "scroll"}), "/binding"),
            (json!({"price": "1.999"}), "/price"),
            (json!({"tags": ["sea", "land"]}), "/tags/1"),
            (json!({"titel": "x"}), "/titel"),
        ] {
            let refused = sue.patch("/v1/books/1/", &change).await.expect(422);
            assert_eq!(refused.json()["errors"][0]["pointer"], pointer, "{change}");
        }
        let again = sue.post("/v1/books/", &book()).await.expect(422);
        assert_eq!(again.json()["errors"][0]["pointer"], "/isbn");
        sue.delete("/v1/books/1/").await.expect(204);
    });
}

#[test]
fn a_reader_reviews_a_book_once_and_changes_what_they_saw() {
    on_both(async |shop: InProcess| {
        let sue = filled(&shop).await;
        let ray = shop.as_user("ray").scopes("review");
        let review = json!({"book_id": 1, "rating": 5, "text": "Salty."});
        let made = ray.post("/v1/reviews/", &review).await.expect(201);
        ray.post("/v1/reviews/", &review).await.expect(422);
        ray.patch("/v1/reviews/1/", &json!({"rating": 4})).await.expect(428);
        let change = http_patch(r#"{"rating": 4}"#, made.header("etag"));
        ray.send(change).await.expect(200);
        let late = http_patch(r#"{"rating": 1}"#, made.header("etag"));
        ray.send(late).await.expect(412);
        let loud = json!({"book_id": 1, "rating": 1, "text": "NO"});
        let loud = shop.as_user("rob").scopes("review").post("/v1/reviews/", &loud).await;
        assert_eq!(loud.expect(422).json()["errors"][0]["detail"], "Please do not shout.");
        let books = sue.get("/v1/authors/?expand=books.reviews").await.expect(200).json();
        assert_eq!(books[0]["books"][0]["reviews"][0]["rating"], 4);
        // The author has books; the book's reviews go with it.
        sue.delete(&format!("/v1/authors/{ANN}/")).await.expect(409);
        sue.delete("/v1/books/1/").await.expect(204);
        assert_eq!(ray.get("/v1/reviews/").await.expect(200).json(), json!([]));
    });
}

fn http_patch(
    body: &'static str,
    etag: &str,
) -> grantwell::rest::http::Result<grantwell::rest::http::Request<grantwell::testing::Body>> {
    grantwell::rest::http::Request::patch("/v1/reviews/1/")
        .header("content-type", "application/json")
        .header("if-match", etag)
        .body(body.into())
}

#[test]
fn a_token_dies_when_its_hour_has_passed() {
    on_both(async |shop: InProcess| {
        filled(&shop).await;
        let token = shop.token("ray", "browse").await.unwrap();
        let ask = || {
            let request = grantwell::rest::http::Request::get("/v1/books/1/");
            request.header("authorization", format!("Bearer {token}")).body("".into())
        };
        shop.anonymous().send(ask()).await.expect(200);
        shop.clock().advance(Duration::from_hours(24));
        let late = shop.anonymous().send(ask()).await.expect(401);
        assert_eq!(late.json()["code"], "invalid_token");
    });
}

/// An operator gives old clients the words they know and every caller a rate, without a line of the program.
#[test]
fn the_settings_say_how_errors_are_told_and_how_often_callers_may_ask() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let shop = InProcess::start_with(bookshop::project(), |settings| {
            settings.api = serde_json::from_value(json!({
                "errors": "django_rest_framework", "anonymous_rate": "2/hour", "user_rate": "5/day",
            }))
            .unwrap();
        });
        let shop = shop.await.unwrap();
        let sue = seller(&shop, "sue");
        let rows = json!([{"word": "sea"}, {"meaning": "Wind"}]);
        let refused = sue.post("/v1/tags/", &rows).await.expect(400).json();
        assert_eq!(refused, json!([{}, {"word": ["This field is required."]}]));
        let missing = sue.get("/v1/tags/sea/").await.expect(404).json();
        assert_eq!(missing, json!({"detail": "No Tags matches the given query."}));
        assert_eq!(
            sue.get("/v1/tags/").await.expect(200).header("ratelimit"),
            "\"user\";r=2;t=51840"
        );
        for _ in 0..2 {
            shop.anonymous().get("/v1/books/stock/").await.expect(200);
        }
        shop.anonymous().get("/v1/books/stock/").await.expect(429);
        shop.clock().advance(Duration::from_hours(1));
        shop.anonymous().get("/v1/books/stock/").await.expect(200);
        let document = shop.anonymous().get("/openapi.json").await.expect(200).json();
        assert!(document["paths"]["/v1/tags/"]["post"]["responses"].get("422").is_none());
    });
}
