//! Addresses that lead inside, wherever a client names one that this server asks (RFC 6819 §4.6.4, RFC 9700 §4.11, OWASP API7).

use std::net::TcpListener;

use axum::body::Body;
use grantwell_web as web;
use http::Request;
use oauth::client::{AuthMethod, Client, ConsentRule};
use oauth::client_assertion::TYPE;
use oauth::policy::SelfRegistration;
use serde_json::json;

use crate::authorize::{VERIFIER, request};
use crate::browser::Browser;
use crate::signer::{Algorithm, Signer};
use crate::world::{CALLBACK, World, encode, on_both_with};

const NOW: i64 = 1_800_000_000;

/// `PORT` is where somebody listens on this machine.
const TARGETS: [&str; 20] = [
    "https://127.0.0.1:PORT/x",
    "https://127.1:PORT/x",
    "https://2130706433:PORT/x",
    "https://0x7f000001:PORT/x",
    "https://0177.0.0.1:PORT/x",
    "https://0.0.0.0:PORT/x",
    "https://localhost:PORT/x",
    "https://LOCALHOST.:PORT/x",
    "https://[::1]:PORT/x",
    "https://[::ffff:127.0.0.1]:PORT/x",
    "https://[::ffff:7f00:1]:PORT/x",
    "https://[64:ff9b::7f00:1]:PORT/x",
    "https://[2002:7f00:1::]:PORT/x",
    "https://169.254.169.254/latest/meta-data/",
    "https://[fd00:ec2::254]/x",
    "https://[fe80::1]/x",
    "https://10.0.0.1/x",
    "http://127.0.0.1:PORT/x",
    "https://app.example@127.0.0.1:PORT/x",
    "file:///etc/passwd",
];

/// Counts who comes.
struct Canary(TcpListener);

impl Canary {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    fn targets(&self) -> Vec<String> {
        let port = self.0.local_addr().unwrap().port().to_string();
        TARGETS.iter().map(|target| target.replace("PORT", &port)).collect()
    }

    fn nobody_came(&self, what: &str) {
        assert!(self.0.accept().is_err(), "{what}: somebody came");
    }
}

fn open(settings: &mut web::Settings) {
    settings.policy.self_registration = SelfRegistration::Anybody;
    settings.policy.client_id_documents = true;
    settings.limits.client_registrations.free = 1000;
}

/// R9101-5.2-a, RBCL-2.5-a, ROIDR-5-a, RCIMD-6.5-a: also where the registration was made by an operator who did not look.
#[tokio::test]
async fn no_address_that_a_client_names_leads_inside() {
    on_both_with(open, |world| async move {
        world.user("halfspring").await;
        let canary = Canary::new();
        for (number, target) in canary.targets().iter().enumerate() {
            keys(&world, number, target).await;
            canary.nobody_came(&format!("jwks_uri {target}"));
            request_object(&world, number, target).await;
            canary.nobody_came(&format!("request_uri {target}"));
            sector(&world, target).await;
            canary.nobody_came(&format!("sector_identifier_uri {target}"));
            document(&world, target).await;
            canary.nobody_came(&format!("client_id {target}"));
            back_channel(&world, number, target).await;
            canary.nobody_came(&format!("backchannel_logout_uri {target}"));
        }
    })
    .await;
}

async fn keys(world: &World, number: usize, target: &str) {
    let id = format!("keys-{number}");
    let at = |client: &mut Client| {
        client.auth_method = AuthMethod::PrivateKeyJwt;
        client.metadata.jwks_uri = Some(target.to_owned());
    };
    world.site(&id, at).await;
    let assertion = Signer::new(Algorithm::EdDsa, 1).sign(None, &Signer::claims(&id, "one", NOW));
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", TYPE),
        ("client_assertion", assertion.as_str()),
    ];
    let answer = world.post("/o/token/", &fields).await;
    assert!(matches!(answer.status.as_u16(), 401 | 429), "{target}: {answer:?}");
}

async fn request_object(world: &World, number: usize, target: &str) {
    let id = format!("object-{number}");
    world.site(&id, |client| client.metadata.request_uris = vec![target.to_owned()]).await;
    let fields = [("client_id", id.as_str()), ("request_uri", target)];
    let mut browser = Browser::new(world);
    let mut page = browser.get(&format!("/o/authorize/?{}", encode(&fields))).await;
    if page.header("location").starts_with("/o/authorize/") {
        page = browser.get(page.header("location")).await;
    }
    assert_eq!(page.status, 400, "{target}: {page:?}");
    assert!(!page.headers.contains_key("location"), "{target}");
}

async fn sector(world: &World, target: &str) {
    let body = json!({
        "redirect_uris": [CALLBACK], "subject_type": "pairwise", "sector_identifier_uri": target,
    });
    let request = Request::post("/o/register/").header("content-type", "application/json");
    let answer = world.send(request.body(Body::from(body.to_string())).unwrap()).await;
    assert_eq!(answer.refusal(), "400 invalid_client_metadata", "{target}");
}

async fn document(world: &World, target: &str) {
    let page = Browser::new(world).get(&request(target, &[])).await;
    assert_eq!(page.status, 400, "{target}: {page:?}");
    assert!(!page.headers.contains_key("location"), "{target}");
}

async fn back_channel(world: &World, number: usize, target: &str) {
    let id = format!("out-{number}");
    let at = |client: &mut Client| {
        client.metadata.consent = ConsentRule::Trusted;
        client.metadata.backchannel_logout_uri = Some(target.to_owned());
    };
    let secret = world.site(&id, at).await;
    let mut browser = Browser::signed_in(world, "halfspring").await;
    let (_, fields) = browser.get(&request(&id, &[("scope", "openid")])).await.redirect();
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", fields["code"].as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    world.post_as("/o/token/", (&id, &secret), &fields).await.tokens();
    assert_eq!(browser.submit("/accounts/logout/", &[]).await.status, 303);
    assert!(web::tell_due_clients(&world.state).await.unwrap() > 0, "{target}: it was due");
}
