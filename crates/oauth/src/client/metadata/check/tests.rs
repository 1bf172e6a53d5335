//! Each member of the metadata, right and wrong, by who registers it.

use super::*;
use crate::client::{ClientMetadata, Draft};
use crate::fixtures::policy;

fn draft(origin: Origin) -> Draft {
    Draft {
        name: "Site".to_owned(),
        client_type: "confidential".to_owned(),
        grant_types: vec!["authorization_code".to_owned()],
        redirect_uris: vec!["https://app.example/cb".to_owned()],
        metadata: ClientMetadata { origin, ..ClientMetadata::default() },
        ..Draft::default()
    }
}

/// The faults of a client that somebody of this origin registers, as `member code`.
fn faults(origin: Origin, change: impl FnOnce(&mut Draft)) -> Vec<String> {
    let mut draft = draft(origin);
    change(&mut draft);
    let errors = draft.check(&policy()).err().unwrap_or_default();
    assert!(errors.iter().all(|error| error.message.ends_with('.')), "{errors:?}");
    errors.iter().map(|error| format!("{} {}", error.field, error.code)).collect()
}

const ALL: [Origin; 4] = [Origin::Operator, Origin::Developer, Origin::Dynamic, Origin::Document];

/// ROIDR-2-b, R7591-5-a
#[test]
fn an_address_that_is_none_is_refused_at_its_member() {
    type Set = fn(&mut ClientMetadata, String);
    let table: [(&str, Set); 9] = [
        ("client_uri", |m, text| m.client_uri = Some(text)),
        ("logo_uri", |m, text| m.logo_uri = Some(text)),
        ("tos_uri", |m, text| m.tos_uri = Some(text)),
        ("policy_uri", |m, text| m.policy_uri = Some(text)),
        ("initiate_login_uri", |m, text| m.initiate_login_uri = Some(text)),
        ("jwks_uri", |m, text| m.jwks_uri = Some(text)),
        ("backchannel_logout_uri", |m, text| m.backchannel_logout_uri = Some(text)),
        ("frontchannel_logout_uri", |m, text| m.frontchannel_logout_uri = Some(text)),
        ("request_uris", |m, text| m.request_uris = vec![text]),
    ];
    for origin in ALL {
        for (member, set) in table {
            let good = faults(origin, |d| set(&mut d.metadata, "https://app.example/x".to_owned()));
            assert!(good.is_empty(), "{member}: {good:?}");
            for bad in ["javascript:alert(1)", "data:text/html,x", "http://app.example/x", ""] {
                let found = faults(origin, |d| set(&mut d.metadata, bad.to_owned()));
                assert_eq!(found, [format!("{member} invalid")], "{bad} by {origin:?}");
            }
        }
    }
    let local = |d: &mut Draft| d.metadata.client_uri = Some("http://localhost:3000/".to_owned());
    assert!(faults(Origin::Developer, local).is_empty());
    assert_eq!(faults(Origin::Dynamic, local), ["client_uri invalid"]);
}

/// ROIDR-2-a, R7591-3.2.2-a
#[test]
fn what_registers_itself_is_either_a_site_or_an_app() {
    for (kind, redirect, passes) in [
        (ApplicationType::Web, "https://app.example/cb", true),
        (ApplicationType::Web, "https://localhost/cb", false),
        (ApplicationType::Web, "https://127.0.0.1/cb", false),
        (ApplicationType::Web, "http://localhost/cb", false),
        (ApplicationType::Web, "http://127.0.0.1/cb", false),
        (ApplicationType::Web, "com.example.app:/cb", false),
        (ApplicationType::Native, "http://localhost/cb", true),
        (ApplicationType::Native, "http://[::1]/cb", true),
        (ApplicationType::Native, "com.example.app:/cb", true),
        (ApplicationType::Native, "https://app.example/cb", false),
    ] {
        let set = |d: &mut Draft| {
            d.redirect_uris = vec![redirect.to_owned()];
            d.metadata.application_type = kind;
        };
        let expected: &[&str] = if passes { &[] } else { &["redirect_uris invalid_redirect_uri"] };
        assert_eq!(faults(Origin::Dynamic, set), expected, "{redirect} {kind:?}");
        assert!(faults(Origin::Developer, set).is_empty(), "{redirect} {kind:?}");
        let after = |d: &mut Draft| {
            if kind == ApplicationType::Native {
                d.redirect_uris = vec!["com.example.app:/cb".to_owned()];
            }
            d.metadata.application_type = kind;
            d.metadata.post_logout_redirect_uris = vec![redirect.to_owned()];
        };
        let expected: &[&str] = if passes { &[] } else { &["post_logout_redirect_uris invalid"] };
        assert_eq!(faults(Origin::Dynamic, after), expected, "{redirect} {kind:?}");
    }
}

/// R7591-2-b
#[test]
fn grants_and_response_types_agree() {
    let set = |grants: &'static [&'static str], kinds: &'static [ResponseType]| {
        move |d: &mut Draft| {
            d.grant_types = grants.iter().map(|&grant| grant.to_owned()).collect();
            d.metadata.response_types = kinds.iter().copied().collect();
        }
    };
    let code: &[ResponseType] = &[ResponseType::Code];
    for (grants, kinds, expected) in [
        (&["authorization_code"][..], code, &[][..]),
        (&["authorization_code"], &[], &["response_types inconsistent"]),
        (&["client_credentials"], &[], &[]),
        (&["client_credentials"], code, &["response_types inconsistent"]),
        (
            &["authorization_code"],
            &[ResponseType::Code, ResponseType::Token],
            &["response_types not_offered"],
        ),
    ] {
        assert_eq!(faults(Origin::Dynamic, set(grants, kinds)), expected, "{grants:?} {kinds:?}");
    }
    // The default that a developer has not chosen is no fault.
    let mut machine = draft(Origin::Developer);
    machine.grant_types = vec!["client_credentials".to_owned()];
    let made = machine.check(&policy()).unwrap();
    assert!(made.metadata.response_types.is_empty());
}

/// R7591-5-a
#[test]
fn only_an_operator_loosens() {
    for origin in ALL {
        let found = faults(origin, |d| {
            d.metadata.consent = ConsentRule::Trusted;
            d.metadata.pkce = Some(Pkce::AllowNone);
        });
        if origin == Origin::Operator {
            assert!(found.is_empty(), "{found:?}");
        } else {
            assert_eq!(found, ["consent forbidden", "pkce forbidden"], "{origin:?}");
        }
        let stricter = faults(origin, |d| {
            d.metadata.consent = ConsentRule::Always;
            d.metadata.pkce = Some(Pkce::Required);
        });
        assert!(stricter.is_empty(), "{stricter:?}");
    }
}

/// ROIDC-8.1-a
#[test]
fn pairwise_subjects_need_a_sector() {
    let pairwise = |redirects: &'static [&'static str], sector: Option<&'static str>| {
        move |d: &mut Draft| {
            d.redirect_uris = redirects.iter().map(|&uri| uri.to_owned()).collect();
            d.metadata.subject_type = SubjectType::Pairwise;
            d.metadata.sector_identifier_uri = sector.map(str::to_owned);
        }
    };
    let two: &[&str] = &["https://a.example/cb", "https://b.example/cb"];
    for (redirects, sector, expected) in [
        (&two[..1], None, &[][..]),
        (two, None, &["subject_type invalid"]),
        (two, Some("https://s.example/list"), &[]),
        (two, Some("http://s.example/list"), &["sector_identifier_uri invalid"]),
    ] {
        assert_eq!(faults(Origin::Dynamic, pairwise(redirects, sector)), expected, "{sector:?}");
    }
    let readable = faults(Origin::Operator, |d| {
        d.metadata.subject_type = SubjectType::Pairwise;
        d.metadata.access_token_format = Some(TokenFormat::Jwt);
    });
    assert_eq!(readable, ["access_token_format invalid"]);
    let bad = faults(Origin::Developer, |d| {
        d.metadata.sector_identifier_uri = Some("data:,[]".to_owned());
    });
    assert_eq!(bad, ["sector_identifier_uri invalid"]);
}

#[test]
fn logout_addresses_and_origins_are_checked() {
    let found = faults(Origin::Developer, |d| {
        d.metadata.frontchannel_logout_uri = Some("https://elsewhere.example/out".to_owned());
        d.metadata.backchannel_logout_uri = Some("https://app.example/out#x".to_owned());
        d.metadata.allowed_origins = vec!["https://app.example/".to_owned()];
        d.metadata.post_logout_redirect_uris = vec!["http://app.example/".to_owned()];
    });
    assert_eq!(
        found,
        [
            "backchannel_logout_uri invalid",
            "frontchannel_logout_uri inconsistent",
            "allowed_origins invalid",
            "post_logout_redirect_uris invalid",
        ]
    );
}

#[test]
fn texts_and_lists_are_bounded() {
    let found = faults(Origin::Dynamic, |d| {
        d.metadata.contacts = vec!["admin@app.example\nbcc: x".to_owned()];
        d.metadata.software_id = Some(String::new());
        d.metadata.software_version = Some("x".repeat(256));
        d.metadata.default_acr_values = vec!["a b".to_owned()];
        d.metadata.request_uris = vec!["https://app.example/r".to_owned(); 51];
    });
    assert_eq!(
        found,
        [
            "request_uris too_many",
            "contacts invalid",
            "default_acr_values invalid",
            "software_id invalid",
            "software_version invalid",
        ]
    );
}

/// RFC 7591 §2: one source of keys, public ones, and some for whoever signs.
#[test]
fn keys_are_registered_or_published_and_whoever_signs_has_some() {
    type Change = Box<dyn Fn(&mut Draft)>;
    let public = || {
        let key = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        serde_json::json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": key}]})
    };
    let uri = || Some("https://app.example/jwks.json".to_owned());
    let signs = |d: &mut Draft| d.auth_method = Some("private_key_jwt".to_owned());
    let table: [(Change, &[&str]); 9] = [
        (Box::new(move |d| d.metadata.jwks = Some(public())), &[]),
        (Box::new(move |d| d.metadata.jwks_uri = uri()), &[]),
        (
            Box::new(move |d| {
                d.metadata.jwks = Some(public());
                d.metadata.jwks_uri = uri();
            }),
            &["jwks inconsistent"],
        ),
        (
            Box::new(move |d| {
                signs(d);
                let mut private = public();
                private["keys"][0]["d"] = "AAAA".into();
                d.metadata.jwks = Some(private);
            }),
            &["jwks invalid"],
        ),
        (Box::new(signs), &["jwks required"]),
        (
            Box::new(move |d| {
                signs(d);
                d.metadata.jwks = Some(public());
            }),
            &[],
        ),
        (
            Box::new(|d| d.metadata.require_signed_request_object = true),
            &["require_signed_request_object inconsistent"],
        ),
        (
            Box::new(|d| d.metadata.request_object_signing_alg = Some("none".to_owned())),
            &["request_object_signing_alg invalid"],
        ),
        (
            Box::new(|d| d.metadata.token_endpoint_auth_signing_alg = Some("HS256".to_owned())),
            &["token_endpoint_auth_signing_alg invalid"],
        ),
    ];
    for (change, expected) in table {
        assert_eq!(faults(Origin::Operator, change), expected);
    }
}

/// ROIDR-2-b: what the server cannot sign with is refused, and so is what is no algorithm of signatures.
#[test]
fn signatures_are_those_that_the_server_has_keys_for() {
    use jose::Algorithm;
    for (wanted, passes) in
        [(Algorithm::Rs256, true), (Algorithm::EdDsa, true), (Algorithm::Ps512, false)]
    {
        let set: [fn(&mut ClientMetadata, Algorithm); 2] = [
            |metadata, wanted| metadata.id_token_signed_response_alg = Some(wanted),
            |metadata, wanted| metadata.userinfo_signed_response_alg = Some(wanted),
        ];
        for (set, member) in set.into_iter().zip(["id_token", "userinfo"]) {
            let found = faults(Origin::Dynamic, |draft| set(&mut draft.metadata, wanted));
            let expected = format!("{member}_signed_response_alg not_offered");
            let expected = if passes { Vec::new() } else { vec![expected] };
            assert_eq!(found, expected, "{wanted:?}");
        }
    }
}

/// OIDC Core §9: with a secret that both sides hold there are MACs, with a key pair there are signatures; who may have which.
#[test]
fn the_algorithm_of_an_assertion_is_one_of_its_method() {
    let jwt = |origin, method: &str, algorithm: Option<&str>| {
        faults(origin, |draft| {
            draft.auth_method = Some(method.to_owned());
            let uri = (method == "private_key_jwt").then(|| "https://app.example/k".to_owned());
            draft.metadata.jwks_uri = uri;
            draft.metadata.token_endpoint_auth_signing_alg = algorithm.map(str::to_owned);
        })
    };
    let wrong = ["token_endpoint_auth_signing_alg invalid"];
    for algorithm in [None, Some("HS256"), Some("HS384"), Some("HS512")] {
        assert!(jwt(Origin::Operator, "client_secret_jwt", algorithm).is_empty(), "{algorithm:?}");
    }
    for algorithm in ["RS256", "ES256", "none", "HS1", ""] {
        assert_eq!(jwt(Origin::Operator, "client_secret_jwt", Some(algorithm)), wrong);
    }
    for method in ["private_key_jwt", "client_secret_basic"] {
        assert_eq!(jwt(Origin::Operator, method, Some("HS256")), wrong, "{method}");
        assert!(jwt(Origin::Operator, method, Some("ES256")).is_empty(), "{method}");
    }
    for origin in [Origin::Developer, Origin::Dynamic, Origin::Document] {
        assert_eq!(jwt(origin, "client_secret_jwt", None), ["auth_method operators_only"]);
        assert!(jwt(origin, "private_key_jwt", None).is_empty(), "{origin:?}");
    }
}

/// A client may have shorter tokens than others; longer ones only by an operator's word, and never longer than a revocation is
/// remembered.
#[test]
fn tokens_live_as_long_as_their_client_may_say() {
    let set: [fn(&mut ClientMetadata, u32); 2] = [
        |metadata, seconds| metadata.access_token_lifetime = Some(seconds),
        |metadata, seconds| metadata.id_token_lifetime = Some(seconds),
    ];
    for (set, field) in set.into_iter().zip(["access_token_lifetime", "id_token_lifetime"]) {
        for (origin, seconds, why) in [
            (Origin::Operator, 1, None),
            (Origin::Operator, 86_400, None),
            (Origin::Operator, 86_401, Some("invalid")),
            (Origin::Operator, 0, Some("invalid")),
            (Origin::Developer, 3600, None),
            (Origin::Developer, 3601, Some("forbidden")),
            (Origin::Dynamic, 60, None),
            (Origin::Dynamic, 86_400, Some("forbidden")),
            (Origin::Dynamic, 86_401, Some("invalid")),
        ] {
            let found = faults(origin, |draft| set(&mut draft.metadata, seconds));
            let expected: Vec<String> = why.iter().map(|why| format!("{field} {why}")).collect();
            assert_eq!(found, expected, "{origin:?} {seconds}");
        }
    }
}
