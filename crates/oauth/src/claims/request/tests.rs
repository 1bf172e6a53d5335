//! What the `claims` parameter may say, and what becomes of it.

use super::*;
use crate::fixtures::scope;
use serde_json::json;

fn parse(value: &Value) -> ClaimsRequest {
    ClaimsRequest::parse(&value.to_string()).unwrap()
}

fn asked(essential: bool, wanted: Option<Value>) -> Asked {
    Asked { essential, wanted: wanted.map(|list| list.as_array().unwrap().clone()) }
}

/// The example of §5.5.
#[test]
fn the_example_of_the_standard_is_read() {
    let request = parse(&json!({
        "userinfo": {
            "given_name": {"essential": true},
            "nickname": null,
            "email": {"essential": true},
            "email_verified": {"essential": true},
            "picture": null,
            "http://example.info/claims/groups": null
        },
        "id_token": {
            "auth_time": {"essential": true},
            "acr": {"values": ["urn:mace:incommon:iap:silver"]}
        }
    }));
    let userinfo: Vec<_> =
        request.userinfo.iter().map(|(n, a)| (n.as_str(), a.essential)).collect();
    assert_eq!(
        userinfo,
        [
            ("email", true),
            ("email_verified", true),
            ("given_name", true),
            ("http://example.info/claims/groups", false),
            ("nickname", false),
            ("picture", false)
        ]
    );
    assert!(request.needs_auth_time());
    let acr = request.acr().unwrap();
    assert_eq!(acr, AcrWish { essential: false, values: vec!["urn:mace:incommon:iap:silver"] });
}

#[test]
fn each_way_to_ask_is_understood() {
    for (text, expected) in [
        ("null", asked(false, None)),
        ("{}", asked(false, None)),
        (r#"{"essential":false}"#, asked(false, None)),
        (r#"{"essential":true}"#, asked(true, None)),
        (r#"{"value":"a"}"#, asked(false, Some(json!(["a"])))),
        (r#"{"value":null}"#, asked(false, Some(json!([null])))),
        (r#"{"values":["a",1,true],"essential":true}"#, asked(true, Some(json!(["a", 1, true])))),
        (r#"{"purpose":"because","essential":true}"#, asked(true, None)),
    ] {
        let request = ClaimsRequest::parse(&format!(r#"{{"id_token":{{"name":{text}}}}}"#));
        assert_eq!(request.unwrap().id_token.get("name"), Some(&expected), "{text}");
    }
}

/// ROIDC-5.5-a
#[test]
fn a_malformed_parameter_is_invalid_request() {
    let sized = |count: usize| {
        let names = (0..count).map(|n| (format!("c{n}"), Value::Null)).collect::<Map<_, _>>();
        json!({ "userinfo": names }).to_string()
    };
    let listed =
        |count: usize| json!({"userinfo": {"name": {"values": vec!["a"; count]}}}).to_string();
    let deep = |levels: usize| {
        let inner = (0..levels).fold(json!(1), |inner, _| json!([inner]));
        json!({"userinfo": {"name": {"value": inner}}}).to_string()
    };
    let long = |bytes: usize| format!(r#"{{"x":"{}"}}"#, "a".repeat(bytes - 8));
    for text in [&sized(64), &listed(20), &deep(3), &long(8192), "{}"] {
        assert!(ClaimsRequest::parse(text).is_ok(), "{text:.80}");
    }
    for text in [
        "",
        "null",
        "[]",
        "\"{}\"",
        "{",
        "{}{}",
        "{'userinfo':{}}",
        r#"{"userinfo":null}"#,
        r#"{"userinfo":[]}"#,
        r#"{"id_token":"name"}"#,
        r#"{"userinfo":{"name":true}}"#,
        r#"{"userinfo":{"name":"x"}}"#,
        r#"{"userinfo":{"name":[]}}"#,
        r#"{"userinfo":{"name":{"essential":"true"}}}"#,
        r#"{"userinfo":{"name":{"essential":null}}}"#,
        r#"{"userinfo":{"name":{"values":"a"}}}"#,
        r#"{"userinfo":{"name":{"values":[]}}}"#,
        r#"{"userinfo":{"name":{"value":"a","values":["a"]}}}"#,
        r#"{"userinfo":{"name":null,"name":null}}"#,
        r#"{"userinfo":{},"userinfo":{}}"#,
        r#"{"userinfo":{"name":{"essential":true,"essential":true}}}"#,
        r#"{"other":{"a":1,"a":1}}"#,
        r#"{"userinfo":{"na\u0000me":null}}"#,
        r#"{"userinfo":{"name":{"value":1e300}}}"#,
        r#"{"id_token":{"sub":{"value":1}}}"#,
        r#"{"userinfo":{"sub":{"values":["a",null]}}}"#,
        r#"{"id_token":{"acr":{"values":["a",2]}}}"#,
        &sized(65),
        &listed(21),
        &deep(4),
        &long(8193),
        &"[".repeat(8000),
    ] {
        let error = ClaimsRequest::parse(text).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidRequest, "{text:.80}");
        assert!(error.description().contains("claims"), "{text:.80}: {error}");
    }
}

/// ROIDC-5.5-a
#[test]
fn what_is_not_understood_is_ignored() {
    let request = parse(&json!({
        "verified_claims": {"verification": 7},
        "userinfo": {"shoe_size": {"value": 7}, "naïve": null, "": null, ("x".repeat(129)): null},
    }));
    assert_eq!(request.userinfo.keys().collect::<Vec<_>>(), ["shoe_size"]);
    assert!(request.id_token.is_empty() && !request.is_empty());
    for empty in [json!({}), json!({"userinfo": {}, "id_token": {}}), json!({"x": 1})] {
        assert!(parse(&empty).is_empty(), "{empty}");
    }
}

#[test]
fn a_request_reads_back_as_it_was_stored() {
    for (value, stored) in [
        (json!({}), "{}"),
        (json!({"userinfo": {}}), "{}"),
        (json!({"id_token": {"name": {"essential": false}}}), r#"{"id_token":{"name":null}}"#),
        (
            json!({"id_token": {"sub": {"value": "a"}}, "userinfo": {"name": {"essential": true}}}),
            r#"{"userinfo":{"name":{"essential":true}},"id_token":{"sub":{"value":"a"}}}"#,
        ),
    ] {
        let request = parse(&value);
        assert_eq!(request.to_json(), stored);
        assert_eq!(ClaimsRequest::parse(stored).unwrap(), request);
        assert_eq!(serde_json::to_string(&request).unwrap(), stored);
        assert_eq!(serde_json::from_str::<ClaimsRequest>(stored).unwrap(), request);
    }
    assert!(serde_json::from_str::<ClaimsRequest>(r#"{"userinfo":[]}"#).is_err());
    // 1e15 is written as 1000000000000000.0: what was short enough grows too long to be read back.
    let lists = |claims: usize| {
        let list = ["1e15"; 20].join(",");
        let asked = (0..claims).map(|n| format!(r#""c{n}":{{"values":[{list}]}}"#));
        format!(r#"{{"userinfo":{{{}}}}}"#, asked.collect::<Vec<_>>().join(","))
    };
    assert!(ClaimsRequest::parse(&lists(20)).is_ok());
    let (short, error) = (lists(22), ClaimsRequest::parse(&lists(22)).unwrap_err());
    assert!(short.len() < ClaimsRequest::MAX_BYTES && error.description().contains("longer"));
}

/// ROIDC-5.5.1.1-a
#[test]
fn an_essential_context_is_reached_or_the_sign_in_fails() {
    for (acr, reached, expected) in [
        (json!({"essential": true, "values": ["mfa", "phr"]}), Some("phr"), true),
        (json!({"essential": true, "values": ["mfa", "phr"]}), Some("pwd"), false),
        (json!({"essential": true, "values": ["mfa", "phr"]}), None, false),
        (json!({"essential": true, "value": "mfa"}), Some("MFA"), false),
        (json!({"essential": true, "value": "mfa"}), Some("mfa"), true),
        (json!({"essential": true}), None, true),
        (json!({"values": ["mfa"]}), Some("pwd"), true),
        (json!({"values": ["mfa"]}), None, true),
        (Value::Null, None, true),
    ] {
        let request = parse(&json!({"id_token": {"acr": acr}}));
        assert_eq!(request.acr().unwrap().admits(reached), expected, "{acr} {reached:?}");
    }
    assert_eq!(parse(&json!({"userinfo": {"acr": {"essential": true}}})).acr(), None);
}

#[test]
fn the_time_of_sign_in_is_needed_only_when_essential_in_the_id_token() {
    for (value, expected) in [
        (json!({"id_token": {"auth_time": {"essential": true}}}), true),
        (json!({"id_token": {"auth_time": null}}), false),
        (json!({"userinfo": {"auth_time": {"essential": true}}}), false),
        (json!({}), false),
    ] {
        assert_eq!(parse(&value).needs_auth_time(), expected, "{value}");
    }
}

#[test]
fn a_named_subject_is_the_only_one_that_will_do() {
    for (value, expected) in [
        (json!({}), true),
        (json!({"id_token": {"sub": null}}), true),
        (json!({"id_token": {"sub": {"essential": true}}}), true),
        (json!({"id_token": {"sub": {"value": "jane"}}}), true),
        (json!({"userinfo": {"sub": {"values": ["joe", "jane"]}}}), true),
        (json!({"id_token": {"sub": {"value": "joe"}}}), false),
        (json!({"userinfo": {"sub": {"value": "Jane"}}}), false),
        (
            json!({"id_token": {"sub": {"value": "jane"}}, "userinfo": {"sub": {"value": "joe"}}}),
            false,
        ),
    ] {
        assert_eq!(parse(&value).admits_subject("jane"), expected, "{value}");
    }
}

#[test]
fn a_consent_page_shows_what_goes_beyond_the_scopes() {
    let request = parse(&json!({
        "userinfo": {"email": null, "name": null, "shoe_size": null, "iss": null},
        "id_token": {"sub": {"value": "jane"}, "acr": null, "auth_time": null, "phone_number": null},
    }));
    let beyond = |text: &str| request.beyond(&scope(text)).into_iter().collect::<Vec<_>>();
    assert_eq!(beyond("openid"), ["email", "name", "phone_number", "shoe_size"]);
    assert_eq!(beyond("openid profile phone"), ["email", "shoe_size"]);
}

#[test]
fn naming_claims_is_no_way_around_the_limit_of_a_registration() {
    let request = parse(&json!({
        "userinfo": {"email": null, "name": null, "shoe_size": null},
        "id_token": {"sub": {"value": "jane"}, "phone_number": null},
    }));
    let limited = request.limited_to(&scope("openid email"));
    assert_eq!(limited.userinfo.keys().collect::<Vec<_>>(), ["email", "shoe_size"]);
    assert_eq!(limited.id_token.keys().collect::<Vec<_>>(), ["sub"]);
    assert!(!limited.admits_subject("joe"), "the named subject stays");
}
