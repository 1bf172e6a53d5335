//! `user …`: what an operator may do with accounts, what is asked first, and how each command ends.

use crate::house::House;

fn with_ann() -> House {
    let house = House::migrated();
    let flags = ["createsuperuser", "--username", "Ann", "--email", "ann@example.org"];
    house.run_with(&flags, &[], "quiet harbour lights\n").code(0);
    house
}

#[test]
fn accounts_are_listed_without_their_passwords() {
    let empty = House::migrated();
    let ran = empty.run(&["user", "list"]).code(0);
    assert!(ran.out.is_empty() && ran.err.contains("createsuperuser"), "{ran:?}");
    assert_eq!(empty.run(&["user", "list", "--json"]).code(0).json(), serde_json::json!([]));
    let house = with_ann();
    let ran = house.run(&["user", "list"]).code(0);
    assert_eq!(ran.out, "Ann\tann@example.org\tadministrator\n");
    let ran = house.run(&["user", "list", "--json"]).code(0);
    let ann = &ran.json()[0];
    assert_eq!((&ann["username"], &ann["active"]), (&"Ann".into(), &true.into()));
    assert!(!ran.out.contains("argon2"), "{}", ran.out);
}

#[test]
fn an_account_is_disabled_only_after_a_confirmation() {
    let house = with_ann();
    let ran = house.run(&["user", "disable", "ann"]).code(4);
    assert!(ran.err.contains("--yes"), "{}", ran.err);
    let ran = house.run(&["user", "disable", "ann", "--dry-run"]).code(0);
    assert!(ran.err.contains("Nothing was changed"), "{}", ran.err);
    assert_eq!(house.run(&["user", "list", "--json"]).json()[0]["active"], true);
    let ran = house.run(&["user", "disable", "ANN", "--yes", "--json"]).code(0);
    assert_eq!(ran.json()["active"], false);
    assert!(ran.err.contains("No administrator is left"), "{}", ran.err);
    assert!(house.run(&["user", "list"]).out.ends_with("\tdisabled\n"));
    let ran = house.run(&["user", "disable", "ann"]).code(0);
    assert!(ran.err.contains("already"), "{}", ran.err);
    assert_eq!(house.run(&["user", "enable", "ann", "--json"]).code(0).json()["active"], true);
    let ran = house.run(&["user", "enable", "ann"]).code(0);
    assert!(ran.err.contains("already"), "{}", ran.err);
    house.run(&["user", "disable"]).code(2);
    for verb in ["disable", "enable", "set-password"] {
        let ran = house.run_with(&["user", verb, "nobody"], &[], "x").code(3);
        assert!(ran.err.contains("`user list`"), "{}", ran.err);
    }
}

#[test]
fn a_new_password_keeps_the_rules_and_is_never_an_argument() {
    let house = with_ann();
    let ran = house.run_with(&["user", "set-password", "ann"], &[], "ann@example.org\n").code(1);
    assert!(ran.err.contains("The password was not changed.\n       password: "), "{}", ran.err);
    house.run_with(&["user", "set-password", "ann"], &[], "").code(1);
    let ran =
        house.run_with(&["user", "set-password", "ann", "--dry-run"], &[], "another set of words");
    assert!(ran.code(0).err.contains("Nothing was changed"));
    house.write("password", "another set of words\n");
    let flags = ["user", "set-password", "ann", "--password-file", "password"];
    assert!(house.run(&flags).code(0).err.contains("has ended"));
    house.run(&["user", "disable", "ann", "--yes"]).code(0);
    assert!(house.run(&flags).code(0).err.contains("user enable"), "a hint that it is not enough");
}

#[test]
fn claims_are_set_one_by_one_or_as_json_and_come_back_as_they_are_told() {
    let house = with_ann();
    let set = |rest: &[&str], input: &str| {
        let mut all = vec!["user", "set-claims", "ann"];
        all.extend(rest);
        house.run_with(&all, &[], input)
    };
    let ran =
        set(&["given_name=Ann", "email_verified=true", "level=7", "address.country=France"], "");
    assert!(ran.out.is_empty(), "{ran:?}");
    assert!(ran.code(0).err.contains("given_name, email_verified, level, address"));

    let ran = set(&["phone_number=+33 1 23 45 67 89", "--json"], "").code(0);
    let expected = serde_json::json!({
        "given_name": "Ann", "email": "ann@example.org", "email_verified": true,
        "phone_number": "+33123456789", "phone_number_verified": false,
        "address": {"country": "France"}, "level": "7",
    });
    assert_eq!(ran.json(), expected);
    // What it prints it takes back.
    assert_eq!(set(&["--json"], &ran.out).code(0).json(), expected);

    let input = r#"{"email":"ann@new.example","address":null,"level":7,"given_name":null}"#;
    let expected = serde_json::json!({
        "email": "ann@new.example", "email_verified": false,
        "phone_number": "+33123456789", "phone_number_verified": false, "level": 7,
    });
    assert_eq!(set(&["--json"], input).code(0).json(), expected);
    assert!(house.run(&["user", "list"]).out.contains("ann@new.example"));
    assert_eq!(set(&["level="], "").code(0).code, 0);
    assert_eq!(set(&["nickname=A", "--json"], "").json()["level"], serde_json::Value::Null);
}

#[test]
fn claims_that_break_a_rule_are_refused_and_nothing_changes() {
    let house = with_ann();
    let set = |rest: &[&str], input: &str| {
        let mut all = vec!["user", "set-claims", "ann"];
        all.extend(rest);
        house.run_with(&all, &[], input)
    };
    let ran = set(&["name=Ann", "birthdate=1990-02-30", "phone_number=123"], "").code(1);
    for wanted in
        ["No claim was changed.", "birthdate: There is no such day", "phone_number: Enter"]
    {
        assert!(ran.err.contains(wanted), "{wanted} in {}", ran.err);
    }
    for (claim, word) in [
        ("sub=root", "custom: "),
        ("Email_Verified=true", "custom: "),
        ("updated_at=1", "cannot be set"),
        ("email_verified=yes", "true or false"),
        ("address=Paris", "An address is an object"),
    ] {
        let ran = set(&[claim], "").code(1);
        assert!(ran.err.contains(word), "{claim}: {}", ran.err);
    }
    for (input, word) in [
        ("", "cannot be read as JSON"),
        ("[]", "not a JSON object"),
        (r#"{"name":"a","name":"b"}"#, "twice"),
        (&format!("{{\"name\":\"{}\"}}", "x".repeat(70_000)), "more than"),
    ] {
        let ran = set(&["--json"], input).code(1);
        assert!(ran.err.contains(word), "{input:.40}: {}", ran.err);
    }
    assert!(set(&[], "").code(2).err.contains("--json"));
    set(&["name"], "").code(2);
    house.run(&["user", "set-claims", "nobody", "name=x"]).code(3);
    let ran = set(&["name=Ann", "--dry-run"], "").code(0);
    assert!(ran.err.contains("Nothing was changed"), "{}", ran.err);
    let known = set(&["nickname=A", "--json"], "").code(0).json();
    assert_eq!(known.get("name"), None);
    assert_eq!(known["email_verified"], false);
}
