//! What equal requests share, and what is left alone after a failure.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::world::{LIMITS, Turns, url};
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use grantwell_fetch::testing::{Answer, Peer};
use grantwell_fetch::{FetchError, Fetcher, Policy, Resolve};

/// Moves tokio's clock without waiting.
async fn pass(span: Duration) {
    tokio::time::pause();
    tokio::time::advance(span).await;
    tokio::time::resume();
}

fn resting() -> FetchError {
    FetchError::Resting { host: "a.example".to_owned() }
}

#[tokio::test]
async fn equal_requests_on_their_way_share_one_answer() {
    let peer = Peer::start(&["a.example"], |_| Answer::json("{}")).await;
    let fetcher = Fetcher::new(peer.policy());
    let target = url("https://a.example/x");
    let other = url("https://a.example/x#fragment");
    let all = join_all((0..50).map(|n| {
        let (fetcher, target) = (fetcher.clone(), if n % 2 == 0 { &target } else { &other });
        async move { fetcher.get(target, LIMITS).await }
    }));
    assert!(all.await.iter().all(Result::is_ok));
    assert_eq!(peer.asked().len(), 1);
    fetcher.get(&target, LIMITS).await.unwrap();
    assert_eq!(peer.asked().len(), 2, "what has ended is not shared");
}

#[tokio::test]
async fn other_limits_other_urls_and_posts_share_nothing() {
    let peer = Peer::start(&["a.example"], |_| Answer::json("{}")).await;
    let fetcher = Fetcher::new(peer.policy());
    let (x, y) = (url("https://a.example/x"), url("https://a.example/x?y"));
    let (one, two) = (LIMITS, LIMITS.accepting("image/png"));
    let gets = join_all([fetcher.get(&x, one), fetcher.get(&x, two), fetcher.get(&y, one)]);
    let posts = join_all([fetcher.post_form(&x, &[], one), fetcher.post_form(&x, &[], one)]);
    let (gets, posts) = tokio::join!(gets, posts);
    assert!(gets.iter().chain(&posts).all(Result::is_ok));
    assert_eq!(peer.asked().len(), 5);
}

#[tokio::test]
async fn who_joined_is_answered_when_the_first_goes_away() {
    let peer = Peer::start(&["a.example"], |_| Answer::json("{}")).await;
    let fetcher = Fetcher::new(peer.policy());
    let target = url("https://a.example/x");
    let mut first = Box::pin(fetcher.get(&target, LIMITS));
    // Polled once, so that it has set out.
    assert!(first.as_mut().now_or_never().is_none());
    let second = fetcher.get(&target, LIMITS);
    drop(first);
    assert!(second.await.is_ok());
}

#[tokio::test]
async fn a_host_that_cannot_be_reached_is_left_alone_for_a_while() {
    let closed = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    let resolver = Turns::new([vec![closed]]);
    let policy = Policy {
        allow_private_networks: true,
        resolver: Arc::clone(&resolver) as Arc<dyn Resolve>,
        ..Policy::default()
    };
    let fetcher = Fetcher::new(policy);
    let target = url("https://a.example/x");
    let unreachable = |error| matches!(error, FetchError::Connect { .. });
    assert!(unreachable(fetcher.get(&target, LIMITS).await.unwrap_err()));
    for other in ["https://a.example/y", "https://a.example.:8443/"] {
        assert_eq!(fetcher.get(&url(other), LIMITS).await.unwrap_err(), resting(), "{other}");
    }
    assert_eq!(fetcher.post_form(&target, &[], LIMITS).await.unwrap_err(), resting());
    assert_eq!(resolver.asked(), 1, "nothing leaves meanwhile");
    assert!(unreachable(fetcher.get(&url("https://b.example/"), LIMITS).await.unwrap_err()));
    pass(Duration::from_millis(501)).await;
    assert!(unreachable(fetcher.get(&target, LIMITS).await.unwrap_err()));
    pass(Duration::from_millis(501)).await;
    assert_eq!(fetcher.get(&target, LIMITS).await.unwrap_err(), resting(), "longer each time");
    pass(Duration::from_millis(500)).await;
    assert!(unreachable(fetcher.get(&target, LIMITS).await.unwrap_err()));
}

#[tokio::test]
async fn a_url_that_fails_holds_up_no_other_url_and_no_post() {
    let bad = Arc::new(AtomicBool::new(true));
    let fails = Arc::clone(&bad);
    let peer = Peer::start(&["a.example"], move |asked| {
        if fails.load(Ordering::SeqCst) && asked.path.starts_with("/bad") {
            return Answer::json("x".repeat(5000));
        }
        Answer::json("{}")
    })
    .await;
    let fetcher = Fetcher::new(peer.policy());
    let target = url("https://a.example/bad?n=1");
    let too_large = |error| matches!(error, FetchError::BodyTooLarge { .. });
    assert!(too_large(fetcher.get(&target, LIMITS).await.unwrap_err()));
    let again = url("https://a.example/bad?n=2");
    assert_eq!(fetcher.get(&again, LIMITS).await.unwrap_err(), resting());
    assert!(fetcher.get(&url("https://a.example/good"), LIMITS).await.is_ok());
    bad.store(false, Ordering::SeqCst);
    assert_eq!(fetcher.post_form(&target, &[], LIMITS).await.unwrap().status, 200);
    // The post was answered, which ends the pause.
    assert!(fetcher.get(&target, LIMITS).await.is_ok());
}

#[tokio::test]
async fn a_status_is_no_failure() {
    let peer = Peer::start(&["a.example"], |_| Answer::status(503)).await;
    let fetcher = Fetcher::new(peer.policy());
    for _ in 0..3 {
        let answer = fetcher.get(&url("https://a.example/"), LIMITS).await.unwrap();
        assert_eq!(answer.status, 503);
    }
}
