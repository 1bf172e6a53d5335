//! Who is signed out without a question, who is asked, and where they are sent.

use super::*;
use crate::fixtures::{client, client_id};
use uuid::Uuid;

const BYE: &str = "https://app.example/bye";
const OURS: SessionId = SessionId::from_uuid(Uuid::from_u128(7));
const OLD: SessionId = SessionId::from_uuid(Uuid::from_u128(8));

fn site() -> Client {
    let mut client = client();
    client.metadata.post_logout_redirect_uris =
        vec![BYE.to_owned(), "https://app.example/bye?lang=en".to_owned()];
    client
}

fn hint(subject: &str, session: Option<SessionId>) -> Hint {
    Hint::Of { client: client_id("cli"), subject: subject.to_owned(), session }
}

fn request(fields: &[(&str, &str)]) -> Request {
    let pairs = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Request::parse(&Parameters::from_pairs(pairs).unwrap()).unwrap()
}

fn decided(
    fields: &[(&str, &str)],
    hint: Hint,
    session: Option<SessionId>,
    confirmed: bool,
) -> Decision {
    let (request, site) = (request(fields), site());
    let known = hint.client(&request).is_some_and(|id| *id == site.id);
    let session = session.map(|id| Session { id, subject: known.then(|| "ann".to_owned()) });
    let facts = Facts { client: known.then_some(&site), hint, session, confirmed };
    decide(&request, &facts)
}

/// RRIL-2-a, RRIL-2-b, RRIL-2-c
#[test]
fn only_the_hint_of_this_very_session_signs_out_without_a_question() {
    for (hint, expected) in [
        (Hint::Absent, Decision::Ask(None)),
        (Hint::Invalid, Decision::Ask(None)),
        (hint("ann", Some(OURS)), Decision::SignOut(None)),
        (hint("ann", Some(OLD)), Decision::Ask(None)),
        (hint("ann", None), Decision::Ask(None)),
        (hint("bob", Some(OURS)), Decision::Ask(None)),
    ] {
        assert_eq!(decided(&[], hint.clone(), Some(OURS), false), expected, "{hint:?}");
        let pressed = decided(&[], hint.clone(), Some(OURS), true);
        assert_eq!(pressed, Decision::SignOut(None), "{hint:?}");
        assert_eq!(decided(&[], hint, None, false), Decision::Nothing);
    }
}

/// RRIL-3-a
#[test]
fn the_address_is_one_that_the_client_has_registered() {
    let back = |uri: &str, state: Option<&str>| {
        let mut fields = vec![("post_logout_redirect_uri", uri)];
        fields.extend(state.map(|state| ("state", state)));
        decided(&fields, hint("ann", Some(OURS)), Some(OURS), false)
    };
    let to = |uri: &str| Decision::SignOut(Some(uri.to_owned()));
    assert_eq!(back(BYE, None), to(BYE));
    assert_eq!(back(BYE, Some("a b&c")), to("https://app.example/bye?state=a+b%26c"));
    let with_query = "https://app.example/bye?lang=en";
    assert_eq!(back(with_query, Some("x")), to("https://app.example/bye?lang=en&state=x"));
    for uri in [
        "https://app.example/bye?foo=bar",
        "https://app.example/bye/",
        "https://app.example/Bye",
        "https://APP.example/bye",
        "https://app.example/bye#x",
        "https://app.example:443/bye",
        "https://app.example/../bye",
        "https://evil.example/bye",
        "javascript:alert(1)",
        "//app.example/bye",
    ] {
        assert_eq!(back(uri, None), Decision::Refuse(NOT_REGISTERED), "{uri}");
    }
}

type Case<'a> = (&'a [(&'a str, &'a str)], Hint, bool, Decision);

/// RRIL-3-a, RRIL-3-b
#[test]
fn who_asks_is_known_before_anybody_is_sent_anywhere() {
    let bye = ("post_logout_redirect_uri", BYE);
    let named = ("client_id", "cli");
    let ours = || hint("ann", Some(OURS));
    let to_bye = Decision::GoBack(BYE.to_owned());
    let out = Decision::SignOut(Some(BYE.to_owned()));
    let table: [Case<'_>; 9] = [
        (&[bye], Hint::Absent, false, Decision::Refuse(NOBODY)),
        (&[bye], Hint::Invalid, true, Decision::SignOut(None)),
        (&[bye, named], Hint::Invalid, true, Decision::SignOut(None)),
        (&[bye, named], Hint::Absent, false, Decision::Ask(Some(BYE.to_owned()))),
        (&[bye, named], Hint::Absent, true, out.clone()),
        (&[bye, named], ours(), false, out),
        (&[bye, ("client_id", "other")], ours(), true, Decision::Refuse(OTHER_CLIENT)),
        (&[bye, ("client_id", "other")], Hint::Absent, true, Decision::Refuse(UNKNOWN)),
        (&[("client_id", "other")], Hint::Absent, true, Decision::Refuse(UNKNOWN)),
    ];
    for (fields, hint, confirmed, expected) in table {
        let found = decided(fields, hint.clone(), Some(OURS), confirmed);
        assert_eq!(found, expected, "{fields:?} {hint:?}");
    }
    // Nobody is signed in any more: a second application sends the person through here.
    assert_eq!(decided(&[bye], ours(), None, false), to_bye);
    assert_eq!(decided(&[bye, named], Hint::Absent, None, false), Decision::Nothing);
    assert_eq!(decided(&[bye, named], Hint::Invalid, None, false), Decision::Nothing);
}

#[test]
fn a_disabled_client_sends_nobody_anywhere() {
    let client = Client { active: false, ..site() };
    let request = request(&[("post_logout_redirect_uri", BYE)]);
    let session = Some(Session { id: OURS, subject: Some("ann".to_owned()) });
    let facts =
        Facts { client: Some(&client), hint: hint("ann", Some(OURS)), session, confirmed: true };
    assert_eq!(decide(&request, &facts), Decision::Refuse(UNKNOWN));
}

#[test]
fn what_comes_twice_is_refused() {
    for name in ["id_token_hint", "client_id", "post_logout_redirect_uri", "state", "other"] {
        let text = format!("{name}=a&{name}=a");
        let parameters = Parameters::parse(text.as_bytes()).unwrap();
        let error = Request::parse(&parameters).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidRequest, "{name}");
    }
    let odd = Parameters::parse(b"client_id=a+b").unwrap();
    assert_eq!(Request::parse(&odd).unwrap_err(), UNKNOWN);
}
