//! When a code is redeemed, refused or taken for a replay.

use super::*;
use crate::active::Standing;
use crate::authorization::Authorization;
use crate::fixtures::{
    BAD, NOW, authorization, bearer, client, client_id, policy, public_client, scope,
};
use crate::pkce::{CodeChallenge, Method};
use std::time::Duration;

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CB: &str = "https://app.example/cb";
const API: &str = "https://id.example/v1";

fn granted() -> Authorization {
    let challenge = CodeChallenge {
        value: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned(),
        method: Method::S256,
    };
    Authorization {
        grant: GrantType::AuthorizationCode,
        state: State::Granted,
        created_at: NOW - Duration::from_secs(59),
        last_used_at: NOW - Duration::from_secs(59),
        details: Details {
            redirect_uri: Some(CB.to_owned()),
            challenge: Some(challenge),
            ..Details::default()
        },
        ..authorization()
    }
}

fn facts(authorization: Authorization) -> Facts {
    let known =
        Known { authorization, mac_matches: true, user: bearer(), user_standing: Standing::Good };
    Facts { known: Some(known), client: Standing::Good }
}

fn request() -> Request {
    Request {
        code: Code { authorization: authorization().id, mac: [0; 32] },
        redirect_uri: Some(CB.to_owned()),
        verifier: Some(Secret::from(VERIFIER)),
        resources: Vec::new(),
    }
}

fn run(request: &Request, client: &Client, facts: &Facts) -> String {
    let mut policy = policy();
    policy.resources = vec![API.to_owned(), "https://other.example".to_owned()];
    match decide(request, client, facts, &policy, NOW) {
        Decision::Redeem(redeem) => {
            assert_eq!((redeem.generation, redeem.access.user), (1, Some(bearer())));
            format!("redeem {} {:?}", redeem.access.scope, redeem.access.audience)
        }
        Decision::RevokeReplayed(id) => {
            assert_eq!(id, authorization().id);
            "replayed".to_owned()
        }
        Decision::Refuse(error) => error.code().to_string(),
    }
}

#[test]
fn a_code_is_redeemed_by_its_client_with_its_verifier() {
    let good = "redeem read write []";
    assert_eq!(run(&request(), &client(), &facts(granted())), good);
    assert_eq!(run(&request(), &public_client(), &facts(granted())), good);
}

/// R6749-4.1.2-c, R6749-4.1.2-d, R9700-4.5
#[test]
fn a_used_code_ends_what_came_of_it_whatever_else_is_wrong() {
    let used = Authorization { state: authorization().state, ..granted() };
    assert_eq!(run(&request(), &client(), &facts(used.clone())), "replayed");
    let bare = Request { verifier: None, redirect_uri: None, ..request() };
    assert_eq!(run(&bare, &client(), &facts(used)), "replayed");
}

/// R6749-4.1.3-a, R6749-6-b
#[test]
fn another_client_neither_redeems_nor_revokes() {
    let other = Client { id: client_id("other"), ..client() };
    let used = Authorization { state: authorization().state, ..granted() };
    for row in [granted(), used] {
        assert_eq!(run(&request(), &other, &facts(row.clone())), "invalid_grant");
        let mut forged = facts(row);
        forged.known.as_mut().unwrap().mac_matches = false;
        assert_eq!(run(&request(), &client(), &forged), "invalid_grant");
    }
    let none = Facts { known: None, client: Standing::Good };
    assert_eq!(run(&request(), &client(), &none), "invalid_grant");
    // A password authorization has no code, though its MAC could be asked for.
    let other_grant = Authorization { grant: GrantType::Password, ..granted() };
    assert_eq!(run(&request(), &client(), &facts(other_grant)), "invalid_grant");
}

/// R6749-4.1.2-a
#[test]
fn a_code_is_good_for_its_lifetime() {
    let old =
        |seconds| Authorization { created_at: NOW - Duration::from_secs(seconds), ..granted() };
    assert!(run(&request(), &client(), &facts(old(59))).starts_with("redeem"));
    assert_eq!(run(&request(), &client(), &facts(old(60))), "invalid_grant");
}

/// R7636-4.6-a, R9700-4.8.2: the table of what was and is sent.
#[test]
fn verifier_and_redirect_uri_belong_to_the_request() {
    let verifier = |text: Option<&str>| text.map(Secret::from);
    let wrong = VERIFIER.replace('d', "e");
    let table = [
        (true, true, Some(VERIFIER), Some(CB), true),
        (true, true, None, Some(CB), false),
        (true, true, Some(wrong.as_str()), Some(CB), false),
        (true, true, Some(VERIFIER), Some("https://app.example/cb/"), false),
        (true, true, Some(VERIFIER), None, true),
        (true, false, Some(VERIFIER), None, true),
        (true, false, Some(VERIFIER), Some(CB), false),
        (false, true, None, Some(CB), true),
        (false, true, None, None, false),
        (false, true, Some(VERIFIER), Some(CB), false),
        (false, false, None, None, true),
    ];
    for (challenged, named, sent, uri, good) in table {
        let mut row = granted();
        if !challenged {
            row.details.challenge = None;
        }
        if !named {
            row.details.redirect_uri = None;
        }
        let request =
            Request { verifier: verifier(sent), redirect_uri: uri.map(str::to_owned), ..request() };
        let outcome = run(&request, &client(), &facts(row));
        assert_eq!(outcome.starts_with("redeem"), good, "{challenged} {named} {sent:?} {uri:?}");
        assert!(good || outcome == "invalid_grant");
    }
}

#[test]
fn a_redirect_uri_that_is_missing_is_said_to_be_missing() {
    let mut row = granted();
    row.details.challenge = None;
    let told = |uri: Option<&str>| {
        let redirect_uri = uri.map(str::to_owned);
        let request = Request { verifier: None, redirect_uri, ..request() };
        match decide(&request, &client(), &facts(row.clone()), &policy(), NOW) {
            Decision::Refuse(error) => error.description().into_owned(),
            other => panic!("{other:?}"),
        }
    };
    assert!(told(None).contains("missing"), "{}", told(None));
    assert!(!told(Some("https://app.example/other")).contains("missing"));
}

/// R21-4.3.3-d
#[test]
fn who_or_what_does_not_stand_gets_nothing() {
    for bad in BAD {
        let mut user = facts(granted());
        user.known.as_mut().unwrap().user_standing = bad;
        assert_eq!(run(&request(), &client(), &user), "invalid_grant");
        let client_off = Facts { client: bad, ..facts(granted()) };
        assert_eq!(run(&request(), &client(), &client_off), "invalid_grant");
    }
    let revoked = State::Revoked { at: NOW, reason: crate::authorization::Reason::User };
    for state in [revoked, State::Expired] {
        let row = Authorization { state, ..granted() };
        assert_eq!(run(&request(), &client(), &facts(row)), "invalid_grant");
    }
    let mut without = client();
    without.grant_types.remove(&GrantType::AuthorizationCode);
    assert_eq!(run(&request(), &without, &facts(granted())), "unauthorized_client");
    let less = Client { scope: Some(scope("read")), ..client() };
    assert_eq!(run(&request(), &less, &facts(granted())), "invalid_grant");
}

/// R8707-2.2-a, R8707-2.2-b
#[test]
fn only_approved_resources_can_be_named() {
    let with = |approved: &[&str], named: &[&str]| {
        let audience = approved.iter().map(|text| (*text).to_owned()).collect();
        let resources = named.iter().map(|text| (*text).to_owned()).collect();
        let row = Authorization { audience, ..granted() };
        run(&Request { resources, ..request() }, &client(), &facts(row))
    };
    let other = "https://other.example";
    assert_eq!(with(&[API], &[]), format!("redeem read write {:?}", [API]));
    assert_eq!(with(&[API, other], &[other]), format!("redeem read write {:?}", [other]));
    assert_eq!(with(&[], &[API]), format!("redeem read write {:?}", [API]));
    assert_eq!(with(&[API], &[other]), "invalid_target");
    assert_eq!(with(&[API], &["https://unknown.example"]), "invalid_target");
}
