//! What the rule adds to the program's own: who may, for whom, and how much.

use super::*;
use crate::active::Standing;
use crate::fixtures::{BAD, NOW, bearer, client, policy, public_client, scope};

fn name() -> ExtensionName {
    ExtensionName::parse("urn:stable:grant-type:badge").unwrap()
}

fn registered(mut client: Client) -> Client {
    client.grant_types.insert(GrantType::Extension(name()));
    client
}

fn person() -> Permit {
    Permit::for_user(bearer().id)
}

fn facts(permit: Permit) -> Facts {
    let user = Verified { bearer: bearer(), standing: Standing::Good };
    Facts { permit: Ok(permit), user: Some(user), client: Standing::Good }
}

fn decided(asked: Option<&str>, client: &Client, facts: &Facts) -> Decision {
    let request = Request { name: name(), scope: asked.map(scope), resources: Vec::new() };
    decide(&request, client, facts, &policy(), NOW)
}

fn check(asked: Option<&str>, client: &Client, facts: &Facts, expected: &str) {
    let actual = match decided(asked, client, facts) {
        Decision::Issue(issue) => {
            let row = issue.authorization.as_ref();
            assert_eq!(row.is_some(), issue.access.user.is_some());
            assert_eq!(issue.access.client_epoch, client.epoch);
            if let Some(row) = row {
                assert_eq!((row.user, &row.client), (bearer().id, &client.id));
                assert_eq!(row.grant, GrantType::Extension(name()));
                assert_eq!(row.scope, issue.access.scope);
            }
            let whom = if row.is_some() { "person" } else { "client" };
            let refresh = if issue.refresh.is_some() { " and refresh" } else { "" };
            format!("{whom} {}{refresh}", issue.access.scope)
        }
        Decision::Refuse(error) => error.code().to_string(),
    };
    assert_eq!(actual, expected, "{asked:?}");
}

/// R6749-4.5-a
#[test]
fn a_name_is_an_absolute_uri() {
    for good in ["urn:stable:grant-type:badge", "https://stable.example/badge", "tag:a,2026:b"] {
        let name = ExtensionName::parse(good).unwrap();
        assert_eq!((name.as_str(), name.to_string().as_str()), (good, good));
    }
    let long = format!("urn:{}", "x".repeat(ExtensionName::MAX_BYTES));
    for grant in GrantType::BUILT_IN {
        assert!(ExtensionName::parse(grant.as_str()).is_err(), "{grant}");
    }
    for bad in ["", "magic", "/badge", "//host/badge", "https://a/#b", "urn:a b", "urn:ä", &long] {
        assert!(ExtensionName::parse(bad).is_err(), "{bad}");
    }
}

/// R6749-3.3-b
#[test]
fn the_scope_lies_within_what_policy_client_and_program_allow() {
    let client = registered(client());
    check(None, &client, &facts(person()), "person read write");
    check(Some("admin"), &client, &facts(person()), "person admin");
    check(Some("sudo"), &client, &facts(person()), "invalid_scope");
    check(None, &client, &facts(person().within(scope("read"))), "person read");
    check(Some("write"), &client, &facts(person().within(scope("read"))), "invalid_scope");
}

#[test]
fn only_a_registered_client_may_and_only_a_confidential_one_for_itself() {
    check(None, &client(), &facts(person()), "unauthorized_client");
    let other = GrantType::parse("urn:stable:grant-type:other").unwrap();
    let mut with_other = client();
    with_other.grant_types.insert(other);
    check(None, &with_other, &facts(person()), "unauthorized_client");
    check(None, &registered(public_client()), &facts(person()), "person read write");
    check(None, &registered(public_client()), &facts(Permit::for_client()), "unauthorized_client");
    check(None, &registered(client()), &facts(Permit::for_client()), "client read write");
}

#[test]
fn nobody_inactive_gets_anything() {
    let client = registered(client());
    for standing in BAD {
        let user = Some(Verified { bearer: bearer(), standing });
        check(None, &client, &Facts { user, ..facts(person()) }, "invalid_grant");
        check(None, &client, &Facts { client: standing, ..facts(person()) }, "invalid_grant");
        let alone = facts(Permit::for_client());
        check(None, &client, &Facts { client: standing, ..alone }, "invalid_grant");
    }
    check(None, &client, &Facts { user: None, ..facts(person()) }, "invalid_grant");
}

#[test]
fn the_program_refuses_in_its_own_words() {
    let error = OAuthError::new(ErrorCode::InvalidGrant, "this badge is not known");
    let refused = Facts { permit: Err(error.clone()), ..facts(person()) };
    assert_eq!(decided(None, &registered(client()), &refused), Decision::Refuse(error));
}

#[test]
fn what_is_refreshed_lives_on_and_everything_else_ends_with_its_token() {
    let with = registered(client());
    let refreshing = || facts(person().refreshing());
    check(None, &with, &refreshing(), "person read write and refresh");
    let mut without = with.clone();
    without.grant_types.remove(&GrantType::RefreshToken);
    check(None, &without, &refreshing(), "person read write");
    check(None, &with, &facts(Permit::for_client().refreshing()), "client read write");

    let ends = |facts: &Facts| match decided(None, &with, facts) {
        Decision::Issue(issue) => {
            (issue.authorization.unwrap().expires_at, issue.access.expires_at)
        }
        Decision::Refuse(error) => panic!("{error}"),
    };
    let (row, token) = ends(&facts(person()));
    assert_eq!(row, Some(token));
    let (row, token) = ends(&refreshing());
    assert!(row.is_some_and(|row| row > token));
}

#[test]
fn whether_somebody_has_signed_in_is_for_the_program_to_say() {
    let client = registered(client());
    for (permit, expected) in [
        (person(), None),
        (person().signed_in(), Some(NOW)),
        (Permit::for_client().signed_in(), None),
    ] {
        let Decision::Issue(issue) = decided(None, &client, &facts(permit.once("7", NOW))) else {
            panic!("refused");
        };
        assert_eq!(issue.access.authenticated_at, expected);
        assert_eq!(issue.once, Some(Once { id: "7".to_owned(), expires_at: NOW }));
        if let Some(row) = issue.authorization {
            assert_eq!(row.authenticated_at, expected);
        }
    }
}

/// R8707-2-b
#[test]
fn the_token_and_its_authorization_are_for_the_resources_that_are_named() {
    let mut policy = policy();
    policy.resources = vec!["https://id.example/v1".to_owned()];
    for (named, good) in [("https://id.example/v1", true), ("https://elsewhere.example", false)] {
        let request = Request { name: name(), scope: None, resources: vec![named.to_owned()] };
        match decide(&request, &registered(client()), &facts(person()), &policy, NOW) {
            Decision::Issue(issue) => {
                assert!(good);
                assert_eq!(issue.access.audience, policy.resources);
                assert_eq!(issue.authorization.unwrap().audience, policy.resources);
            }
            Decision::Refuse(error) => {
                assert_eq!((good, error.code()), (false, ErrorCode::InvalidTarget));
            }
        }
    }
}
