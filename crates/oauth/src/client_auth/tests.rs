//! How a client says who it is, which client is believed, and that every failure reads alike.

use super::*;
use crate::fixtures::{client, client_id, public_client};

const RIGHT: SecretCheck = SecretCheck::Matches;

fn basic(pair: &[u8]) -> Vec<u8> {
    format!("Basic {}", STANDARD.encode(pair)).into_bytes()
}

fn parse(header: Option<&[u8]>, body: &str) -> Result<Presented, Refusal> {
    Presented::parse(header, &Form::parse(body.as_bytes()).unwrap())
}

fn refused(header: Option<&[u8]>, body: &str, code: ErrorCode, used_basic: bool) {
    let refusal = parse(header, body).unwrap_err();
    assert_eq!((refusal.error.code(), refusal.used_basic), (code, used_basic), "{body}");
}

#[test]
fn each_method_is_read() {
    let header = basic(b"cli:s3cret");
    let presented = parse(Some(&header), "client_id=cli").unwrap();
    assert_eq!(presented, Presented::Basic(client_id("cli"), Secret::from("s3cret")));
    let presented = parse(None, "client_id=cli&client_secret=s3cret").unwrap();
    assert_eq!(presented, Presented::Post(client_id("cli"), Secret::from("s3cret")));
    let presented = parse(None, "client_id=cli&client_secret=").unwrap();
    assert_eq!(presented, Presented::None(client_id("cli")));
}

/// R6749-2.3.1-a
#[test]
fn each_half_of_basic_is_form_decoded() {
    let cases: [(&[u8], &str, &str); 5] = [
        (b"a%3Ab:c%3Ad", "a:b", "c:d"),
        (b"cli:a+b%2B%25", "cli", "a b+%"),
        (b"cli:p:q", "cli", "p:q"),
        (b"cli:%C3%A9", "cli", "\u{e9}"),
        (b"cli:", "cli", ""),
    ];
    for (pair, id, secret) in cases {
        let presented = parse(Some(&basic(pair)), "").unwrap();
        assert_eq!(presented, Presented::Basic(client_id(id), Secret::from(secret)));
    }
    let header = format!("bAsIc   {}", STANDARD.encode("cli:x"));
    assert!(parse(Some(header.as_bytes()), "").is_ok());
}

/// R6749-2.3.1-a, lesson 7
#[test]
fn a_header_that_cannot_be_read_is_a_failure_even_beside_a_good_form() {
    let no_colon = basic(b"cli");
    let not_utf8 = basic(b"cli:\xff");
    let nul = basic(b"cli:%00");
    let no_id = basic(b":x");
    for header in [
        &b""[..],
        b"Basic",
        b"Basic ",
        b"Basic !!!",
        b"Basic Y2xpOng",
        b"Bearer x",
        b"\xff",
        &no_colon,
        &not_utf8,
        &nul,
        &no_id,
    ] {
        refused(Some(header), "client_id=cli", ErrorCode::InvalidClient, true);
    }
}

/// R6749-2.3-a
#[test]
fn two_methods_at_once_are_refused_even_when_both_are_right() {
    let header = basic(b"cli:s3cret");
    let code = ErrorCode::InvalidRequest;
    refused(Some(&header), "client_id=cli&client_secret=s3cret", code, false);
    refused(Some(&header), "client_secret=s3cret", code, false);
    refused(Some(&header), "client_assertion=x", code, false);
    refused(None, "client_id=cli&client_secret=s&client_assertion=x", code, false);
    refused(Some(&header), "client_id=other", code, true);
}

#[test]
fn nothing_and_what_is_not_offered_are_failures() {
    let code = ErrorCode::InvalidClient;
    refused(None, "", code, false);
    refused(None, "client_secret=x", code, false);
    refused(None, "client_assertion=x&client_id=cli", code, false);
    refused(None, "client_id=a%20b&client_secret=x", code, false);
}

fn check(client: Option<&Client>, presented: &Presented, secret: SecretCheck, why: Option<Reason>) {
    match (decide(presented, Facts { client, secret }), why) {
        (Decision::Accept(accepted), None) => assert_eq!(Some(accepted), client),
        (Decision::Refuse(refusal), Some(reason)) => {
            // R6749-5.2-b: one answer outside, whatever the reason.
            let used_basic = matches!(presented, Presented::Basic(..));
            assert_eq!(refusal, Refusal { error: FAILED, used_basic, reason });
        }
        (other, _) => panic!("{presented:?} {secret:?}: {other:?}"),
    }
}

fn ways() -> [Presented; 3] {
    let (id, secret) = (client_id("cli"), Secret::from("s"));
    [
        Presented::Basic(id.clone(), secret.clone()),
        Presented::Post(id.clone(), secret),
        Presented::None(id),
    ]
}

/// R6749-5.2-b, R21-2.4.1-a
#[test]
fn every_failure_reads_alike_and_only_the_right_secret_opens() {
    let [basic, post, none] = ways();
    let known = client();
    for presented in [&basic, &post] {
        check(Some(&known), presented, RIGHT, None);
        check(Some(&known), presented, SecretCheck::Differs, Some(Reason::Secret));
        check(Some(&known), presented, SecretCheck::NeedsSlowHash, Some(Reason::Secret));
        check(None, presented, RIGHT, Some(Reason::Unknown));
        let off = Client { active: false, ..client() };
        check(Some(&off), presented, RIGHT, Some(Reason::Disabled));
        let other = Client { id: client_id("other"), ..client() };
        check(Some(&other), presented, RIGHT, Some(Reason::Unknown));
    }
    check(Some(&known), &none, RIGHT, Some(Reason::Method));
}

/// R8252-8.5
#[test]
fn a_public_client_names_itself_and_a_secret_of_it_proves_nothing() {
    let [basic, post, none] = ways();
    check(Some(&public_client()), &none, SecretCheck::Differs, None);
    check(Some(&public_client()), &basic, RIGHT, Some(Reason::Method));
    check(Some(&public_client()), &post, RIGHT, Some(Reason::Method));
    let off = Client { active: false, ..public_client() };
    check(Some(&off), &none, RIGHT, Some(Reason::Disabled));
}

/// R7591-5-b
#[test]
fn a_row_that_contradicts_itself_does_not_open() {
    let [_, post, none] = ways();
    let method = Some(Reason::Method);
    check(Some(&Client { auth_method: AuthMethod::None, ..client() }), &none, RIGHT, method);
    let odd = Client { auth_method: AuthMethod::ClientSecret, ..public_client() };
    check(Some(&odd), &post, RIGHT, method);
}

#[test]
fn a_client_is_held_to_the_method_it_chose() {
    let methods = [
        (AuthMethod::ClientSecret, [true, true, false]),
        (AuthMethod::ClientSecretBasic, [true, false, false]),
        (AuthMethod::ClientSecretPost, [false, true, false]),
    ];
    for (auth_method, expected) in methods {
        let client = Client { auth_method, ..client() };
        for (presented, good) in ways().iter().zip(expected) {
            let why = (!good).then_some(Reason::Method);
            check(Some(&client), presented, RIGHT, why);
        }
    }
}

#[test]
fn only_the_stored_digest_matches() {
    let known = client();
    assert_eq!(SecretCheck::of(Some(&known), &[1; 32]), SecretCheck::Matches);
    assert_eq!(SecretCheck::of(Some(&known), &[2; 32]), SecretCheck::Differs);
    assert_eq!(SecretCheck::of(None, &[0; 32]), SecretCheck::Differs);
    assert_eq!(SecretCheck::of(Some(&public_client()), &[0; 32]), SecretCheck::Differs);
    let slow = Client { secret: Some(StoredSecret::Slow("$x".to_owned())), ..client() };
    assert_eq!(SecretCheck::of(Some(&slow), &[1; 32]), SecretCheck::NeedsSlowHash);
}

fn assertion(sub: &str) -> String {
    let claims = serde_json::json!({"iss": sub, "sub": sub});
    crate::fixtures::signer::Signer::new().sign(None, &claims)
}

/// RFC 7521 §4.2
#[test]
fn an_assertion_is_of_the_known_type_and_about_the_client_that_the_form_names() {
    let text = assertion("cli");
    let kind = "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";
    let good = format!("client_assertion={text}&client_assertion_type={kind}");
    for body in [good.clone(), format!("{good}&client_id=cli")] {
        let presented = parse(None, &body).unwrap();
        assert_eq!(presented.client_id(), &client_id("cli"));
        assert_eq!(presented.method(), AuthMethod::PrivateKeyJwt);
        assert!(presented.assertion().is_some() && presented.secret().is_none());
    }
    for body in [
        format!("{good}&client_id=other"),
        format!("client_assertion={text}&client_id=cli"),
        format!("client_assertion={text}&client_assertion_type=urn%3Aother"),
        format!("client_assertion_type={kind}&client_id=cli"),
    ] {
        refused(None, &body, ErrorCode::InvalidClient, false);
    }
}

/// ROIDC-9-a: a MAC is of no use to a client that signs, a signature to none that makes MACs, and neither to one that sends its
/// secret.
#[test]
fn a_signature_and_a_mac_are_two_methods() {
    let claims = serde_json::json!({"iss": "cli", "sub": "cli"}).to_string();
    let mac = jose::mac::sign(None, jose::MacAlgorithm::Hs256, &[7; 32], claims.as_bytes());
    let kind = "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";
    for (text, own) in
        [(assertion("cli"), AuthMethod::PrivateKeyJwt), (mac.unwrap(), AuthMethod::ClientSecretJwt)]
    {
        let body = format!("client_assertion={text}&client_assertion_type={kind}");
        let presented = parse(None, &body).unwrap();
        for auth_method in AuthMethod::ALL.into_iter().filter(|it| *it != AuthMethod::None) {
            let client = Client { id: client_id("cli"), auth_method, ..client() };
            let why = (auth_method != own).then_some(Reason::Method);
            check(Some(&client), &presented, RIGHT, why);
        }
    }
}

#[test]
fn each_method_brings_what_is_to_be_checked() {
    let [basic, post, none] = ways();
    let secret = Secret::from("s");
    assert_eq!(
        (basic.secret(), post.secret(), none.secret()),
        (Some(&secret), Some(&secret), None)
    );
    assert!([basic, post, none].iter().all(|presented| presented.assertion().is_none()));
}
