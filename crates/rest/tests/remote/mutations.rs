//! The table of JWTs that are not an access token for this resource: what is changed, row by row.
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use fetch::testing::Answer;
use grantwell_rest::remote::JwksVerifier;
use jose::{Algorithm, MacAlgorithm, mac};
use serde_json::{Value, json};

use super::world::{ISSUER, NOW, RESOURCE, Signer, World, claims, outcome};

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A good token with another header; its signature does not fit any more.
fn with_header(token: &str, header: &Value) -> String {
    let rest = token.split_once('.').unwrap().1;
    format!("{}.{rest}", encode(header.to_string()))
}

fn changed(name: &str, value: Value) -> String {
    let mut claims = claims();
    match value {
        Value::Null => drop(claims.as_object_mut().unwrap().shift_remove(name)),
        value => claims[name] = value,
    }
    claims.to_string()
}

/// What is tried, and the token.
type Rows = Vec<(String, String)>;

/// Another algorithm, another key, a key brought along.
fn headers(signer: &Signer) -> Rows {
    let (good, keys, payload) = (signer.token(), signer.keys(), claims().to_string());
    let kid = keys["keys"][0]["kid"].clone();
    let stranger = Signer::new(Algorithm::Es256, 1);
    let stranger_key = stranger.keys()["keys"][0].clone();
    let mut rows = Rows::new();
    for alg in ["none", "None", "nOnE", "", "ES384", "RS256", "HS256"] {
        let header = json!({"typ": "at+jwt", "alg": alg, "kid": kid});
        rows.push((format!("alg {alg}"), with_header(&good, &header)));
        let unsigned = with_header(&good, &header);
        let unsigned = unsigned.rsplit_once('.').unwrap().0;
        rows.push((format!("alg {alg} without signature"), format!("{unsigned}.")));
    }
    for secret in [keys.to_string(), keys["keys"][0].to_string(), keys["keys"][0]["x"].to_string()]
    {
        let secret = format!("{secret:32}");
        let forged =
            mac::sign(Some("at+jwt"), MacAlgorithm::Hs256, secret.as_bytes(), payload.as_bytes());
        rows.push(("the public key as the secret of a MAC".to_owned(), forged.unwrap()));
    }
    rows.push(("another key of the same name".to_owned(), stranger.token()));
    for (name, value) in [
        ("jwk", stranger_key),
        ("jku", json!("https://evil.example/jwks.json")),
        ("x5u", json!("https://evil.example/cert.pem")),
        ("x5c", json!(["AAAA"])),
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
        ("enc", json!("A256GCM")),
        ("kid", json!("../../../../dev/null")),
        ("kid", json!("' OR 1=1 --")),
        ("kid", json!(1)),
    ] {
        let mut header = json!({"typ": "at+jwt", "alg": "ES256", "kid": kid});
        header[name] = value;
        rows.push((format!("header {name}"), with_header(&stranger.token(), &header)));
    }
    // A header with a member twice.
    let doubled = format!(r#"{{"typ":"at+jwt","alg":"ES256","alg":"ES256","kid":{kid}}}"#);
    rows.push((
        "alg twice".to_owned(),
        format!("{}.{}", encode(doubled), good.split_once('.').unwrap().1),
    ));
    rows
}

/// Properly signed, but of another type or with other claims.
fn contents(signer: &Signer) -> Rows {
    let (payload, mut rows) = (claims().to_string(), Rows::new());
    for typ in [
        None,
        Some("JWT"),
        Some(""),
        Some("logout+jwt"),
        Some("oauth-authz-req+jwt"),
        Some("token-introspection+jwt"),
        Some("dpop+jwt"),
        Some("secevent+jwt"),
        Some("at+jwt+x"),
    ] {
        rows.push((format!("typ {typ:?}"), signer.sign(typ, &payload)));
    }
    for (name, value) in [
        ("iss", Value::Null),
        ("iss", json!("https://id.example/")),
        ("iss", json!("https://id.example.evil")),
        ("iss", json!([ISSUER])),
        ("aud", Value::Null),
        ("aud", json!(ISSUER)),
        ("aud", json!([])),
        ("aud", json!("https://api.example/v1/")),
        ("aud", json!(["https://api.example", "https://api.example/v2"])),
        ("aud", json!([RESOURCE, 1])),
        ("aud", json!({"x": RESOURCE})),
        ("exp", Value::Null),
        ("exp", json!(NOW - 10)),
        ("exp", json!((NOW + 60).to_string())),
        ("exp", json!(1e308)),
        ("exp", json!(-1)),
        ("exp", json!((NOW + 60) * 1000)),
        ("nbf", json!(NOW + 11)),
        ("nbf", json!("0")),
        ("iat", Value::Null),
        ("iat", json!(NOW + 11)),
        ("sub", Value::Null),
        ("sub", json!(1)),
        ("client_id", Value::Null),
        ("client_id", json!("")),
        ("jti", Value::Null),
        ("jti", json!(1)),
        ("scope", json!(["read"])),
        ("cnf", json!({"jkt": "x"})),
    ] {
        rows.push((format!("{name} {value}"), signer.sign(Some("at+jwt"), &changed(name, value))));
    }
    rows
}

/// No such JWT at all.
fn texts(signer: &Signer) -> Rows {
    let (good, payload, mut rows) = (signer.token(), claims().to_string(), Rows::new());
    let twice = payload.replacen('{', r#"{"iss":"https://evil.example","#, 1);
    rows.push(("iss twice".to_owned(), signer.sign(Some("at+jwt"), &twice)));
    rows.push(("no object".to_owned(), signer.sign(Some("at+jwt"), "[]")));
    for (name, token) in [
        ("a character less", good.get(..good.len() - 1).unwrap().to_owned()),
        ("padding", format!("{good}=")),
        ("two parts", good.rsplit_once('.').unwrap().0.to_owned()),
        ("five parts", format!("{good}.a.b")),
        ("opaque", "v4.local.AAAA".to_owned()),
    ] {
        rows.push((name.to_owned(), token));
    }
    rows
}

/// R9068-4-a, R9068-2.1-a
#[tokio::test]
async fn whatever_is_not_an_access_token_for_this_resource_is_refused() {
    let (world, signer) = (World::new().await, Signer::new(Algorithm::Es256, 1));
    world.script.says("/jwks.json", Answer::json(signer.keys().to_string()));
    let verifier = JwksVerifier::new(world.server(), RESOURCE, world.clock.clone());
    assert_eq!(outcome(&verifier, &signer.token()).await, "read of ann");
    let rows = [headers(&signer), contents(&signer), texts(&signer)].concat();
    for (name, token) in &rows {
        assert_eq!(outcome(&verifier, token).await, "invalid_token", "{name}: {token}");
    }
    println!("{} rows", rows.len());
    for (name, value) in [
        ("aud", json!(RESOURCE)),
        ("aud", json!(["https://other.example", RESOURCE])),
        ("exp", json!(1_800_000_000.5)),
        ("exp", json!(NOW - 9)),
        ("extra", json!(1)),
    ] {
        let token = signer.sign(Some("at+jwt"), &changed(name, value.clone()));
        assert!(outcome(&verifier, &token).await.ends_with(" of ann"), "{name} {value}");
    }
    let media_type = signer.sign(Some("application/AT+jwt"), &claims().to_string());
    assert_eq!(outcome(&verifier, &media_type).await, "read of ann");
}

#[tokio::test]
async fn only_the_algorithms_that_are_allowed_count() {
    let (world, signer) = (World::new().await, Signer::new(Algorithm::Es256, 1));
    world.script.says("/jwks.json", Answer::json(signer.keys().to_string()));
    let verifier = JwksVerifier::new(world.server(), RESOURCE, world.clock.clone())
        .with_algorithms(&[Algorithm::EdDsa]);
    assert_eq!(outcome(&verifier, &signer.token()).await, "invalid_token");
    assert_eq!(world.asked("/jwks.json"), 0, "nobody is asked for keys for it");
}
