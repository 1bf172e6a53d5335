//! What surrounds every request: names, limits, panics, request ids, health.

use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::routing::{get, post};
use grantwell::Project;
use grantwell::settings::{Size, Span};
use grantwell::testing::Server;
use reqwest::Client;
use serde_json::Value;

async fn panics() -> &'static str {
    panic!("on purpose")
}

async fn server() -> Server {
    let routes = Router::new()
        .route("/panic", get(panics))
        .route("/slow", get(|| tokio::time::sleep(Duration::from_secs(30))))
        .route("/echo", post(|body: Bytes| async move { body.len().to_string() }));
    let project = Project::new("outer").merge(routes);
    let started = Server::start_with(project, |settings| {
        settings.server.body_limit = Size::bytes(1000);
        settings.server.request_timeout = Span::milliseconds(300);
    });
    started.await.unwrap()
}

async fn problem(answer: reqwest::Response, status: u16, code: &str) {
    let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    assert_eq!(answer.status(), status);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(
        (problem["code"].as_str(), problem["request_id"].as_str()),
        (Some(code), Some(id.as_str()))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_a_500_and_the_server_goes_on() {
    let (server, http) = (server().await, Client::new());
    problem(http.get(server.url("/panic")).send().await.unwrap(), 500, "internal").await;
    assert_eq!(http.get(server.url("/livez")).send().await.unwrap().status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_takes_too_long_is_a_503() {
    let (server, http) = (server().await, Client::new());
    let answer = http.get(server.url("/slow")).send().await.unwrap();
    assert_eq!(answer.headers()["retry-after"], "5");
    problem(answer, 503, "timeout").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_over_the_limit_is_a_413_with_and_without_a_length() {
    let (server, http) = (server().await, Client::new());
    let fits = http.post(server.url("/echo")).body(vec![0; 1000]).send().await.unwrap();
    assert_eq!(fits.text().await.unwrap(), "1000");
    problem(
        http.post(server.url("/echo")).body(vec![0; 1001]).send().await.unwrap(),
        413,
        "too_large",
    )
    .await;
    let chunked = b"POST /echo HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n";
    let mut sent = chunked.to_vec();
    sent.extend(format!("{:x}\r\n{}\r\n0\r\n\r\n", 1001, "x".repeat(1001)).bytes());
    assert!(raw(&server, &sent).await.starts_with("HTTP/1.1 413 "));
}

/// A client that sends all of its body before it looks for the answer finds it, however early it was given.
#[tokio::test(flavor = "multi_thread")]
async fn the_refusal_of_a_large_body_reaches_a_client_that_is_still_writing() {
    let server = server().await;
    let mut sent = b"POST /echo HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 3000000\r\n\r\n".to_vec();
    sent.resize(sent.len() + 3_000_000, b'x');
    for _ in 0..20 {
        assert!(raw(&server, &sent).await.starts_with("HTTP/1.1 413 "));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_servers_own_names_are_answered_except_for_health() {
    let (server, http) = (server().await, Client::new());
    let ask = |path: &str| http.get(server.url(path)).header("host", "evil.example").send();
    let answer = ask("/nothing").await.unwrap();
    assert_eq!(answer.status(), 421);
    assert!(answer.text().await.unwrap().contains("server.allowed_hosts"));
    assert_eq!(ask("/livez").await.unwrap().status(), 200);
    assert_eq!(ask("/readyz").await.unwrap().status(), 200);
    let two = raw(&server, b"GET /nothing HTTP/1.1\r\nhost: localhost\r\nhost: evil.example\r\nconnection: close\r\n\r\n").await;
    assert!(two.starts_with("HTTP/1.1 4"), "{two}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sane_request_id_comes_back_and_another_is_replaced() {
    let (server, http) = (server().await, Client::new());
    for (given, comes_back) in [("abc-1", true), ("<script>", false)] {
        let answer =
            http.get(server.url("/livez")).header("x-request-id", given).send().await.unwrap();
        assert_eq!(answer.headers()["x-request-id"] == given, comes_back, "{given}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_a_problem_or_a_page() {
    let (server, http) = (server().await, Client::new());
    problem(http.get(server.url("/nothing")).send().await.unwrap(), 404, "not_found").await;
    let wrong = http.delete(server.url("/echo")).send().await.unwrap();
    assert_eq!(wrong.headers()["allow"], "POST");
    problem(wrong, 405, "method_not_allowed").await;
    let page = http.get(server.url("/nothing")).header("accept", "text/html").send().await.unwrap();
    assert_eq!(
        (page.status().as_u16(), page.headers()["content-type"].to_str().unwrap()),
        (404, "text/html; charset=utf-8")
    );
    let id = page.headers()["x-request-id"].to_str().unwrap().to_owned();
    assert!(page.text().await.unwrap().contains(&id), "the page tells the number to quote");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_does_not_come_is_not_waited_for() {
    let project = Project::new("outer");
    let server = Server::start_with(project, |settings| {
        settings.server.header_timeout = Span::milliseconds(200);
    })
    .await
    .unwrap();
    let answer =
        tokio::time::timeout(Duration::from_secs(10), raw(&server, b"GET / HTTP/1.1\r\nho")).await;
    assert!(answer.is_ok(), "the connection is closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_stopping_is_not_ready() {
    let server = server().await;
    let health = grantwell::server::Health::new(server.app().shutdown().clone(), Vec::new());
    assert!(health.failing().await.is_empty());
    server.app().shutdown().begin();
    assert_eq!(health.failing().await, ["shutdown"]);
    assert_eq!(server.stop().await, 0);
}

/// Sends bytes and gives all that comes back until the server closes.
async fn raw(server: &Server, bytes: &[u8]) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let address = server.url("").replace("http://", "");
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        match tokio::time::timeout(Duration::from_secs(2), stream.read(&mut chunk)).await {
            Ok(Ok(read)) if read > 0 => answer.extend_from_slice(&chunk[..read]),
            _ => break,
        }
        if answer.windows(4).any(|window| window == b"\r\n\r\n") {
            break;
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}
