//! Scripts of other sites read resources by the origins that their client has registered.

use std::collections::BTreeSet;
use std::time::Duration;

use grantwell::testing::{Answer, Body, InProcess};
use http::Request;
use oauth::access_token::Terms;
use oauth::client::{AuthMethod, Client, ClientType, GrantType, RedirectUri};
use oauth::scope::ScopeSet;
use store::NewSecret;

use crate::notes::on_both;

/// A client that lives in browsers at this address, and a token of its own.
async fn client(app: &InProcess, id: &str, address: &str) -> String {
    let store = app.app().store();
    let client = Client {
        client_type: ClientType::Public,
        auth_method: AuthMethod::None,
        grant_types: BTreeSet::from([GrantType::AuthorizationCode]),
        redirect_uris: vec![RedirectUri::parse(address).unwrap()],
        first_party: false,
        ..Client::first_party(id.parse().unwrap(), id)
    };
    let (made, _) = store.applications().create(client, NewSecret::None).await.unwrap();
    let scope = ScopeSet::parse("read write").unwrap();
    let terms = Terms::of_client(&made.client, scope, app.app().policy(), app.clock().now());
    store.seal(terms, None).unwrap().expose().to_owned()
}

async fn ask(app: &InProcess, method: &str, origin: &str, token: &str) -> Answer {
    let mut request = Request::builder().method(method).uri("/v1/notes/").header("origin", origin);
    if method == "OPTIONS" {
        request = request.header("access-control-request-method", "POST");
    }
    if !token.is_empty() {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    app.anonymous().send(request.body(Body::empty())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_client_opens_its_own_answers_to_its_own_origins() {
    on_both(async |app| {
        let opened = async |method, origin, token: &str| {
            let answer = ask(&app, method, origin, token).await;
            answer.header("access-control-allow-origin") == origin
        };
        assert!(!opened("OPTIONS", "https://one.example", "").await, "nobody is there yet");
        let one = client(&app, "one", "https://one.example/cb").await;
        let two = client(&app, "two", "http://127.0.0.1/cb").await;
        // A node that has just looked may know of a new client a second later.
        app.clock().advance(Duration::from_secs(2));
        for (method, origin, token, expected) in [
            ("GET", "https://one.example", &*one, true),
            ("GET", "https://one.example", &two, false),
            ("GET", "http://127.0.0.1:4711", &two, true),
            ("GET", "https://one.example", "", true),
            ("GET", "https://three.example", "", false),
            ("OPTIONS", "https://one.example", "", true),
            ("OPTIONS", "http://127.0.0.1:4711", "", true),
            ("OPTIONS", "https://three.example", "", false),
        ] {
            assert_eq!(opened(method, origin, token).await, expected, "{method} {origin}");
        }
        let found = app.app().store().client(&"one".parse().unwrap()).await.unwrap().unwrap();
        app.app().store().applications().delete(found.id).await.unwrap();
        assert!(!opened("OPTIONS", "https://one.example", "").await, "it is gone");
        assert!(!opened("GET", "https://one.example", &one).await);
    })
    .await;
}
