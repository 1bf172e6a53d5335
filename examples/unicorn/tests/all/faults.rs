//! Faults: a process killed in the middle of its work, a database that goes away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

use crate::guide::until;
use crate::house::{House, PASSWORD, fresh_postgres, on_both};

on_both! { kill_9_loses_nothing_that_was_answered_and_leaves_no_half_made_account(house) {
    let mut chain = house.register("chain").await.field("refresh_token");
    for round in 0..4 {
        let answered = Arc::new(Mutex::new(Vec::new()));
        let tasks: Vec<_> = (0..8).map(|lane| {
            let (http, url, answered) = (house.http.clone(), house.url("/authentication/register/"), Arc::clone(&answered));
            tokio::spawn(async move {
                for number in 0..500 {
                    let name = format!("u{round}x{lane}x{number}");
                    let fields = [("username", name.as_str()), ("password", PASSWORD)];
                    match http.post(&url).form(&fields).send().await {
                        Ok(answer) if answer.status().as_u16() == 201 => answered.lock().await.push((name, true)),
                        Ok(answer) if answer.status().as_u16() == 429 => return,
                        _ => return answered.lock().await.push((name, false)),
                    }
                }
            })
        }).collect();
        let refreshes = {
            let (http, url, mut token) = (house.http.clone(), house.url("/authentication/token/refresh/"), chain.clone());
            tokio::spawn(async move {
                loop {
                    let sent = http.post(&url).form(&[("refresh_token", token.as_str())]).send().await;
                    let Ok(answer) = sent else { return token };
                    let Ok(json) = answer.json::<serde_json::Value>().await else { return token };
                    let Some(next) = json["refresh_token"].as_str() else { return token };
                    next.clone_into(&mut token);
                }
            })
        };
        tokio::time::sleep(Duration::from_millis(400 + 150 * round)).await;
        house.crash_and_restart().await;
        for task in tasks {
            task.await.unwrap();
        }
        chain = refreshes.await.unwrap();
        let retried = house.refresh(&chain).await;
        assert_eq!(retried.status, 200, "a refresh whose answer was lost can be asked again: {retried:?}");
        chain = retried.field("refresh_token");
        for (name, was_answered) in answered.lock().await.iter().rev().take(12) {
            let signed_in = house.sign_in(name).await;
            if *was_answered {
                assert_eq!(signed_in.status, 200, "{name} was answered and is gone: {signed_in:?}");
            } else if signed_in.status != 200 {
                let again = house.form("/authentication/register/", &[("username", name), ("password", PASSWORD)]).await;
                assert_eq!(again.status, 201, "{name} is neither there nor free: a half-made account: {again:?}");
            }
        }
    }
} }

/// A wire to PostgreSQL that can be cut and mended.
struct Wire {
    port: u16,
    whole: Arc<AtomicBool>,
    /// How many connections it carries.
    carries: Arc<AtomicUsize>,
}

impl Wire {
    async fn to(target: String) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let whole = Arc::new(AtomicBool::new(true));
        let carries = Arc::new(AtomicUsize::new(0));
        let (flag, count) = (Arc::clone(&whole), Arc::clone(&carries));
        tokio::spawn(async move {
            loop {
                let (mut near, _) = listener.accept().await.unwrap();
                let (target, flag) = (target.clone(), Arc::clone(&flag));
                let count = Arc::clone(&count);
                tokio::spawn(async move {
                    if !flag.load(Ordering::SeqCst) {
                        return;
                    }
                    let mut far = TcpStream::connect(target).await.unwrap();
                    count.fetch_add(1, Ordering::SeqCst);
                    tokio::select! {
                        _ = copy_bidirectional(&mut near, &mut far) => {}
                        () = cut(&flag) => {}
                    }
                    drop((near, far));
                    count.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Self { port, whole, carries }
    }
}

async fn cut(whole: &AtomicBool) {
    while whole.load(Ordering::SeqCst) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_database_the_server_refuses_with_503_and_recovers_by_itself() {
    let Some(url) = fresh_postgres().await else { return };
    let (before, rest) = url.split_once('@').unwrap();
    let (target, name) = rest.split_once('/').unwrap();
    let wire = Wire::to(target.to_owned()).await;
    let house = House::open_url(&format!("{before}@127.0.0.1:{}/{name}", wire.port)).await;
    let made = house.register("ann").await;
    let token = made.field("access_token");

    wire.whole.store(false, Ordering::SeqCst);
    // One that is still whole would carry one answer more.
    until("every connection is cut", async || wire.carries.load(Ordering::SeqCst) == 0).await;
    until("a resource answers 503", async || house.get("/v1/unicorn/", &token).await.status == 503)
        .await;
    let answer = house.get("/v1/unicorn/", &token).await;
    assert!(!answer.header("retry-after").is_empty(), "{answer:?}");
    let answer = house.sign_in("ann").await;
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(!answer.header("retry-after").is_empty(), "{answer:?}");
    let client = ("nobody".to_owned(), "nothing".to_owned());
    let answer =
        house.client_form("/o/token/", &client, &[("grant_type", "client_credentials")]).await;
    assert_eq!(answer.status, 503, "{answer:?}");
    assert_eq!(house.send(house.http.get(house.url("/livez"))).await.status, 200);
    assert_eq!(house.send(house.http.get(house.url("/readyz"))).await.status, 503);

    wire.whole.store(true, Ordering::SeqCst);
    until("the resource answers again", async || {
        house.get("/v1/unicorn/", &token).await.status == 200
    })
    .await;
    until("signing in works again", async || house.sign_in("ann").await.status == 200).await;
    assert_eq!(house.refresh(&made.field("refresh_token")).await.status, 200);
}
