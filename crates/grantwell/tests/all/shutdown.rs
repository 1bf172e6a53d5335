//! The end of a server: what was sent is answered, what was answered is there after a restart.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::Client;

use crate::house::House;

/// Whether the system itself threw the connection away.
fn is_reset(error: &reqwest::Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if let Some(io) = cause.downcast_ref::<std::io::Error>() {
            return io.kind() == std::io::ErrorKind::ConnectionReset;
        }
        source = cause.source();
    }
    false
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_under_load_drops_no_request() {
    let house = House::new();
    let server = house.serve(&[]);
    let url = Arc::new(server.url("/.well-known/oauth-authorization-server"));
    let (answered, refused) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let resets = Arc::new(AtomicUsize::new(0));
    let mut tasks = Vec::new();
    for lane in 0..16 {
        let (url, answered, refused) =
            (Arc::clone(&url), Arc::clone(&answered), Arc::clone(&refused));
        let resets = Arc::clone(&resets);
        tasks.push(tokio::spawn(async move {
            // Half of them open a connection for each request.
            let kept = usize::from(lane % 2 == 0);
            let http = Client::builder()
                .pool_max_idle_per_host(kept)
                .retry(reqwest::retry::never())
                .build()
                .unwrap();
            loop {
                match http.get(url.as_str()).send().await {
                    Ok(answer) => {
                        assert_eq!(answer.status(), 200);
                        assert!(answer.bytes().await.is_ok(), "an answer was cut");
                        answered.fetch_add(1, Ordering::Relaxed);
                    }
                    // Nobody listens any more: the request was never sent.
                    Err(error) if error.is_connect() => {
                        return refused.store(true, Ordering::Relaxed);
                    }
                    // Its connection was made while the socket was being closed: nobody has read a byte of it.
                    Err(error) if kept == 0 && is_reset(&error) => {
                        resets.fetch_add(1, Ordering::Relaxed);
                        return;
                    }
                    Err(error) => panic!("a request that was sent got no answer: {error:?}"),
                }
            }
        }));
    }
    tokio::time::sleep(Duration::from_millis(700)).await;
    let before = answered.load(Ordering::Relaxed);
    let stopped = tokio::task::spawn_blocking(move || server.stop());
    for task in tasks {
        task.await.unwrap();
    }
    let (code, said) = stopped.await.unwrap();
    assert_eq!(code, 0, "{said:?}");
    assert!(said.last().unwrap().ends_with("has stopped."), "{said:?}");
    assert!(before > 100, "there was load: {before}");
    assert!(refused.load(Ordering::Relaxed), "the end was seen");
    // The system has no way to stop listening without that moment; it is too short for many.
    assert!(resets.load(Ordering::Relaxed) <= 2, "{resets:?} connections were thrown away");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_flight_is_finished() {
    let house = House::new();
    let server = house.serve(&[]);
    let http = Client::new();
    // Hashing takes a while, so the order to stop comes in the middle of it.
    let fields = [("username", "ann"), ("password", "quiet harbour lights")];
    let sent =
        tokio::spawn(http.post(server.url("/authentication/register/")).form(&fields).send());
    tokio::time::sleep(Duration::from_millis(20)).await;
    let stopped = tokio::task::spawn_blocking(move || server.stop());
    assert_eq!(sent.await.unwrap().unwrap().status(), 201);
    assert_eq!(stopped.await.unwrap().0, 0);

    let server = house.serve(&[]);
    let answer =
        http.post(server.url("/authentication/token/")).form(&fields).send().await.unwrap();
    assert_eq!(answer.status(), 200, "what was answered is there after a restart");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_run_says_where_everything_is_and_how_to_begin() {
    let house = House::new();
    let server = house.serve(&[]);
    let http = Client::new();
    let (code, said) = {
        assert_eq!(http.get(server.url("/readyz")).send().await.unwrap().status(), 200);
        server.stop()
    };
    assert_eq!(code, 0);
    let said = said.join("\n");
    assert!(said.contains("/setup?token=") && said.contains("createsuperuser"), "{said}");
    assert!(said.contains("Master key    made in db.sqlite3.key"), "{said}");
    house.run_with(&["createsuperuser", "--username", "ann"], &[], "quiet harbour lights").code(0);
    let (_, said) = house.serve(&[]).stop();
    assert!(
        !said.iter().any(|line| line.contains("/setup?") || line.contains("Master key")),
        "with an administrator there is no link: {said:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_link_of_the_first_run_opens_once() {
    let house = House::new();
    let server = house.serve(&[]);
    let link = house
        .run_with(&["setup-link"], &[("GRANTWELL__SERVER__PUBLIC_URL", &server.address)], "")
        .code(0)
        .out;
    let page = Client::new().get(link.trim()).header("accept", "text/html").send().await.unwrap();
    assert_eq!(page.status(), 200, "{page:?}");
}
