//! A request with an `Idempotency-Key` is done once, however often it is sent, and by whichever node.

use std::time::Duration;

use grantwell::testing::{Answer, Body, Caller, InProcess};
use http::Request;
use serde_json::{Value, json};

use crate::notes::{on_both, on_postgres, project};

async fn send(caller: &Caller, line: &str, key: &str, body: &Value) -> Answer {
    let (method, path) = line.split_once(' ').unwrap();
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .header("idempotency-key", key);
    caller.send(request.body(Body::from(body.to_string()))).await
}

fn ann(app: &InProcess) -> Caller {
    app.as_user("ann").scopes("read write")
}

async fn notes(app: &InProcess) -> usize {
    app.anonymous().get("/v1/notes/").await.expect(200).json().as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_is_done_once_and_answered_alike() {
    on_both(async |app| {
        let (ann, note) = (ann(&app), json!({"text": "a"}));
        let first = send(&ann, "POST /v1/notes/", "\"k1\"", &note).await.expect(201);
        assert_eq!(first.header("idempotent-replayed"), "");
        for (path, key) in [("/v1/notes/", "\"k1\""), ("/v1/notes", "k1")] {
            let again = send(&ann, &format!("POST {path}"), key, &note).await.expect(201);
            assert_eq!(again.text, first.text);
            assert_eq!(again.header("idempotent-replayed"), "true");
            for header in ["location", "etag", "content-type", "cache-control", "vary"] {
                assert_eq!(again.header(header), first.header(header), "{header}");
            }
        }
        assert_eq!(notes(&app).await, 1);
        let other = send(&ann, "POST /v1/notes/", "k1", &json!({"text": "b"})).await.expect(422);
        assert_eq!(other.json()["code"], "idempotency_key_reused");
        // A key belongs to who sends it, and to what it was sent to.
        let ben = app.as_user("ben").scopes("read write");
        let his = send(&ben, "POST /v1/notes/", "k1", &json!({"text": "b"})).await.expect(201);
        assert_eq!(his.header("idempotent-replayed"), "");
        let many = json!([{"text": "c"}, {"text": "d"}]);
        let made = send(&ann, "POST /v1/notes/", "k2", &many).await.expect(201);
        let again = send(&ann, "POST /v1/notes/", "k2", &many).await.expect(201);
        assert_eq!((again.text.as_str(), notes(&app).await), (made.text.as_str(), 4));
        for _ in 0..2 {
            let read = send(&ann, "POST /v1/notes/1/read/", "k1", &json!({})).await.expect(200);
            assert_eq!(read.json()["read"], 1);
            let patch = json!({"text": "e"});
            send(&ann, "PATCH /v1/notes/1/", "k1", &patch).await.expect(200);
        }
        let patched = send(&ann, "PATCH /v1/notes/1/", "k1", &json!({"text": "e"})).await;
        assert_eq!(patched.header("idempotent-replayed"), "true");
        assert_eq!(ann.get("/v1/notes/1/").await.json()["read"], 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_for_who_may_still_do_it_and_forgotten_after_a_day() {
    on_both(async |app| {
        let (ann, note) = (ann(&app), json!({"text": "a"}));
        send(&ann, "POST /v1/notes/", "k", &note).await.expect(201);
        let weak = app.as_user("ann").scopes("read");
        send(&weak, "POST /v1/notes/", "k", &note).await.expect(403);
        let swept = async || app.app().store().sweep().run().await.unwrap().answers;
        app.clock().advance(Duration::from_hours(23));
        send(&ann, "POST /v1/notes/", "k", &note).await.expect(201);
        assert_eq!((notes(&app).await, swept().await), (1, 0));
        app.clock().advance(Duration::from_hours(2));
        // Swept or not, its time is over; another body is good as well.
        let other = json!({"text": "b"});
        send(&ann, "POST /v1/notes/", "k", &other).await.expect(201);
        send(&ann, "POST /v1/notes/", "k", &other).await.expect(201);
        assert_eq!(notes(&app).await, 2);
        app.clock().advance(Duration::from_hours(25));
        assert_eq!(swept().await, 1);
        send(&ann, "POST /v1/notes/", "k", &note).await.expect(201);
        assert_eq!(notes(&app).await, 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_is_not_remembered_and_nothing_of_it_stays() {
    on_both(async |app| {
        let ann = ann(&app);
        let wrong = json!([{"text": "a"}, {"text": "b", "read": 5_000_000_000_u64}]);
        send(&ann, "POST /v1/notes/", "k", &wrong).await.expect(422);
        // The answer is longer than what was sent, and than what is remembered.
        let large: Value = vec![json!({"text": "x".repeat(1022)}); 1000].into();
        let refused = send(&ann, "POST /v1/notes/", "k", &large).await.expect(413);
        assert!(refused.json()["detail"].as_str().unwrap().contains("remembered"));
        send(&ann, "POST /v1/notes/99/read/", "k", &json!({})).await.expect(404);
        assert_eq!(notes(&app).await, 0);
        send(&ann, "POST /v1/notes/", "k", &json!({"text": "a"})).await.expect(201);
        assert_eq!(notes(&app).await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_one_is_done_on_two_nodes() {
    on_postgres(async |app| {
        let other = app.another_node(project()).await.unwrap();
        app.token("ann", "read").await.unwrap();
        let note = json!({"text": "a"});
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..40 {
            let (caller, body) = (ann(if number % 2 == 0 { &app } else { &other }), note.clone());
            tasks.spawn(async move { send(&caller, "POST /v1/notes/", "k", &body).await });
        }
        let answers = tasks.join_all().await;
        let done = |answer: &&Answer| answer.header("idempotent-replayed").is_empty();
        let first: Vec<&Answer> =
            answers.iter().filter(|answer| answer.status == 201).filter(done).collect();
        assert_eq!(first.len(), 1, "{answers:?}");
        for answer in &answers {
            match answer.status {
                201 => assert_eq!(answer.text, first[0].text),
                409 => {
                    assert_eq!(answer.json()["code"], "request_in_progress");
                    assert_eq!(answer.header("retry-after"), "1");
                }
                _ => panic!("{answer:?}"),
            }
        }
        assert_eq!(notes(&app).await, 1);
        let late = send(&ann(&other), "POST /v1/notes/", "k", &note).await.expect(201);
        assert_eq!(late.text, first[0].text);
        other.app().store().database().close().await;
    })
    .await;
}
