//! Pushed authorization requests over HTTP: who may push what, and what the browser sees of it.

use std::time::Duration;

use oauth::client::{AuthMethod, ClientType, ConsentRule};

use crate::authorize::{CHALLENGE, VERIFIER, press};
use crate::browser::Browser;
use crate::world::{Answer, CALLBACK, World, encode, on_both, on_both_with};

/// A good request of `site`, with more parameters; an empty value takes one out.
fn asked<'a>(client: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("response_type", "code"),
        ("client_id", client),
        ("redirect_uri", CALLBACK),
        ("state", "state-that-was-pushed"),
        ("nonce", "nonce-that-was-pushed"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in more {
        fields.retain(|(known, _)| known != name);
        if !value.is_empty() {
            fields.push((name, value));
        }
    }
    fields
}

async fn push(world: &World, secret: &str, more: &[(&str, &str)]) -> Answer {
    world.post_as("/o/par/", ("site", secret), &asked("site", more)).await
}

/// The path that a browser is sent to with what was pushed.
fn open(client: &str, answer: &Answer) -> String {
    assert_eq!(answer.status, 201, "{answer:?}");
    let json = answer.json();
    let name = json["request_uri"].as_str().unwrap();
    format!("/o/authorize/?{}", encode(&[("client_id", client), ("request_uri", name)]))
}

/// The page for a name that names nothing.
fn nothing_waits(answer: &Answer) {
    assert_eq!(answer.status, 400, "{answer:?}");
    assert!(!answer.headers.contains_key("location"));
    assert!(answer.body.contains("names no request that waits here"), "{answer:?}");
}

/// R9126-2.2-a, R9126-2-a
#[tokio::test]
async fn what_an_authenticated_client_pushes_gets_a_name_and_works_once() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let secret =
            world.site("site", |client| client.metadata.consent = ConsentRule::Trusted).await;
        let pushed = push(&world, &secret, &[]).await;
        assert_eq!(pushed.status, 201, "{pushed:?}");
        assert_eq!(pushed.header("cache-control"), "no-store");
        assert_eq!(pushed.header("content-type"), "application/json");
        let json = pushed.json();
        assert_eq!(json["expires_in"], 60);
        let name = json["request_uri"].as_str().unwrap();
        let random = name.strip_prefix("urn:ietf:params:oauth:request_uri:").unwrap();
        assert!(random.len() >= 43, "256 bits: {random}");
        let again = push(&world, &secret, &[]).await.json();
        assert_ne!(again["request_uri"], json["request_uri"]);
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        let (to, fields) = browser.get(&open("site", &pushed)).await.redirect();
        assert_eq!(to, "https://app.example/cb");
        assert_eq!(fields["state"], "state-that-was-pushed");
        let redeem = [
            ("grant_type", "authorization_code"),
            ("code", fields["code"].as_str()),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        world.post_as("/o/token/", ("site", &secret), &redeem).await.tokens();
        // R9126-7.3-a: it has been answered.
        nothing_waits(&browser.get(&open("site", &pushed)).await);
    })
    .await;
}

/// R9126-2-a: by its normal method, and a public client by its name.
#[tokio::test]
async fn only_an_authenticated_client_may_push() {
    on_both(|world| async move {
        let secret = world.site("site", |_| ()).await;
        world
            .site("app", |client| {
                client.client_type = ClientType::Public;
                client.auth_method = AuthMethod::None;
            })
            .await;
        assert_eq!(push(&world, "wrong", &[]).await.refusal(), "401 invalid_client");
        let bare = world.post("/o/par/", &asked("site", &[])).await;
        assert_eq!(bare.refusal(), "401 invalid_client");
        let posted = asked("site", &[("client_secret", &secret)]);
        assert_eq!(world.post("/o/par/", &posted).await.status, 201);
        assert_eq!(world.post("/o/par/", &asked("app", &[])).await.status, 201);
        let other = world.post_as("/o/par/", ("site", &secret), &asked("app", &[])).await;
        assert_eq!(other.refusal(), "400 invalid_request");
        let off = world.store.client(&"site".parse().unwrap()).await.unwrap().unwrap();
        world.store.applications().disable(off.id).await.unwrap();
        assert_eq!(push(&world, &secret, &[]).await.refusal(), "401 invalid_client");
    })
    .await;
}

/// R9126-2.1-a, R9126-2.1-b
#[tokio::test]
async fn what_would_be_refused_later_is_refused_at_once() {
    on_both(|world| async move {
        let secret = world.site("site", |_| ()).await;
        let table: [(&str, &str, &str); 9] = [
            ("request_uri", "urn:ietf:params:oauth:request_uri:x", "400 invalid_request"),
            ("redirect_uri", "https://evil.example/", "400 invalid_request"),
            ("code_challenge", "", "400 invalid_request"),
            ("code_challenge_method", "plain", "400 invalid_request"),
            ("scope", "sudo", "400 invalid_scope"),
            ("response_type", "token", "400 unsupported_response_type"),
            ("response_type", "", "400 invalid_request"),
            ("resource", "https://other.example/", "400 invalid_target"),
            ("prompt", "none login", "400 invalid_request"),
        ];
        for (name, value, expected) in table {
            let answer = push(&world, &secret, &[(name, value)]).await;
            assert_eq!(answer.refusal(), expected, "{name}={value}");
            assert_eq!(answer.header("cache-control"), "no-store");
        }
    })
    .await;
}

/// R9126-4-a
#[tokio::test]
async fn a_name_works_in_time_and_for_its_own_client_only() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let secret =
            world.site("site", |client| client.metadata.consent = ConsentRule::Trusted).await;
        world.site("other", |_| ()).await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        let pushed = push(&world, &secret, &[]).await;
        nothing_waits(&browser.get(&open("other", &pushed)).await);
        for name in
            ["urn:ietf:params:oauth:request_uri:unknown", "urn:ietf:params:oauth:request_uri:"]
        {
            let path = format!(
                "/o/authorize/?{}",
                encode(&[("client_id", "site"), ("request_uri", name)])
            );
            nothing_waits(&browser.get(&path).await);
        }
        world.clock.advance(Duration::from_mins(1));
        nothing_waits(&browser.get(&open("site", &pushed)).await);
        let pushed = push(&world, &secret, &[]).await;
        world.clock.advance(Duration::from_secs(59));
        browser.get(&open("site", &pushed)).await.redirect();
    })
    .await;
}

/// R9126-7.3-a, R9126-P: a person takes longer to sign in than a program to send them; and nothing of what was pushed passes
/// through their browser before the answer.
#[tokio::test]
async fn opened_in_time_it_waits_for_the_person_and_shows_nothing() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let secret = world.site("site", |_| ()).await;
        let more = [("login_hint", "hint-that-was-pushed"), ("claims", r#"{"userinfo":{}}"#)];
        let pushed = push(&world, &secret, &more).await;
        let mut browser = Browser::new(&world);
        let path = open("site", &pushed);
        let mut seen = Vec::new();
        let first = browser.get(&path).await;
        let reloaded = browser.get(&path).await;
        let (_, fields) = reloaded.redirect();
        let form = browser
            .get(&format!("/accounts/login/?{}", encode(&[("next", &fields["next"])])))
            .await;
        world.clock.advance(Duration::from_mins(5));
        let back = browser
            .submit(
                "/accounts/login/",
                &[
                    ("username", "halfspring"),
                    ("password", crate::world::PASSWORD),
                    ("next", &fields["next"]),
                ],
            )
            .await;
        let consent = browser.get(back.header("location")).await;
        assert_eq!(consent.status, 200, "{consent:?}");
        let body = consent.body.clone();
        let answered = press(&mut browser, &body, "allow").await;
        seen.extend([first, reloaded, form, back, consent]);
        for answer in &seen {
            let all = format!("{:?} {}", answer.headers, answer.body);
            assert!(!all.contains("-that-was-pushed"), "{all}");
            assert!(!all.contains(CHALLENGE) && !all.contains("userinfo"), "{all}");
        }
        assert!(browser.cookies.values().all(|cookie| !cookie.contains("pushed")));
        let (_, fields) = answered.redirect();
        assert_eq!(fields["state"], "state-that-was-pushed");
        assert!(fields.contains_key("code"));
        let second = press(&mut browser, &body, "allow").await;
        nothing_waits(&second);
    })
    .await;
}

/// R9126-4-b
#[tokio::test]
async fn what_the_browser_adds_changes_nothing() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let secret =
            world.site("site", |client| client.metadata.consent = ConsentRule::Trusted).await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        let pushed = push(&world, &secret, &[("state", ""), ("scope", "read")]).await;
        let added = encode(&[
            ("state", "added"),
            ("scope", "read write"),
            ("redirect_uri", "https://evil.example/"),
            ("response_mode", "fragment"),
            ("prompt", "login"),
            ("code_challenge", "added"),
        ]);
        let answer = browser.get(&format!("{}&{added}", open("site", &pushed))).await;
        assert!(answer.header("location").starts_with("https://app.example/cb?x=1&code="));
        let (_, fields) = answer.redirect();
        assert!(!fields.contains_key("state"), "{fields:?}");
        let redeem = [
            ("grant_type", "authorization_code"),
            ("code", fields["code"].as_str()),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        let tokens = world.post_as("/o/token/", ("site", &secret), &redeem).await;
        assert_eq!(tokens.json()["scope"], "read", "{tokens:?}");
    })
    .await;
}

/// R9126-5-a: for everybody or for one client.
#[tokio::test]
async fn who_has_to_push_is_not_answered_without() {
    let strict = |settings: &mut grantwell_web::Settings| {
        settings.policy.require_pushed_requests = true;
    };
    let run = |world: World| async move {
        world.user("halfspring").await;
        let secret = world
            .site("site", |client| {
                client.metadata.consent = ConsentRule::Trusted;
                client.metadata.require_pushed_authorization_requests = true;
            })
            .await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        let (_, fields) = browser.get(&crate::authorize::request("site", &[])).await.redirect();
        assert_eq!(fields["error"], "invalid_request");
        let pushed = push(&world, &secret, &[]).await;
        let (_, fields) = browser.get(&open("site", &pushed)).await.redirect();
        assert!(fields.contains_key("code"), "{fields:?}");
    };
    on_both(run).await;
    on_both_with(strict, run).await;
}

/// R9126-2.3-a
#[tokio::test]
async fn only_so_many_wait() {
    let few = |settings: &mut grantwell_web::Settings| settings.limits.waiting_requests = 2;
    on_both_with(few, |world| async move {
        let secret = world.site("site", |_| ()).await;
        let other = world.site("other", |_| ()).await;
        for _ in 0..2 {
            assert_eq!(push(&world, &secret, &[]).await.status, 201);
        }
        let full = push(&world, &secret, &[]).await;
        assert_eq!(full.refusal(), "429 temporarily_unavailable");
        assert_eq!(full.header("retry-after"), "60");
        let answer = world.post_as("/o/par/", ("other", &other), &asked("other", &[])).await;
        assert_eq!(answer.status, 201);
        world.clock.advance(Duration::from_mins(1));
        assert_eq!(push(&world, &secret, &[]).await.status, 201);
        // What browsers post for the client is bounded too, and apart: it cannot keep the client from pushing.
        let long = "x".repeat(5000);
        let fields = asked("site", &[("state", &long)]);
        let browser = Browser::new(&world);
        let mut statuses = Vec::new();
        for _ in 0..3 {
            statuses.push(browser.clone().submit_raw("/o/authorize/", &fields, &[]).await.status);
        }
        assert_eq!(statuses, [303, 303, 503]);
        assert_eq!(push(&world, &secret, &[]).await.status, 201);
    })
    .await;
}

/// R8414-2-b: advertised exactly where it is served.
#[tokio::test]
async fn it_is_advertised_where_it_is_served() {
    on_both(|world| async move {
        let json = world.get("/.well-known/oauth-authorization-server").await.json();
        assert_eq!(json["pushed_authorization_request_endpoint"], "https://auth.example/o/par/");
    })
    .await;
    let without = |settings: &mut grantwell_web::Settings| {
        settings.policy.capabilities.endpoints.pushed_authorization_request = None;
    };
    on_both_with(without, |world| async move {
        let json = world.get("/.well-known/oauth-authorization-server").await.json();
        assert!(json.get("pushed_authorization_request_endpoint").is_none());
        assert_eq!(world.post("/o/par/", &[]).await.status, 404);
    })
    .await;
}
