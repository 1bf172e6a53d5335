//! What a client may say about itself, and what becomes of it.

use super::*;
use crate::client::{AuthMethod, ClientType, ConsentRule};
use crate::fixtures::{client, policy};
use serde_json::json;

fn request(value: &Value) -> Result<Request, OAuthError> {
    Request::parse(value.to_string().as_bytes())
}

fn register(value: &Value, vouched_for: bool) -> Result<Registration, OAuthError> {
    decide(&request(value)?, Facts { vouched_for }, &policy())
}

fn code(value: &Value) -> &'static str {
    register(value, false).map_or_else(|error| error.code().as_str(), |_| "made")
}

/// R7591-2-a
#[test]
fn what_is_left_out_has_its_default() {
    let made = register(&json!({"redirect_uris": ["https://app.example/cb"]}), false).unwrap();
    assert_eq!(made.auth_method, AuthMethod::ClientSecretBasic);
    assert_eq!(made.client_type, ClientType::Confidential);
    assert_eq!(made.grant_types, [GrantType::AuthorizationCode].into());
    assert_eq!(made.metadata.origin, Origin::Dynamic);
    assert_eq!(made.metadata.application_type, ApplicationType::Web);
    assert_eq!(made.name, "app.example");
    let app =
        json!({"redirect_uris": ["http://127.0.0.1/cb"], "token_endpoint_auth_method": "none"});
    let app = register(&app, false).unwrap();
    assert_eq!(app.metadata.application_type, ApplicationType::Native);
    assert_eq!((app.client_type, app.auth_method), (ClientType::Public, AuthMethod::None));
}

/// R7591-2-b, R7591-2-c, R7591-3.2.2-a, R7591-3.2.2-b
#[test]
fn each_fault_has_its_code() {
    let uri = "https://app.example/cb";
    for (value, expected) in [
        (json!({"redirect_uris": [uri]}), "made"),
        (json!({"redirect_uris": [uri], "response_types": ["token"]}), "invalid_client_metadata"),
        (
            json!({"redirect_uris": [uri], "grant_types": ["refresh_token"]}),
            "invalid_client_metadata",
        ),
        (json!({"redirect_uris": [uri], "grant_types": ["magic"]}), "invalid_client_metadata"),
        (json!({"redirect_uris": [uri], "grant_types": ["password"]}), "invalid_client_metadata"),
        (json!({"grant_types": [GrantType::JwtBearer.as_str()]}), "invalid_client_metadata"),
        (json!({"grant_types": ["urn:stable:badge"]}), "invalid_client_metadata"),
        (
            json!({"redirect_uris": [uri], "token_endpoint_auth_method": "x"}),
            "invalid_client_metadata",
        ),
        (json!({"redirect_uris": [uri], "logo_uri": "data:,x"}), "invalid_client_metadata"),
        (json!({"redirect_uris": [uri], "jwks": {"keys": [key()]}}), "made"),
        (json!({"redirect_uris": [uri], "jwks": {"keys": []}}), "invalid_client_metadata"),
        (json!({"redirect_uris": [uri], "jwks": "none"}), "invalid_client_metadata"),
        (
            json!({"redirect_uris": [uri], "jwks": {"keys": [key()]}, "jwks_uri": "https://app.example/k"}),
            "invalid_client_metadata",
        ),
        (
            json!({"redirect_uris": [uri], "software_statement": "e30.e30."}),
            "unapproved_software_statement",
        ),
        (json!({"redirect_uris": ["javascript:alert(1)"]}), "invalid_redirect_uri"),
        (json!({"redirect_uris": ["data:text/html,x"]}), "invalid_redirect_uri"),
        (json!({"redirect_uris": ["https://app.example/cb#x"]}), "invalid_redirect_uri"),
        (json!({"redirect_uris": ["https://*.app.example/cb"]}), "invalid_redirect_uri"),
        (json!({"redirect_uris": ["http://app.example/cb"]}), "invalid_redirect_uri"),
        (json!({"redirect_uris": []}), "invalid_redirect_uri"),
        (json!({}), "invalid_redirect_uri"),
        (json!([]), "invalid_client_metadata"),
    ] {
        assert_eq!(code(&value), expected, "{value}");
    }
    assert_eq!(
        Request::parse(b"{\"a\":1,\"a\":1}").unwrap_err().code(),
        ErrorCode::InvalidClientMetadata
    );
}

/// R7591-5-a
#[test]
fn nobody_gives_themselves_more_than_everybody_gets() {
    let greedy = json!({
        "redirect_uris": ["https://app.example/cb"], "client_id": "mine", "client_secret": "mine",
        "scope": "read admin openid", "consent": "trusted", "pkce": "allow_none",
        "origin": "operator", "first_party": true, "skip_consent": true, "trusted": true,
    });
    let made = register(&greedy, true).unwrap();
    assert_eq!(made.scope.unwrap().to_string(), "openid read");
    assert_eq!(made.metadata.consent, ConsentRule::Remember);
    assert_eq!((made.metadata.pkce, made.metadata.origin), (None, Origin::Dynamic));
    let admin = json!({"redirect_uris": ["https://app.example/cb"], "scope": "admin"});
    assert_eq!(code(&admin), "invalid_client_metadata");
    let all = register(&json!({"redirect_uris": ["https://app.example/cb"]}), true).unwrap();
    assert!(!all.scope.unwrap().to_string().contains("admin"));
}

#[test]
fn acting_for_itself_needs_somebody_who_vouches() {
    let machine = json!({"grant_types": ["client_credentials"]});
    assert_eq!(code(&machine), "invalid_client_metadata");
    let made = register(&machine, true).unwrap();
    assert!(made.metadata.response_types.is_empty());
}

/// R7592-2.2-a
#[test]
fn a_change_replaces_everything_and_proves_whose_it_is() {
    let mut known = client();
    known.metadata.tos_uri = Some("https://app.example/terms".to_owned());
    known.scope = Some(crate::fixtures::scope("read"));
    known.metadata.consent = ConsentRule::Always;
    let change = |value: Value, secret_is_right: bool| {
        let change = Change { client: &known, secret_is_right };
        decide_change(&request(&value)?, change, &policy())
    };
    let good = json!({"client_id": "cli", "redirect_uris": ["https://app.example/new"]});
    let made = change(good.clone(), true).unwrap();
    assert_eq!(made.metadata.tos_uri, None);
    // What an operator has decided stays.
    assert_eq!(made.metadata.consent, ConsentRule::Always);
    assert_eq!(made.scope.unwrap().to_string(), "read");
    assert_eq!(made.redirect_uris[0].as_str(), "https://app.example/new");
    assert!(change(good.clone(), false).is_err());
    for (member, value) in [
        ("client_id", json!("other")),
        ("client_id", Value::Null),
        ("registration_access_token", json!("x")),
        ("registration_client_uri", json!("x")),
        ("client_secret_expires_at", json!(0)),
        ("client_id_issued_at", json!(0)),
        ("token_endpoint_auth_method", json!("none")),
    ] {
        let mut bad = good.clone();
        bad[member] = value;
        assert!(change(bad, true).is_err(), "{member}");
    }
}

/// The public key of RFC 8037, appendix A.2.
fn key() -> serde_json::Value {
    json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})
}

#[test]
fn a_statement_that_is_null_is_none_and_a_body_has_a_bound() {
    let uri = "https://app.example/cb";
    assert_eq!(code(&json!({"redirect_uris": [uri], "software_statement": null})), "made");
    let good = json!({"redirect_uris": [uri]}).to_string();
    for (bytes, expected) in [(64 * 1024, true), (64 * 1024 + 1, false)] {
        let body = format!("{good}{}", " ".repeat(bytes - good.len()));
        assert_eq!(Request::parse(body.as_bytes()).is_ok(), expected, "{bytes}");
    }
}

/// R7592-2.2-a
#[test]
fn the_secret_that_a_change_shows_is_read_as_it_is_sent() {
    let shown = |value: Value| {
        let secret = request(&json!({"client_secret": value})).unwrap().shown_secret();
        secret.map(|secret| secret.expose().to_owned())
    };
    assert_eq!(shown(json!("s3cret")).as_deref(), Some("s3cret"));
    assert_eq!((shown(Value::Null), shown(json!(7))), (None, None));
}

#[test]
fn a_change_keeps_whether_a_client_can_keep_a_secret_and_has_one() {
    let known = client();
    let change = |method: &str, more: Value| {
        let mut members = json!({
            "client_id": "cli", "redirect_uris": ["https://app.example/cb"],
            "token_endpoint_auth_method": method,
        });
        members.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        let change = Change { client: &known, secret_is_right: true };
        decide_change(&request(&members)?, change, &policy())
    };
    assert!(change("client_secret_post", json!({})).is_ok());
    assert!(change("none", json!({})).is_err());
    // It can keep a secret as well, and would have none any more.
    let signs = json!({"jwks_uri": "https://app.example/jwks.json"});
    assert!(change("private_key_jwt", signs).is_err());
}

#[test]
fn a_scope_of_nothing_is_nothing_and_one_that_cannot_be_had_is_a_fault() {
    let uri = "https://app.example/cb";
    let made = |scope: &str| register(&json!({"redirect_uris": [uri], "scope": scope}), false);
    assert!(made("").unwrap().scope.unwrap().is_empty());
    assert_eq!(made("read").unwrap().scope.unwrap().to_string(), "read");
    assert!(made("admin").is_err());
}

/// ROIDR-2-a
#[test]
fn what_its_redirect_uris_say_counts_only_where_the_client_does_not_say_itself() {
    let kind = |value: &Value| register(value, false).map(|made| made.metadata.application_type);
    let (app, site) = ("http://127.0.0.1/cb", "https://app.example/cb");
    for (uris, said, expected) in [
        (vec![app], Value::Null, Some(ApplicationType::Native)),
        (vec![site], Value::Null, Some(ApplicationType::Web)),
        // A site is not sent back to the person's machine, and an app of that type to nothing else (Registration §2).
        (vec![site], json!("native"), None),
        (vec![app, site], Value::Null, None),
        (vec![app], json!("web"), None),
    ] {
        let value = json!({
            "redirect_uris": uris, "application_type": said, "token_endpoint_auth_method": "none",
        });
        assert_eq!(kind(&value).ok(), expected, "{value}");
    }
}
