//! What an edit of a profile changes, what it leaves, and what it may not say.

use oauth::claims::Address;
use serde_json::json;

use super::*;

/// Somebody with a verified address and telephone number.
fn present() -> PersonClaims {
    let text = |text: &str| Some(text.to_owned());
    PersonClaims {
        name: text("Half Spring"),
        email: text("half@spring.example"),
        email_verified: true,
        phone_number: text("+33123456789"),
        phone_number_verified: true,
        address: Address { locality: text("Paris"), country: text("France"), ..Address::default() },
        custom: CustomClaims::parse(Map::from_iter([("stable".to_owned(), json!("north"))]))
            .unwrap(),
        ..PersonClaims::default()
    }
}

fn edit(claims: Value) -> Edit {
    let Value::Object(claims) = claims else { panic!("no object") };
    Edit::from_claims(claims)
}

fn after(edit: &Edit) -> PersonClaims {
    decide(edit, &present()).unwrap().claims().clone()
}

fn faults(edit: &Edit) -> Vec<(&'static str, &'static str)> {
    let errors = decide(edit, &present()).unwrap_err();
    errors.iter().map(|error| (error.field.name(), error.code)).collect()
}

#[test]
fn an_edit_changes_what_it_names_and_nothing_else() {
    let unchanged = decide(&Edit::default(), &present()).unwrap();
    assert_eq!(unchanged.claims(), &present());
    assert_eq!(unchanged.email().unwrap().as_str(), "half@spring.example");
    assert!(Edit::default().is_empty());

    let edit = Edit::default().text(Entry::Name, " Ann ").text(Entry::Country, "");
    let expected = PersonClaims {
        name: Some("Ann".to_owned()),
        address: Address { locality: Some("Paris".to_owned()), ..Address::default() },
        ..present()
    };
    assert_eq!(after(&edit), expected);
    assert_eq!(text(&expected, Entry::Locality), Some("Paris"));
    assert_eq!(text(&expected, Entry::Country), None);
}

#[test]
fn every_entry_is_kept_in_its_own_place() {
    for entry in Entry::ALL {
        let value = match entry {
            Entry::Birthdate => "1990",
            Entry::Picture | Entry::Profile | Entry::Website => "https://example.org/",
            Entry::Email => "ann@example.org",
            Entry::PhoneNumber => "+33987654321",
            Entry::Locale => "de",
            Entry::Zoneinfo => "UTC",
            _ => "x",
        };
        let known = decide(&Edit::default().text(entry, value), &PersonClaims::default()).unwrap();
        let told: Vec<_> = Entry::ALL.into_iter().filter_map(|e| text(known.claims(), e)).collect();
        assert_eq!(told, [value], "{entry:?}");
        assert_eq!(text(known.claims(), entry), Some(value), "{entry:?}");
        let claims = match entry {
            Entry::Email | Entry::PhoneNumber => 2,
            _ => 1,
        };
        let named = StandardClaim::ALL.into_iter().filter(|c| known.claims().value(*c).is_some());
        assert_eq!(named.count(), claims, "{entry:?}");
    }
}

#[test]
fn a_new_address_is_not_a_verified_one() {
    let (email, phone) = (Entry::Email, Entry::PhoneNumber);
    for (edit, marks) in [
        (Edit::default(), (true, true)),
        (Edit::default().text(email, "half@SPRING.example"), (true, true)),
        (Edit::default().text(email, "Half@spring.example"), (false, true)),
        (Edit::default().text(email, "other@spring.example"), (false, true)),
        (Edit::default().text(email, ""), (false, true)),
        (Edit::default().text(email, "other@spring.example").email_verified(true), (true, true)),
        (Edit::default().text(email, "").email_verified(true), (false, true)),
        (Edit::default().email_verified(false), (false, true)),
        (Edit::default().text(phone, "+33 1 23 45 67 89"), (true, true)),
        (Edit::default().text(phone, "+33987654321"), (true, false)),
        (Edit::default().text(phone, ""), (true, false)),
        (Edit::default().text(phone, "+33987654321").phone_number_verified(true), (true, true)),
        (Edit::default().phone_number_verified(false), (true, false)),
    ] {
        let known = after(&edit);
        assert_eq!((known.email_verified, known.phone_number_verified), marks, "{edit:?}");
    }
    let nobody = PersonClaims::default();
    let marked = Edit::default().email_verified(true).phone_number_verified(true);
    assert_eq!(decide(&marked, &nobody).unwrap().claims(), &nobody);
}

#[test]
fn claims_are_read_as_they_stand_on_the_wire() {
    let known = after(&edit(json!({
        "name": null, "given_name": "Half", "email": "new@spring.example", "email_verified": true,
        "phone_number_verified": false, "address": {"country": null, "postal_code": "75001"},
        "department": "stables", "shoe_size": 7, "stable": null,
    })));
    let custom = json!({"department": "stables", "shoe_size": 7});
    let Value::Object(custom) = custom else { panic!() };
    let expected = PersonClaims {
        name: None,
        given_name: Some("Half".to_owned()),
        email: Some("new@spring.example".to_owned()),
        phone_number_verified: false,
        address: Address {
            locality: Some("Paris".to_owned()),
            postal_code: Some("75001".to_owned()),
            ..Address::default()
        },
        custom: CustomClaims::parse(custom).unwrap(),
        ..present()
    };
    assert_eq!(known, expected);
    assert_eq!(after(&edit(json!({"address": null}))).address, Address::default());
}

#[test]
fn everything_that_is_wrong_is_told_once_and_in_the_order_of_the_form() {
    let wrong = edit(json!({
        "zoneinfo": "..", "name": 7, "email": "x", "email_verified": "yes", "birthdate": "1990-02-30",
        "sub": "root", "iss": "x",
    }));
    assert_eq!(
        faults(&wrong),
        [
            ("name", "invalid"),
            ("birthdate", "invalid"),
            ("email", "invalid"),
            ("zoneinfo", "invalid"),
            ("custom", "invalid")
        ]
    );
    for (claims, expected) in [
        (json!({"updated_at": 1}), [("custom", "read_only")]),
        (json!({"address": "Paris"}), [("custom", "invalid")]),
        (json!({"address": {"planet": "Mars"}}), [("custom", "unknown")]),
        (json!({"address": {"locality": 7}}), [("locality", "invalid")]),
        (json!({"phone_number_verified": 1}), [("phone_number", "invalid")]),
        (json!({"Email_Verified": true}), [("custom", "invalid")]),
        (json!({"department": "x".repeat(5000)}), [("custom", "invalid")]),
    ] {
        assert_eq!(faults(&edit(claims.clone())), expected, "{:.60}", claims.to_string());
    }
}
