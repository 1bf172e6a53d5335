//! Properties of the textual types and of the rules, over generated input.
#![expect(clippy::unwrap_used, reason = "a test may fail")]

use grantwell_oauth::access_token::AccessToken;
use grantwell_oauth::bearer::{self, Challenge};
use grantwell_oauth::claims::{ClaimsRequest, CustomClaims, Granted, PersonClaims, Place, release};
use grantwell_oauth::client::{AuthMethod, ClientType, RedirectUri};
use grantwell_oauth::client_auth::{Presented, parse_basic};
use grantwell_oauth::device::DeviceCode;
use grantwell_oauth::error::{ErrorCode, OAuthError};
use grantwell_oauth::form::{self, Form};
use grantwell_oauth::grant::GrantType;
use grantwell_oauth::id::{AuthorizationId, ClientId, KeyId, TokenId, UserId};
use grantwell_oauth::issuer::Issuer;
use grantwell_oauth::refresh_token::RefreshToken;
use grantwell_oauth::scope::{ScopeSet, ScopeToken};
use grantwell_oauth::time::Timestamp;
use grantwell_oauth::user_code::UserCode;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// Sets over few tokens, so that they often overlap.
fn scope_set() -> impl Strategy<Value = ScopeSet> {
    let token = "[a-d]|read:[a-b]".prop_map(|text| ScopeToken::parse(&text).unwrap());
    proptest::collection::vec(token, 0..6).prop_map(ScopeSet::from_tokens)
}

/// Texts that often are what the parsers look for, and often almost.
fn almost() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ -~]{0,80}",
        "(https?|com\\.example|javascript|data):/{0,3}[a-z0-9.@:*#?%/\\[\\]\\\\]{0,40}",
        "http://(127\\.0\\.0\\.1|\\[::1\\]|localhost)(:[0-9]{0,6})?(/[a-z]{0,3})?([?#@][a-z]{0,3})?",
        "gwr_[A-Za-z0-9_-]{68,74}",
        "gwd_[A-Za-z0-9_-]{42,44}",
        "[b-df-hj-np-tv-xzA ]{4}[- ]?[B-DF-HJ-NP-TV-XZ0]{4}",
        "[A-Za-z0-9_-]{20,24}",
        "(Basic|Bearer|bearer) {1,2}[A-Za-z0-9+/=]{0,40}",
        "[a-c%=&+0-9]{0,60}",
    ]
}

/// Any JSON, not very deep.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-9i64..9).prop_map(Value::from),
        "[a-z]{0,4}|[\\x00-\u{2ff}]{0,4}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 40, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[a-z]{1,3}", inner, 0..4)
                .prop_map(|members| members.into_iter().collect::<Map<_, _>>().into()),
        ]
    })
}

/// Texts that often are a `claims` parameter, and often almost.
fn almost_claims() -> impl Strategy<Value = String> {
    let name = "name|email|sub|acr|auth_time|iss|shoe_size|na me|[a-z]{1,8}";
    let asked = prop_oneof![
        4 => Just(Value::Null),
        4 => any::<bool>().prop_map(|essential| json!({ "essential": essential })),
        4 => "[a-z]{0,4}".prop_map(|value| json!({ "value": value, "essential": true })),
        4 => proptest::collection::vec("[a-z]{0,4}", 0..4).prop_map(|list| json!({ "values": list })),
        1 => any_json(),
    ];
    let section = proptest::collection::btree_map(name, asked, 0..6);
    let place = "userinfo|id_token|other";
    let whole = proptest::collection::btree_map(place, section, 0..3)
        .prop_map(|members| json!(members).to_string());
    prop_oneof![8 => whole, 1 => any_json().prop_map(|value| value.to_string()), 1 => any::<String>()]
}

proptest! {
    #[test]
    fn a_claims_request_reads_back(text in almost_claims()) {
        if let Ok(request) = ClaimsRequest::parse(&text) {
            prop_assert_eq!(ClaimsRequest::parse(&request.to_json()).unwrap(), request.clone());
            let stored = serde_json::to_string(&request).unwrap();
            prop_assert_eq!(serde_json::from_str::<ClaimsRequest>(&stored).unwrap(), request);
        }
    }

    /// Whatever is asked for, only what is known is told, and never a claim of the protocol.
    #[test]
    fn what_is_told_is_known_and_was_asked_for(text in almost_claims(), scope in "(openid )?(email )?(profile)?") {
        let Ok(request) = ClaimsRequest::parse(&text) else { return Ok(()) };
        let custom = Map::from_iter([("shoe_size".to_owned(), json!(7))]);
        let person = PersonClaims {
            name: Some("abc".to_owned()),
            email: Some("a@b.example".to_owned()),
            custom: CustomClaims::parse(custom).unwrap(),
            ..PersonClaims::default()
        };
        let scope = ScopeSet::parse(&scope).unwrap();
        let open = scope.to_string().contains("openid");
        for place in [Place::UserInfo, Place::IdToken] {
            let granted = Granted { scope: &scope, claims: &request };
            for (name, value) in release(&person, granted, place) {
                prop_assert!(open);
                let by_scope = place == Place::UserInfo
                    && (name == "name" && scope.to_string().contains("profile")
                        || name.starts_with("email") && scope.to_string().contains("email"));
                let by_name = granted.asked(place).get(&name).is_some_and(|asked| asked.admits(&value));
                prop_assert!(by_scope || by_name, "{}", name);
                prop_assert!(matches!(name.as_str(), "name" | "email" | "email_verified" | "shoe_size"));
            }
        }
    }

    #[test]
    fn custom_claims_keep_their_bounds(claims in proptest::collection::btree_map("sub|Iss|email|[a-z#]{0,5}", any_json(), 0..5)) {
        if let Ok(claims) = CustomClaims::parse(claims.into_iter().collect()) {
            for (name, value) in claims.iter() {
                prop_assert!(!matches!(name.to_ascii_lowercase().as_str(), "sub" | "iss" | "email" | ""));
                prop_assert!(!name.contains('#') && !value.is_null());
            }
            let text = serde_json::to_string(&claims).unwrap();
            prop_assert!(text.len() <= CustomClaims::MAX_BYTES);
            prop_assert_eq!(serde_json::from_str::<CustomClaims>(&text).unwrap(), claims);
        }
    }

    #[test]
    fn within_is_a_partial_order(a in scope_set(), b in scope_set(), c in scope_set()) {
        prop_assert!(a.within(&a));
        prop_assert_eq!(a.within(&b) && b.within(&a), a == b);
        if a.within(&b) && b.within(&c) {
            prop_assert!(a.within(&c));
        }
    }

    #[test]
    fn union_and_intersection_are_the_nearest_bounds(a in scope_set(), b in scope_set(), c in scope_set()) {
        let (union, both) = (a.union(&b), a.intersection(&b));
        prop_assert!(a.within(&union) && b.within(&union));
        prop_assert!(both.within(&a) && both.within(&b));
        prop_assert_eq!(union.within(&c), a.within(&c) && b.within(&c));
        prop_assert_eq!(c.within(&both), c.within(&a) && c.within(&b));
        prop_assert_eq!(a.without(&b).is_empty(), a.within(&b));
    }

    #[test]
    fn a_scope_set_reads_back(a in scope_set()) {
        prop_assert_eq!(ScopeSet::parse(&a.to_string()).unwrap(), a);
    }

    #[test]
    fn ids_read_back(bits in any::<u128>()) {
        let uuid = Uuid::from_u128(bits);
        let (user, key) = (UserId::from_uuid(uuid), KeyId::from_uuid(uuid));
        prop_assert_eq!(UserId::parse(&user.to_string()).unwrap(), user);
        prop_assert_eq!(KeyId::parse(&key.to_string()).unwrap(), key);
        let token = TokenId::from_bits(bits);
        prop_assert_eq!(TokenId::parse(&token.to_string()).unwrap(), token);
    }

    #[test]
    fn a_refresh_token_reads_back(id in any::<u128>(), generation in any::<u32>(), mac in any::<[u8; 32]>()) {
        let authorization = AuthorizationId::from_uuid(Uuid::from_u128(id));
        let token = RefreshToken { authorization, generation, mac };
        prop_assert_eq!(RefreshToken::parse(token.compose().expose()).unwrap(), token);
    }

    /// Whatever parses has exactly the text it was parsed from; and no parser panics.
    #[test]
    fn what_parses_displays_as_it_was(text in almost()) {
        if let Ok(id) = ClientId::parse(&text) {
            prop_assert_eq!(id.as_str(), &text);
            prop_assert!(UserId::parse(&text).is_err());
        }
        if let Ok(id) = TokenId::parse(&text) {
            prop_assert_eq!(id.to_string(), text.clone());
        }
        if let Ok(token) = ScopeToken::parse(&text) {
            prop_assert_eq!(token.as_str(), &text);
        }
        if let Ok(set) = ScopeSet::parse(&text) {
            prop_assert_eq!(ScopeSet::parse(&set.to_string()).unwrap(), set);
        }
        if let Ok(uri) = RedirectUri::parse(&text) {
            prop_assert_eq!(uri.as_str(), &text);
        }
        if let Ok(issuer) = Issuer::parse(&text) {
            prop_assert_eq!(issuer.as_str(), &text);
        }
        if let Ok(token) = RefreshToken::parse(&text) {
            let composed = token.compose();
            prop_assert_eq!(composed.expose(), &text);
        }
        if let Ok(grant) = GrantType::parse(&text) {
            prop_assert_eq!(grant.as_str(), &text);
        }
        if let Ok(word) = ClientType::parse(&text) {
            prop_assert_eq!(word.as_str(), &text);
        }
        if let Ok(word) = AuthMethod::parse(&text) {
            prop_assert_eq!(word.as_str(), &text);
        }
    }

    #[test]
    fn no_parser_of_bytes_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in almost()) {
        for bytes in [bytes.as_slice(), text.as_bytes()] {
            let _ = form::decode(bytes);
            let _ = AccessToken::from_json(bytes);
            let _ = bearer::parse(Some(bytes));
            let _ = parse_basic(bytes);
            if let Ok(form) = Form::parse(bytes) {
                let _ = Presented::parse(Some(bytes), &form);
                let _ = Presented::parse(None, &form);
            }
        }
    }

    #[test]
    fn a_form_reads_back(pairs in proptest::collection::btree_map("[a-z]{1,5}", "[^\0]{1,20}", 0..8)) {
        let percent = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let body = pairs.iter().map(|(name, value)| format!("{name}={}", percent(value)));
        let form = Form::parse(body.collect::<Vec<_>>().join("&").as_bytes()).unwrap();
        for (name, value) in &pairs {
            prop_assert_eq!(form.optional(name), Some(value.as_str()));
        }
    }

    /// What matches a registered URI is the same URI, or a loopback URI that differs in its port.
    #[test]
    fn a_match_never_widens(registered in almost(), presented in almost()) {
        if let Ok(uri) = RedirectUri::parse(&registered) {
            prop_assert!(uri.matches(&registered));
            for other in [presented.clone(), format!("{registered}{presented}"), format!("{presented}{registered}")] {
                if other == registered || !uri.matches(&other) {
                    continue;
                }
                let (mut ours, mut theirs) =
                    (url::Url::parse(&registered).unwrap(), url::Url::parse(&other).unwrap());
                prop_assert_eq!(ours.scheme(), "http");
                let host = ours.host_str();
                prop_assert!(host == Some("127.0.0.1") || host == Some("[::1]"));
                ours.set_port(None).unwrap();
                theirs.set_port(None).unwrap();
                prop_assert_eq!(ours, theirs);
            }
        }
    }

    #[test]
    fn the_port_of_a_loopback_address_is_free(a in 1..=u16::MAX, b in 1..=u16::MAX, path in "(/[a-z]{1,4}){0,2}") {
        prop_assume!(a != 80);
        for host in ["127.0.0.1", "[::1]"] {
            let uri = RedirectUri::parse(&format!("http://{host}:{a}{path}")).unwrap();
            let other = format!("http://{host}:{b}{path}");
            prop_assert!(uri.matches(&other));
            let wider = format!("http://{host}:{b}{path}x");
            prop_assert!(!uri.matches(&wider));
        }
    }

    /// R6749-4.1.2.1-b
    #[test]
    fn no_answer_holds_a_character_that_it_may_not(text in any::<String>()) {
        let error = OAuthError::with_text(ErrorCode::InvalidScope, text.clone());
        let allowed = |c: char| matches!(c, '\x20'..='\x21' | '\x23'..='\x5b' | '\x5d'..='\x7e');
        prop_assert!(error.description().chars().all(allowed));
        let challenge = Challenge::new().realm(&text).error(&error).to_string();
        prop_assert!(challenge.bytes().all(|b| (0x20..=0x7e).contains(&b)));
    }

    /// R8628-6.1-a
    #[test]
    fn every_user_code_reads_back_however_it_is_typed(bytes in any::<[u8; 16]>(), text in almost(), gap in "[ .-]{0,3}") {
        let code = UserCode::from_random(bytes);
        let typed: Vec<String> = code.shown().to_lowercase().chars().map(String::from).collect();
        prop_assert_eq!(UserCode::parse(&typed.join(&gap)), Ok(code));
        if let Ok(code) = UserCode::parse(&text) {
            prop_assert_eq!(UserCode::parse(&code.shown()), Ok(code));
        }
        if let Ok(code) = DeviceCode::parse(&text) {
            let composed = code.compose();
            prop_assert_eq!(composed.expose(), text);
        }
    }

    #[test]
    fn time_does_not_run_backwards(moment in any::<i64>(), span in any::<u64>()) {
        let moment = Timestamp::from_millis(moment);
        let span = std::time::Duration::from_millis(span);
        prop_assert!(moment + span >= moment && moment - span <= moment);
        prop_assert!((moment + span).since(moment) <= span);
    }
}
