//! Declarations as data: what they say, and what has to be done for them.

use super::*;
use crate::client::{ConsentRule, StoredSecret};
use crate::fixtures::policy;
use crate::secret::Secret;
use serde_json::json;

/// A declaration of `photos` with more members.
fn members(more: Value) -> Map<String, Value> {
    let mut all = json!({
        "client_id": "photos", "name": "Photos", "grant_types": ["authorization_code"],
        "redirect_uris": ["https://photos.example/cb"],
    });
    let Value::Object(more) = more else { panic!("{more}") };
    let Value::Object(members) = &mut all else { panic!("{all}") };
    members.extend(more);
    members.clone()
}

fn declared(more: Value) -> Declaration {
    Declaration::parse(&members(more), &policy()).unwrap()
}

fn faults(more: Value) -> Vec<(&'static str, &'static str)> {
    let errors = Declaration::parse(&members(more), &policy()).err().unwrap_or_default();
    assert!(errors.iter().all(|error| error.message.ends_with('.')), "{errors:?}");
    errors.iter().map(|error| (error.field, error.code)).collect()
}

const UNKNOWN: Facts<'_> = Facts { known: None, owner: None, secret: GivenSecret::Nothing };

/// The client that the declaration makes, with a secret where it has one.
fn made(more: Value) -> Client {
    match decide(&declared(more), UNKNOWN, &policy()).unwrap() {
        Decision::Create(client, SecretStep::Draw) => {
            Client { secret: Some(StoredSecret::Digest([1; 32])), ..*client }
        }
        Decision::Create(client, _) => *client,
        other => panic!("{other:?}"),
    }
}

/// The names of what changes when the client is declared like this.
fn changes(known: &Client, more: Value) -> Vec<String> {
    match decide(&declared(more), Facts { known: Some(known), ..UNKNOWN }, &policy()).unwrap() {
        Decision::Change(change) => change.members,
        Decision::Keep => Vec::new(),
        Decision::Create(..) => panic!("it is known"),
    }
}

#[test]
fn a_client_that_is_as_declared_is_kept() {
    for more in [
        json!({}),
        json!({"client_type": "public"}),
        json!({"token_endpoint_auth_method": "none", "pkce": "allow_plain", "consent": "trusted"}),
        json!({"active": false, "resources": ["https://api.example/"], "scope": "write read"}),
        json!({"grant_types": ["client_credentials"], "redirect_uris": null}),
        json!({"contacts": ["a@photos.example"], "tos_uri": "https://photos.example/terms"}),
    ] {
        let known = made(more.clone());
        assert_eq!(changes(&known, more.clone()), Vec::<String>::new(), "{more}");
    }
}

#[test]
fn short_and_registered_names_say_the_same_but_not_both() {
    let registered = json!({"name": null, "client_name": "Photos",
        "token_endpoint_auth_method": "client_secret_post"});
    assert_eq!(declared(json!({"auth_method": "client_secret_post"})), declared(registered));
    assert_eq!(faults(json!({"client_name": "Other"})), [("name", "twice")]);
    assert_eq!(
        declared(json!({"auth_method": "none"})).registration.client_type,
        ClientType::Public
    );
}

#[test]
fn what_is_wrong_is_told_at_once_and_each_fault_once() {
    let more = json!({
        "client_id": "a b", "name": 7, "grant_types": ["magic"], "redirect_uris": ["javascript:x"],
        "active": "yes", "owner": 1, "resources": ["api"], "contacts": "x", "pkce": "odd",
    });
    let fields: BTreeSet<_> = faults(more.clone()).into_iter().map(|(field, _)| field).collect();
    let expected = [
        "active",
        "client_id",
        "contacts",
        "grant_types",
        "name",
        "owner",
        "pkce",
        "redirect_uris",
        "resources",
    ];
    assert_eq!(fields, expected.into());
    assert_eq!(faults(more).iter().filter(|(field, _)| *field == "name").count(), 1);
    assert_eq!(faults(json!({"client_id": null})), [("client_id", "required")]);
    assert_eq!(faults(json!({"client_id": 7})), [("client_id", "invalid")]);
    assert_eq!(faults(json!({"resources": "x"})), [("resources", "invalid")]);
}

#[test]
fn each_member_that_changes_is_named_and_what_is_left_out_has_its_default() {
    let known = made(json!({"tos_uri": "https://photos.example/terms", "consent": "trusted"}));
    assert_eq!(changes(&known, json!({})), ["consent", "tos_uri"]);
    let more = json!({
        "name": "Other", "scope": "read", "resources": ["https://api.example/"], "active": false,
        "auth_method": "client_secret_post", "consent": "trusted",
        "tos_uri": "https://photos.example/terms",
    });
    let expected = ["active", "name", "resources", "scope", "token_endpoint_auth_method"];
    assert_eq!(changes(&known, more), expected);
}

#[test]
fn owner_and_whether_it_is_active_stay_where_nothing_is_said_and_so_does_the_origin() {
    let jane = UserId::from_uuid(uuid::Uuid::from_u128(7));
    let mut known = Client { owner: Some(jane), active: false, epoch: 3, ..made(json!({})) };
    known.metadata.origin = Origin::Developer;
    assert_eq!(changes(&known, json!({})), Vec::<String>::new());
    assert_eq!(changes(&known, json!({"active": true})), ["active"]);
    let facts = Facts { known: Some(&known), ..UNKNOWN };
    let Ok(Decision::Change(change)) =
        decide(&declared(json!({"consent": "trusted"})), facts, &policy())
    else {
        panic!("a change")
    };
    let origin = change.client.metadata.origin;
    assert_eq!(
        (change.client.owner, change.client.active, origin),
        (Some(jane), false, Origin::Developer)
    );
    assert_eq!((change.client.metadata.consent, change.client.epoch), (ConsentRule::Trusted, 3));
}

#[test]
fn the_response_types_follow_the_grants() {
    let known = made(json!({}));
    let machine = json!({"grant_types": ["client_credentials"], "redirect_uris": []});
    assert_eq!(
        changes(&known, machine.clone()),
        ["grant_types", "redirect_uris", "response_types"]
    );
    assert!(changes(&made(machine), json!({})).contains(&"response_types".to_owned()));
}

#[test]
fn the_secret_is_left_alone_unless_another_one_is_given() {
    let (web, app) = (declared(json!({})), declared(json!({"client_type": "public"})));
    let first = |declared, secret| match decide(declared, Facts { secret, ..UNKNOWN }, &policy()) {
        Ok(Decision::Create(_, step)) => step,
        other => panic!("{other:?}"),
    };
    assert_eq!(first(&web, GivenSecret::Nothing), SecretStep::Draw);
    assert_eq!(first(&web, GivenSecret::New), SecretStep::Take);
    assert_eq!(first(&app, GivenSecret::Nothing), SecretStep::None);

    let known = made(json!({}));
    let then =
        |secret| decide(&web, Facts { known: Some(&known), secret, ..UNKNOWN }, &policy()).unwrap();
    assert_eq!(then(GivenSecret::Nothing), Decision::Keep);
    assert_eq!(then(GivenSecret::Known), Decision::Keep);
    let Decision::Change(change) = then(GivenSecret::New) else { panic!("a change") };
    assert!(change.new_secret);
    assert_eq!(change.members, ["client_secret"]);
}

#[test]
fn a_client_that_cannot_be_as_declared_is_refused() {
    let built_in = Client::first_party(ClientId::parse("photos").unwrap(), "This site");
    let public = made(json!({"client_type": "public"}));
    let bare = Client { secret: None, ..made(json!({})) };
    for (known, field) in
        [(&built_in, "client_id"), (&public, "client_type"), (&bare, "client_secret")]
    {
        let refused =
            decide(&declared(json!({})), Facts { known: Some(known), ..UNKNOWN }, &policy());
        assert_eq!(refused.unwrap_err().field, field);
    }
}

#[test]
fn only_what_an_operator_registered_is_pruned() {
    let mut client = made(json!({}));
    for (origin, expected) in [
        (Origin::Operator, true),
        (Origin::Developer, false),
        (Origin::Dynamic, false),
        (Origin::Document, false),
    ] {
        client.metadata.origin = origin;
        assert_eq!(is_prunable(&client), expected, "{origin:?}");
    }
    assert!(!is_prunable(&Client::first_party(client.id, "This site")));
}

/// What an operator keeps for clients of their own is not to be had through one that others can change.
#[test]
fn a_scope_of_the_operator_is_for_a_client_of_the_operator() {
    let policy = crate::fixtures::policy_with_operator_scope();
    let members = members(json!({"scope": "read sudo"}));
    let declared = Declaration::parse(&members, &policy).unwrap();
    let Ok(Decision::Create(client, _)) = decide(&declared, UNKNOWN, &policy) else { panic!() };
    assert_eq!(policy.scope_allowed_to(&client).to_string(), "read sudo");
    for origin in [Origin::Developer, Origin::Dynamic, Origin::Document] {
        let mut known = client.as_ref().clone();
        known.metadata.origin = origin;
        let facts = Facts { known: Some(&known), ..UNKNOWN };
        assert_eq!(decide(&declared, facts, &policy).unwrap_err().code, "operators_only");
        let draft = known.draft();
        let errors = draft.check_operator_change(&known, &policy).unwrap_err();
        assert_eq!(errors[0].code, "operators_only", "{origin:?}");
    } // Nor is it for one that a person owns, who could give it to others, or to themselves.
    let owner = crate::id::UserId::parse("01890a5d-ac96-774b-bcce-b302099a8057").ok();
    let facts = Facts { owner, ..UNKNOWN };
    assert_eq!(decide(&declared, facts, &policy).unwrap_err().code, "operators_only");
    let theirs = Client { owner, ..*client.clone() };
    assert_eq!(policy.scope_allowed_to(&theirs).to_string(), "read");
    let bare = Client { scope: None, ..theirs };
    let greedy = Draft { scope: Some("read sudo".to_owned()), ..bare.draft() };
    assert_eq!(greedy.check_change(&bare, &policy).unwrap_err()[0].code, "operators_only");
}

/// A secret is kept in another form for `client_secret_jwt`: to and from it a new one is needed, or the same one again.
#[test]
fn another_form_of_secret_needs_the_secret() {
    let sealed = StoredSecret::Sealed("v4.local.x".to_owned());
    let plain = made(json!({}));
    let jwt = Client { secret: Some(sealed), ..made(json!({"auth_method": "client_secret_jwt"})) };
    let keyless = Client { secret: None, ..plain.clone() };
    for (known, method, needs) in [
        (&plain, "client_secret_jwt", true),
        (&jwt, "client_secret_post", true),
        (&keyless, "client_secret_post", true),
        (&plain, "client_secret_post", false),
        (&jwt, "client_secret_jwt", false),
    ] {
        let declared = declared(json!({"auth_method": method}));
        let with = |secret: GivenSecret| {
            decide(&declared, Facts { known: Some(known), owner: None, secret }, &policy())
        };
        let found = with(GivenSecret::Nothing);
        assert_eq!(
            found.as_ref().err().map(|it| (it.field, it.code)),
            needs.then_some(("client_secret", "required")),
            "{method}"
        );
        let given = if needs { GivenSecret::Known.in_another_form() } else { GivenSecret::Known };
        assert!(with(given).is_ok(), "{method}");
    }
}

#[test]
fn nobody_but_an_operators_application_has_its_secret_kept() {
    let mut known = made(json!({}));
    known.metadata.origin = Origin::Developer;
    let facts = Facts { known: Some(&known), owner: None, secret: GivenSecret::New };
    let refused = decide(&declared(json!({"auth_method": "client_secret_jwt"})), facts, &policy());
    assert_eq!(refused.unwrap_err().code, "operators_only");
}

/// RFC 7518 §3.2
#[test]
fn a_chosen_secret_is_as_long_as_the_hash_of_its_algorithm() {
    for (algorithm, shortest) in
        [(None, 32), (Some("HS256"), 32), (Some("HS384"), 48), (Some("HS512"), 64)]
    {
        let declared = declared(json!({
            "auth_method": "client_secret_jwt", "token_endpoint_auth_signing_alg": algorithm,
        }));
        let check = |length| declared.registration.check_secret(&Secret::new("x".repeat(length)));
        assert!(check(shortest).is_ok(), "{algorithm:?}");
        let short = check(shortest - 1).unwrap_err();
        assert!(short.message.contains(&shortest.to_string()), "{short:?}");
    }
}

#[test]
fn every_member_that_may_be_declared_is_named() {
    let named: Vec<&str> = Declaration::members().collect();
    for member in ["client_id", "active", "owner", "resources", "name", "grant_types", "pkce"] {
        assert!(named.contains(&member), "{member}: {named:?}");
    }
    assert!(named.len() > 20 && named.iter().all(|member| !member.is_empty()), "{named:?}");
    assert!(!named.contains(&"client_secret"), "where a secret comes from is not among them");
}

#[test]
fn a_declaration_without_a_secret_keeps_the_one_there_is() {
    let known = made(json!({}));
    let decision = decide(
        &declared(json!({"name": "Other"})),
        Facts { known: Some(&known), ..UNKNOWN },
        &policy(),
    );
    let Ok(Decision::Change(change)) = decision else { panic!("{decision:?}") };
    assert_eq!(change.client.secret, known.secret);
    assert!(known.secret.is_some() && !change.new_secret);
}
