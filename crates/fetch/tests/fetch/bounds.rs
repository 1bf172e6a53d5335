//! Every bound of an answer: time, head, body, form.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::world::{LIMITS, Then, get_from, scripted, url};
use futures_util::future::join_all;
use grantwell_fetch::testing::{Answer, Peer};
use grantwell_fetch::{FetchError, Fetcher, Limits, Policy, Stage};

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";

fn host() -> String {
    "a.example".to_owned()
}

fn with(more: &str) -> String {
    format!("{HEAD}{more}")
}

#[tokio::test]
async fn a_body_is_counted_as_it_comes() {
    let whole = "x".repeat(1024);
    let chunk = "400\r\n".to_owned() + &whole + "\r\n";
    let too_large = FetchError::BodyTooLarge { host: host(), limit: 1024 };
    for (sent, expected) in [
        (vec![with("content-length: 1024\r\n\r\n"), whole.clone()], Ok(1024)),
        (
            vec![with("transfer-encoding: chunked\r\n\r\n"), chunk.clone(), "0\r\n\r\n".to_owned()],
            Ok(1024),
        ),
        (vec![with("connection: close\r\n\r\n"), whole.clone()], Ok(1024)),
        (vec![with("content-length: 1025\r\n\r\n")], Err(too_large.clone())),
        (vec![with("content-length: 1073741824\r\n\r\n")], Err(too_large.clone())),
        (
            vec![
                with("transfer-encoding: chunked\r\n\r\n"),
                chunk.clone(),
                "1\r\nx\r\n".to_owned(),
            ],
            Err(too_large.clone()),
        ),
        (vec![with("connection: close\r\n\r\n"), whole, "x".to_owned()], Err(too_large)),
    ] {
        let chunks: Vec<&str> = sent.iter().map(String::as_str).collect();
        let peer = scripted(&chunks, Then::Close).await;
        assert_eq!(get_from(&peer).await.map(|fetched| fetched.body.len()), expected, "{sent:?}");
    }
}

#[tokio::test]
async fn a_body_without_end_is_cut_off() {
    for head in [with("transfer-encoding: chunked\r\n\r\n"), with("connection: close\r\n\r\n")] {
        let chunk = format!("100\r\n{}\r\n", "x".repeat(256));
        let peer = scripted(&[&head, &chunk], Then::Repeat).await;
        let error = get_from(&peer).await.unwrap_err();
        assert_eq!(error, FetchError::BodyTooLarge { host: host(), limit: 1024 });
    }
}

#[tokio::test]
async fn a_length_that_lies_is_found_out_or_does_no_harm() {
    let short = scripted(&[&with("content-length: 10\r\n\r\n"), "12345"], Then::Close).await;
    assert!(matches!(get_from(&short).await, Err(FetchError::Answer { .. })));
    let long = scripted(&[&with("content-length: 5\r\n\r\n"), "1234567890"], Then::Close).await;
    assert_eq!(&get_from(&long).await.unwrap().body[..], b"12345");
    for head in [
        "content-length: 5\r\ncontent-length: 6\r\n\r\n12345",
        "content-length: -5\r\n\r\n12345",
        "content-length: 99999999999999999999999\r\n\r\n12345",
        "transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\nx",
        "transfer-encoding: chunked\r\n\r\nzz\r\nx",
    ] {
        let peer = scripted(&[&with(head)], Then::Close).await;
        let error = get_from(&peer).await.unwrap_err();
        assert!(matches!(error, FetchError::Answer { .. }), "{head:?}: {error}");
    }
}

#[tokio::test]
async fn a_head_is_bounded_in_bytes_lines_and_time() {
    let one = format!("x: {}\r\n\r\n", "y".repeat(16 * 1024));
    let many = "x: y\r\n".repeat(101) + "\r\n";
    for head in [&with(&one), &with(&many)] {
        let peer = scripted(&[head], Then::Close).await;
        let error = get_from(&peer).await.unwrap_err();
        assert_eq!(error, FetchError::HeadTooLarge { host: host() });
    }
    let endless = scripted(&[HEAD, "x: y\r\n"], Then::Repeat).await;
    assert_eq!(get_from(&endless).await.unwrap_err(), FetchError::HeadTooLarge { host: host() });
    let fitting = format!("x: {}\r\ncontent-length: 2\r\n\r\nok", "y".repeat(15 * 1024));
    assert!(get_from(&scripted(&[&with(&fitting)], Then::Close).await).await.is_ok());
    let trailers = with("transfer-encoding: chunked\r\n\r\n0\r\n");
    let peer = scripted(&[&trailers, "x: y\r\n"], Then::Repeat).await;
    assert!(get_from(&peer).await.is_err(), "trailers are bounded as well");
}

#[tokio::test]
async fn whoever_keeps_us_waiting_is_given_up() {
    let late = || FetchError::Timeout { host: host(), stage: Stage::Answering };
    let body = with("content-length: 100\r\n\r\n1");
    for (chunks, then) in [
        (vec![], Then::Hang),
        (vec![HEAD], Then::Hang),
        (vec![body.as_str()], Then::Hang),
        (vec!["HTTP/1.1 103 Early Hints\r\n\r\n"], Then::Repeat),
    ] {
        let peer = scripted(&chunks, then).await;
        assert_eq!(get_from(&peer).await.unwrap_err(), late(), "{chunks:?}");
    }
    // The caller's patience counts if it is the shorter one.
    let peer = scripted(&[], Then::Hang).await;
    let limits = LIMITS.within(Duration::from_millis(200));
    let error = Fetcher::new(peer.policy()).get(&url("https://a.example/x"), limits).await;
    assert_eq!(error.unwrap_err(), late());
}

#[tokio::test]
async fn what_is_no_answer_of_http_is_refused_and_not_quoted() {
    for sent in [
        "SSH-2.0-OpenSSH_secretword\r\n",
        "220 mail.secretword.example ESMTP\r\n",
        "secretword\r\n\r\n",
        "HTTP/0.9 secretword\r\n\r\n",
        "HTTP/1.1 200 OK\r\nbad header secretword\r\n\r\n",
        "HTTP/1.1 200 OK\r\nx: y\r\n folded secretword\r\n\r\n",
        "HTTP/1.1 999999 secretword\r\n\r\n",
        "",
    ] {
        let peer = scripted(&[sent], Then::Close).await;
        let error = get_from(&peer).await.unwrap_err();
        assert!(matches!(error, FetchError::Answer { .. }), "{sent:?}: {error}");
        assert!(!format!("{error} {error:?}").contains("secretword"), "{error}");
    }
}

/// A small answer that unpacks to a large one is not unpacked.
#[tokio::test]
async fn nothing_is_decompressed() {
    for (coding, fits) in
        [("gzip", false), ("br, identity", false), ("x", false), ("Identity", true)]
    {
        let head = with(&format!("content-encoding: {coding}\r\ncontent-length: 2\r\n\r\nok"));
        let peer = scripted(&[&head], Then::Close).await;
        let outcome = get_from(&peer).await;
        match outcome {
            Ok(fetched) => assert!(fits && &fetched.body[..] == b"ok", "{coding}"),
            Err(error) => assert_eq!((error, fits), (FetchError::Encoded { host: host() }, false)),
        }
    }
}

/// 1000 URLs at 40 hosts: never more connections than the bounds, and each of them is answered in the end.
#[tokio::test]
async fn a_thousand_urls_open_no_more_than_the_bounds() {
    #[derive(Default)]
    struct Count(AtomicUsize, AtomicUsize);
    let count = Arc::new(Count::default());
    let seen = Arc::clone(&count);
    let names: Vec<String> = (0..40).map(|host| format!("h{host}.example")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let peer = Peer::raw(&names, move |mut stream| {
        let seen = Arc::clone(&seen);
        Box::pin(async move {
            use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
            let open = seen.0.fetch_add(1, Ordering::SeqCst) + 1;
            seen.1.fetch_max(open, Ordering::SeqCst);
            let _ = stream.read(&mut [0; 4096]).await;
            // Others have the chance to come meanwhile.
            tokio::time::sleep(Duration::from_millis(1)).await;
            // Whoever has the whole answer may let the next one in, so this one is gone before.
            seen.0.fetch_sub(1, Ordering::SeqCst);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
            let _ = stream.shutdown().await;
        })
    })
    .await;
    let policy = Policy {
        at_once: 12,
        at_once_per_host: 3,
        waiting: 2000,
        waiting_per_host: 2000,
        timeout: Duration::from_mins(2),
        connect_timeout: Duration::from_mins(1),
        ..peer.policy()
    };
    let fetcher = Fetcher::new(policy);
    let urls: Vec<_> =
        (0..1000).map(|n| url(&format!("https://h{}.example/{n}", n % 40))).collect();
    let outcomes = join_all(urls.iter().map(|url| fetcher.get(url, LIMITS))).await;
    assert!(outcomes.iter().all(Result::is_ok), "{:?}", outcomes.iter().find(|one| one.is_err()));
    let most = count.1.load(Ordering::SeqCst);
    assert!((2..=12).contains(&most), "{most} at once");
}

#[tokio::test]
async fn more_than_may_wait_are_refused_at_once() {
    let peer = scripted(&[], Then::Hang).await;
    let policy = Policy {
        at_once: 2,
        at_once_per_host: 2,
        waiting: 3,
        waiting_per_host: 3,
        timeout: Duration::from_millis(500),
        ..peer.policy()
    };
    let fetcher = Fetcher::new(policy);
    let urls: Vec<_> = (0..20).map(|n| url(&format!("https://a.example/{n}"))).collect();
    let outcomes = join_all(urls.iter().map(|url| fetcher.get(url, LIMITS))).await;
    let count = |wanted: &FetchError| {
        outcomes.iter().filter(|outcome| outcome.as_ref().err() == Some(wanted)).count()
    };
    let late = |stage| FetchError::Timeout { host: host(), stage };
    assert_eq!(count(&FetchError::Busy), 15);
    assert_eq!((count(&late(Stage::Answering)), count(&late(Stage::Waiting))), (2, 3));
}

#[tokio::test]
async fn the_media_type_and_the_age_are_told() {
    let peer = Peer::start(&["a.example"], |_| {
        Answer::status(404)
            .header("content-type", "Application/Problem+JSON; charset=utf-8")
            .header("cache-control", "max-age=60")
            .body("{}")
    })
    .await;
    let limits = Limits::json(10).accepting("application/problem+json");
    let fetched =
        Fetcher::new(peer.policy()).get(&url("https://a.example/"), limits).await.unwrap();
    assert_eq!(fetched.content_type.as_deref(), Some("application/problem+json"));
    assert!(fetched.is_json());
    assert_eq!(fetched.freshness, grantwell_fetch::Freshness::For(Duration::from_mins(1)));
    assert_eq!(peer.asked()[0].headers["accept"], "application/problem+json");
}
