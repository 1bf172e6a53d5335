//! Signed authorization requests over HTTP (RFC 9101): at the authorization endpoint and pushed.

use std::time::Duration;

use oauth::client::{Client, ConsentRule};
use oauth::endpoint::authorize::REQUEST_OBJECT_TYPE;
use serde_json::{Value, json};

use crate::authorize::{CHALLENGE, request};
use crate::browser::Browser;
use crate::signer::{Algorithm, Signer};
use crate::world::{Answer, CALLBACK, PASSWORD, World, encode, on_both, on_both_with};

const NOW: i64 = 1_800_000_000;

fn claims() -> Value {
    json!({
        "iss": "site", "aud": "https://auth.example", "iat": NOW, "exp": NOW + 60, "client_id": "site",
        "response_type": "code", "redirect_uri": CALLBACK, "state": "inside", "scope": "read",
        "code_challenge": CHALLENGE, "code_challenge_method": "S256", "max_age": 3600,
    })
}

fn changed(name: &str, value: Value) -> Value {
    let mut claims = claims();
    let members = claims.as_object_mut().unwrap();
    members.remove(name);
    if value != Value::Null {
        members.insert(name.to_owned(), value);
    }
    claims
}

fn site(signer: &Signer, client: &mut Client) {
    client.metadata.consent = ConsentRule::Trusted;
    client.metadata.jwks = Some(signer.jwks());
}

async fn open(browser: &mut Browser, object: &str, more: &[(&str, &str)]) -> Answer {
    let mut fields = vec![("client_id", "site"), ("request", object)];
    fields.extend(more);
    let answer = browser.get(&format!("/o/authorize/?{}", encode(&fields))).await;
    if !answer.header("location").starts_with("/o/authorize/") {
        return answer;
    }
    browser.get(answer.header("location")).await
}

async fn push(world: &World, secret: &str, object: &str) -> Answer {
    let fields = [("client_id", "site"), ("request", object)];
    world.post_as("/o/par/", ("site", secret), &fields).await
}

/// R9101-6.3-a, R9101-5-a
#[tokio::test]
async fn what_is_signed_counts_and_what_stands_beside_it_does_not() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let signer = Signer::new(Algorithm::Es256, 1);
        let secret = world.site("site", |client| site(&signer, client)).await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        let beside = [
            ("state", "outside"),
            ("redirect_uri", "https://evil.example/"),
            ("response_type", "token"),
            ("prompt", "login"),
        ];
        for typ in [None, Some("JWT"), Some(REQUEST_OBJECT_TYPE)] {
            let object = signer.sign(typ, &claims());
            let (to, fields) = open(&mut browser, &object, &beside).await.redirect();
            assert_eq!(to, "https://app.example/cb");
            assert_eq!(fields["state"], "inside");
            assert!(fields.contains_key("code"), "{fields:?}");
        }
        let silent = signer.sign(None, &changed("state", Value::Null));
        let (_, fields) = open(&mut browser, &silent, &beside).await.redirect();
        assert!(!fields.contains_key("state"), "{fields:?}");
        let pushed = push(&world, &secret, &signer.sign(None, &claims())).await;
        assert_eq!(pushed.status, 201, "{pushed:?}");
        let name = pushed.json()["request_uri"].as_str().unwrap().to_owned();
        let path =
            format!("/o/authorize/?{}", encode(&[("client_id", "site"), ("request_uri", &name)]));
        let (_, fields) = browser.get(&path).await.redirect();
        assert_eq!(fields["state"], "inside");
    })
    .await;
}

/// R9101-5-a, R9101-6.2-a, R9101-10.8-a: a page at the authorization endpoint, JSON where it is pushed.
#[tokio::test]
async fn a_request_object_that_is_no_good_redirects_nowhere() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let signer = Signer::new(Algorithm::Es256, 1);
        let other = Signer::new(Algorithm::Es256, 1);
        let secret = world.site("site", |client| site(&signer, client)).await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        let good = signer.sign(None, &claims());
        let (head, _) = good.rsplit_once('.').unwrap();
        let sign = |name, value| signer.sign(None, &changed(name, value));
        let none = Value::Null;
        let objects = [
            other.sign(None, &claims()),
            "nonsense".to_owned(),
            format!("{head}."),
            signer.sign(Some("client-authentication+jwt"), &claims()),
            signer.sign(Some("at+jwt"), &claims()),
            signer.sign(None, &Signer::claims("site", "x", NOW)),
            sign("sub", json!("site")),
            sign("client_id", none.clone()),
            sign("client_id", json!("other")),
            sign("client_id", json!(7)),
            sign("iss", none.clone()),
            sign("iss", json!("other")),
            sign("aud", none),
            sign("aud", json!("https://other.example")),
            sign("aud", json!(["https://auth.example/o/token/"])),
            sign("exp", json!(NOW - 10)),
            sign("exp", json!("9999999999")),
            sign("nbf", json!(NOW + 11)),
            sign("request", json!("x")),
            sign("request_uri", json!("urn:x")),
        ];
        for object in objects {
            let page = open(&mut browser, &object, &[("redirect_uri", CALLBACK)]).await;
            assert_eq!(page.status, 400, "{object:.80}");
            assert!(!page.headers.contains_key("location"));
            assert!(page.body.contains("<h1"), "a page for a person");
            let pushed = push(&world, &secret, &object).await;
            assert_eq!(pushed.refusal(), "400 invalid_request_object", "{object:.80}");
        }
        let both = open(&mut browser, &good, &[("request_uri", "urn:x")]).await;
        assert_eq!(both.status, 400);
        let fetched = request("site", &[("request_uri", "https://client.example/r.jwt")]);
        assert_eq!(browser.get(&fetched).await.status, 400);
        // Its parameters are looked at as everybody's are.
        let evil = sign("redirect_uri", json!("https://evil.example/"));
        assert_eq!(open(&mut browser, &evil, &[]).await.status, 400);
        assert_eq!(push(&world, &secret, &evil).await.refusal(), "400 invalid_request");
        let (_, fields) = open(&mut browser, &sign("scope", json!("sudo")), &[]).await.redirect();
        assert_eq!(
            (fields["error"].as_str(), fields["state"].as_str()),
            ("invalid_scope", "inside")
        );
    })
    .await;
}

/// R9101-P
#[tokio::test]
async fn who_has_to_sign_is_not_answered_without() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let signer = Signer::new(Algorithm::EdDsa, 1);
        let secret = world
            .site("site", |client| {
                site(&signer, client);
                client.metadata.require_signed_request_object = true;
                client.metadata.request_object_signing_alg = Some("EdDSA".to_owned());
            })
            .await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        let (_, fields) = browser.get(&request("site", &[])).await.redirect();
        assert_eq!(fields["error"], "invalid_request");
        let plain = [
            ("client_id", "site"),
            ("response_type", "code"),
            ("redirect_uri", CALLBACK),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        let pushed = world.post_as("/o/par/", ("site", &secret), &plain).await;
        assert_eq!(pushed.refusal(), "400 invalid_request");
        let object = signer.sign(None, &claims());
        let (_, fields) = open(&mut browser, &object, &[]).await.redirect();
        assert!(fields.contains_key("code"), "{fields:?}");
        assert_eq!(push(&world, &secret, &object).await.status, 201);
    })
    .await;
}

/// The end of the object is the end of sending it, not of signing in.
#[tokio::test]
async fn a_person_may_take_longer_than_the_object_lives() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let signer = Signer::new(Algorithm::Es256, 1);
        world.site("site", |client| site(&signer, client)).await;
        let mut browser = Browser::new(&world);
        let (_, fields) = open(&mut browser, &signer.sign(None, &claims()), &[]).await.redirect();
        browser.get(&format!("/accounts/login/?{}", encode(&[("next", &fields["next"])]))).await;
        world.clock.advance(Duration::from_mins(5));
        let next = fields["next"].as_str();
        let form = [("username", "halfspring"), ("password", PASSWORD), ("next", next)];
        let back = browser.submit("/accounts/login/", &form).await;
        let (_, fields) = browser.get(back.header("location")).await.redirect();
        assert_eq!(fields["state"], "inside");
        assert!(fields.contains_key("code"), "{fields:?}");
    })
    .await;
}

/// Asks by reference and follows this server's own redirect.
async fn refer(browser: &mut Browser, at: &str, more: &[(&str, &str)]) -> Answer {
    let mut fields = vec![("client_id", "site"), ("request_uri", at)];
    fields.extend(more);
    let answer = browser.get(&format!("/o/authorize/?{}", encode(&fields))).await;
    match answer.headers.get("location").map(|to| to.to_str().unwrap().to_owned()) {
        Some(to) if to.starts_with("/o/authorize/") => browser.get(&to).await,
        _ => answer,
    }
}

/// R9101-5.2-a: fetched from where the client has registered, and from nowhere else; what came back is looked at as if it had
/// been sent.
#[tokio::test]
async fn an_object_may_lie_with_the_client() {
    use fetch::testing::{Answer as Reply, Peer};
    use std::sync::{Arc, Mutex};
    const AT: &str = "https://client.example/r.jwt?v=1";
    let lies = Arc::new(Mutex::new(Reply::status(404)));
    let given = Arc::clone(&lies);
    let peer = Peer::start(&["client.example"], move |_| given.lock().unwrap().clone()).await;
    let peer = &peer;
    let change = |settings: &mut grantwell_web::Settings| {
        settings.fetcher = fetch::Fetcher::new(peer.policy());
    };
    on_both_with(change, |world| {
        let lies = Arc::clone(&lies);
        async move {
            world.user("halfspring").await;
            let signer = Signer::new(Algorithm::Es256, 1);
            let registered = |client: &mut Client| {
                site(&signer, client);
                client.metadata.request_uris = vec![AT.to_owned()];
            };
            world.site("site", registered).await;
            let mut browser = Browser::signed_in(&world, "halfspring").await;
            let says = |answer: Reply| *lies.lock().unwrap() = answer;
            let object = signer.sign(Some(REQUEST_OBJECT_TYPE), &claims());
            says(Reply::status(200).body(format!("{object}\n")));
            let (_, fields) = refer(&mut browser, AT, &[("state", "outside")]).await.redirect();
            assert!(fields.contains_key("code") && fields["state"] == "inside", "{fields:?}");

            let before = peer.asked().len();
            for at in [
                "https://client.example/r.jwt",
                "https://client.example/r.jwt?v=1#x",
                "https://CLIENT.example/r.jwt?v=1",
                "https://127.0.0.1/r.jwt",
                "http://client.example/r.jwt?v=1",
                "file:///etc/passwd",
                "urn:x",
            ] {
                assert_eq!(refer(&mut browser, at, &[]).await.status, 400, "{at}");
            }
            assert_eq!(refer(&mut browser, AT, &[("client_id", "other")]).await.status, 400);
            assert_eq!(peer.asked().len(), before, "nobody was asked");
            let both = refer(&mut browser, AT, &[("request", object.as_str())]).await;
            assert_eq!(both.status, 400, "one of them");
            let forged =
                Signer::new(Algorithm::Es256, 2).sign(Some(REQUEST_OBJECT_TYPE), &claims());
            for bad in [
                Reply::status(404),
                Reply::status(302).header("location", "https://client.example/other"),
                Reply::status(200).body("x"),
                Reply::status(200).body(forged),
                Reply::status(200).body(vec![0xff, 0xfe]),
                Reply::status(200).body("a".repeat(70_000)),
            ] {
                says(bad);
                let page = refer(&mut browser, AT, &[("redirect_uri", CALLBACK)]).await;
                assert_eq!(page.status, 400, "{page:?}");
                assert!(!page.headers.contains_key("location"));
            }
        }
    })
    .await;
}
