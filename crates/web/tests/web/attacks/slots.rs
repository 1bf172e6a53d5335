//! Every kind of credential in every place that is for another kind: refused there, and still good for its own.

use axum::body::Body;
use grantwell_web as web;
use http::{Method, Request};
use oauth::access_token::TokenFormat;
use oauth::client::{Client, ConsentRule};
use oauth::policy::SelfRegistration;
use serde_json::{Value, json};

use crate::authorize::{CHALLENGE, VERIFIER, request};
use crate::bearer::verify;
use crate::browser::Browser;
use crate::signer::{Algorithm, Signer};
use crate::world::{Answer, CALLBACK, World, encode, on_both_with};

const NOW: i64 = 1_800_000_000;
const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const BYE: &str = "https://app.example/bye";

const PUSHED: [(&str, &str); 5] = [
    ("response_type", "code"),
    ("client_id", "site"),
    ("redirect_uri", CALLBACK),
    ("code_challenge", CHALLENGE),
    ("code_challenge_method", "S256"),
];

/// One of each kind, all alive.
struct Kinds {
    secret: String,
    registration_path: String,
    all: Vec<(&'static str, String)>,
}

impl Kinds {
    fn one(&self, kind: &str) -> &str {
        &self.all.iter().find(|(name, _)| *name == kind).unwrap().1
    }

    fn but<'a>(&'a self, own: &'a [&str]) -> impl Iterator<Item = (&'static str, &'a str)> {
        let others = self.all.iter().filter(|(name, _)| !own.contains(name));
        others.map(|(name, text)| (*name, text.as_str()))
    }
}

fn open(settings: &mut web::Settings) {
    settings.policy.self_registration = SelfRegistration::WithToken;
    settings.limits.user_codes.free = 100;
    settings.limits.user_codes_from_address.free = 100;
    settings.limits.clients.subject.free = 1000;
    settings.limits.clients.subject_and_address.free = 1000;
    settings.limits.clients.address.free = 1000;
}

async fn token(world: &World, secret: &str, fields: &[(&str, &str)]) -> Answer {
    world.post_as("/o/token/", ("site", secret), fields).await
}

fn code_fields(code: &str) -> [(&str, &str); 4] {
    [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ]
}

fn text(json: &Value, name: &str) -> String {
    json[name].as_str().unwrap_or_else(|| panic!("{name}: {json}")).to_owned()
}

async fn code(browser: &mut Browser, client: &str) -> String {
    let path = request(client, &[("scope", "openid read")]);
    browser.get(&path).await.redirect().1["code"].clone()
}

async fn all_kinds(world: &World, browser: &mut Browser) -> Kinds {
    let signer = Signer::new(Algorithm::Es256, 1);
    let site = |client: &mut Client| {
        client.metadata.consent = ConsentRule::Trusted;
        client.metadata.jwks = Some(signer.jwks());
        client.metadata.userinfo_signed_response_alg = Some(Algorithm::Es256);
        client.metadata.post_logout_redirect_uris = vec![BYE.to_owned()];
    };
    let secret = world.site("site", site).await;
    let jwt = |client: &mut Client| {
        site(client);
        client.metadata.access_token_format = Some(TokenFormat::Jwt);
    };
    let jwt_secret = world.site("jwt", jwt).await;
    let given = code(browser, "site").await;
    let given = token(world, &secret, &code_fields(&given)).await.json();
    let access = text(&given, "access_token");
    let by_jwt = code(browser, "jwt").await;
    let by_jwt = world.post_as("/o/token/", ("jwt", &jwt_secret), &code_fields(&by_jwt)).await;
    let device = world.post_as("/o/device-authorization/", ("site", &secret), &[]).await.json();
    let pushed = world.post_as("/o/par/", ("site", &secret), &PUSHED).await.json();
    let hour = std::time::Duration::from_hours(1);
    let (_, initial) = world.store.registration_tokens().create("x", 5, hour).await.unwrap();
    let registered = register(world, initial.expose()).await;
    let path = text(&registered, "registration_client_uri").replace("https://auth.example", "");
    let logout = json!({
        "iss": "https://auth.example", "aud": "site", "sub": "x", "iat": NOW, "exp": NOW + 120, "jti": "x",
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    });
    let logout = world.store.vault().sign(
        Some("logout+jwt"),
        Algorithm::Es256,
        logout.to_string().as_bytes(),
    );
    let assertion = signer.sign(None, &Signer::claims("site", "one", NOW));
    let object = json!({
        "iss": "site", "aud": "https://auth.example", "client_id": "site", "response_type": "code",
        "redirect_uri": CALLBACK, "code_challenge": CHALLENGE, "code_challenge_method": "S256",
    });
    let all = vec![
        ("code", code(browser, "site").await),
        ("refresh token", text(&given, "refresh_token")),
        ("ID token", text(&given, "id_token")),
        ("JWT access token", by_jwt.tokens().access),
        ("device code", text(&device, "device_code")),
        ("user code", text(&device, "user_code")),
        ("request URI", text(&pushed, "request_uri")),
        ("registration access token", text(&registered, "registration_access_token")),
        ("initial access token", initial.expose().to_owned()),
        ("session", browser.session().unwrap().clone()),
        ("client secret", secret.clone()),
        ("logout token", logout.unwrap()),
        ("userinfo", userinfo(world, &access).await.body),
        ("client assertion", assertion),
        ("request object", signer.sign(Some("oauth-authz-req+jwt"), &object)),
        ("access token", access),
    ];
    Kinds { secret, registration_path: path, all }
}

async fn register(world: &World, token: &str) -> Value {
    let body = json!({"client_name": "x", "redirect_uris": [CALLBACK]}).to_string();
    let request = Request::post("/o/register/").header("content-type", "application/json");
    let request = request.header("authorization", format!("Bearer {token}"));
    let answer = world.send(request.body(Body::from(body)).unwrap()).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()
}

async fn userinfo(world: &World, token: &str) -> Answer {
    let request = Request::get("/o/userinfo/").header("authorization", format!("Bearer {token}"));
    world.send(request.body(Body::empty()).unwrap()).await
}

async fn with_bearer(world: &World, method: Method, path: &str, token: &str) -> Answer {
    let request = Request::builder().method(method).uri(path);
    let request = request.header("authorization", format!("Bearer {token}"));
    let request = request.header("content-type", "application/json");
    world.send(request.body(Body::from("{}")).unwrap()).await
}

/// R6749-6-c, R6750-3.1-a, R7662-2.2-b, R7009-2.2-a, R9068-5-a
#[tokio::test]
async fn no_kind_passes_for_another_and_each_is_still_good_for_its_own() {
    on_both_with(open, |world| async move {
        world.user("halfspring").await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        let kinds = all_kinds(&world, &mut browser).await;
        at_the_token_endpoint(&world, &kinds).await;
        where_a_client_says_who_it_is(&world, &kinds).await;
        where_tokens_are_looked_at(&world, &kinds).await;
        where_a_bearer_is_let_in(&world, &kinds).await;
        in_the_browser(&world, &mut browser, &kinds).await;
        each_in_its_own(&world, &mut browser, &kinds).await;
    })
    .await;
}

async fn at_the_token_endpoint(world: &World, kinds: &Kinds) {
    let secret = &kinds.secret;
    for (kind, text) in kinds.but(&["code"]) {
        let answer = token(world, secret, &code_fields(text)).await;
        assert_eq!(answer.refusal(), "400 invalid_grant", "{kind} as a code");
    }
    for (grant, field, own) in [
        ("refresh_token", "refresh_token", "refresh token"),
        (DEVICE, "device_code", "device code"),
        (JWT_BEARER, "assertion", "nothing"),
    ] {
        for (kind, text) in kinds.but(&[own]) {
            let answer = token(world, secret, &[("grant_type", grant), (field, text)]).await;
            let expected = match grant {
                JWT_BEARER => "400 unsupported_grant_type",
                _ => "400 invalid_grant",
            };
            assert_eq!(answer.refusal(), expected, "{kind} as {field}");
        }
    }
}

async fn where_a_client_says_who_it_is(world: &World, kinds: &Kinds) {
    let grant = ("grant_type", "client_credentials");
    let kind_of_assertion = ("client_assertion_type", oauth::client_assertion::TYPE);
    for (kind, text) in kinds.but(&["client secret"]) {
        let basic = world.post_as("/o/token/", ("site", text), &[grant]).await;
        assert_eq!(basic.refusal(), "401 invalid_client", "{kind} as a secret");
        let posted = [grant, ("client_id", "site"), ("client_secret", text)];
        let posted = world.post("/o/token/", &posted).await;
        assert_eq!(posted.refusal(), "401 invalid_client", "{kind} as a posted secret");
    }
    // Its own assertion neither: the client has a secret.
    for (kind, text) in kinds.but(&[]) {
        let fields = [grant, kind_of_assertion, ("client_assertion", text)];
        let answer = world.post("/o/token/", &fields).await;
        assert_eq!(answer.refusal(), "401 invalid_client", "{kind} as an assertion");
    }
}

async fn where_tokens_are_looked_at(world: &World, kinds: &Kinds) {
    let client = ("site", kinds.secret.as_str());
    for (kind, text) in kinds.but(&["access token", "JWT access token", "refresh token"]) {
        for hint in ["", "access_token", "refresh_token", "nonsense"] {
            let fields = [("token", text), ("token_type_hint", hint)];
            let told = world.post_as("/o/introspect/", client, &fields).await;
            assert_eq!(told.json(), json!({"active": false}), "{kind} introspected");
            let revoked = world.post_as("/o/revoke_token/", client, &fields).await;
            assert_eq!(revoked.status, 200, "{kind} revoked: {revoked:?}");
        }
    }
}

/// A name with colons is no token at all (RFC 6750 §2.1), which is said so.
fn of_bearer(kind: &str) -> (u16, &'static str) {
    if kind == "request URI" { (400, "invalid_request") } else { (401, "invalid_token") }
}

async fn where_a_bearer_is_let_in(world: &World, kinds: &Kinds) {
    for (kind, text) in kinds.but(&["access token", "JWT access token"]) {
        let (status, error) = of_bearer(kind);
        let header = format!("Bearer {text}");
        let found = verify(world, &[("authorization", &header)]).await;
        assert_eq!(found, Err(error.to_owned()), "{kind} at a resource");
        assert_eq!(userinfo(world, text).await.status, status, "{kind} at userinfo");
    }
    for (kind, text) in kinds.but(&["registration access token"]) {
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let path = &kinds.registration_path;
            let answer = with_bearer(world, method.clone(), path, text).await;
            assert!(
                matches!(answer.status.as_u16(), 400 | 401),
                "{method} with {kind}: {answer:?}"
            );
            assert_eq!(answer.json()["error"], of_bearer(kind).1, "{method} with {kind}");
        }
    }
    for (kind, text) in kinds.but(&["initial access token"]) {
        let answer = with_bearer(world, Method::POST, "/o/register/", text).await;
        assert!(matches!(answer.status.as_u16(), 400 | 401), "{kind} to register: {answer:?}");
    }
}

async fn in_the_browser(world: &World, browser: &mut Browser, kinds: &Kinds) {
    for (kind, text) in kinds.but(&["ID token"]) {
        let fields =
            [("id_token_hint", text), ("client_id", "site"), ("post_logout_redirect_uri", BYE)];
        let page = browser.get(&format!("/o/logout/?{}", encode(&fields))).await;
        assert_eq!(page.status, 200, "{kind} as a hint: {page:?}");
        assert!(!page.headers.contains_key("location"), "{kind} as a hint");
        let silent = [("id_token_hint", text), ("prompt", "none")];
        let answer = browser.get(&request("site", &silent)).await;
        let (_, fields) = answer.redirect();
        assert!(fields.contains_key("error"), "{kind} as a hint: {fields:?}");
    }
    for (kind, text) in kinds.but(&["request URI"]) {
        let fields = [("client_id", "site"), ("request_uri", text)];
        let page = browser.get(&format!("/o/authorize/?{}", encode(&fields))).await;
        assert_eq!(page.status, 400, "{kind} as a request URI");
    }
    for (kind, text) in kinds.but(&["request object"]) {
        let fields = [("client_id", "site"), ("request", text)];
        let mut page = browser.get(&format!("/o/authorize/?{}", encode(&fields))).await;
        if page.header("location").starts_with("/o/authorize/") {
            page = browser.get(page.header("location")).await;
        }
        assert_eq!(page.status, 400, "{kind} as a request object");
    }
    for (kind, text) in kinds.but(&["user code"]) {
        browser.get("/o/device/").await;
        let page = browser.submit("/o/device/", &[("user_code", text)]).await;
        assert_ne!(page.status, 303, "{kind} as a user code");
    }
    for (kind, text) in kinds.but(&["session"]) {
        let mut thief = Browser::new(world);
        thief.cookies.insert("__Host-grantwell_session".to_owned(), text.to_owned());
        let page = thief.get("/accounts/profile/").await;
        assert!(page.header("location").starts_with("/accounts/login/"), "{kind} as a session");
    }
}

/// Nothing above has used anything up or ended it.
async fn each_in_its_own(world: &World, browser: &mut Browser, kinds: &Kinds) {
    let secret = kinds.secret.as_str();
    assert_eq!(browser.get("/accounts/profile/").await.status, 200, "the session");
    for kind in ["access token", "JWT access token"] {
        let header = format!("Bearer {}", kinds.one(kind));
        assert!(verify(world, &[("authorization", &header)]).await.is_ok(), "{kind}");
    }
    assert_eq!(token(world, secret, &code_fields(kinds.one("code"))).await.status, 200);
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", kinds.one("refresh token"))];
    assert_eq!(token(world, secret, &refresh).await.status, 200);
    let device = [("grant_type", DEVICE), ("device_code", kinds.one("device code"))];
    assert_eq!(token(world, secret, &device).await.refusal(), "400 authorization_pending");
    browser.get("/o/device/").await;
    let typed = browser.submit("/o/device/", &[("user_code", kinds.one("user code"))]).await;
    assert_eq!(typed.status, 303, "{typed:?}");
    for name in [("request_uri", "request URI"), ("request", "request object")] {
        let fields = [("client_id", "site"), (name.0, kinds.one(name.1))];
        let mut answer = browser.get(&format!("/o/authorize/?{}", encode(&fields))).await;
        if answer.header("location").starts_with("/o/authorize/") {
            answer = browser.get(answer.header("location")).await;
        }
        assert!(answer.redirect().1.contains_key("code"), "{}", name.1);
    }
    let managed = kinds.one("registration access token");
    let shown = with_bearer(world, Method::GET, &kinds.registration_path, managed).await;
    assert_eq!(shown.status, 200);
    register(world, kinds.one("initial access token")).await;
    let hint = [("id_token_hint", kinds.one("ID token")), ("post_logout_redirect_uri", BYE)];
    let out = browser.get(&format!("/o/logout/?{}", encode(&hint))).await;
    assert_eq!(out.header("location"), BYE);
}
