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
