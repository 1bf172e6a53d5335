//! Which claims a scope asks for, their names, and what they say of a person of whom all or nothing is known.

use super::*;
use crate::fixtures::{person, scope};
use serde_json::json;

fn names(scope: ClaimScope) -> Vec<&'static str> {
    scope.claims().map(StandardClaim::as_str).collect()
}

/// ROIDC-5.4-a
#[test]
fn each_scope_asks_for_the_claims_that_the_standard_gives_it() {
    assert_eq!(
        names(ClaimScope::Profile),
        [
            "name",
            "given_name",
            "family_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "updated_at"
        ]
    );
    assert_eq!(names(ClaimScope::Email), ["email", "email_verified"]);
    assert_eq!(names(ClaimScope::Address), ["address"]);
    assert_eq!(names(ClaimScope::Phone), ["phone_number", "phone_number_verified"]);
    assert!(ClaimScope::Email.within(&scope("openid email")));
    assert!(!ClaimScope::Email.within(&scope("openid profile Email")));
}

#[test]
fn every_claim_has_its_own_name_and_reads_back() {
    for claim in StandardClaim::ALL {
        assert_eq!(StandardClaim::parse(claim.as_str()), Some(claim));
    }
    for name in ["sub", "Name", "name#de", ""] {
        assert_eq!(StandardClaim::parse(name), None, "{name}");
    }
}

#[test]
fn every_claim_of_a_whole_person_has_a_value_of_its_kind() {
    let told: Map<_, _> = StandardClaim::ALL
        .into_iter()
        .map(|claim| (claim.as_str().to_owned(), person().value(claim).unwrap()))
        .collect();
    let expected = json!({
        "name": "Half Spring", "given_name": "Half", "family_name": "Spring",
        "middle_name": "Of", "nickname": "Halfy", "preferred_username": "halfspring",
        "profile": "https://id.example/halfspring", "picture": "https://id.example/p.png",
        "website": "https://halfspring.example/", "email": "half@spring.example",
        "email_verified": true, "gender": "unicorn", "birthdate": "0000-03-20",
        "zoneinfo": "Europe/Paris", "locale": "en-GB", "phone_number": "+33123456789",
        "phone_number_verified": false,
        "address": {"street_address": "1 Meadow\n2nd floor", "locality": "Paris",
                    "country": "France"},
        "updated_at": 1_700_000_000,
    });
    assert_eq!(Value::Object(told), expected);
}

#[test]
fn of_an_unknown_or_an_empty_value_nothing_is_told() {
    let empty = PersonClaims {
        name: Some(String::new()),
        email: Some(String::new()),
        email_verified: true,
        phone_number_verified: true,
        address: Address { locality: Some(String::new()), ..Address::default() },
        ..PersonClaims::default()
    };
    for claim in StandardClaim::ALL {
        assert_eq!(empty.value(claim), None, "{claim:?}");
        assert_eq!(PersonClaims::default().value(claim), None, "{claim:?}");
    }
}

#[test]
fn what_is_known_reads_back_and_a_foreign_member_is_refused() {
    for known in [PersonClaims::default(), person()] {
        let text = serde_json::to_string(&known).unwrap();
        assert_eq!(serde_json::from_str::<PersonClaims>(&text).unwrap(), known, "{text}");
    }
    assert_eq!(serde_json::to_string(&PersonClaims::default()).unwrap(), "{}");
    for text in [r#"{"sub":"1"}"#, r#"{"custom":{"sub":"1"}}"#, r#"{"address":{"x":"1"}}"#] {
        assert!(serde_json::from_str::<PersonClaims>(text).is_err(), "{text}");
    }
}
