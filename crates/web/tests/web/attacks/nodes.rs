//! What is good once is taken once, also by two nodes at the same moment over one PostgreSQL.

use axum::body::Body;
use http::Request;
use oauth::client::keys::KeySource;
use oauth::client::{Client, ConsentRule};
use oauth::client_assertion::TYPE;
use oauth::policy::{SubjectForm, TrustedIssuer};
use serde_json::json;

use crate::authorize::{CHALLENGE, VERIFIER, request};
use crate::browser::Browser;
use crate::signer::{Algorithm, Signer};
use crate::world::{Answer, CALLBACK, World, basic, encode, form_request, on_two_nodes};

const NOW: i64 = 1_800_000_000;
const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const PARTNER: &str = "https://partner.example";

/// Twenty times the same request, ten to each node, at once.
async fn at_once(nodes: &[World; 2], make: impl Fn() -> Request<Body>) -> Vec<Answer> {
    let tries = (0..20).map(|number: usize| {
        let (node, request) = (nodes[number % 2].clone(), make());
        tokio::spawn(async move { node.send(request).await })
    });
    let mut answers = Vec::new();
    for one in tries.collect::<Vec<_>>() {
        answers.push(one.await.unwrap());
    }
    answers
}

fn as_site(secret: &str, path: &str, fields: &[(&str, &str)]) -> Request<Body> {
    let mut request = form_request(path, fields);
    request.headers_mut().insert("authorization", basic("site", secret).parse().unwrap());
    request
}

/// One succeeded; every other was refused with this.
fn one_won(what: &str, answers: &[Answer], refusal: &str) -> String {
    let mut won = answers.iter().filter(|answer| answer.status == 200);
    let first = won.next().unwrap_or_else(|| panic!("{what}: nobody won: {answers:?}"));
    assert!(won.next().is_none(), "{what}: {answers:?}");
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        assert_eq!(answer.refusal(), refusal, "{what}");
    }
    first.tokens().access
}

/// R6749-4.1.2-e, R8628-3.5-b, R7523-3-b, R9126-7.3-a
#[tokio::test(flavor = "multi_thread")]
async fn what_is_good_once_is_taken_once_by_two_nodes_at_the_same_moment() {
    let signer = Signer::new(Algorithm::Es256, 1);
    let partner = Signer::new(Algorithm::Es256, 2);
    let keys = jose::JwkSet::from_json(&partner.jwks()).unwrap();
    let trust = |settings: &mut grantwell_web::Settings| {
        let mut trusted = TrustedIssuer::new(PARTNER, KeySource::Here(keys.clone()));
        trusted.subject = SubjectForm::Username;
        settings.policy.capabilities.trusted_issuers = vec![trusted];
        // Who loses a race is not to be told to wait instead.
        settings.limits.clients.subject.free = 1000;
        settings.limits.clients.subject_and_address.free = 1000;
        settings.limits.clients.address.free = 1000;
    };
    on_two_nodes(trust, |nodes| {
        let (signer, partner) = (&signer, &partner);
        async move {
            let first = &nodes[0];
            first.user("halfspring").await;
            let trusted = |client: &mut Client| client.metadata.consent = ConsentRule::Trusted;
            let secret = first.site("site", trusted).await;
            let mut browser = Browser::signed_in(first, "halfspring").await;
            codes(&nodes, &secret, &mut browser).await;
            devices(&nodes, &secret, &mut browser).await;
            pushed_requests(&nodes, &secret, &browser).await;
            first.site("signs", |client| signer.register(client)).await;
            let claims = Signer::claims("signs", "one", NOW);
            let assertion = signer.sign(None, &claims);
            let fields = [
                ("grant_type", "client_credentials"),
                ("client_assertion_type", TYPE),
                ("client_assertion", assertion.as_str()),
            ];
            let answers = at_once(&nodes, || form_request("/o/token/", &fields)).await;
            one_won("client assertion", &answers, "401 invalid_client");
            let named = json!({
                "iss": PARTNER, "sub": "halfspring", "aud": "https://auth.example", "jti": "one", "exp": NOW + 300,
            });
            let assertion = partner.sign(None, &named);
            let fields = [("grant_type", JWT_BEARER), ("assertion", assertion.as_str())];
            let answers = at_once(&nodes, || as_site(&secret, "/o/token/", &fields)).await;
            one_won("assertion", &answers, "400 invalid_grant");
        }
    })
    .await;
}

/// The others are replays, so even the tokens of the first end.
async fn codes(nodes: &[World; 2], secret: &str, browser: &mut Browser) {
    let code = browser.get(&request("site", &[])).await.redirect().1["code"].clone();
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let answers = at_once(nodes, || as_site(secret, "/o/token/", &fields)).await;
    let access = one_won("code", &answers, "400 invalid_grant");
    nodes[1].clock.advance(std::time::Duration::from_secs(5));
    for node in nodes {
        assert!(!node.is_active(("site", secret), &access).await, "the tokens of a replayed code");
    }
}

async fn devices(nodes: &[World; 2], secret: &str, browser: &mut Browser) {
    let begun = nodes[0].send(as_site(secret, "/o/device-authorization/", &[])).await.json();
    let user_code = begun["user_code"].as_str().unwrap();
    browser.get("/o/device/").await;
    let typed = browser.submit("/o/device/", &[("user_code", user_code)]).await;
    browser.get(typed.header("location")).await;
    let press = [("allow", "allow"), ("user_code", user_code), ("scope", "read")];
    assert_eq!(browser.submit("/o/device/confirm/", &press).await.status, 200);
    let fields = [("grant_type", DEVICE), ("device_code", begun["device_code"].as_str().unwrap())];
    let answers = at_once(nodes, || as_site(secret, "/o/token/", &fields)).await;
    one_won("device code", &answers, "400 invalid_grant");
}

/// A pushed request is answered with one code.
async fn pushed_requests(nodes: &[World; 2], secret: &str, browser: &Browser) {
    let fields = [
        ("response_type", "code"),
        ("client_id", "site"),
        ("redirect_uri", CALLBACK),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let pushed = nodes[1].send(as_site(secret, "/o/par/", &fields)).await.json();
    let name = pushed["request_uri"].as_str().unwrap();
    let path = format!("/o/authorize/?{}", encode(&[("client_id", "site"), ("request_uri", name)]));
    let cookie = format!("__Host-grantwell_session={}", browser.session().unwrap());
    let ask = || {
        let request = Request::get(&path).header("cookie", &cookie).header("host", "auth.example");
        request.body(Body::empty()).unwrap()
    };
    let answers = at_once(nodes, ask).await;
    let with_code = answers.iter().filter(|answer| answer.header("location").contains("code="));
    assert_eq!(with_code.count(), 1, "{answers:?}");
    let refused = answers.iter().filter(|answer| answer.status == 400).count();
    assert_eq!(refused, 19, "{answers:?}");
}
