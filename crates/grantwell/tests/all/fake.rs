//! The fake authorization server, as resource servers and clients meet it.

use std::time::Duration;

use fetch::Policy;
use grantwell::testing::{FakeAuthorizationServer, FakeToken, Fault};
use http::{Request, header};
use rest::remote::{AuthorizationServer, IntrospectionVerifier, JwksVerifier};
use rest::{Verifier, VerifyFailure};
use serde_json::Value;

const RESOURCE: &str = "https://api.example/v1";
const CALLBACK: &str = "https://app.example/callback";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

fn elsewhere(server: &FakeAuthorizationServer) -> AuthorizationServer {
    let allow_private_hosts = vec!["127.0.0.1".to_owned()];
    let policy = Policy { allow_private_hosts, allow_http: true, ..Policy::default() };
    AuthorizationServer::new(server.issuer(), policy).unwrap()
}

async fn outcome(verifier: &impl Verifier, token: &str) -> String {
    let request = Request::get("/v1/x").header(header::AUTHORIZATION, format!("Bearer {token}"));
    let (parts, ()) = request.body(()).unwrap().into_parts();
    match verifier.verify(&parts).await {
        Ok(Some(principal)) => format!("{} of {}", principal.scopes, principal.subject),
        Ok(None) => "nobody".to_owned(),
        Err(VerifyFailure::Refused(error)) => error.code().to_string(),
        Err(VerifyFailure::Unavailable) => "unavailable".to_owned(),
    }
}

fn token() -> FakeToken {
    FakeToken::of("ann").scopes("read").audience(RESOURCE)
}

#[tokio::test]
async fn a_resource_server_takes_its_tokens_by_their_keys() {
    let server = FakeAuthorizationServer::start().await.unwrap();
    let verifier = JwksVerifier::new(elsewhere(&server), RESOURCE, server.clock().clone());
    let first = server.access_token(&token());
    assert_eq!(outcome(&verifier, &first).await, "read of ann");
    let elsewhere = FakeToken::of("ann").audience("https://other.example");
    for wrong in [
        server.access_token(&elsewhere),
        server.access_token(&token().claim("iss", "https://evil.example")),
        server.access_token(&token().claim("sub", Value::Null)),
        server.id_token(&token().client(RESOURCE)),
    ] {
        assert_eq!(outcome(&verifier, &wrong).await, "invalid_token");
    }
    assert_eq!(server.asked("/jwks.json"), 1, "the keys were kept");

    server.rotate_keys();
    // Whoever has just fetched keys does not ask again at once.
    tokio::time::pause();
    tokio::time::advance(Duration::from_mins(5)).await;
    tokio::time::resume();
    let second = server.access_token(&token());
    assert_eq!(outcome(&verifier, &second).await, "read of ann");
    assert_eq!(outcome(&verifier, &first).await, "read of ann", "the old key is still there");
    server.withdraw_old_keys();
    tokio::time::pause();
    tokio::time::advance(Duration::from_hours(25)).await;
    tokio::time::resume();
    assert_eq!(outcome(&verifier, &second).await, "read of ann");
    assert_eq!(outcome(&verifier, &first).await, "invalid_token", "nobody knows its key");
    server.clock().advance(Duration::from_mins(10));
    assert_eq!(outcome(&verifier, &second).await, "invalid_token", "it is over");
    assert_eq!(outcome(&verifier, &server.access_token(&token())).await, "read of ann");

    server.skew(3600);
    assert_eq!(outcome(&verifier, &server.access_token(&token())).await, "invalid_token");
}

#[tokio::test]
async fn a_resource_server_asks_about_its_tokens() {
    let server = FakeAuthorizationServer::start().await.unwrap();
    let credentials = fetch::Credentials::basic("api", "secret");
    let verifier = IntrospectionVerifier::new(
        elsewhere(&server),
        credentials,
        RESOURCE,
        server.clock().clone(),
    )
    .with_cache(Duration::ZERO);
    let text = server.access_token(&token());
    assert_eq!(outcome(&verifier, &text).await, "read of ann");
    for fault in [Fault::Lost, Fault::Refused, Fault::Status(503), Fault::Garbled] {
        let before = server.asked("/introspect");
        server.fail_next("/introspect", fault);
        assert_eq!(outcome(&verifier, &text).await, "unavailable", "{fault:?}");
        assert!(server.asked("/introspect") > before);
        assert_eq!(outcome(&verifier, &text).await, "read of ann", "once only");
    }
    server.revoke(&text);
    assert_eq!(outcome(&verifier, &text).await, "invalid_token");
    assert_eq!(outcome(&verifier, "made-up").await, "invalid_token");
}

fn http() -> reqwest::Client {
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

/// What comes back to the client's address.
async fn authorize(
    server: &FakeAuthorizationServer,
    more: &[(&str, &str)],
) -> Vec<(String, String)> {
    let mut url = url::Url::parse(&format!("{}/authorize", server.issuer())).unwrap();
    url.query_pairs_mut()
        .extend_pairs([("response_type", "code"), ("client_id", "app"), ("state", "s")])
        .extend_pairs([("redirect_uri", CALLBACK), ("scope", "openid read"), ("nonce", "n")])
        .extend_pairs(more);
    let answer = http().get(url).send().await.unwrap();
    let location = answer.headers()[header::LOCATION].to_str().unwrap().to_owned();
    assert!(location.starts_with(CALLBACK), "{location}");
    url::Url::parse(&location).unwrap().query_pairs().into_owned().collect()
}

async fn ask(server: &FakeAuthorizationServer, fields: &[(&str, &str)]) -> Option<(u16, Value)> {
    let request = http().post(format!("{}/token", server.issuer())).form(fields);
    let answer = request.send().await.ok()?;
    Some((answer.status().as_u16(), answer.json().await.unwrap_or_default()))
}

#[tokio::test]
async fn a_client_signs_in_refreshes_and_loses_an_answer() {
    let server = FakeAuthorizationServer::start().await.unwrap();
    server.sign_in("bob");
    let proof = [("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
    let back = authorize(&server, &proof).await;
    assert_eq!(
        back[1..],
        [("state", "s"), ("iss", server.issuer())].map(|(a, b)| (a.into(), b.into()))
    );
    let code = back[0].1.as_str();
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("client_id", "app"),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let (status, tokens) = ask(&server, &form).await.unwrap();
    assert_eq!((status, tokens["expires_in"].as_u64()), (200, Some(300)), "{tokens}");
    assert_eq!(ask(&server, &form).await.unwrap().0, 400, "a code is good once");
    let userinfo = http()
        .get(format!("{}/userinfo", server.issuer()))
        .bearer_auth(tokens["access_token"].as_str().unwrap());
    assert_eq!(userinfo.send().await.unwrap().json::<Value>().await.unwrap()["sub"], "bob");

    // The answer to a refresh is lost: the old token is used up, as on a real server, and the client never saw the new one.
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let again = [("grant_type", "refresh_token"), ("refresh_token", refresh), ("client_id", "app")];
    server.fail_next("/token", Fault::Lost);
    assert_eq!(ask(&server, &again).await, None);
    assert_eq!(ask(&server, &again).await.unwrap().1["error"], "invalid_grant");

    let other = authorize(&server, &proof).await;
    form[1].1 = other[0].1.as_str();
    form[4].1 = CHALLENGE;
    assert_eq!(ask(&server, &form).await.unwrap().1["error"], "invalid_grant", "another verifier");
    server.refuse("access_denied");
    assert_eq!(authorize(&server, &proof).await[0], ("error".into(), "access_denied".into()));
}
