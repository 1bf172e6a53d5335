//! What makes a registration, what is refused at which field, and what a change keeps.

use super::*;
use crate::client::ConsentRule;
use crate::issuer::Issuer;
use crate::pkce::Pkce;
use crate::policy::ScopeDeclaration;
use crate::scope::ScopeToken;

fn policy() -> Policy {
    let mut policy = Policy::new(Issuer::parse("https://id.example").unwrap());
    policy.capabilities = policy.capabilities.allowing_password_grant();
    policy.scopes = vec![ScopeDeclaration {
        name: ScopeToken::parse("read").unwrap(),
        description: "See".to_owned(),
        optional: false,
    }];
    policy
}

fn draft() -> Draft {
    Draft {
        name: " My site ".to_owned(),
        client_type: "confidential".to_owned(),
        grant_types: vec!["password".to_owned(), "refresh_token".to_owned()],
        ..Draft::default()
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

fn check(change: impl FnOnce(&mut Draft), expected: &[(&str, &str)]) {
    let mut draft = draft();
    change(&mut draft);
    let errors = draft.check(&policy()).err().unwrap_or_default();
    let found: Vec<_> = errors.iter().map(|e| (e.field, e.code)).collect();
    assert_eq!(found, expected, "{draft:?}");
    assert!(errors.iter().all(|error| error.message.ends_with('.')), "{errors:?}");
}

#[test]
fn the_response_types_with_a_code_come_and_go_with_its_grant() {
    let kinds = |draft: &Draft| -> Vec<&str> {
        draft.metadata.response_types.iter().map(|kind| kind.as_str()).collect()
    };
    let mut known = draft().with_grants(words(&["authorization_code"]));
    known.metadata.response_types = [ResponseType::CodeIdToken, ResponseType::IdToken].into();
    let same = known.clone().with_grants(words(&["authorization_code", "refresh_token"]));
    assert_eq!(kinds(&same), kinds(&known), "what was registered stays");
    let without = known.with_grants(words(&["refresh_token"]));
    assert_eq!(kinds(&without), ["id_token"]);
    let again = without.with_grants(words(&["authorization_code"]));
    assert!(kinds(&again).contains(&"code"));
}

#[test]
fn a_good_draft_becomes_a_registration() {
    let made = draft().check(&policy()).unwrap();
    assert_eq!(made.name, "My site");
    assert_eq!(made.auth_method, AuthMethod::ClientSecret);
    assert_eq!(made.scope, None);
}

#[test]
fn every_wrong_field_is_reported_at_once() {
    let errors = Draft::default().check(&policy()).unwrap_err();
    let fields: Vec<_> = errors.iter().map(|error| error.field).collect();
    assert_eq!(fields, ["name", "client_type", "grant_types"]);
}

#[test]
fn names_are_bounded_and_printable() {
    check(|d| d.name = "x".repeat(256), &[("name", "too_long")]);
    check(|d| d.name = "x".repeat(255), &[]);
    check(|d| d.name = "a\nb".to_owned(), &[("name", "invalid")]);
}

/// R6749-4.4-a
#[test]
fn a_public_client_may_not_use_client_credentials() {
    check(
        |d| {
            d.client_type = "public".to_owned();
            d.grant_types = words(&["client_credentials"]);
        },
        &[("grant_types", "needs_confidential")],
    );
}

/// R7591-5-b
#[test]
fn no_authentication_means_public_and_the_other_way_round() {
    let with = |kind: &'static str, method: &'static str| {
        move |d: &mut Draft| {
            d.client_type = kind.to_owned();
            d.auth_method = Some(method.to_owned());
        }
    };
    check(with("public", "none"), &[]);
    check(with("public", ""), &[]);
    check(with("confidential", "client_secret_basic"), &[]);
    check(with("confidential", "none"), &[("auth_method", "needs_secret")]);
    check(with("public", "client_secret_post"), &[("auth_method", "needs_confidential")]);
    check(with("confidential", "magic"), &[("auth_method", "invalid")]);
    check(with("secret", "none"), &[("client_type", "invalid")]);
}

/// R8414-2-b
#[test]
fn a_grant_that_is_not_offered_cannot_be_registered() {
    check(
        |d| {
            d.grant_types = words(&["urn:ietf:params:oauth:grant-type:token-exchange", "implicit"]);
        },
        &[("grant_types", "not_offered"), ("grant_types", "invalid")],
    );
    // One fault is one error: what was added for it is not complained about as well.
    check(
        |d| {
            d.grant_types =
                words(&["urn:ietf:params:oauth:grant-type:token-exchange", "refresh_token"]);
        },
        &[("grant_types", "not_offered")],
    );
    check(|d| d.grant_types = words(&["refresh_token"]), &[("grant_types", "incomplete")]);
}

#[test]
fn redirect_uris_are_checked_each() {
    check(
        |d| {
            d.redirect_uris = words(&["https://a.example/cb", "javascript:1", "http://b.example"]);
        },
        &[("redirect_uris", "invalid_redirect_uri"), ("redirect_uris", "invalid_redirect_uri")],
    );
    check(|d| d.redirect_uris = vec!["x".to_owned(); 51], &[("redirect_uris", "too_many")]);
}

#[test]
fn redirect_uris_are_bounded_each_counts_once_and_the_code_grant_needs_one() {
    let uris = |n: usize| (0..n).map(|i| format!("https://a.example/{i}")).collect::<Vec<_>>();
    check(|d| d.redirect_uris = uris(50), &[]);
    check(|d| d.redirect_uris = uris(51), &[("redirect_uris", "too_many")]);
    let code = words(&["authorization_code"]);
    check(|d| d.grant_types = code.clone(), &[("redirect_uris", "required")]);
    let twice = [uris(2), uris(3)].concat();
    let made = Draft { redirect_uris: twice, ..draft() }.check(&policy()).unwrap();
    let kept: Vec<_> = made.redirect_uris.iter().map(RedirectUri::as_str).collect();
    assert_eq!(kept, uris(3));
}

#[test]
fn a_chosen_secret_is_for_a_client_that_shows_it_and_not_short() {
    use crate::secret::Secret;
    let confidential = ClientType::Confidential;
    for (client_type, auth_method, length, said) in [
        (confidential, AuthMethod::ClientSecret, 16, None),
        (confidential, AuthMethod::ClientSecret, 15, Some("fewer than 16")),
        (confidential, AuthMethod::ClientSecret, 0, Some("fewer than 16")),
        (confidential, AuthMethod::ClientSecretBasic, 17, None),
        (confidential, AuthMethod::PrivateKeyJwt, 16, Some("signs")),
        (ClientType::Public, AuthMethod::None, 16, Some("cannot keep")),
    ] {
        let made = draft().check(&policy()).unwrap();
        let made = Registration { client_type, auth_method, ..made };
        let error = made.check_secret(&Secret::new("x".repeat(length))).err();
        let found = error.as_ref().map(|error| error.message.as_str());
        let agrees = match (found, said) {
            (Some(found), Some(said)) => found.contains(said),
            (found, said) => found == said,
        };
        assert!(agrees, "{client_type} {auth_method:?} {length}: {found:?}");
    }
}

#[test]
fn the_scope_must_exist() {
    check(|d| d.scope = Some("read".to_owned()), &[]);
    check(|d| d.scope = Some("read admin".to_owned()), &[("scope", "unknown_scope")]);
    check(|d| d.scope = Some("re\"ad".to_owned()), &[("scope", "invalid")]);
}

#[test]
fn a_client_may_have_the_implicit_flow_alone() {
    let mut policy = policy();
    policy.capabilities = policy.capabilities.allowing_response(ResponseType::IdToken);
    let mut draft = Draft {
        grant_types: Vec::new(),
        redirect_uris: words(&["https://app.example/cb"]),
        ..draft()
    };
    draft.metadata.response_types = [ResponseType::IdToken].into();
    assert!(draft.check(&policy).unwrap().grant_types.is_empty());
    draft.metadata.response_types.clear();
    assert!(draft.check(&policy).is_err(), "no way to get anything");
    draft.metadata.response_types = [ResponseType::CodeIdToken].into();
    let errors = draft.check(&policy).unwrap_err();
    assert!(
        errors.iter().any(|error| (error.field, error.code) == ("grant_types", "required")),
        "a code has to be traded in: {errors:?}"
    );
}

/// Every fact that a change may change, and every one that it may not.
#[test]
fn a_change_takes_what_is_said_and_keeps_the_rest() {
    let known = Client {
        owner: None,
        resources: vec!["https://api.example/".to_owned()],
        metadata: ClientMetadata {
            consent: ConsentRule::Trusted,
            pkce: Some(Pkce::AllowPlain),
            origin: Origin::Operator,
            client_uri: Some("https://old.example/".to_owned()),
            ..ClientMetadata::default()
        },
        ..crate::fixtures::client()
    };
    let said = Draft {
        name: "Another".to_owned(),
        client_type: "confidential".to_owned(),
        auth_method: Some("client_secret_post".to_owned()),
        grant_types: words(&["authorization_code"]),
        redirect_uris: words(&["https://new.example/cb"]),
        scope: Some("read".to_owned()),
        metadata: ClientMetadata {
            consent: ConsentRule::Always,
            pkce: Some(Pkce::AllowNone),
            origin: Origin::Dynamic,
            client_uri: Some("https://new.example/".to_owned()),
            ..ClientMetadata::default()
        },
    };
    let changed = |client: &Client| {
        assert_eq!(client.name, "Another");
        assert_eq!(client.auth_method, AuthMethod::ClientSecretPost);
        assert_eq!(client.grant_types, [GrantType::AuthorizationCode].into());
        assert_eq!(client.redirect_uris[0].as_str(), "https://new.example/cb");
        assert_eq!(client.scope.as_ref().map(ToString::to_string).as_deref(), Some("read"));
        assert_eq!(client.metadata.client_uri.as_deref(), Some("https://new.example/"));
        assert_eq!(client.metadata.origin, Origin::Operator, "how it came to be registered stays");
        assert_eq!((&client.id, &client.secret), (&known.id, &known.secret));
        assert_eq!((&client.resources, client.epoch), (&known.resources, known.epoch));
    };
    let theirs = said.clone().check_change(&known, &policy()).unwrap();
    changed(&theirs);
    let rules = |client: &Client| (client.metadata.consent, client.metadata.pkce);
    assert_eq!(rules(&theirs), (ConsentRule::Trusted, Some(Pkce::AllowPlain)));
    // An operator's draft begins with what is known, its origin included.
    let mut said = said;
    said.metadata.origin = Origin::Operator;
    let operators = said.check_operator_change(&known, &policy()).unwrap();
    changed(&operators);
    assert_eq!(rules(&operators), (ConsentRule::Always, Some(Pkce::AllowNone)));
}

/// Our own application is trusted with everything, and an operator's: nobody is asked about it.
#[test]
fn the_first_party_client_is_trusted_and_the_operators() {
    let own = Client::first_party(crate::fixtures::client_id("site"), "This site");
    assert_eq!(own.metadata.consent, ConsentRule::Trusted);
    assert_eq!(own.metadata.origin, Origin::Operator);
    assert!(own.first_party && own.active && own.secret.is_none());
}
