//! Addresses that are client ids, documents that are good, and what becomes of a change.

use super::*;
use crate::client::{ClientType, ConsentRule};
use crate::fixtures::{client_id, policy, scope};
use crate::pkce::Pkce;
use serde_json::json;

const ID: &str = "https://app.example/client.json";

fn read(change: impl FnOnce(&mut Map<String, Value>)) -> Result<Client, OAuthError> {
    let document = json!({
        "client_id": ID,
        "client_name": "An app",
        "redirect_uris": ["http://127.0.0.1/cb"],
    });
    let Value::Object(mut document) = document else { unreachable!() };
    change(&mut document);
    decide(&client_id(ID), Value::Object(document).to_string().as_bytes(), &policy())
}

/// RCIMD-3-a
#[test]
fn an_address_is_plain_https_with_a_path() {
    for good in [ID, "https://app.example/a/b?x=y", "https://app.example:8443/c"] {
        assert_eq!(address(&client_id(good)).unwrap().unwrap().as_str(), good);
    }
    for bad in [
        "https://app.example",
        "https://app.example/",
        "https://app.example/a/../b",
        "https://app.example/./b",
        "https://app.example/a/%2e%2e/b",
        "https://app.example/c#x",
        "https://ann@app.example/c",
        "https://ann:pw@app.example/c",
        "https://APP.example/c",
        "https://app.example:443/c",
        "https://127.0.0.1/c",
        "https://[::1]/c",
        "HTTPS://app.example/c",
        "https:///c",
        "https://app.example\\c",
    ] {
        assert!(address(&client_id(bad)).unwrap().is_err(), "{bad}");
    }
    for other in ["http://app.example/c", "app", "https:", "ftp://app.example/c", "https:/x/c"] {
        assert!(address(&client_id(other)).is_none(), "{other}");
    }
}

#[test]
fn a_good_document_is_a_public_client_of_a_stranger() {
    let client = read(|_| ()).unwrap();
    assert_eq!(client.id.as_str(), ID);
    assert_eq!((client.client_type, client.auth_method), (ClientType::Public, AuthMethod::None));
    assert_eq!(client.metadata.origin, Origin::Document);
    assert!(client.secret.is_none() && client.owner.is_none() && !client.first_party);
    // No more than the default, and nothing that an operator decides.
    let limit = client.scope.unwrap();
    assert!(limit.within(&policy().default_scope.union(&policy().person_scope())), "{limit}");
    let greedy = read(|document| {
        document.insert("consent".to_owned(), json!("trusted"));
        document.insert("pkce".to_owned(), json!("allow_none"));
        document.insert("active".to_owned(), json!(true));
    });
    let metadata = greedy.unwrap().metadata;
    assert_eq!((metadata.consent, metadata.pkce), (ConsentRule::Remember, None));
    let signs = read(|document| {
        document.insert("token_endpoint_auth_method".to_owned(), json!("private_key_jwt"));
        document.insert("jwks_uri".to_owned(), json!("https://app.example/jwks.json"));
    });
    assert_eq!(signs.unwrap().client_type, ClientType::Confidential);
}

/// RCIMD-4.1-a, RCIMD-4.1-b, RCIMD-6.6-a
#[test]
fn a_document_that_is_not_good_is_refused() {
    type Change = (&'static str, Value, &'static str);
    let table: [Change; 10] = [
        ("client_id", json!("https://app.example/client.json?x"), "client_id"),
        ("client_id", json!("https://APP.example/client.json"), "client_id"),
        ("client_id", json!(7), "client_id"),
        ("client_secret", json!("x"), "no secret"),
        ("client_secret_expires_at", json!(0), "no secret"),
        ("token_endpoint_auth_method", json!("client_secret_basic"), "no secret"),
        ("token_endpoint_auth_method", json!("private_key_jwt"), "jwks"),
        ("redirect_uris", json!(["https://app.example/*"]), "redirect_uris"),
        ("redirect_uris", json!([]), "redirect_uris"),
        ("grant_types", json!(["password"]), "grant_types"),
    ];
    for (member, value, expected) in table {
        let told = value.to_string();
        let error = read(|document| {
            document.insert(member.to_owned(), value);
        });
        let text = error.unwrap_err().description().into_owned();
        assert!(text.contains(expected), "{member} {told}: {text}");
    }
    let good = json!({"client_id": ID, "redirect_uris": ["http://127.0.0.1/cb"]}).to_string();
    for (bytes, expected) in [(5 * 1024, true), (5 * 1024 + 1, false)] {
        let body = format!("{good}{}", " ".repeat(bytes - good.len()));
        assert_eq!(decide(&client_id(ID), body.as_bytes(), &policy()).is_ok(), expected);
    }
    for body in ["", "[]", "{", "\"x\"", r#"{"client_id":"a","client_id":"a"}"#] {
        assert!(decide(&client_id(ID), body.as_bytes(), &policy()).is_err(), "{body}");
    }
}

/// RCIMD-6.3-a
#[test]
fn another_identity_is_asked_for_anew_and_what_an_operator_decided_stays() {
    let said = read(|_| ()).unwrap();
    assert_eq!(compare(&said, said.clone()), Change::None);
    let mut known = said.clone();
    known.active = false;
    known.scope = Some(scope("read"));
    known.metadata.pkce = Some(Pkce::AllowPlain);
    known.metadata.consent = ConsentRule::Always;
    known.epoch = 4;
    known.owner = Some(crate::fixtures::bearer().id);
    known.resources = vec!["https://id.example/v1".to_owned()];
    assert_eq!(compare(&known, said), Change::None, "it says nothing new");
    let other = read(|d| drop(d.insert("client_uri".to_owned(), json!("https://app.example/"))));
    let Change::Facts(changed) = compare(&known, other.unwrap()) else { panic!("the same app") };
    assert_eq!((changed.active, changed.epoch, changed.scope), (false, 4, Some(scope("read"))));
    assert_eq!((changed.owner, &changed.resources), (known.owner, &known.resources));
    assert_eq!(changed.metadata.pkce, Some(Pkce::AllowPlain));
    for (member, value) in [
        ("client_name", json!("Another app")),
        ("redirect_uris", json!(["http://127.0.0.1/other"])),
        ("jwks_uri", json!("https://app.example/jwks.json")),
    ] {
        let said = read(|document| drop(document.insert(member.to_owned(), value)));
        assert!(matches!(compare(&known, said.unwrap()), Change::Identity(_)), "{member}");
    }
}
