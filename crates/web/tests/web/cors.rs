//! Scripts of other sites: the client's own may read its answers, no others, and nobody asks the authorization endpoint.

use axum::body::Body;
use http::Request;
use oauth::client::{AuthMethod, ClientType};

use crate::authorize::request;
use crate::world::{Answer, World, form_request, on_both};

async fn ask(world: &World, origin: &str, path: &str) -> Answer {
    let mut request = form_request(
        path,
        &[("client_id", "spa"), ("grant_type", "refresh_token"), ("token", "x")],
    );
    request.headers_mut().insert("origin", origin.parse().unwrap());
    world.send(request).await
}

/// RBBA-6.3-c, R21-3.1-f
#[tokio::test]
async fn only_the_origins_of_the_client_may_read_its_answers() {
    on_both(|world| async move {
        world
            .site("spa", |client| {
                client.client_type = ClientType::Public;
                client.auth_method = AuthMethod::None;
            })
            .await;
        for path in ["/o/token/", "/o/revoke_token/"] {
            let own = ask(&world, "https://app.example", path).await;
            assert_eq!(
                own.header("access-control-allow-origin"),
                "https://app.example",
                "{path}: {own:?}"
            );
            assert!(!own.headers.contains_key("access-control-allow-credentials"));
            assert!(own.header("vary").contains("Origin"));
            for other in
                ["https://evil.example", "null", "http://app.example", "https://app.example:8443"]
            {
                let answer = ask(&world, other, path).await;
                assert!(
                    !answer.headers.contains_key("access-control-allow-origin"),
                    "{path} {other}"
                );
            }
        }
        let preflight = Request::options("/o/token/")
            .header("origin", "https://app.example")
            .header("access-control-request-method", "POST");
        let answer = world.send(preflight.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, 204);
        assert!(answer.header("access-control-allow-methods").contains("POST"));
        for method in ["OPTIONS", "GET"] {
            let asked = Request::builder()
                .method(method)
                .uri(request("spa", &[]))
                .header("origin", "https://app.example")
                .header("access-control-request-method", "GET");
            let answer = world.send(asked.body(Body::empty()).unwrap()).await;
            assert!(
                answer.headers.keys().all(|name| !name.as_str().starts_with("access-control")),
                "{method}"
            );
        }
    })
    .await;
}
