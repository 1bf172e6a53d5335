//! Every trick with a JWT, wherever somebody else's JWT is read (RFC 8725, RFC 7515 §4.1, RFC 7519 §4.1).

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fetch::testing::{Answer as Reply, Peer};
use grantwell_web as web;
use jose::{JwkSet, MacAlgorithm, mac};
use oauth::client::keys::KeySource;
use oauth::client::{AuthMethod, Client, ConsentRule};
use oauth::client_assertion::TYPE;
use oauth::policy::{SubjectForm, TrustedIssuer};
use serde_json::{Value, json};

use crate::authorize::{CHALLENGE, request};
use crate::browser::Browser;
use crate::world::{Answer, CALLBACK, World, encode, on_both_with};

const NOW: i64 = 1_800_000_000;
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const PARTNER: &str = "https://partner.example";
const BYE: &str = "https://app.example/bye";
const EVIL: &str = "https://evil.example/jwks.json";

/// Somebody who signs whatever they like.
struct Hand(Ed25519KeyPair);

impl Hand {
    fn new() -> Self {
        Self(Ed25519KeyPair::generate().unwrap())
    }

    fn point(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }

    fn jwk(&self) -> Value {
        json!({"kty": "OKP", "crv": "Ed25519", "x": b64(self.point()), "kid": "k", "alg": "EdDSA", "use": "sig"})
    }

    fn jwks(&self) -> Value {
        json!({"keys": [self.jwk()]})
    }

    fn sign(&self, header: &str, payload: &str) -> String {
        let input = format!("{}.{}", b64(header), b64(payload));
        let signature = b64(self.0.sign(input.as_bytes()).as_ref());
        format!("{input}.{signature}")
    }
}

fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

const GOOD: &str = r#"{"alg":"EdDSA","kid":"k"}"#;

/// What is wrong, and the JWT in which it is.
fn mutations(own: &Hand, claims: &Value) -> Vec<(String, String)> {
    let evil = Hand::new();
    let payload = claims.to_string();
    let mut all = Vec::new();
    headers(own, &payload, &mut all);
    foreign_keys(&evil, &payload, &mut all);
    unsigned(own, &payload, &mut all);
    shapes(own, &payload, &mut all);
    for name in ["exp", "nbf", "iat"] {
        let odd = [json!("1800000060"), json!(true), json!([]), json!({}), json!(-1), json!(1e308)];
        for value in odd {
            let mut claims = claims.clone();
            claims[name] = value;
            all.push((format!("{name} {}", claims[name]), own.sign(GOOD, &claims.to_string())));
        }
    }
    all
}

/// Signed by the right key, under a header that must not be believed.
fn headers(own: &Hand, payload: &str, all: &mut Vec<(String, String)>) {
    for header in [
        r#"{"alg":"EdDSA","kid":"k","crit":["exp"]}"#,
        r#"{"alg":"EdDSA","kid":"k","crit":["b64"],"b64":false}"#,
        r#"{"alg":"EdDSA","kid":"k","crit":[]}"#,
        r#"{"alg":"EdDSA","kid":"k","crit":"exp"}"#,
        r#"{"alg":"EdDSA","kid":"k","b64":false}"#,
        r#"{"alg":"none","alg":"EdDSA","kid":"k"}"#,
        r#"{"alg":"EdDSA","alg":"none","kid":"k"}"#,
        r#"{"alg":"EdDSA","kid":"k","typ":"at+jwt"}"#,
        r#"{"alg":"EdDSA","kid":"k","typ":"logout+jwt"}"#,
        r#"{"alg":"EdDSA","kid":"k","typ":"x"}"#,
        r#"{"alg":"EdDSA","kid":"k","typ":7}"#,
        r#"{"alg":"EdDSA","kid":7}"#,
        r#"{"alg":"EdDSA","kid":["k"]}"#,
        r#"{"alg":["EdDSA"],"kid":"k"}"#,
        r#"{"alg":7,"kid":"k"}"#,
        r#"{"alg":"eddsa","kid":"k"}"#,
        r#"{"alg":"EdDSA ","kid":"k"}"#,
        r#"{"alg":"ES256","kid":"k"}"#,
        r#"{"alg":"RS256","kid":"k"}"#,
        r#"{"alg":"HS256","kid":"k"}"#,
        r#"{"alg":"","kid":"k"}"#,
        r#"{"kid":"k"}"#,
        r#"["EdDSA"]"#,
        r#"{"alg":"EdDSA","kid":"k"} x"#,
        "",
    ] {
        all.push((header.to_owned(), own.sign(header, payload)));
    }
}

/// Signed by another key, which the header would like to be taken.
fn foreign_keys(evil: &Hand, payload: &str, all: &mut Vec<(String, String)>) {
    let (jwk, x5c) = (evil.jwk(), b64(evil.point()));
    for header in [
        json!({"alg": "EdDSA"}),
        json!({"alg": "EdDSA", "kid": "k"}),
        json!({"alg": "EdDSA", "jwk": jwk}),
        json!({"alg": "EdDSA", "kid": "k", "jwk": jwk}),
        json!({"alg": "EdDSA", "kid": "k", "jku": EVIL}),
        json!({"alg": "EdDSA", "jku": EVIL}),
        json!({"alg": "EdDSA", "x5u": EVIL}),
        json!({"alg": "EdDSA", "x5c": [x5c]}),
        json!({"alg": "EdDSA", "kid": EVIL}),
        json!({"alg": "EdDSA", "kid": "../../../../dev/null"}),
        json!({"alg": "EdDSA", "kid": "' OR 1=1 --"}),
        json!({"alg": "EdDSA", "kid": ""}),
    ] {
        all.push((format!("another key, {header}"), evil.sign(&header.to_string(), payload)));
    }
}

fn unsigned(own: &Hand, payload: &str, all: &mut Vec<(String, String)>) {
    let good = own.sign(GOOD, payload);
    let signature = good.rsplit('.').next().unwrap();
    for alg in ["none", "None", "NONE", "nOnE", "", "null"] {
        let input = format!("{}.{}", b64(json!({"alg": alg}).to_string()), b64(payload));
        all.push((format!("{alg:?}, unsigned"), format!("{input}.")));
        all.push((format!("{alg:?}, two parts"), input.clone()));
        all.push((format!("{alg:?}, signed"), format!("{input}.{signature}")));
    }
    let public = own.jwk().to_string();
    let set = own.jwks().to_string();
    let x = b64(own.point());
    for secret in [public.as_bytes(), set.as_bytes(), x.as_bytes(), own.point(), b""] {
        if let Ok(text) = mac::sign(None, MacAlgorithm::Hs256, secret, payload.as_bytes()) {
            all.push((format!("HMAC with {secret:?}"), text));
        }
    }
}

fn shapes(own: &Hand, payload: &str, all: &mut Vec<(String, String)>) {
    let good = own.sign(GOOD, payload);
    let (head, signature) = good.rsplit_once('.').unwrap();
    let other = own.sign(GOOD, r#"{"iss":"other"}"#);
    let object = json!({"payload": b64(payload), "protected": b64(GOOD), "signature": signature});
    let twice = payload.replacen('{', r#"{"iss":"other","#, 1);
    let twice_the_same = payload.replacen('{', &format!(r#"{{"aud":{},"#, json!("x")), 1);
    for (what, text) in [
        ("no signature", format!("{head}.")),
        ("two parts", head.to_owned()),
        ("four parts", format!("{good}.{signature}")),
        ("five parts", format!("{good}.x.x")),
        ("another's signature", format!("{head}.{}", other.rsplit('.').next().unwrap())),
        ("cut off", good[..good.len() - 1].to_owned()),
        ("padded", format!("{good}==")),
        ("a space before", format!(" {good}")),
        ("a line after", format!("{good}\n")),
        ("a zero after", format!("{good}\u{1}")),
        ("as JSON", object.to_string()),
        ("one in the other", own.sign(GOOD, &good)),
        ("no claims", own.sign(GOOD, "")),
        ("an array", own.sign(GOOD, "[]")),
        ("not UTF-8", good.replace(&b64(payload), &b64([0xff, 0xfe]))),
        ("iss twice", own.sign(GOOD, &twice)),
        ("aud twice", own.sign(GOOD, &twice_the_same)),
        ("nothing", String::new()),
        ("huge", "x".repeat(60_000)),
    ] {
        all.push((what.to_owned(), text));
    }
}

/// One server where `hand` is a client, one that signs, and a partner; whoever fetches anything asks `peer`.
async fn world_of<F: Future<Output = ()>>(hand: &Hand, test: impl Fn(World) -> F) {
    let evil = Hand::new().jwks().to_string();
    let peer = Peer::start(&["evil.example"], move |_| Reply::json(evil.clone())).await;
    let keys = JwkSet::from_json(&hand.jwks()).unwrap();
    let change = |settings: &mut web::Settings| {
        settings.fetcher = fetch::Fetcher::new(peer.policy());
        let mut trusted = TrustedIssuer::new(PARTNER, KeySource::Here(keys.clone()));
        trusted.subject = SubjectForm::Username;
        settings.policy.capabilities.trusted_issuers = vec![trusted];
        settings.limits.clients.subject.free = 1000;
        settings.limits.clients.subject_and_address.free = 1000;
        settings.limits.clients.address.free = 1000;
    };
    on_both_with(change, test).await;
    assert!(peer.asked().is_empty(), "nobody was asked for a key: {:?}", peer.asked());
}

async fn open(browser: &mut Browser, object: &str) -> Answer {
    let fields = [("client_id", "site"), ("request", object), ("redirect_uri", CALLBACK)];
    let answer = browser.get(&format!("/o/authorize/?{}", encode(&fields))).await;
    let to = answer.header("location").to_owned();
    if to.starts_with("/o/authorize/") { browser.get(&to).await } else { answer }
}

/// R7523-3-c, R7523-2.1-a, R9101-6.2-a, R9101-10.8-a, RRIL-2-b, table 1.13-J
#[tokio::test]
async fn no_trick_with_a_jwt_is_believed_anywhere() {
    let hand = Hand::new();
    world_of(&hand, |world| {
        let hand = &hand;
        async move {
            world.user("halfspring").await;
            let site = |client: &mut Client| {
                client.metadata.consent = ConsentRule::Trusted;
                client.metadata.jwks = Some(hand.jwks());
                client.metadata.post_logout_redirect_uris = vec![BYE.to_owned()];
            };
            let secret = world.site("site", site).await;
            let signs = |client: &mut Client| {
                site(client);
                client.auth_method = AuthMethod::PrivateKeyJwt;
            };
            world.site("signs", signs).await;
            let mut browser = Browser::signed_in(&world, "halfspring").await;
            as_client_assertions(&world, hand).await;
            as_assertions(&world, &secret, hand).await;
            as_request_objects(&world, &secret, &mut browser, hand).await;
            as_hints(&mut browser, hand).await;
        }
    })
    .await;
}

async fn as_client_assertions(world: &World, hand: &Hand) {
    let claims = json!({
        "iss": "signs", "sub": "signs", "aud": "https://auth.example", "jti": "one", "iat": NOW, "exp": NOW + 60,
    });
    let ask = async |text: &str| {
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_assertion_type", TYPE),
            ("client_assertion", text),
        ];
        world.post("/o/token/", &fields).await
    };
    for (what, text) in mutations(hand, &claims) {
        let answer = ask(&text).await;
        assert_eq!(answer.refusal(), "401 invalid_client", "{what} as a client assertion");
    }
    assert_eq!(ask(&hand.sign(GOOD, &claims.to_string())).await.status, 200);
}

async fn as_assertions(world: &World, secret: &str, hand: &Hand) {
    let claims = json!({
        "iss": PARTNER, "sub": "halfspring", "aud": "https://auth.example", "jti": "one", "iat": NOW, "exp": NOW + 300,
    });
    let ask = async |text: &str| {
        let fields = [("grant_type", JWT_BEARER), ("assertion", text)];
        world.post_as("/o/token/", ("site", secret), &fields).await
    };
    for (what, text) in mutations(hand, &claims) {
        let expected = if text.is_empty() { "400 invalid_request" } else { "400 invalid_grant" };
        assert_eq!(ask(&text).await.refusal(), expected, "{what} as an assertion");
    }
    assert_eq!(ask(&hand.sign(GOOD, &claims.to_string())).await.status, 200);
}

async fn as_request_objects(world: &World, secret: &str, browser: &mut Browser, hand: &Hand) {
    let claims = json!({
        "iss": "site", "aud": "https://auth.example", "client_id": "site", "response_type": "code", "iat": NOW,
        "redirect_uri": CALLBACK, "code_challenge": CHALLENGE, "code_challenge_method": "S256", "exp": NOW + 60,
    });
    let push = async |text: &str| {
        let fields = [("client_id", "site"), ("request", text)];
        world.post_as("/o/par/", ("site", secret), &fields).await
    };
    // An empty one is none at all.
    for (what, text) in mutations(hand, &claims).into_iter().filter(|(_, text)| !text.is_empty()) {
        let page = open(browser, &text).await;
        assert_eq!(page.status, 400, "{what} as a request: {page:?}");
        assert!(!page.headers.contains_key("location"), "{what}");
        let pushed = push(&text).await;
        assert!(pushed.status == 400 && pushed.json()["error"].is_string(), "{what}: {pushed:?}");
    }
    let good = hand.sign(GOOD, &claims.to_string());
    assert!(open(browser, &good).await.redirect().1.contains_key("code"));
    assert_eq!(push(&good).await.status, 201);
}

/// A client's own key signs no hint, however it is put: hints are by this server.
async fn as_hints(browser: &mut Browser, hand: &Hand) {
    let claims = json!({
        "iss": "https://auth.example", "aud": "site", "sub": "halfspring", "iat": NOW, "exp": NOW + 3600,
    });
    let honest = ("by the client".to_owned(), hand.sign(GOOD, &claims.to_string()));
    let all = mutations(hand, &claims).into_iter().chain([honest]);
    // A request that is longer than a URL may be is put aside first, whatever it says.
    for (what, text) in all.filter(|(_, text)| (1..2000).contains(&text.len())) {
        let fields = [
            ("id_token_hint", text.as_str()),
            ("client_id", "site"),
            ("post_logout_redirect_uri", BYE),
        ];
        let page = browser.get(&format!("/o/logout/?{}", encode(&fields))).await;
        let nowhere =
            !page.headers.contains_key("location") && !page.headers.contains_key("refresh");
        assert!(nowhere, "{what} as a hint: {page:?}");
        let silent = [("id_token_hint", text.as_str()), ("prompt", "none")];
        let (_, fields) = browser.get(&request("site", &silent)).await.redirect();
        assert!(fields.contains_key("error"), "{what} as a hint: {fields:?}");
    }
    assert_eq!(browser.get("/accounts/profile/").await.status, 200, "nobody was signed out");
}
