//! The rule of the authorization endpoint, asked about every request and every state of the browser.

mod claims;

use super::*;
use crate::client::{ConsentRule, RedirectUri};
use crate::fixtures::{NOW, bearer, client, policy, public_client, scope};
use crate::pkce::Pkce;
use crate::response::{ResponseMode, ResponseType};
use std::time::Duration;
use uuid::Uuid;

const CB: &str = "https://app.example/cb";
const PKCE: &str =
    "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";

fn with_uri(client: Client) -> Client {
    let redirect_uris = [CB, "com.example.app:/cb"].map(|uri| RedirectUri::parse(uri).unwrap());
    Client { redirect_uris: redirect_uris.to_vec(), ..client }
}

fn parse_by(
    query: &str,
    channel: Channel,
    client: &Client,
    policy: &Policy,
) -> Result<Request, OAuthError> {
    let query = format!("client_id=cli&redirect_uri={CB}&{query}");
    let parameters = Parameters::parse(query.as_bytes()).unwrap();
    let destination = locate(&parameters, Some(client)).expect("the destination is good");
    Request::parse(&parameters, destination, channel, client, policy)
}

fn parse(query: &str) -> Result<Request, OAuthError> {
    parse_by(query, Channel::Front, &with_uri(client()), &policy())
}

fn code_of<T: std::fmt::Debug>(result: Result<T, OAuthError>) -> String {
    result.map_or_else(|error| error.code().to_string(), |_| "good".to_owned())
}

fn good(query: &str) -> Request {
    parse(&format!("response_type=code{PKCE}&{query}")).unwrap()
}

/// R6749-3.1-b, R6749-3.1-c, R6749-4.1.1-a, R7636-4.4.1-a, R8707-2-a, ROIDC-3.1.2.1-d, ROIDC-3.1.2.6-a
#[test]
fn each_check_has_its_error() {
    let code = format!("response_type=code{PKCE}");
    for (query, expected) in [
        (code.clone(), "good"),
        (format!("{code}&extra=foobar&scope="), "good"),
        (format!("{code}&scope=write+read"), "good"),
        (format!("{code}&scope=read&scope=read"), "invalid_request"),
        (format!("{code}&state=a&state=a"), "invalid_request"),
        (format!("{code}&nonce=a&nonce=a"), "invalid_request"),
        (format!("{code}&extra=a&extra=b"), "invalid_request"),
        (format!("{code}&scope=sudo"), "invalid_scope"),
        (format!("{code}&scope=re%22ad"), "invalid_scope"),
        (format!("{code}&prompt=none+login"), "invalid_request"),
        (format!("{code}&max_age=-1"), "invalid_request"),
        (format!("{code}&max_age=soon"), "invalid_request"),
        (format!("{code}&max_age=0"), "good"),
        (format!("{code}&response_mode=form_post"), "good"),
        (format!("{code}&response_mode=web_message"), "invalid_request"),
        (format!("{code}&scope=openid&claims=%7B"), "invalid_request"),
        (format!("{code}&registration=%7B%7D"), "registration_not_supported"),
        (format!("{code}&resource=https://id.example/v1"), "good"),
        (format!("{code}&resource=https://id.example/v1/"), "good"),
        (format!("{code}&resource=https://elsewhere.example"), "invalid_target"),
        (format!("{code}&resource=https://id.example/v1%23x"), "invalid_target"),
        (format!("{code}&resource=v1"), "invalid_target"),
        (format!("{code}&nonce={}", "n".repeat(1025)), "invalid_request"),
        (
            format!(
                "{code}&display=page&ui_locales=de+en&claims_locales=de&acr_values=9&login_hint=ann"
            ),
            "good",
        ),
        ("scope=read".to_owned(), "invalid_request"),
        ("response_type=code".to_owned(), "invalid_request"),
        (format!("response_type=kode{PKCE}"), "unsupported_response_type"),
        ("response_type=token".to_owned(), "unsupported_response_type"),
        (
            "response_type=id_token+token&nonce=n&scope=openid".to_owned(),
            "unsupported_response_type",
        ),
    ] {
        let mut policy = policy();
        policy.resources = vec!["https://id.example/v1".to_owned()];
        let outcome = parse_by(&query, Channel::Front, &with_uri(client()), &policy);
        assert_eq!(code_of(outcome), expected, "{query}");
    }
}

/// R6749-4.1.1-b, ROIDC-3.2.2.1: what passes through the browser needs two switches, the server's and the client's.
#[test]
fn another_response_type_needs_the_server_and_the_client() {
    let query = |kind: &str| format!("response_type={kind}&scope=openid+read&nonce=n{PKCE}");
    for kind in ResponseType::ALL.into_iter().filter(|kind| *kind != ResponseType::Code) {
        let mut willing = with_uri(client());
        willing.metadata.response_types.insert(kind);
        let mut offering = policy();
        offering.capabilities = offering.capabilities.allowing_response(kind);
        let ask = |client: &Client, policy: &Policy| {
            code_of(parse_by(
                &query(&kind.as_str().replace(' ', "+")),
                Channel::Front,
                client,
                policy,
            ))
        };
        assert_eq!(ask(&willing, &offering), "good", "{kind}");
        assert_eq!(ask(&with_uri(client()), &offering), "unauthorized_client", "{kind}");
        assert_eq!(ask(&willing, &policy()), "unsupported_response_type", "{kind}");
        let in_query = format!("{}&response_mode=query", query(&kind.as_str().replace(' ', "+")));
        let refused = parse_by(&in_query, Channel::Front, &willing, &offering);
        assert_eq!(code_of(refused), "invalid_request", "{kind}");
        if kind.has_id_token() {
            let bare =
                format!("response_type={}&scope=openid{PKCE}", kind.as_str().replace(' ', "+"));
            let refused = parse_by(&bare, Channel::Front, &willing, &offering);
            assert_eq!(code_of(refused), "invalid_request", "{kind} without a nonce");
        }
    }
}

/// R9126-5-a, R9101-P
#[test]
fn who_has_to_push_or_sign_may_not_do_without() {
    let query = format!("response_type=code{PKCE}");
    let channel = |signed| Channel::Pushed { signed };
    let mut pushes = with_uri(client());
    pushes.metadata.require_pushed_authorization_requests = true;
    let mut signs = with_uri(client());
    signs.metadata.require_signed_request_object = true;
    let mut all_push = policy();
    all_push.require_pushed_requests = true;
    let plain = with_uri(client());
    for (client, policy, by, expected) in [
        (&pushes, &policy(), Channel::Front, "invalid_request"),
        (&pushes, &policy(), Channel::Signed, "invalid_request"),
        (&pushes, &policy(), channel(false), "good"),
        (&signs, &policy(), Channel::Front, "invalid_request"),
        (&signs, &policy(), Channel::Signed, "good"),
        (&signs, &policy(), channel(false), "invalid_request"),
        (&signs, &policy(), channel(true), "good"),
        (&plain, &all_push, Channel::Front, "invalid_request"),
        (&plain, &all_push, channel(false), "good"),
    ] {
        assert_eq!(code_of(parse_by(&query, by, client, policy)), expected, "{by:?}");
    }
}

#[test]
fn the_rule_about_pkce_is_the_clients_or_the_servers() {
    let mut lax = with_uri(client());
    lax.metadata.pkce = Some(Pkce::AllowNone);
    assert_eq!(code_of(parse_by("response_type=code", Channel::Front, &lax, &policy())), "good");
    let mut legacy = policy();
    legacy.pkce = Pkce::AllowNone;
    let by_server = parse_by("response_type=code", Channel::Front, &with_uri(client()), &legacy);
    assert_eq!(code_of(by_server), "good");
    let mut strict = with_uri(client());
    strict.metadata.pkce = Some(Pkce::Required);
    let refused = parse_by("response_type=code", Channel::Front, &strict, &legacy);
    assert_eq!(code_of(refused), "invalid_request");
}

/// ROIDC-11-a
#[test]
fn to_act_while_the_person_is_away_a_client_has_to_be_able_to_refresh() {
    assert!(good("scope=openid+offline_access").is_offline());
    let mut without = with_uri(client());
    without.grant_types.remove(&GrantType::RefreshToken);
    let query = format!("response_type=code&scope=openid+offline_access{PKCE}");
    let request = parse_by(&query, Channel::Front, &without, &policy()).unwrap();
    assert!(!request.is_offline() && request.is_openid());
}

#[test]
fn without_openid_its_scopes_do_not_exist() {
    let mut bare = policy();
    bare.capabilities.openid = false;
    let query = format!("response_type=code&scope=openid{PKCE}");
    let refused = parse_by(&query, Channel::Front, &with_uri(client()), &bare);
    assert_eq!(code_of(refused), "invalid_scope");
}

fn session() -> Session {
    Session {
        id: SessionId::from_uuid(Uuid::from_u128(5)),
        user: bearer(),
        subject: bearer().id.to_string(),
        authenticated_at: NOW - Duration::from_mins(10),
        acr: ACR_PASSWORD.to_owned(),
        amr: vec!["pwd".to_owned()],
    }
}

const ARRIVED: Progress =
    Progress { begun_at: Timestamp::from_seconds(1_800_000_000 - 5), account_chosen: false };

fn facts<'a>(session: Option<&'a Session>, consent: Option<&'a Given>) -> Facts<'a> {
    Facts { session, consent, hint: Hint::Absent, progress: ARRIVED, answer: None }
}

fn outcome(request: &Request, client: &Client, facts: &Facts<'_>) -> String {
    match decide(request, client, facts, &policy(), NOW) {
        Decision::SignIn(why) => format!("sign in {why:?}"),
        Decision::Consent(ask) => format!("ask {} new {}", ask.scope, ask.new_scope),
        Decision::Issue(issue) => format!("issue {}", issue.authorization.scope),
        Decision::Refuse(error) => error.code().to_string(),
    }
}

fn given(text: &str) -> Given {
    Given { scope: scope(text), ..Given::default() }
}

/// ROIDC-3.1.2.1-c
#[test]
fn first_who_then_whether() {
    let (client, session) = (with_uri(client()), session());
    let run = |query: &str, facts: &Facts<'_>| outcome(&good(query), &client, facts);
    assert_eq!(run("", &facts(None, None)), "sign in First");
    assert_eq!(run("", &facts(Some(&session), None)), "ask read write new read write");
    assert_eq!(run("", &facts(Some(&session), Some(&given("read")))), "ask read write new write");
    let all = given("read write");
    assert_eq!(run("", &facts(Some(&session), Some(&all))), "issue read write");
    assert_eq!(run("prompt=consent", &facts(Some(&session), Some(&all))), "ask read write new ");
    assert_eq!(run("prompt=none", &facts(None, None)), "login_required");
    assert_eq!(run("prompt=none", &facts(Some(&session), None)), "consent_required");
    assert_eq!(run("prompt=none", &facts(Some(&session), Some(&all))), "issue read write");
}

/// ROIDC-3.1.2.1-d, ROIDC-3.1.2.1-e
#[test]
fn an_old_sign_in_is_done_again_once() {
    let client = with_uri(client());
    let all = given("read write");
    let old = session();
    let new = Session { authenticated_at: ARRIVED.begun_at, ..session() };
    for query in ["prompt=login", "max_age=0", "max_age=1", "max_age=600"] {
        let request = good(query);
        assert_eq!(outcome(&request, &client, &facts(Some(&old), Some(&all))), "sign in Again");
        assert_eq!(outcome(&request, &client, &facts(Some(&new), Some(&all))), "issue read write");
    }
    let request = good("max_age=601");
    assert_eq!(outcome(&request, &client, &facts(Some(&old), Some(&all))), "issue read write");
    let silent = good("max_age=1&prompt=none");
    assert_eq!(outcome(&silent, &client, &facts(Some(&old), Some(&all))), "login_required");
}

#[test]
fn the_account_is_chosen_or_made_once() {
    let client = with_uri(client());
    let (session, all) = (session(), given("read write"));
    let chosen = Progress { account_chosen: true, ..ARRIVED };
    for (query, word) in [("prompt=select_account", "Choose"), ("prompt=create", "Create")] {
        let before = facts(Some(&session), Some(&all));
        assert_eq!(outcome(&good(query), &client, &before), format!("sign in {word}"));
        let after = Facts { progress: chosen, ..before };
        assert_eq!(outcome(&good(query), &client, &after), "issue read write");
    }
}

/// ROIDC-3.1.2.1-f
#[test]
fn a_hint_of_somebody_else_gives_them_nothing() {
    let client = with_uri(client());
    let (session, all) = (session(), given("read write"));
    let new = Session { authenticated_at: ARRIVED.begun_at, ..session.clone() };
    let other = || Hint::Of("somebody else".to_owned());
    let with = |session, hint| Facts { hint, ..facts(Some(session), Some(&all)) };
    assert_eq!(
        outcome(&good(""), &client, &with(&session, Hint::Of(bearer().id.to_string()))),
        "issue read write"
    );
    assert_eq!(outcome(&good(""), &client, &with(&session, other())), "sign in Again");
    assert_eq!(outcome(&good(""), &client, &with(&new, other())), "login_required");
    assert_eq!(outcome(&good("prompt=none"), &client, &with(&session, other())), "login_required");
    assert_eq!(outcome(&good(""), &client, &with(&session, Hint::Invalid)), "invalid_request");
    let wants = good(
        "scope=openid&claims=%7B%22id_token%22:%7B%22sub%22:%7B%22value%22:%22other%22%7D%7D%7D",
    );
    assert_eq!(outcome(&wants, &client, &facts(Some(&session), None)), "sign in Again");
}

/// R6749-4.1.2.1-a
#[test]
fn the_answer_of_the_person_counts() {
    let client = with_uri(client());
    let session = session();
    let answered = |answer| Facts { answer: Some(answer), ..facts(Some(&session), None) };
    assert_eq!(outcome(&good(""), &client, &answered(Answer::Deny)), "access_denied");
    let allow = answered(Answer::Allow(scope("")));
    assert_eq!(outcome(&good(""), &client, &allow), "issue read write");
    // Nobody may answer without being there.
    let absent = Facts { session: None, ..answered(Answer::Allow(scope("read write"))) };
    assert_eq!(outcome(&good(""), &client, &absent), "sign in First");
}

/// Only what is marked as optional can be left out, and nobody can tick more than was asked for.
#[test]
fn optional_scopes_may_be_left_out_and_none_added() {
    let mut policy = policy();
    policy.scopes[1].optional = true;
    let client = with_uri(client());
    let session = session();
    for (ticked, expected) in [("", "read"), ("write", "read write"), ("admin write", "read write")]
    {
        let answer = Some(Answer::Allow(scope(ticked)));
        let facts = Facts { answer, ..facts(Some(&session), None) };
        let Decision::Issue(issue) = decide(&good(""), &client, &facts, &policy, NOW) else {
            panic!("not issued");
        };
        assert_eq!(issue.authorization.scope, scope(expected), "{ticked}");
        assert_eq!(issue.consent.unwrap().scope, scope(expected));
    }
}

#[test]
fn an_operators_own_client_is_not_asked_about_unless_it_wants_to_be() {
    let mut trusted = with_uri(client());
    trusted.metadata.consent = ConsentRule::Trusted;
    let session = session();
    assert_eq!(outcome(&good(""), &trusted, &facts(Some(&session), None)), "issue read write");
    let asked = outcome(&good("prompt=consent"), &trusted, &facts(Some(&session), None));
    assert_eq!(asked, "ask read write new read write");
}

/// R8252-8.6: any program on the device could pass for a public client there.
#[test]
fn a_public_client_on_the_device_is_asked_about_each_time() {
    let client = with_uri(public_client());
    let all = given("read write");
    let session = session();
    let query = format!("client_id=cli&redirect_uri=com.example.app:/cb&response_type=code{PKCE}");
    let parameters = Parameters::parse(query.as_bytes()).unwrap();
    let destination = locate(&parameters, Some(&client)).unwrap();
    let request =
        Request::parse(&parameters, destination, Channel::Front, &client, &policy()).unwrap();
    let known = facts(Some(&session), Some(&all));
    assert_eq!(outcome(&request, &client, &known), "ask read write new ");
    assert_eq!(outcome(&good(""), &client, &known), "issue read write");
}

#[test]
fn what_is_issued_remembers_the_request() {
    let client = with_uri(client());
    let (session, all) = (session(), given("openid"));
    let request = good("scope=openid&nonce=n-0S6&state=s");
    let facts = facts(Some(&session), Some(&all));
    let Decision::Issue(issue) = decide(&request, &client, &facts, &policy(), NOW) else {
        panic!("not issued");
    };
    let new = issue.authorization;
    assert_eq!((new.state, new.grant), (State::Granted, GrantType::AuthorizationCode));
    assert_eq!(new.details.redirect_uri.as_deref(), Some(CB));
    assert_eq!(new.details.nonce.as_deref(), Some("n-0S6"));
    assert!(new.details.challenge.is_some());
    assert_eq!(new.details.session, Some(session.id));
    assert_eq!(new.authenticated_at, Some(session.authenticated_at));
    assert_eq!(new.expires_at, policy().refresh_absolute.map(|span| NOW + span));
    assert_eq!(request.destination.mode(), ResponseMode::Query);
}

/// ROIDC-3.1.2.1-b
#[test]
fn lists_of_words_are_read_in_their_order_and_up_to_a_bound() {
    let request = good("ui_locales=de++en&acr_values=1");
    assert_eq!(request.ui_locales, ["de", "en"]);
    assert!(!good("scope=read").is_openid() && good("scope=openid").is_openid());
    let many = vec!["x"; 21].join("+");
    assert_eq!(good(&format!("ui_locales={many}")).ui_locales.len(), 20);
    assert!(good("scope=read").ui_locales.is_empty());
}
