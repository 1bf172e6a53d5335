//! What becomes of the `claims` parameter.

use super::*;
use crate::claims::ClaimsRequest;

/// ROIDC-3.1.2.4-a, ROIDC-5.5-a
#[test]
fn a_single_claim_is_consented_to_and_lies_within_what_the_client_may_have() {
    let claims: String = url::form_urlencoded::byte_serialize(
        br#"{"userinfo":{"name":null,"email":null,"department":null},"id_token":{"sub":null}}"#,
    )
    .collect();
    let query = format!("response_type=code{PKCE}&scope=openid&claims={claims}");
    for (limit, expected) in [
        (None, &["department", "email", "name"][..]),
        (Some("openid email"), &["department", "email"]),
        (Some("openid"), &["department"]),
    ] {
        let client = Client { scope: limit.map(scope), ..with_uri(client()) };
        let request = parse_by(&query, Channel::Front, &client, &policy()).unwrap();
        let (session, given) = (session(), given("openid"));
        let facts = facts(Some(&session), Some(&given));
        let Decision::Consent(ask) = decide(&request, &client, &facts, &policy(), NOW) else {
            panic!("{limit:?}: nothing is asked");
        };
        assert_eq!(ask.claims.iter().collect::<Vec<_>>(), expected, "{limit:?}");
        assert!(ask.new_scope.is_empty(), "{limit:?}");
    }
}

/// ROIDC-5.5.1.1-a
#[test]
fn an_essential_acr_that_nobody_reaches_is_an_error_and_a_wish_is_none() {
    let client = with_uri(client());
    let (session, all) = (session(), given("openid"));
    let ask = |claims: &str| {
        let claims: String = url::form_urlencoded::byte_serialize(claims.as_bytes()).collect();
        let request = good(&format!("scope=openid&claims={claims}"));
        outcome(&request, &client, &facts(Some(&session), Some(&all)))
    };
    let unmet = "unmet_authentication_requirements";
    assert_eq!(ask(r#"{"id_token":{"acr":{"essential":true,"values":["9"]}}}"#), unmet);
    assert_eq!(ask(r#"{"id_token":{"acr":{"values":["9"]}}}"#), "issue openid");
    assert_eq!(
        ask(r#"{"id_token":{"acr":{"essential":true,"values":["9","1"]}}}"#),
        "issue openid"
    );
    assert_eq!(
        outcome(&good("acr_values=9"), &client, &facts(Some(&session), Some(&given("read write")))),
        "issue read write"
    );
}

/// ROIDC-5.5-a
#[test]
fn without_openid_claims_mean_nothing() {
    let claims: String =
        url::form_urlencoded::byte_serialize(br#"{"userinfo":{"email":null}}"#).collect();
    for (scope, asked) in [("openid", true), ("read", false)] {
        let query = format!("response_type=code{PKCE}&scope={scope}&claims={claims}");
        let request = parse(&query).unwrap();
        assert_eq!(request.claims != ClaimsRequest::default(), asked, "{scope}");
    }
}
