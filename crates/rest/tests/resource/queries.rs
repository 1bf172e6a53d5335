//! How many statements an answer costs: as many for a hundred rows as for one.
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use database::{Database, Options};
use serde_json::json;
use tracing::{Event, Metadata, Subscriber, span};

use super::{library::library, nested, stand::Stand};

/// Counts what the driver tells about statements.
#[derive(Clone, Default)]
struct Statements(Arc<AtomicUsize>);

impl Subscriber for Statements {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sqlx::query"
    }
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, _: &Event<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

async fn statements(stand: &Stand, counted: &Statements, address: &str) -> usize {
    let before = counted.0.load(Ordering::Relaxed);
    let answer = stand.ask(&format!("GET {address}"), "read+write+publish", ("", "")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    counted.0.load(Ordering::Relaxed) - before
}

#[tokio::test(flavor = "current_thread")]
async fn the_number_of_statements_does_not_grow_with_the_rows() {
    let counted = Statements::default();
    // The driver tells from threads of its own; no other test lets it.
    tracing::subscriber::set_global_default(counted.clone()).unwrap();
    let mut options = Options::new("sqlite::memory:");
    options.log_statements = true;
    // Opening a connection costs statements too; there is one to read by.
    options.max_connections = 1;
    let database = Database::connect(&options).await.unwrap();
    let stand = library(&database).await;
    for name in ["Ann", "Ben"] {
        assert_eq!(stand.json("POST /v1/author/", &json!({"name": name})).await.status, 201);
    }
    for name in ["red", "blue"] {
        let tag = json!({"name": name, "hidden": false});
        assert_eq!(stand.json("POST /v1/tag/", &tag).await.status, 201);
    }
    let add = async |number: usize| {
        let book = json!({
            "title": format!("Book {number}"), "code": "x", "price": 1,
            "author_id": number % 2 + 1, "tags": ["red", "blue"],
        });
        assert_eq!(stand.json("POST /v1/book/", &book).await.status, 201);
        let review = json!({"book_id": number + 1, "reader": "Eve", "rating": 5});
        assert_eq!(stand.json("POST /v1/review/", &review).await.status, 201);
    };
    add(0).await;
    let addresses = [
        ("/v1/book/", 2),
        ("/v1/book/?expand=author", 3),
        ("/v1/book/?expand=author,tags,reviews", 5),
        ("/v1/author/?expand=books.tags,books.reviews", 5),
    ];
    for (address, most) in addresses {
        // A connection that is opened has statements of its own.
        statements(&stand, &counted, address).await;
        let cost = statements(&stand, &counted, address).await;
        assert!((1..=most).contains(&cost), "{address} costs {cost} statements");
    }
    let before = statements(&stand, &counted, "/v1/book/?expand=author,tags,reviews").await;
    for number in 1..30 {
        add(number).await;
    }
    let after = statements(&stand, &counted, "/v1/book/?expand=author,tags,reviews").await;
    assert_eq!(before, after);

    // A row that comes with its parent costs what it costs alone, and less: as many statements for the tenth as for the first.
    let stand = nested::shelves(&database).await;
    let mut costs = Vec::new();
    for (name, number) in [("one", 1), ("two", 2), ("eleven", 11)] {
        let boxes: Vec<_> = (0..number).map(|n| json!({"label": format!("{name} {n}")})).collect();
        let body = json!({"name": name, "boxes": boxes}).to_string();
        let before = counted.0.load(Ordering::Relaxed);
        let line = "POST /v1/shelf/";
        let made = stand.ask(line, "read+write+publish", ("application/json", body)).await;
        assert_eq!(made.status, 201, "{}", made.text);
        costs.push(counted.0.load(Ordering::Relaxed) - before);
    }
    assert_eq!(costs[2] - costs[1], 9 * (costs[1] - costs[0]), "{costs:?}");
    assert!(costs[1] - costs[0] <= 2, "its insert, and whether it is the caller's: {costs:?}");
}
