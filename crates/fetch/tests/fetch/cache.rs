//! What is held, how long, and what is never held.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::world::{LIMITS, url};
use futures_util::future::join_all;
use grantwell_fetch::testing::{Answer, Peer};
use grantwell_fetch::{Cache, FetchError, Fetcher, Keep};

/// Moves tokio's clock without waiting.
async fn pass(seconds: u64) {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(seconds)).await;
    tokio::time::resume();
}

const KEEP: Keep = Keep {
    entries: 3,
    floor: Duration::from_secs(10),
    ceiling: Duration::from_secs(100),
    unsaid: Duration::from_secs(50),
    stale: Duration::ZERO,
    pause: Duration::from_secs(5),
    rest: Duration::ZERO,
};

struct World {
    peer: Peer,
    cache: Cache<String>,
    /// What the peer answers next.
    answer: Arc<Mutex<Answer>>,
    parsed: Arc<AtomicUsize>,
}

impl World {
    async fn new(keep: Keep) -> Self {
        let answer = Arc::new(Mutex::new(Answer::json("one")));
        let next = Arc::clone(&answer);
        let peer = Peer::start(&["a.example"], move |_| next.lock().unwrap().clone()).await;
        let parsed = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&parsed);
        let fetcher = Fetcher::new(peer.policy());
        let cache = Cache::new(fetcher, LIMITS, keep, move |fetched| {
            count.fetch_add(1, Ordering::SeqCst);
            let text = String::from_utf8_lossy(&fetched.body).into_owned();
            if text == "nonsense" { Err("it makes no sense".to_owned()) } else { Ok(text) }
        });
        Self { peer, cache, answer, parsed }
    }

    fn says(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }

    async fn get(&self, path: &str) -> Result<String, FetchError> {
        let document = self.cache.get(&url(&format!("https://a.example/{path}"))).await;
        document.map(|document| document.as_str().to_owned())
    }

    fn asked(&self) -> usize {
        self.peer.asked().len()
    }
}

#[tokio::test]
async fn a_document_is_held_as_long_as_it_says_within_floor_and_ceiling() {
    for (control, seconds) in
        [("", 50), ("max-age=30", 30), ("max-age=1", 10), ("no-store", 10), ("max-age=86400", 100)]
    {
        let world = World::new(KEEP).await;
        world.says(Answer::json("one").header("cache-control", control));
        world.get("x").await.unwrap();
        pass(seconds - 1).await;
        assert_eq!(
            (world.get("x").await.unwrap().as_str(), world.asked()),
            ("one", 1),
            "{control}"
        );
        world.says(Answer::json("two"));
        pass(2).await;
        assert_eq!(
            (world.get("x").await.unwrap().as_str(), world.asked()),
            ("two", 2),
            "{control}"
        );
    }
}

#[tokio::test]
async fn without_a_floor_what_may_not_be_kept_is_not() {
    let world = World::new(Keep { floor: Duration::ZERO, ..KEEP }).await;
    world.says(Answer::json("one").header("cache-control", "no-store"));
    for times in 1..=3 {
        world.get("x").await.unwrap();
        assert_eq!(world.asked(), times);
    }
}

#[tokio::test]
async fn an_error_is_never_held() {
    let world = World::new(KEEP).await;
    for (answer, error) in [
        (Answer::status(404), FetchError::Status(404)),
        (Answer::status(301).header("location", "https://a.example/y"), FetchError::Status(301)),
        (Answer::status(204), FetchError::Status(204)),
        (Answer::json("nonsense"), FetchError::Document("it makes no sense".to_owned())),
    ] {
        world.says(answer.header("cache-control", "max-age=90"));
        assert_eq!(world.get("x").await.unwrap_err(), error);
    }
    world.says(Answer::json("one"));
    assert_eq!(world.get("x").await.unwrap(), "one");
    assert_eq!(world.asked(), 5);
}

#[tokio::test]
async fn all_who_want_it_at_once_cause_one_request_and_one_reading() {
    let world = World::new(KEEP).await;
    let all = join_all((0..50).map(|_| world.get("x"))).await;
    assert!(all.iter().all(|one| one.as_deref() == Ok("one")));
    assert_eq!((world.asked(), world.parsed.load(Ordering::SeqCst)), (1, 1));
}

#[tokio::test]
async fn the_entries_are_bounded_and_the_one_used_longest_ago_goes() {
    let world = World::new(KEEP).await;
    for path in ["a", "b", "c", "a", "d"] {
        world.get(path).await.unwrap();
        pass(1).await;
    }
    assert_eq!(world.asked(), 4);
    for (path, asked) in [("a", 4), ("c", 4), ("d", 4), ("b", 5)] {
        world.get(path).await.unwrap();
        assert_eq!(world.asked(), asked, "{path}");
    }
}

#[tokio::test]
async fn again_fetches_at_most_once_in_a_while() {
    let world = World::new(KEEP).await;
    let target = url("https://a.example/x");
    assert_eq!(world.get("x").await.unwrap(), "one");
    world.says(Answer::json("two"));
    assert_eq!(*world.cache.again(&target).await.unwrap(), "one", "it has just been fetched");
    pass(6).await;
    assert_eq!(world.get("x").await.unwrap(), "one");
    assert_eq!(*world.cache.again(&target).await.unwrap(), "two");
    assert_eq!(world.get("x").await.unwrap(), "two");
    world.says(Answer::json("three"));
    world.cache.forget(&target);
    assert_eq!(world.get("x").await.unwrap(), "three");
}

#[tokio::test]
async fn a_document_outlives_its_server_for_a_while_if_that_is_allowed() {
    let world = World::new(Keep { stale: Duration::from_secs(20), ..KEEP }).await;
    world.get("x").await.unwrap();
    world.says(Answer::status(503));
    pass(60).await;
    assert_eq!(world.get("x").await.unwrap(), "one");
    assert_eq!(*world.cache.again(&url("https://a.example/x")).await.unwrap(), "one");
    assert_eq!(world.asked(), 3, "it is asked for each time");
    pass(15).await;
    assert_eq!(world.get("x").await.unwrap_err(), FetchError::Status(503));
    let strict = World::new(KEEP).await;
    strict.get("x").await.unwrap();
    strict.says(Answer::status(503));
    pass(60).await;
    assert_eq!(strict.get("x").await.unwrap_err(), FetchError::Status(503));
}

#[tokio::test]
async fn after_a_failure_the_server_is_left_alone_for_a_moment() {
    let rest = Duration::from_secs(3);
    let world = World::new(Keep { stale: Duration::from_secs(50), rest, ..KEEP }).await;
    let target = url("https://a.example/x");
    world.says(Answer::status(503));
    for _ in 0..20 {
        assert_eq!(world.get("x").await.unwrap_err(), FetchError::Status(503));
        assert!(world.cache.again(&target).await.is_err());
    }
    assert_eq!(world.asked(), 1, "forty times in a moment");
    assert_eq!(world.get("y").await.unwrap_err(), FetchError::Status(503), "another document");
    assert_eq!(world.asked(), 2);
    world.says(Answer::json("one"));
    pass(4).await;
    assert_eq!((world.get("x").await.unwrap().as_str(), world.asked()), ("one", 3));
    world.says(Answer::status(503));
    pass(60).await;
    for _ in 0..20 {
        assert_eq!(world.get("x").await.unwrap(), "one", "what is held goes on");
        assert_eq!(*world.cache.again(&target).await.unwrap(), "one");
    }
    assert_eq!(world.asked(), 4);
}
