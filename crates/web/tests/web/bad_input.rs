//! Malformed requests at every endpoint: a clear 4xx in the endpoint's own form, never a 5xx, never a panic.

use axum::body::Body;
use bytes::Bytes;
use http::{Method, Request};

use crate::browser::ACCEPT;
use crate::world::{Answer, World, on_both};

const PROTOCOL: [&str; 4] = ["/o/token/", "/o/revoke_token/", "/o/introspect/", "/o/par/"];
const FIRST_PARTY: [&str; 4] = [
    "/authentication/register/",
    "/authentication/token/",
    "/authentication/token/refresh/",
    "/authentication/token/revoke/",
];
const PAGES: [&str; 8] = [
    "/accounts/login/",
    "/accounts/logout/",
    "/accounts/password_change/",
    "/accounts/profile/edit/",
    "/accounts/email_change/",
    "/setup",
    "/o/applications/register/",
    "/o/applications/x/delete/",
];
const FORM: &str = "application/x-www-form-urlencoded";

async fn send(world: &World, path: &str, kind: Option<&str>, body: Body) -> Answer {
    let mut request = Request::post(path);
    if let Some(kind) = kind {
        request = request.header("content-type", kind);
    }
    world.send(request.body(body).unwrap()).await
}

/// A body whose connection breaks after a few bytes.
fn broken() -> Body {
    let chunks = [Ok(Bytes::from_static(b"grant_type=pass")), Err(std::io::Error::other("reset"))];
    Body::from_stream(futures_util::stream::iter(chunks))
}

fn check(path: &str, what: &str, answer: &Answer, expected: u16) {
    assert_eq!(answer.status.as_u16(), expected, "{path} {what}: {}", answer.body);
    if PROTOCOL.contains(&path) {
        assert_eq!(answer.header("content-type"), "application/json", "{path} {what}");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert!(
            answer.json()["error"].is_string() && answer.json()["error_description"].is_string()
        );
    } else {
        assert_eq!(answer.header("content-type"), "application/problem+json", "{path} {what}");
        assert!(answer.json()["code"].is_string());
    }
}

#[tokio::test]
async fn bodies_that_cannot_be_read() {
    on_both(|world| async move {
        let every = PROTOCOL.iter().chain(&FIRST_PARTY).chain(&PAGES);
        for path in every {
            let json_is_read = FIRST_PARTY.contains(path);
            let large = "a=".to_owned() + &"x".repeat(70_000);
            let many = vec!["field="; 1001].join("&");
            let table: [(&str, Option<&str>, Body, u16); 9] = [
                ("no type", None, Body::from("a=b"), 415),
                ("text", Some("text/plain"), Body::from("a=b"), 415),
                ("multipart", Some("multipart/form-data; boundary=x"), Body::from("--x--"), 415),
                ("xml", Some("application/xml"), Body::from("<a/>"), 415),
                ("large", Some(FORM), Body::from(large), 413),
                ("broken", Some(FORM), broken(), 400),
                ("nul", Some(FORM), Body::from("username=a%00b"), 400),
                ("not utf-8", Some(FORM), Body::from("username=%ff%fe"), 400),
                ("repeated", Some(FORM), Body::from("username=a&username=a&a=1&a=2"), 400),
            ];
            for (what, kind, body, expected) in table {
                check(path, what, &send(&world, path, kind, body).await, expected);
            }
            check(
                path,
                "many fields",
                &send(&world, path, Some(FORM), Body::from(many)).await,
                400,
            );
            let json = send(&world, path, Some("application/json"), Body::from("{")).await;
            check(path, "json", &json, if json_is_read { 400 } else { 415 });
        }
    })
    .await;
}

#[tokio::test]
async fn json_of_the_wrong_shape() {
    on_both(|world| async move {
        for path in FIRST_PARTY {
            let deep = "[".repeat(5000);
            for (body, expected) in [
                ("", 400),
                ("[]", 400),
                ("null", 400),
                ("{\"username\":\"a\",\"username\":\"b\"}", 400),
                ("{\"username\":1,\"password\":2,\"refresh_token\":3,\"token\":4}", 422),
                ("{\"username\":{\"a\":\"b\"}}", 422),
                (deep.as_str(), 400),
                ("{}", 422),
            ] {
                let answer =
                    send(&world, path, Some("application/json"), Body::from(body.to_owned())).await;
                check(path, body.get(..40).unwrap_or(body), &answer, expected);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn other_methods_are_refused_with_allow() {
    on_both(|world| async move {
        for path in PROTOCOL {
            for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS]
            {
                let request =
                    Request::builder().method(&method).uri(path).body(Body::empty()).unwrap();
                let answer = world.send(request).await;
                check(path, method.as_str(), &answer, 405);
                assert_eq!(answer.header("allow"), "POST");
            }
            let request = Request::head(path).body(Body::empty()).unwrap();
            assert_eq!(world.send(request).await.status, 405);
        }
        for path in FIRST_PARTY.iter().chain(&PAGES) {
            let request = Request::put(*path).body(Body::empty()).unwrap();
            let answer = world.send(request).await;
            assert_eq!(answer.status, 405, "{path}");
            assert!(answer.header("allow").contains("POST"), "{path}: {}", answer.header("allow"));
            if FIRST_PARTY.contains(path) {
                assert_eq!(answer.json()["code"], "method_not_allowed");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_person_gets_these_refusals_as_pages() {
    on_both(|world| async move {
        for path in PAGES.iter().chain(&FIRST_PARTY) {
            let request = Request::post(*path)
                .header("accept", ACCEPT)
                .header("content-type", "text/plain")
                .body(Body::from("x"))
                .unwrap();
            let answer = world.send(request).await;
            assert_eq!(answer.status, 415, "{path}");
            assert!(answer.header("content-type").starts_with("text/html"), "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn fields_in_the_url_are_not_read() {
    on_both(|world| async move {
        for path in PROTOCOL.iter().chain(&FIRST_PARTY) {
            let url = format!("{path}?username=a&password=b&token=c&grant_type=password");
            let answer = send(&world, &url, Some(FORM), Body::from("a=b")).await;
            check(path, "query", &answer, 400);
        }
    })
    .await;
}

#[tokio::test]
async fn a_path_that_is_no_text_names_nothing() {
    on_both(|world| async move {
        for path in ["/o/applications/%ff/", "/.well-known/oauth-protected-resource/%ff"] {
            let answer = world.get(path).await;
            assert_eq!(answer.status, 404, "{path}");
            assert_eq!(answer.header("content-type"), "application/problem+json", "{path}");
        }
    })
    .await;
}
