//! What is believed of a token of a server elsewhere, row by row.

use super::introspection::Answer;
use super::metadata::ServerMetadata;
use super::*;
use crate::fixtures::{NOW, scope};
use serde_json::{Value, json};
use url::Url;

const ISSUER: &str = "https://id.example";
const RESOURCE: &str = "https://api.example/v1";

fn expected() -> Expected {
    Expected::new(ISSUER, RESOURCE)
}

/// What a server answers about a good token.
fn good() -> Value {
    json!({
        "active": true, "iss": ISSUER, "aud": [RESOURCE], "client_id": "cli", "sub": "ann", "scope": "read write",
        "token_type": "Bearer", "exp": NOW.as_seconds() + 60, "iat": NOW.as_seconds() - 60, "jti": "one",
        "auth_time": NOW.as_seconds() - 90, "acr": "2",
    })
}

fn changed(name: &str, value: Value) -> Value {
    let mut answer = good();
    match value {
        Value::Null => drop(answer.as_object_mut().unwrap().shift_remove(name)),
        value => answer[name] = value,
    }
    answer
}

fn decide(answer: &Value) -> Result<Principal, Fault> {
    Answer::parse(answer.to_string().as_bytes()).unwrap().decide("the-token", &expected(), NOW)
}

/// R7662-2.2-a
#[test]
fn a_good_answer_tells_who_is_asking() {
    let principal = decide(&good()).unwrap();
    assert_eq!((principal.user, principal.subject.as_str()), (None, "ann"));
    assert_eq!(principal.client.as_str(), "cli");
    assert_eq!(principal.scopes, scope("read write"));
    assert_eq!(principal.audience, [RESOURCE]);
    assert_eq!(principal.expires_at, NOW + Duration::from_mins(1));
    assert_eq!(principal.authenticated_at, Some(Timestamp::from_seconds(NOW.as_seconds() - 90)));
    assert_eq!(principal.acr.as_deref(), Some("2"));
    assert_eq!(decide(&changed("iss", Value::Null)).unwrap().subject, "ann");
}

#[test]
fn a_user_is_known_by_the_one_spelling_of_our_ids_and_a_client_is_nobody() {
    let id = "0190a6f2-7b2c-7d31-8c4e-5a1f6b2d3e4c";
    let user = |sub: Value| {
        let principal = decide(&changed("sub", sub)).unwrap();
        (principal.user.map(|user| user.to_string()), principal.subject)
    };
    assert_eq!(user(json!(id)), (Some(id.to_owned()), id.to_owned()));
    let upper = id.to_uppercase();
    assert_eq!(user(json!(upper)), (None, upper));
    assert_eq!(user(json!("cli")), (None, "cli".to_owned()));
    assert_eq!(user(Value::Null), (None, "cli".to_owned()));
}

#[test]
fn two_tokens_never_have_one_name_and_a_name_of_ours_is_kept() {
    let named = |jti: Value, text: &str| {
        let answer = Answer::parse(changed("jti", jti).to_string().as_bytes()).unwrap();
        answer.decide(text, &expected(), NOW).unwrap().token
    };
    assert_eq!(named(json!("AAAAAAAAAAAAAAAAAAAAAQ"), "a"), TokenId::from_bits(1));
    assert_eq!(named(json!("x"), "a"), named(Value::Null, "a"));
    assert_ne!(named(json!("x"), "a"), named(json!("x"), "b"));
}

/// R7662-2.2-a, R7662-2.2-e, R7662-4-a
#[test]
fn whatever_is_wrong_with_an_answer_has_its_fault() {
    let at = |seconds: i64| json!(NOW.as_seconds() + seconds);
    for (name, value, fault) in [
        ("active", json!(false), Fault::Inactive),
        ("token_type", Value::Null, Fault::Type),
        ("token_type", json!("DPoP"), Fault::Type),
        ("token_type", json!("N_A"), Fault::Type),
        ("token_use", json!("refresh_token"), Fault::Type),
        ("token_use", json!("id"), Fault::Type),
        ("token_use", json!(1), Fault::Claims),
        ("iss", json!("https://id.example/"), Fault::Issuer),
        ("iss", json!("https://evil.example"), Fault::Issuer),
        ("aud", Value::Null, Fault::Audience),
        ("aud", json!(ISSUER), Fault::Audience),
        ("aud", json!(["https://api.example/v1/", "https://api.example"]), Fault::Audience),
        ("exp", Value::Null, Fault::Time),
        ("exp", at(-10), Fault::Time),
        ("nbf", at(11), Fault::Time),
        ("iat", at(11), Fault::Time),
        ("cnf", json!({"jkt": "x"}), Fault::Confirmation),
        ("client_id", Value::Null, Fault::Claims),
        ("client_id", json!("a b"), Fault::Claims),
        ("scope", json!(["read"]), Fault::Claims),
        ("scope", json!("read\twrite"), Fault::Claims),
        ("sub", json!(""), Fault::Claims),
        ("sub", json!("x".repeat(256)), Fault::Claims),
        ("auth_time", json!("now"), Fault::Claims),
        ("acr", json!(2), Fault::Claims),
        ("acr", json!("x".repeat(256)), Fault::Claims),
    ] {
        assert_eq!(decide(&changed(name, value.clone())), Err(fault), "{name} {value}");
    }
    for (name, value) in [
        ("token_type", json!("bearer")),
        ("token_use", json!("access_token")),
        ("aud", json!(RESOURCE)),
        ("exp", at(-9)),
        ("nbf", at(10)),
        ("scope", Value::Null),
    ] {
        assert!(decide(&changed(name, value.clone())).is_ok(), "{name} {value}");
    }
}

#[test]
fn what_is_expected_is_kept_letter_by_letter() {
    let expected = expected().with_leeway(Duration::ZERO);
    assert_eq!((expected.issuer(), expected.resource()), (ISSUER, RESOURCE));
}

#[test]
fn a_subject_is_bounded() {
    for (length, good) in [(0, false), (1, true), (255, true), (256, false)] {
        let answer = changed("sub", "x".repeat(length).into());
        assert_eq!(decide(&answer).is_ok(), good, "{length}");
    }
}

#[test]
fn clocks_may_differ_by_a_minute_at_most() {
    let late = changed("exp", json!(NOW.as_seconds() - 59));
    let answer = Answer::parse(late.to_string().as_bytes()).unwrap();
    let within = |seconds| {
        let expected = expected().with_leeway(Duration::from_secs(seconds));
        answer.decide("the-token", &expected, NOW).is_ok()
    };
    assert!(within(60) && !within(59));
    let later = changed("exp", json!(NOW.as_seconds() - 60));
    let answer = Answer::parse(later.to_string().as_bytes()).unwrap();
    let expected = expected().with_leeway(Duration::from_hours(1));
    assert_eq!(answer.decide("the-token", &expected, NOW), Err(Fault::Time));
}

#[test]
fn what_is_no_answer_says_nothing_about_the_token() {
    for body in [
        "",
        "[]",
        "{}",
        r#"{"active":"true"}"#,
        r#"{"active":1}"#,
        r#"{"active":null}"#,
        r#"{"active":false,"active":true}"#,
        r#"{"active":true,"exp":"soon"}"#,
        r#"{"active":true,"aud":[1]}"#,
    ] {
        assert!(Answer::parse(body.as_bytes()).is_err(), "{body}");
    }
    assert_eq!(Answer::parse(br#"{"active":false,"more":1}"#), Ok(Answer::Inactive));
}

#[test]
fn an_answer_is_not_kept_beyond_the_end_of_its_token() {
    let ended =
        |answer: &Value| Answer::parse(answer.to_string().as_bytes()).unwrap().has_ended(NOW);
    assert!(!ended(&good()));
    assert!(ended(&changed("exp", json!(NOW.as_seconds()))));
    assert!(ended(&changed("exp", Value::Null)));
    assert!(!ended(&changed("active", json!(false))));
}

/// R8414-3.3-a
#[test]
fn metadata_counts_for_exactly_the_issuer_that_was_meant() {
    let parse = |json: Value| ServerMetadata::parse(json.to_string().as_bytes(), ISSUER);
    let metadata = parse(json!({"issuer": ISSUER, "jwks_uri": "https://id.example/k"})).unwrap();
    assert_eq!(metadata.jwks_uri, Some(Url::parse("https://id.example/k").unwrap()));
    assert_eq!(metadata.introspection_endpoint, None);
    for issuer in ["https://id.example/", "https://ID.example", "https://id.example/x", ""] {
        assert!(parse(json!({"issuer": issuer})).is_err(), "{issuer}");
    }
    assert!(parse(json!({"jwks_uri": "https://id.example/k"})).is_err());
    assert!(parse(json!({"issuer": ISSUER, "jwks_uri": 1})).is_err());
    assert!(parse(json!({"issuer": ISSUER, "jwks_uri": "/k"})).is_err());
    let doubled = br#"{"issuer":"https://id.example","issuer":"https://evil.example"}"#;
    assert!(ServerMetadata::parse(doubled, ISSUER).is_err());
}

/// R8414-3.1-a
#[test]
fn the_well_known_path_goes_before_the_path_of_an_issuer_or_behind_it() {
    for (issuer, oauth, openid) in [
        (
            "https://a",
            "/.well-known/oauth-authorization-server",
            "/.well-known/openid-configuration",
        ),
        (
            "https://a/",
            "/.well-known/oauth-authorization-server",
            "/.well-known/openid-configuration",
        ),
        (
            "https://a/t",
            "/.well-known/oauth-authorization-server/t",
            "/t/.well-known/openid-configuration",
        ),
        (
            "https://a/t/",
            "/.well-known/oauth-authorization-server/t",
            "/t/.well-known/openid-configuration",
        ),
    ] {
        let [first, second] = ServerMetadata::addresses(&Url::parse(issuer).unwrap());
        assert_eq!((first.path(), second.path()), (oauth, openid), "{issuer}");
    }
}
