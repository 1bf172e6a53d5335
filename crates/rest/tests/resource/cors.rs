//! Scripts of other sites: those of the client whose token they bring may read answers, and no others.
use std::sync::Arc;

use axum::{body::Body, routing::get};
use futures_util::future::BoxFuture;
use grantwell_rest::{
    Resources, Scoped,
    cors::{OriginList, Origins},
};
use http::{Request, header};
use oauth::id::ClientId;

use super::{
    program::{Entity, Model, Read},
    stand::{Answer, Stand, make_table, on_both},
};

/// The client of all tokens here is `first-party`, and it lives at `https://own.example`.
struct Known;

impl Origins for Known {
    fn of_client<'a>(&'a self, client: &'a ClientId, origin: &'a str) -> BoxFuture<'a, bool> {
        let own = client.as_str() == "first-party" && origin == "https://own.example";
        Box::pin(std::future::ready(own))
    }

    fn of_any<'a>(&'a self, origin: &'a str) -> BoxFuture<'a, bool> {
        let known = ["https://own.example", "https://else.example"].contains(&origin);
        Box::pin(std::future::ready(known))
    }
}

fn resources() -> Resources {
    let plain = get(async |caller: Scoped<Read>| caller.principal().client.to_string());
    Resources::new().add::<Model>().route("/plain/", plain)
}

async fn ask(stand: &Stand, line: &str, origin: &str, credential: &str) -> Answer {
    let (method, uri) = line.split_once(' ').unwrap();
    let mut request = Request::builder().method(method).uri(uri).header(header::ORIGIN, origin);
    request = match credential.split_once(' ') {
        Some(("cookie", session)) => request.header(header::COOKIE, format!("session={session}")),
        Some(("bearer", token)) => request.header(header::AUTHORIZATION, format!("Bearer {token}")),
        Some(("preflight", method)) => request.header("access-control-request-method", method),
        _ => request,
    };
    stand.send(request.body(Body::empty()).unwrap()).await
}

#[test]
fn the_origins_of_the_client_may_read_answers_and_no_others() {
    on_both(async |database| {
        make_table(&database, Entity).await;
        let stand =
            Stand::built(database, resources(), |state| state.with_origins(Arc::new(Known)));
        for (line, origin, credential, status, may_read) in [
            ("GET /v1/unicorn/", "https://own.example", "bearer read", 200, true),
            ("GET /v1/unicorn/7/", "https://own.example", "bearer read", 404, true),
            ("DELETE /v1/unicorn/7/", "https://own.example", "bearer read", 403, true),
            ("GET /v1/plain/", "https://own.example", "bearer read", 200, true),
            ("GET /v1/plain/", "https://else.example", "bearer read", 200, false),
            ("GET /v1/unicorn/", "https://else.example", "bearer read", 200, false),
            ("GET /v1/unicorn/", "https://evil.example", "bearer read", 200, false),
            ("GET /v1/unicorn/", "null", "bearer read", 200, false),
            // Which client it was cannot be told: a script learns that its token is over, or reads what is open.
            ("GET /v1/unicorn/", "https://else.example", "bearer expired", 401, true),
            ("GET /v1/unicorn/", "https://else.example", "", 401, true),
            ("GET /v1/", "https://else.example", "", 200, true),
            ("GET /v1/", "https://evil.example", "", 200, false),
            ("GET /v1/unicorn/", "https://evil.example", "", 401, false),
            // What a browser adds on its own opens nothing to another site.
            ("GET /v1/unicorn/", "https://own.example", "cookie read", 200, false),
        ] {
            let answer = ask(&stand, line, origin, credential).await;
            let case = format!("{line} {origin} {credential}: {answer:?}");
            assert_eq!(answer.status, status, "{case}");
            let allowed = answer.header("access-control-allow-origin");
            assert_eq!(allowed, if may_read { origin } else { "" }, "{case}");
            let exposed = answer.header("access-control-expose-headers");
            assert_eq!(exposed.contains("ETag") && exposed.contains("Link"), may_read, "{case}");
            let varies = answer.headers.get_all("vary").iter().any(|value| value == "Origin");
            assert_eq!(varies, origin != "null", "{case}");
            assert!(!answer.headers.contains_key("access-control-allow-credentials"));
        }
    });
}

#[test]
fn a_preflight_is_answered_for_origins_of_clients() {
    on_both(async |database| {
        make_table(&database, Entity).await;
        let stand = Stand::built(database.clone(), resources(), |state| {
            state.with_origins(Arc::new(OriginList::parse(["https://own.example"]).unwrap()))
        });
        for path in ["/v1/unicorn/", "/v1/unicorn/7/", "/v1/plain/", "/v1/"] {
            let line = format!("OPTIONS {path}");
            let known = ask(&stand, &line, "https://own.example", "preflight PATCH").await;
            assert_eq!(known.status, 204, "{path}");
            assert_eq!(known.header("access-control-allow-origin"), "https://own.example");
            assert!(known.header("access-control-allow-methods").contains("PATCH"));
            assert!(known.header("access-control-allow-headers").contains("Authorization"));
            let unknown = ask(&stand, &line, "https://evil.example", "preflight PATCH").await;
            assert!(!unknown.headers.contains_key("access-control-allow-origin"), "{path}");
            assert!(!unknown.headers.contains_key("access-control-allow-methods"), "{path}");
        }
        let described = ask(&stand, "OPTIONS /v1/unicorn/", "https://own.example", "").await;
        assert_eq!(
            (described.status.as_u16(), &*described.json()["name"].to_string()),
            (200, "\"unicorn\"")
        );
        let silent = Stand::new(database, resources());
        let answer = ask(&silent, "GET /v1/unicorn/", "https://own.example", "bearer read").await;
        assert!(!answer.headers.contains_key("access-control-allow-origin"));
        assert!(!answer.headers.get_all("vary").iter().any(|value| value == "Origin"));
    });
}
