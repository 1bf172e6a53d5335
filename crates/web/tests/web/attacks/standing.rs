//! Whoever no longer stands, at every door: a person or a client that was switched off or deleted, access that was withdrawn.

use axum::body::Body;
use grantwell_web as web;
use http::Request;
use jose::JwkSet;
use oauth::client::keys::KeySource;
use oauth::client::{Client, ConsentRule};
use oauth::policy::{SubjectForm, TrustedIssuer};
use serde_json::json;

use crate::authorize::{CHALLENGE, VERIFIER, request};
use crate::bearer::verify;
use crate::browser::Browser;
use crate::signer::{Algorithm, Signer};
use crate::world::{CALLBACK, PASSWORD, Tokens, World, encode, on_both_with};

const NOW: i64 = 1_800_000_000;
const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const PARTNER: &str = "https://partner.example";

/// All that may be presented, made while everything stood.
struct Held {
    secret: String,
    browser: Browser,
    tokens: Tokens,
    code: String,
    device_code: String,
    pushed: String,
    assertion: String,
}

async fn hold(world: &World, partner: &Signer) -> Held {
    world.user("halfspring").await;
    let trusted = |client: &mut Client| client.metadata.consent = ConsentRule::Trusted;
    let secret = world.site("site", trusted).await;
    let client = ("site", secret.as_str());
    let mut browser = Browser::signed_in(world, "halfspring").await;
    let code = browser.get(&request("site", &[("scope", "openid read")])).await.redirect().1;
    let tokens = world.post_as("/o/token/", client, &redeem(&code["code"])).await.tokens();
    let code = browser.get(&request("site", &[])).await.redirect().1["code"].clone();
    let begun = world.post_as("/o/device-authorization/", client, &[]).await.json();
    let user_code = begun["user_code"].as_str().unwrap();
    browser.get("/o/device/").await;
    let typed = browser.submit("/o/device/", &[("user_code", user_code)]).await;
    browser.get(typed.header("location")).await;
    let allow = [("allow", "allow"), ("user_code", user_code), ("scope", "read")];
    assert_eq!(browser.submit("/o/device/confirm/", &allow).await.status, 200);
    let pushed = world.post_as("/o/par/", client, &asked()).await.json();
    let claims = json!({
        "iss": PARTNER, "sub": "halfspring", "aud": "https://auth.example", "jti": "one", "exp": NOW + 300,
    });
    Held {
        browser,
        tokens,
        code,
        device_code: begun["device_code"].as_str().unwrap().to_owned(),
        pushed: pushed["request_uri"].as_str().unwrap().to_owned(),
        assertion: partner.sign(None, &claims),
        secret,
    }
}

fn redeem(code: &str) -> [(&str, &str); 4] {
    [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ]
}

fn asked() -> [(&'static str, &'static str); 5] {
    [
        ("response_type", "code"),
        ("client_id", "site"),
        ("redirect_uri", CALLBACK),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]
}

/// Which of them are still of use. Looking does not end them, but most are good once.
async fn open_doors(world: &World, held: &mut Held) -> Vec<&'static str> {
    let client = ("site", held.secret.as_str());
    let mut open = Vec::new();
    let header = format!("Bearer {}", held.tokens.access);
    let told = world.post_as("/o/introspect/", client, &[("token", &held.tokens.access)]).await;
    let userinfo = Request::get("/o/userinfo/").header("authorization", &header);
    let userinfo = world.send(userinfo.body(Body::empty()).unwrap()).await;
    let resource = verify(world, &[("authorization", &header)]).await;
    let doors = [
        ("introspection", told.status == 200 && told.json()["active"] == true),
        ("userinfo", userinfo.status == 200),
        ("resource", matches!(resource, Ok(Some(_)))),
    ];
    open.extend(doors.into_iter().filter(|(_, is_open)| *is_open).map(|(door, _)| door));
    let refresh =
        [("grant_type", "refresh_token"), ("refresh_token", held.tokens.refresh.as_str())];
    let device = [("grant_type", DEVICE), ("device_code", held.device_code.as_str())];
    let assertion = [("grant_type", JWT_BEARER), ("assertion", held.assertion.as_str())];
    let password = [("grant_type", "password"), ("username", "halfspring"), ("password", PASSWORD)];
    for (door, fields) in [
        ("refresh", &refresh[..]),
        ("code", &redeem(&held.code)),
        ("device", &device),
        ("assertion", &assertion),
        ("password", &password),
        ("own", &[("grant_type", "client_credentials")]),
    ] {
        if world.post_as("/o/token/", client, fields).await.status == 200 {
            open.push(door);
        }
    }
    let waiting = [("client_id", "site"), ("request_uri", held.pushed.as_str())];
    for (door, path) in [
        ("pushed", format!("/o/authorize/?{}", encode(&waiting))),
        ("silent", request("site", &[("prompt", "none")])),
    ] {
        let answer = held.browser.get(&path).await;
        if answer.header("location").contains("code=gwc_") {
            open.push(door);
        }
    }
    if world.post_as("/o/par/", client, &asked()).await.status == 201 {
        open.push("push");
    }
    open
}

/// What ends it, and which doors stay open.
const ENDINGS: [(&str, &[&str]); 6] = [
    (
        "nothing",
        &[
            "introspection",
            "userinfo",
            "resource",
            "refresh",
            "code",
            "device",
            "assertion",
            "password",
            "own",
            "pushed",
            "silent",
            "push",
        ],
    ),
    ("the person is disabled", &["own", "push"]),
    ("the person is deleted", &["own", "push"]),
    ("the client is disabled", &[]),
    ("the client is deleted", &[]),
    // Trusted, it may ask again; what it had is gone.
    ("access is withdrawn", &["assertion", "password", "own", "pushed", "silent", "push"]),
];

async fn end(world: &World, browser: &mut Browser, ending: &str) {
    let name = accounts::Username::parse("halfspring").unwrap();
    let person = world.store.users().find_by_username(&name).await.unwrap().unwrap().account.id;
    let client = world.store.client(&"site".parse().unwrap()).await.unwrap().unwrap().id;
    let users = world.store.users();
    let applications = world.store.applications();
    match ending {
        "the person is disabled" => {
            users.disable(person).await.unwrap();
        }
        "the person is deleted" => {
            users.delete(person).await.unwrap();
        }
        "the client is disabled" => {
            applications.disable(client).await.unwrap();
        }
        "the client is deleted" => {
            applications.delete(client).await.unwrap();
        }
        "access is withdrawn" => {
            let path = format!("/o/authorized_tokens/{client}/delete/");
            browser.get(&path).await;
            assert_eq!(browser.submit(&path, &[]).await.status, 303);
        }
        _ => {}
    }
}

/// R21-4.3.3-d, R7009-2.1-c, R9068-4-a, lesson 4
#[tokio::test]
async fn whoever_no_longer_stands_is_shut_out_at_every_door() {
    let partner = Signer::new(Algorithm::Es256, 2);
    let keys = JwkSet::from_json(&partner.jwks()).unwrap();
    let trust = |settings: &mut web::Settings| {
        let mut trusted = TrustedIssuer::new(PARTNER, KeySource::Here(keys.clone()));
        trusted.subject = SubjectForm::Username;
        settings.policy.capabilities.trusted_issuers = vec![trusted];
    };
    for (ending, expected) in ENDINGS {
        on_both_with(trust, |world| {
            let partner = &partner;
            async move {
                let mut held = hold(&world, partner).await;
                end(&world, &mut held.browser, ending).await;
                assert_eq!(open_doors(&world, &mut held).await, expected, "{ending}");
            }
        })
        .await;
    }
}
