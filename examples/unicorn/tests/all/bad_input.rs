//! Every endpoint against bodies, headers and methods that no well-behaved client sends: a clear 4xx, never a 5xx.

use crate::house::{House, on_both};

const ENDPOINTS: &[&str] = &[
    "/authentication/register/",
    "/authentication/token/",
    "/authentication/token/refresh/",
    "/authentication/token/revoke/",
    "/o/token/",
    "/o/revoke_token/",
    "/o/introspect/",
    "/v1/unicorn/",
    "/accounts/login/",
    "/o/applications/register/",
];

fn bodies() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let form = "application/x-www-form-urlencoded";
    let json = "application/json";
    let deep = "[".repeat(20_000).into_bytes();
    vec![
        ("no content type", "", b"username=a&password=b".to_vec()),
        ("an unknown content type", "application/xml", b"<a/>".to_vec()),
        ("text", "text/plain", b"username=a".to_vec()),
        ("a repeated parameter", form, b"username=a&username=b&token=x&token=y&grant_type=a&grant_type=b&refresh_token=a&refresh_token=b&name=a&name=b".to_vec()),
        ("a NUL byte", form, b"username=a%00b&password=c%00d&token=%00&grant_type=%00&refresh_token=%00&name=%00&age=1".to_vec()),
        ("broken UTF-8", form, b"username=%ff%fe&password=%ff&token=%ff&grant_type=%ff&refresh_token=%ff&name=%ff&age=1".to_vec()),
        ("raw broken bytes", form, vec![0xff, 0xfe, b'=', 0xff]),
        ("a broken escape", form, b"username=%zz&password=%&token=%4&grant_type=%zz&refresh_token=%z&name=%zz&age=%z".to_vec()),
        ("nothing", form, Vec::new()),
        ("only separators", form, b"&&&===&=&".to_vec()),
        ("truncated JSON", json, b"{\"username\":\"a\",\"passw".to_vec()),
        ("a JSON array", json, b"[1,2,3]".to_vec()),
        ("a JSON string", json, b"\"x\"".to_vec()),
        ("JSON of other types", json, b"{\"username\":1,\"password\":[],\"token\":{},\"refresh_token\":null,\"name\":{},\"age\":\"x\"}".to_vec()),
        ("a repeated JSON key", json, b"{\"username\":\"a\",\"username\":\"b\",\"name\":\"a\",\"name\":\"b\",\"token\":\"a\",\"token\":\"b\",\"refresh_token\":\"a\",\"refresh_token\":\"b\"}".to_vec()),
        ("a NUL in JSON", json, b"{\"username\":\"a\\u0000b\",\"password\":\"c\",\"name\":\"\\u0000\",\"age\":1,\"token\":\"\\u0000\",\"refresh_token\":\"\\u0000\"}".to_vec()),
        ("a lone surrogate", json, b"{\"username\":\"\\ud800\",\"password\":\"\\ud800\",\"name\":\"\\ud800\",\"age\":1}".to_vec()),
        ("broken UTF-8 in JSON", json, b"{\"username\":\"\xff\",\"name\":\"\xff\"}".to_vec()),
        ("deep JSON", json, deep),
        ("numbers out of range", json, b"{\"name\":\"a\",\"age\":1e400}".to_vec()),
        ("a large number", json, b"{\"name\":\"a\",\"age\":99999999999999999999999999}".to_vec()),
        ("multipart without a boundary", "multipart/form-data", b"--x".to_vec()),
        ("a thousand and one fields", form, (0..1001).map(|n| format!("f{n}=1")).collect::<Vec<_>>().join("&").into_bytes()),
        ("three megabytes", form, vec![b'a'; 3_000_000]),
    ]
}

on_both! { every_endpoint_answers_bad_bodies_with_a_clear_4xx(house) {
    let _ = &mut house;
    let token = house.register("ann").await.field("access_token");
    for endpoint in ENDPOINTS {
        for (what, kind, body) in bodies() {
            let mut request = house.http.post(house.url(endpoint)).body(body);
            if !kind.is_empty() {
                request = request.header("content-type", kind);
            }
            if endpoint.starts_with("/v1/") {
                request = request.bearer_auth(&token);
            }
            let answer = house.send(request).await;
            // RFC 7009 §2.2: what is no token needs no revoking.
            if what == "a broken escape" && endpoint.ends_with("/revoke/") && answer.status == 200 {
                continue;
            }
            assert!((400..500).contains(&answer.status), "{endpoint} with {what}: {answer:?}");
            clear(endpoint, what, &answer);
        }
    }
    alive(&house).await;
} }

on_both! { a_wrong_method_is_405_and_says_which_are_right(house) {
    let _ = &mut house;
    for endpoint in ["/o/token/", "/o/revoke_token/", "/o/introspect/", "/authentication/register/", "/authentication/token/"] {
        for method in ["PUT", "DELETE", "PATCH", "TRACE", "BREW"] {
            let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
            let answer = house.send(house.http.request(method.clone(), house.url(endpoint))).await;
            assert_eq!(answer.status, 405, "{method} {endpoint}: {answer:?}");
            assert!(answer.header("allow").contains("POST"), "{method} {endpoint}: {answer:?}");
        }
    }
    let answer = house.send(house.http.get(house.url("/o/token/"))).await;
    assert_eq!((answer.status, answer.header("allow").contains("POST")), (405, true), "{answer:?}");
} }

on_both! { hostile_headers_and_paths_are_4xx(house) {
    let _ = &mut house;
    for value in ["Bearer", "Bearer ", "Bearer a b", "BearerX abc", "Basic", "Basic !!!", "Basic YQ==", "Bearer \u{e9}", "Digest x"] {
        let request = house.http.get(house.url("/v1/unicorn/"));
        let header = reqwest::header::HeaderValue::from_bytes(value.as_bytes()).unwrap();
        let answer = house.send(request.header("authorization", header.clone())).await;
        assert!(matches!(answer.status, 400 | 401), "{value}: {answer:?}");
        let fields = [("grant_type", "client_credentials")];
        let request = house.http.post(house.url("/o/token/")).header("authorization", header).form(&fields);
        let answer = house.send(request).await;
        assert!(matches!(answer.status, 400 | 401), "{value}: {answer:?}");
    }
    let token = house.register("ann").await.field("access_token");
    for path in [
        "/v1/unicorn/x/", "/v1/unicorn/99999999999999999999/", "/v1/unicorn/-1/", "/v1/unicorn/%00/", "/v1/unicorn/%ff/",
        "/v1/unicorn/?page=0", "/v1/unicorn/?page=-1", "/v1/unicorn/?page=99999999999999999999", "/v1/unicorn/?page_size=0",
        "/v1/unicorn/?page_size=x", "/v1/unicorn/?ordering=password", "/v1/unicorn/?nonsense=1", "/v1/unicorn/?age=x", "/nowhere/",
    ] {
        let answer = house.get(path, &token).await;
        assert!((400..500).contains(&answer.status), "{path}: {answer:?}");
        clear(path, "a hostile path", &answer);
    }
    let host = house.send(house.http.get(house.url("/v1/unicorn/")).header("host", "evil.example")).await;
    assert_eq!(host.status, 421, "{host:?}");
    alive(&house).await;
} }

/// An error is machine-readable and says something to a person.
fn clear(endpoint: &str, what: &str, answer: &crate::house::Answer) {
    let kind = answer.header("content-type");
    if endpoint.starts_with("/accounts/") || endpoint.starts_with("/o/applications/") {
        return;
    }
    if endpoint.starts_with("/o/") {
        assert!(kind.starts_with("application/json"), "{endpoint} with {what}: {answer:?}");
        assert!(!answer.field("error").is_empty(), "{endpoint} with {what}: {answer:?}");
        assert_eq!(
            answer.header("cache-control"),
            "no-store",
            "{endpoint} with {what}: {answer:?}"
        );
    } else {
        assert!(kind.starts_with("application/problem+json"), "{endpoint} with {what}: {answer:?}");
        assert_eq!(
            answer.json()["status"].as_u64(),
            Some(u64::from(answer.status)),
            "{endpoint} with {what}"
        );
        assert!(
            !answer.field("title").is_empty() && !answer.field("code").is_empty(),
            "{endpoint} with {what}"
        );
    }
}

async fn alive(house: &House) {
    let answer = house.send(house.http.get(house.url("/livez"))).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let log = house.log();
    assert!(!log.contains("panicked"), "a handler panicked:\n{log}");
}
