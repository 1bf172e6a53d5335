//! Clients that register themselves: who may, what they get, how they look after it, how they end.

use std::time::Duration;

use axum::body::Body;
use grantwell_web as web;
use http::{Method, Request};
use oauth::policy::SelfRegistration;
use serde_json::{Value, json};

use crate::authorize::{press, request};
use crate::browser::Browser;
use crate::world::{Answer, CALLBACK, World, on_both, on_both_with};

const REGISTER: &str = "/o/register/";

fn open(settings: &mut web::Settings) {
    settings.policy.self_registration = SelfRegistration::Anybody;
}

fn by_token(settings: &mut web::Settings) {
    settings.policy.self_registration = SelfRegistration::WithToken;
}

async fn send(world: &World, method: Method, path: &str, token: &str, body: &Value) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    if !token.is_empty() {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let request = request.header("content-type", "application/json");
    world.send(request.body(Body::from(body.to_string())).unwrap()).await
}

async fn register(world: &World, token: &str, body: &Value) -> Answer {
    send(world, Method::POST, REGISTER, token, body).await
}

/// Registers a client and answers its id, its registration access token and the path to look after it.
async fn registered(world: &World, body: &Value) -> (String, String, String) {
    let answer = register(world, "", body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    keys(&answer)
}

fn keys(answer: &Answer) -> (String, String, String) {
    let json = answer.json();
    let text = |name: &str| json[name].as_str().unwrap().to_owned();
    let path = text("registration_client_uri").replace("https://auth.example", "");
    (text("client_id"), text("registration_access_token"), path)
}

fn good() -> Value {
    json!({"client_name": "Photos", "redirect_uris": [CALLBACK]})
}

/// R7591-3.1-a
#[tokio::test]
async fn it_is_closed_unless_the_operator_opens_it() {
    on_both(|world| async move {
        assert_eq!(register(&world, "", &good()).await.status, 404);
        let metadata = world.get("/.well-known/oauth-authorization-server").await.json();
        assert_eq!(metadata.get("registration_endpoint"), None);
    })
    .await;
    on_both_with(by_token, |world| async move {
        let metadata = world.get("/.well-known/oauth-authorization-server").await.json();
        assert_eq!(metadata["registration_endpoint"], "https://auth.example/o/register/");
        let bare = register(&world, "", &good()).await;
        assert_eq!((bare.status.as_u16(), bare.header("www-authenticate")), (401, "Bearer"));
        let wrong = register(&world, "gwi_wrong", &good()).await;
        assert_eq!(wrong.refusal(), "401 invalid_token");
        let tokens = world.store.registration_tokens();
        let hour = Duration::from_hours(1);
        let (kept, token) = tokens.create("for the photo team", 2, hour).await.unwrap();
        let bad = register(&world, token.expose(), &json!({"redirect_uris": ["x"]})).await;
        assert_eq!(bad.refusal(), "400 invalid_redirect_uri");
        // Eight at once on a token for two.
        let body = good();
        let all = (0..8).map(|_| register(&world, token.expose(), &body));
        let statuses = futures_util::future::join_all(all).await;
        let made = statuses.iter().filter(|answer| answer.status == 201).count();
        assert_eq!(made, 2, "{statuses:?}");
        assert_eq!(tokens.list().await.unwrap()[0].uses_left, 0);
        let (_, second) = tokens.create("", 5, hour).await.unwrap();
        world.clock.advance(hour);
        assert_eq!(register(&world, second.expose(), &good()).await.status, 401);
        assert!(tokens.revoke(&kept.id).await.unwrap());
        assert!(!tokens.revoke(&kept.id).await.unwrap());
    })
    .await;
}

/// R7591-3.2.1-a, R7591-2-a, R7591-5-b
#[tokio::test]
async fn the_answer_echoes_everything_and_the_client_works() {
    on_both_with(open, |world| async move {
        let answer = register(&world, "", &good()).await;
        assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (201, "no-store"));
        let json = answer.json();
        for (member, expected) in [
            ("client_name", json!("Photos")),
            ("redirect_uris", json!([CALLBACK])),
            ("grant_types", json!(["authorization_code"])),
            ("response_types", json!(["code"])),
            ("token_endpoint_auth_method", json!("client_secret_basic")),
            ("application_type", json!("web")),
            ("client_id_issued_at", json!(1_800_000_000)),
            ("client_secret_expires_at", json!(0)),
            ("consent", Value::Null),
            ("origin", Value::Null),
        ] {
            assert_eq!(json[member], expected, "{member}");
        }
        let (id, secret) =
            (json["client_id"].as_str().unwrap(), json["client_secret"].as_str().unwrap());
        let code =
            [("grant_type", "authorization_code"), ("code", "x"), ("redirect_uri", CALLBACK)];
        let with = world.post_as("/o/token/", (id, secret), &code).await;
        assert_eq!(with.refusal(), "400 invalid_grant");
        let named = [("client_id", id), code[0], code[1], code[2]];
        assert_eq!(world.post("/o/token/", &named).await.refusal(), "401 invalid_client");
        let public =
            json!({"redirect_uris": ["http://127.0.0.1/cb"], "token_endpoint_auth_method": "none"});
        let public = register(&world, "", &public).await.json();
        assert_eq!(public.get("client_secret"), None);
        assert_eq!(
            (&public["application_type"], &public["client_name"]),
            (&json!("native"), &json!("127.0.0.1"))
        );
    })
    .await;
}

/// R7591-5-a, R7591-3.2.2-b
#[tokio::test]
async fn what_is_not_its_to_say_is_never_set() {
    on_both_with(open, |world| async move {
        let greedy = json!({
            "redirect_uris": [CALLBACK], "client_id": "mine", "client_secret": "mine", "consent": "trusted",
            "pkce": "allow_none", "origin": "operator", "first_party": true, "active": true, "owner": "jane",
            "scope": "read write openid unknown",
        });
        let answer = register(&world, "", &greedy).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        assert_eq!(answer.json()["scope"], "openid read write");
        assert_ne!(answer.json()["client_secret"], "mine");
        let (id, _, _) = keys(&answer);
        let client = world.store.client(&id.parse().unwrap()).await.unwrap().unwrap().client.clone();
        assert_ne!(id, "mine");
        assert!(client.metadata.origin.is_unverified() && !client.first_party);
        assert_eq!((client.owner, client.metadata.pkce), (None, None));
        assert_eq!(client.metadata.consent, oauth::client::ConsentRule::Remember);
        let mut statement = good();
        statement["software_statement"] = json!("e30.e30.");
        let refused = register(&world, "", &statement).await;
        assert_eq!(refused.refusal(), "400 unapproved_software_statement");
        let machine = json!({"grant_types": ["client_credentials"]});
        assert_eq!(register(&world, "", &machine).await.refusal(), "400 invalid_client_metadata");
    })
    .await;
}

/// R7592-2-a, R7592-2.2-a
#[tokio::test]
async fn a_client_looks_after_its_own_registration_and_no_other() {
    on_both_with(open, |world| async move {
        let (id, token, path) = registered(&world, &good()).await;
        let (_, others, _) = registered(&world, &good()).await;
        let shown = send(&world, Method::GET, &path, &token, &Value::Null).await;
        assert_eq!(shown.json()["client_name"], "Photos");
        let mut bodies = Vec::new();
        for (place, wrong) in
            [(path.as_str(), "gwr_wrong"), (&path, &others), ("/o/register/nobody/", &token)]
        {
            for method in [Method::GET, Method::PUT, Method::DELETE] {
                let answer = send(&world, method.clone(), place, wrong, &good()).await;
                assert_eq!(answer.refusal(), "401 invalid_token", "{method} {place}");
                bodies.push(answer.body);
            }
        }
        bodies.dedup();
        assert_eq!(bodies.len(), 1, "nobody learns which clients there are");
        assert_eq!(send(&world, Method::GET, &path, "", &Value::Null).await.status, 401);
        let change = json!({
            "client_id": id, "redirect_uris": [CALLBACK], "client_name": "Pictures", "enabled": true,
        });
        let changed = send(&world, Method::PUT, &path, &token, &change).await;
        assert_eq!(changed.status, 200, "{}", changed.body);
        let (_, fresh, _) = keys(&changed);
        assert_ne!(fresh, token, "it is given a new one");
        assert_eq!(send(&world, Method::GET, &path, &token, &Value::Null).await.status, 401);
        let shown = send(&world, Method::GET, &path, &fresh, &Value::Null).await;
        assert_eq!(shown.json()["client_name"], "Pictures");
        for (member, value) in [
            ("client_secret", json!("forged")),
            ("client_id", json!("other")),
            ("registration_access_token", json!(fresh)),
        ] {
            let mut bad = change.clone();
            bad[member] = value;
            let answer = send(&world, Method::PUT, &path, &fresh, &bad).await;
            assert_eq!(answer.status, 400, "{member}");
        }
        let all = (0..6).map(|_| send(&world, Method::PUT, &path, &fresh, &change));
        let answers = futures_util::future::join_all(all).await;
        let done = answers.iter().filter(|answer| answer.status == 200).count();
        assert_eq!(done, 1, "one token is good for one change: {answers:?}");
    })
    .await;
}

/// R7592-2.2-b, R7592-2.3-a
#[tokio::test]
async fn a_disabled_client_stays_disabled_and_a_deleted_one_is_gone() {
    on_both_with(open, |world| async move {
        let (id, token, path) = registered(&world, &good()).await;
        let row = world.store.client(&id.parse().unwrap()).await.unwrap().unwrap().id;
        world.store.applications().disable(row).await.unwrap();
        let change =
            json!({"client_id": id, "redirect_uris": [CALLBACK], "enabled": true, "active": true});
        let refused = send(&world, Method::PUT, &path, &token, &change).await;
        assert_eq!(refused.refusal(), "401 invalid_token");
        let still = world.store.applications().find(row).await.unwrap().unwrap();
        assert!(!still.client.active);
        world.store.applications().enable(row).await.unwrap();
        let gone = send(&world, Method::DELETE, &path, &token, &Value::Null).await;
        assert_eq!((gone.status.as_u16(), gone.body.as_str()), (204, ""));
        assert_eq!(send(&world, Method::GET, &path, &token, &Value::Null).await.status, 401);
        let fields = [("client_id", id.as_str()), ("grant_type", "authorization_code")];
        assert_eq!(world.post("/o/token/", &fields).await.refusal(), "401 invalid_client");
        assert_eq!(world.get(&request(&id, &[])).await.status, 400);
    })
    .await;
}

/// R7591-5-c
#[tokio::test]
async fn a_person_is_told_that_nobody_has_checked_it() {
    on_both_with(open, |world| async move {
        let public = json!({
            "client_name": "This site", "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none",
        });
        let (id, _, _) = registered(&world, &public).await;
        world.user("jane").await;
        let mut browser = Browser::signed_in(&world, "jane").await;
        let page = browser.get(&request(&id, &[("scope", "read")])).await;
        assert_eq!(page.status, 200, "{}", page.body);
        assert!(page.body.contains("registered itself"), "{}", page.body);
        assert!(page.body.contains("app.example"), "{}", page.body);
    })
    .await;
}

/// R7591-5-d
#[tokio::test]
async fn one_address_cannot_flood_it_and_what_is_never_used_goes() {
    let narrow = |settings: &mut web::Settings| {
        open(settings);
        settings.limits.client_registrations.free = 3;
        settings.limits.registered_clients = 4;
    };
    on_both_with(narrow, |world| async move {
        let mut last = String::new();
        for number in 0..4 {
            let answer = register(&world, "", &good()).await;
            assert_eq!(answer.status, if number < 3 { 201 } else { 429 }, "{number}");
            if answer.status == 201 {
                last = keys(&answer).0;
            }
        }
        world.clock.advance(Duration::from_hours(2));
        assert_eq!(register(&world, "", &good()).await.status, 201);
        let full = register(&world, "", &good()).await;
        assert_eq!(full.refusal(), "503 temporarily_unavailable");
        // One of them is allowed something: it stays, whatever its age.
        world.user("jane").await;
        let mut browser = Browser::signed_in(&world, "jane").await;
        let page = browser.get(&request(&last, &[("scope", "read")])).await;
        press(&mut browser, &page.body, "allow").await.redirect();
        world.clock.advance(Duration::from_hours(31 * 24));
        let swept = world.store.sweep().run().await.unwrap();
        assert_eq!(swept.unused_clients, 3);
        assert!(world.store.client(&last.parse().unwrap()).await.unwrap().is_some());
        assert_eq!(register(&world, "", &good()).await.status, 201);
    })
    .await;
}
