//! What a client may say in an assertion, to the millisecond and to the letter.

use super::*;
use crate::fixtures::signer::{Signer, with};
use serde_json::{Value, json};

const NOW: i64 = 1_800_000_000;

fn issuer() -> Issuer {
    Issuer::parse("https://auth.example").unwrap()
}

fn claims() -> Value {
    json!({"iss": "site", "sub": "site", "aud": "https://auth.example", "jti": "one", "iat": NOW, "exp": NOW + 60})
}

fn check(by: &Signer, typ: Option<&str>, claims: &Value) -> Result<Once, Fault> {
    let assertion = Assertion::parse(&by.sign(typ, claims))?;
    assert_eq!(assertion.key_id(), Some("k"));
    let by = Proof::Signature(&by.keys(), &Algorithm::ALL);
    assertion.check(by, &issuer(), Timestamp::from_seconds(NOW))
}

const SECRET: &str = "a shared secret of more than sixty-four bytes, as HS512 would like it";

fn mac(algorithm: MacAlgorithm, typ: Option<&str>, claims: &Value) -> Assertion {
    let text =
        jose::mac::sign(typ, algorithm, SECRET.as_bytes(), claims.to_string().as_bytes()).unwrap();
    Assertion::parse(&text).unwrap()
}

/// The same with a MAC; nothing if it does not read at all, as with a signature.
fn check_mac(typ: Option<&str>, claims: &Value) -> Result<Once, Fault> {
    let secret = Secret::from(SECRET);
    let payload = claims.to_string();
    let text = jose::mac::sign(typ, MacAlgorithm::Hs256, SECRET.as_bytes(), payload.as_bytes());
    let by = Proof::Mac(&secret, &MacAlgorithm::ALL);
    Assertion::parse(&text.unwrap())?.check(by, &issuer(), Timestamp::from_seconds(NOW))
}

/// R7523-3-a, R7523-3-b, R7523bis-3-a, table 1.13-J
#[test]
fn every_claim_is_what_it_must_be() {
    let signer = Signer::new();
    let none = Value::Null;
    let now = json!(NOW);
    for (name, value, fault) in [
        ("iss", none.clone(), Fault::Subject),
        ("iss", json!("other"), Fault::Subject),
        ("iss", json!(["site"]), Fault::Form),
        ("sub", none.clone(), Fault::Subject),
        ("sub", json!("other"), Fault::Subject),
        ("sub", json!("two words\n"), Fault::Subject),
        ("aud", none.clone(), Fault::Audience),
        ("aud", json!("https://auth.example/"), Fault::Audience),
        ("aud", json!("https://auth.example/o/token/"), Fault::Audience),
        ("aud", json!(["https://auth.example"]), Fault::Audience),
        ("aud", json!(["https://auth.example", "https://other.example"]), Fault::Audience),
        ("exp", none.clone(), Fault::Time),
        ("exp", json!(NOW - 10), Fault::Time),
        ("exp", json!(NOW + 3611), Fault::Time),
        ("exp", json!("9999999999"), Fault::Form),
        ("exp", json!(1e308), Fault::Form),
        ("iat", json!(NOW + 11), Fault::Time),
        ("nbf", json!(NOW + 11), Fault::Time),
        ("nbf", json!(-1), Fault::Form),
        ("jti", none.clone(), Fault::Id),
        ("jti", json!(""), Fault::Id),
        ("jti", json!(7), Fault::Form),
        ("jti", json!("x".repeat(256)), Fault::Id),
    ] {
        let found = check(&signer, None, &with(&claims(), name, &value));
        assert_eq!(found, Err(fault), "{name}: {value}");
        assert_eq!(check_mac(None, &with(&claims(), name, &value)), found, "{name}: {value}");
    }
    for (name, value) in [
        ("iat", json!(NOW + 10)),
        ("iat", none),
        ("nbf", now),
        ("exp", json!(NOW - 9)),
        ("exp", json!(NOW + 3610)),
        ("jti", json!("x".repeat(255))),
    ] {
        let claims = with(&claims(), name, &value);
        assert!(check(&signer, None, &claims).is_ok(), "{name}: {value}");
        assert!(check_mac(None, &claims).is_ok(), "{name}: {value}");
    }
}

/// R7523-3-b: it is remembered as long as it could be shown again.
#[test]
fn a_good_one_is_for_once_and_says_until_when() {
    let signer = Signer::new();
    let once = check(&signer, None, &claims()).unwrap();
    let expires_at = Timestamp::from_seconds(NOW + 70);
    let client = ClientId::parse("site").unwrap();
    assert_eq!(once, Once { client, id: "one".to_owned(), expires_at });
}

/// RFC 8725 §3.11
#[test]
fn only_a_jwt_that_says_nothing_else_is_one() {
    let signer = Signer::new();
    for (typ, good) in [
        (None, true),
        (Some("JWT"), true),
        (Some("jwt"), true),
        (Some("application/jwt"), true),
        (Some("client-authentication+jwt"), true),
        (Some("application/client-authentication+jwt"), true),
        (Some("at+jwt"), false),
        (Some("logout+jwt"), false),
        (Some("oauth-authz-req+jwt"), false),
        (Some("x"), false),
    ] {
        let found = check(&signer, typ, &claims());
        assert_eq!(found.is_ok(), good, "{typ:?}");
        assert!(good || found == Err(Fault::Type), "{typ:?}");
        assert_eq!(check_mac(typ, &claims()), found, "{typ:?}");
    }
}

/// R7523-3-c
#[test]
fn the_signature_is_by_a_key_of_the_client_for_an_algorithm_that_it_may_use() {
    let (own, other) = (Signer::new(), Signer::new());
    let assertion = Assertion::parse(&own.sign(None, &claims())).unwrap();
    let now = Timestamp::from_seconds(NOW);
    let check =
        |keys: &JwkSet, allowed| assertion.check(Proof::Signature(keys, allowed), &issuer(), now);
    assert!(check(&own.keys(), &[Algorithm::EdDsa]).is_ok());
    assert_eq!(check(&own.keys(), &[Algorithm::Es256]), Err(Fault::Signature));
    assert_eq!(check(&other.keys(), &[Algorithm::EdDsa]), Err(Fault::Signature));
    assert_eq!(check(&JwkSet::default(), &[Algorithm::EdDsa]), Err(Fault::Signature));
}

/// ROIDC-9-a, R7523-3-c, table 1.13-J: the secret is the client's, long enough, and for an algorithm that it may use; and
/// neither kind of key ever checks what the other protects.
#[test]
fn a_mac_is_by_the_secret_of_the_client_and_no_key_is_taken_for_another() {
    let now = Timestamp::from_seconds(NOW);
    let pair = Signer::new();
    let signed = Assertion::parse(&pair.sign(None, &claims())).unwrap();
    let (secret, other) = (Secret::from(SECRET), Secret::from("x".repeat(64).as_str()));
    let public = Secret::new(pair.keys().to_json().to_string());
    for algorithm in MacAlgorithm::ALL {
        let assertion = mac(algorithm, None, &claims());
        let check = |secret: &Secret, allowed: &[MacAlgorithm]| {
            assertion.check(Proof::Mac(secret, allowed), &issuer(), now)
        };
        assert!(check(&secret, &[algorithm]).is_ok(), "{algorithm}");
        let others: Vec<_> = MacAlgorithm::ALL.into_iter().filter(|it| *it != algorithm).collect();
        assert_eq!(check(&secret, &others), Err(Fault::Signature), "{algorithm}");
        for wrong in [&other, &public, &Secret::from("")] {
            assert_eq!(check(wrong, &MacAlgorithm::ALL), Err(Fault::Signature), "{algorithm}");
        }
        let by_keys = Proof::Signature(&pair.keys(), &Algorithm::ALL);
        assert_eq!(assertion.check(by_keys, &issuer(), now), Err(Fault::Signature));
        assert_eq!(assertion.method(), AuthMethod::ClientSecretJwt);
    }
    let by_secret = Proof::Mac(&public, &MacAlgorithm::ALL);
    assert_eq!(signed.check(by_secret, &issuer(), now), Err(Fault::Signature));
    assert_eq!(signed.method(), AuthMethod::PrivateKeyJwt);
}

#[test]
fn two_are_the_same_if_client_and_header_are() {
    let signer = Signer::new();
    let read = |typ, client: &str| {
        let claims = with(&claims(), "sub", &json!(client));
        Assertion::parse(&signer.sign(typ, &claims)).unwrap()
    };
    assert_eq!(read(None, "site"), read(None, "site"));
    assert_ne!(read(None, "site"), read(None, "other"));
    assert_ne!(read(None, "site"), read(Some("JWT"), "site"));
}
