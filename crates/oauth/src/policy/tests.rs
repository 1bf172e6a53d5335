//! What the policy answers, and settings that do not hold together.

use super::*;
use crate::fixtures::{NOW, client, policy, policy_with_operator_scope, scope};
use crate::grant::GrantType;

#[test]
fn a_jwt_is_for_whom_the_server_or_the_client_says_but_never_for_pairwise_clients() {
    let (mut policy, mut client) = (policy(), client());
    let rs256 = Some(Algorithm::Rs256);
    assert_eq!(policy.signs_tokens_of(&client), None);
    client.metadata.access_token_format = Some(TokenFormat::Jwt);
    assert_eq!(policy.signs_tokens_of(&client), rs256);
    client.metadata.subject_type = SubjectType::Pairwise;
    assert_eq!(policy.signs_tokens_of(&client), None);
    client.metadata.subject_type = SubjectType::Public;
    client.metadata.access_token_format = None;
    policy.token_format = TokenFormat::Jwt;
    assert_eq!(policy.signs_tokens_of(&client), rs256);
    client.metadata.access_token_format = Some(TokenFormat::Sealed);
    assert_eq!(policy.signs_tokens_of(&client), None);
    assert!(policy.check().is_ok());
    policy.capabilities.signing_algorithms = Vec::new();
    assert!(policy.check().is_err(), "nothing to sign with");
}

#[test]
fn without_declared_scopes_a_token_has_none_and_none_can_be_asked_for() {
    let bare = Policy::new(policy().issuer);
    assert_eq!(bare.grant_scope(None, &client()).unwrap(), ScopeSet::empty());
    let error = bare.grant_scope(Some(&scope("read")), &client()).unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidScope);
    assert!(error.description().ends_with(": read"));
}

#[test]
fn a_limit_of_nothing_is_not_the_absence_of_a_limit() {
    let none = Client { scope: Some(ScopeSet::empty()), ..client() };
    assert!(policy().scope_allowed_to(&none).is_empty());
    assert_eq!(policy().scope_allowed_to(&client()), scope("read write admin"));
}

#[test]
fn what_is_offered_is_offered_until_it_is_withdrawn() {
    let extension = GrantType::parse("urn:stable:grant-type:badge").unwrap();
    for grant in GrantType::BUILT_IN.into_iter().chain([extension]) {
        let mut capabilities = policy().capabilities;
        capabilities.withdraw(&grant);
        assert!(!capabilities.offers(&grant), "{grant}");
        capabilities.offer(grant.clone());
        assert!(capabilities.offers(&grant), "{grant}");
        assert!(capabilities.grants().any(|offered| *offered == grant), "{grant}");
    }
}

#[test]
fn settings_that_do_not_hold_together_are_found() {
    assert_eq!(policy().check(), Ok(()));
    let changes: [fn(&mut Policy); 13] = [
        |p| p.operator_scopes = p.scopes.clone(),
        |p| p.pushed_request_lifetime = Duration::from_mins(11),
        |p| p.pushed_request_lifetime = Duration::from_millis(999),
        |p| {
            p.require_pushed_requests = true;
            p.capabilities.endpoints.pushed_authorization_request = None;
        },
        |p| p.device_code_lifetime = Duration::from_secs(59),
        |p| p.device_code_lifetime = Duration::from_mins(31),
        |p| p.access_token_lifetime = Duration::ZERO,
        |p| p.access_token_lifetime = Policy::LONGEST_ACCESS_TOKEN + Duration::from_secs(1),
        |p| p.refresh_idle = Duration::ZERO,
        |p| p.refresh_grace = Duration::from_mins(11),
        |p| p.default_scope = scope("sudo"),
        |p| p.capabilities.trusted_issuers[0].issuer = p.issuer.to_string(),
        |p| p.capabilities.trusted_issuers.extend(policy().capabilities.trusted_issuers),
    ];
    for change in changes {
        let mut wrong = policy();
        change(&mut wrong);
        assert!(wrong.check().is_err(), "{wrong:?}");
    }
}

#[test]
fn no_access_token_outlives_the_memory_of_revocations() {
    let mut long = policy();
    long.access_token_lifetime = Duration::MAX;
    assert!(long.access_token_expiry(&client(), NOW) < crate::revocation::forget_at(NOW));
}

#[test]
fn a_scope_of_the_operator_is_only_for_clients_of_theirs_that_are_registered_for_it_by_name() {
    let policy = policy_with_operator_scope();
    let of = |origin, limit: Option<&str>| {
        let grant_types = [GrantType::ClientCredentials].into();
        let mut client = Client { scope: limit.map(scope), grant_types, ..client() };
        client.metadata.origin = origin;
        client.metadata.response_types.clear();
        client
    };
    let sudo = scope("sudo");
    for (origin, limit, may) in [
        (Origin::Operator, Some("read sudo"), true),
        (Origin::Operator, Some("read"), false),
        (Origin::Operator, None, false),
        (Origin::Developer, Some("read sudo"), false),
        (Origin::Dynamic, Some("read sudo"), false),
        (Origin::Document, Some("read sudo"), false),
    ] {
        let client = of(origin, limit);
        assert_eq!(policy.grant_scope(Some(&sudo), &client).is_ok(), may, "{origin:?} {limit:?}");
        let asked = policy.grant_scope_to_person(Some(&sudo), &client);
        assert_eq!(asked.is_ok(), may, "{origin:?} {limit:?}");
        // Nobody gets it without asking for it.
        let default = policy.grant_scope(None, &client).unwrap();
        assert!(default.intersection(&sudo).is_empty(), "{origin:?} {limit:?}");
        let made = client.draft().check(&policy).is_ok();
        assert_eq!(
            made,
            may || !limit.is_some_and(|it| it.contains("sudo")),
            "{origin:?} {limit:?}"
        );
    }
    assert_eq!(policy.words_for(&ScopeToken::parse("sudo").unwrap()), Some("May everything"));
}

#[test]
fn each_span_may_be_as_long_as_its_text_says_and_no_longer() {
    type Set = fn(&mut Policy, Duration);
    let rows: [(&str, Set, u64, u64); 6] = [
        ("access token", |policy, span| policy.access_token_lifetime = span, 1, 86_400),
        ("refresh token", |policy, span| policy.refresh_idle = span, 1, u64::MAX),
        ("grace", |policy, span| policy.refresh_grace = span, 0, 600),
        ("code", |policy, span| policy.code_lifetime = span, 1, 600),
        ("pushed request", |policy, span| policy.pushed_request_lifetime = span, 1, 600),
        ("device code", |policy, span| policy.device_code_lifetime = span, 60, 1800),
    ];
    for (what, set, shortest, longest) in rows {
        let good = |seconds| {
            let mut policy = policy();
            set(&mut policy, Duration::from_secs(seconds));
            policy.check().is_ok()
        };
        assert!(good(shortest) && good(longest), "{what}");
        assert!(shortest == 0 || !good(shortest - 1), "{what}");
        assert!(longest == u64::MAX || !good(longest + 1), "{what}");
    }
}

#[test]
fn whoever_has_to_push_needs_somewhere_to_push_to() {
    for (has_to, endpoint, good) in
        [(true, true, true), (true, false, false), (false, false, true), (false, true, true)]
    {
        let mut policy = policy();
        policy.require_pushed_requests = has_to;
        if !endpoint {
            policy.capabilities.endpoints.pushed_authorization_request = None;
        }
        assert_eq!(policy.check().is_ok(), good, "{has_to} {endpoint}");
    }
}

#[test]
fn a_scope_is_said_in_the_words_of_its_declaration_or_of_the_specification() {
    let mut policy = policy();
    let words = |policy: &Policy, name: &str| {
        policy.words_for(&ScopeToken::parse(name).unwrap()).map(str::to_owned)
    };
    assert_eq!(words(&policy, "read").as_deref(), Some("May read"));
    assert_eq!(words(&policy, "write").as_deref(), Some("May write"));
    assert_eq!(words(&policy, "sudo"), None);
    let email = words(&policy, "email");
    assert!(email.is_some() && email != words(&policy, "profile"));
    policy.capabilities.openid = false;
    assert_eq!(words(&policy, "email"), None, "without OpenID Connect its scopes do not exist");
}

#[test]
fn what_a_trusted_issuer_signs_lives_up_to_an_hour() {
    for (seconds, good) in [(0, false), (1, true), (3600, true), (3601, false)] {
        let mut policy = policy();
        policy.capabilities.trusted_issuers[0].longest = Duration::from_secs(seconds);
        assert_eq!(policy.capabilities.trusted_issuers[0].check().is_ok(), good, "{seconds}");
    }
}

#[test]
fn what_rests_on_something_is_not_offered_without_it() {
    let all = || policy().capabilities;
    assert!(all().offers(&GrantType::DeviceCode) && all().offers(&GrantType::JwtBearer));
    assert!(all().pushes().is_some() && all().ends_sessions().is_some());
    let mut capabilities = all();
    capabilities.endpoints.device_authorization = None;
    capabilities.trusted_issuers.clear();
    assert!(!capabilities.offers(&GrantType::DeviceCode));
    assert!(!capabilities.offers(&GrantType::JwtBearer));
    let mut capabilities = all();
    capabilities.openid = false;
    assert!(capabilities.ends_sessions().is_none() && capabilities.pushes().is_some());
    let mut capabilities = all();
    capabilities.withdraw(&GrantType::AuthorizationCode);
    assert!(capabilities.ends_sessions().is_none() && capabilities.pushes().is_none());
}

/// Only an operator's client has longer tokens than others, also after the server's own lifetime was cut.
#[test]
fn the_lifetimes_of_tokens_are_those_of_the_client_if_it_has_some() {
    let policy = policy();
    let hour = Duration::from_hours(1);
    for (origin, own, expected) in [
        (Origin::Operator, None, hour),
        (Origin::Operator, Some(60), Duration::from_mins(1)),
        (Origin::Operator, Some(7200), hour * 2),
        (Origin::Developer, Some(60), Duration::from_mins(1)),
        (Origin::Developer, Some(7200), hour),
        (Origin::Dynamic, Some(7200), hour),
    ] {
        let mut client = client();
        client.metadata.origin = origin;
        client.metadata.access_token_lifetime = own;
        client.metadata.id_token_lifetime = own;
        assert_eq!(policy.access_token_expiry(&client, NOW), NOW + expected, "{origin:?} {own:?}");
        assert_eq!(policy.id_token_lifetime(&client), expected, "{origin:?} {own:?}");
    }
    let mut longest = client();
    longest.metadata.origin = Origin::Operator;
    longest.metadata.access_token_lifetime = Some(u32::MAX);
    let end = policy.access_token_expiry(&longest, NOW);
    assert!(end < crate::revocation::forget_at(NOW), "a revocation is remembered longer");
}
