//! Signing out because an application asks, and what the other applications hear of it (OpenID Connect RP-Initiated,
//! Back-Channel and Front-Channel Logout).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use fetch::testing::{Answer as Reply, Asked, Peer};
use grantwell_web::tell_due_clients;
use jose::{Algorithm, JwkSet, Unverified};
use oauth::client::{Client, ClientMetadata, ConsentRule};
use serde_json::{Value, json};

use crate::authorize::{VERIFIER, request};
use crate::browser::Browser;
use crate::world::{Answer, CALLBACK, Tokens, World, encode, on_both, on_both_with, tampered};

const BYE: &str = "https://app.example/bye";
const OUT: &str = "/accounts/logout/";

type Fields<'a> = &'a [(&'a str, &'a str)];

fn trusted(client: &mut Client) {
    client.metadata.consent = ConsentRule::Trusted;
    client.metadata.post_logout_redirect_uris = vec![BYE.to_owned()];
}

/// What a client is given for this scope; it asks in the session of this browser.
async fn tokens(world: &World, browser: &mut Browser, client: (&str, &str), scope: &str) -> Answer {
    let (_, fields) = browser.get(&request(client.0, &[("scope", scope)])).await.redirect();
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", fields["code"].as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let answer = world.post_as("/o/token/", client, &fields).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

async fn id_token(world: &World, browser: &mut Browser, client: (&str, &str)) -> String {
    let answer = tokens(world, browser, client, "openid").await;
    answer.json()["id_token"].as_str().unwrap().to_owned()
}

fn logout(fields: &[(&str, &str)]) -> String {
    format!("/o/logout/?{}", encode(fields))
}

async fn is_signed_in(browser: &mut Browser) -> bool {
    browser.get("/accounts/profile/").await.status == 200
}

async fn refreshes(world: &World, client: (&str, &str), tokens: &Tokens) -> bool {
    let fields = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh.as_str())];
    world.post_as("/o/token/", client, &fields).await.status == 200
}

/// RRIL-2-b, RRIL-3-a, RRIL-P
#[tokio::test]
async fn an_application_signs_out_whom_it_knows_and_gets_them_back() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let site = world.site("site", trusted).await;
        let other = world.site("other", trusted).await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        let hint = id_token(&world, &mut browser, ("site", &site)).await;
        let others = id_token(&world, &mut browser, ("other", &other)).await;
        let mut thief = browser.clone();
        // However old the ID token is.
        world.clock.advance(Duration::from_hours(2));
        let ask = |hint: &str| {
            let fields =
                [("id_token_hint", hint), ("post_logout_redirect_uri", BYE), ("state", "a&b")];
            logout(&fields)
        };
        let answer = browser.get(&ask(&hint)).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("location")),
            (303, format!("{BYE}?state=a%26b").as_str())
        );
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(browser.session(), None, "the browser has forgotten its cookie");
        assert!(!is_signed_in(&mut thief).await, "and the server the session");
        let silent = thief.get(&request("site", &[("prompt", "none")])).await.redirect().1;
        assert_eq!(silent["error"], "login_required");
        // The second application sends the person through here as well.
        let second = browser.get(&ask(&others)).await;
        assert_eq!(second.header("location"), format!("{BYE}?state=a%26b"));
    })
    .await;
}

/// RRIL-2-a, RRIL-2-c: with a POST as well, which brings no cookie from another site.
#[tokio::test]
async fn without_a_hint_of_this_session_the_person_is_asked() {
    on_both(|world| async move {
        world.user("halfspring").await;
        world.user("mylittlepony").await;
        let site = world.site("site", trusted).await;
        let mut other = Browser::signed_in(&world, "mylittlepony").await;
        let strange = id_token(&world, &mut other, ("site", &site)).await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        let earlier = id_token(&world, &mut browser, ("site", &site)).await;
        assert_eq!(browser.submit(OUT, &[]).await.status, 303);
        browser = Browser::signed_in(&world, "halfspring").await;
        let named = [("client_id", "site"), ("post_logout_redirect_uri", BYE)];
        let table: [(Fields<'_>, Option<&str>); 4] = [
            (&[], None),
            (&[("id_token_hint", &strange)], None),
            (&[("id_token_hint", &earlier)], None),
            (&named, Some(BYE)),
        ];
        for (fields, back) in table {
            let page = browser.get(&logout(fields)).await;
            assert_eq!(page.status, 200, "{fields:?}");
            assert!(page.body.contains("Sign out?"), "{}", page.body);
            assert!(is_signed_in(&mut browser).await, "{fields:?}");
            let sent = world.post("/o/logout/", fields).await;
            let to = sent.header("location").to_owned();
            assert_eq!((sent.status.as_u16(), to.starts_with("/o/logout/")), (303, true), "{to}");
            let confirm = format!("/o/logout/confirm/?{}", encode(fields));
            let forged = browser.submit_raw(&confirm, &[("csrf_token", "x")], &[]).await;
            assert_eq!(forged.status, 403);
            assert!(is_signed_in(&mut browser).await, "nobody signs them out from elsewhere");
            let policy = page.header("content-security-policy");
            assert_eq!(policy.contains("form-action 'self' https://app.example;"), back.is_some());
            let answer = browser.submit(&confirm, &[]).await;
            match back {
                Some(back) => assert_eq!(answer.header("location"), back),
                None => assert!(answer.body.contains("You are signed out"), "{}", answer.body),
            }
            assert!(!is_signed_in(&mut browser).await, "{fields:?}");
            browser = Browser::signed_in(&world, "halfspring").await;
        }
        let nobody = Browser::new(&world).get("/o/logout/").await;
        assert!(nobody.body.contains("You are signed out"), "{}", nobody.body);
    })
    .await;
}

/// RRIL-2-b, RRIL-3-a, RRIL-3-b: forged hints and addresses.
#[tokio::test]
async fn what_is_forged_sends_nobody_anywhere() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let site = world.site("site", trusted).await;
        world.site("other", |client| client.metadata = ClientMetadata::default()).await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        let answer = tokens(&world, &mut browser, ("site", &site), "openid").await;
        let (hint, access) = (answer.json()["id_token"].clone(), answer.tokens().access);
        let hint = hint.as_str().unwrap();
        let (head, rest) = hint.split_once('.').unwrap();
        let unsigned = format!(
            "{}.{}.",
            encoded(&json!({"alg": "none", "typ": "JWT"})),
            rest.split('.').next().unwrap()
        );
        let payload =
            json!({"iss": "https://evil.example", "aud": "site", "sub": "x", "iat": 1, "exp": 2});
        let foreign = format!("{head}.{}.{}", encoded(&payload), rest.split('.').nth(1).unwrap());
        for bad in [&tampered(hint), &unsigned, &foreign, &access, "x", "a.b.c"] {
            let asked =
                [("id_token_hint", bad), ("post_logout_redirect_uri", BYE), ("client_id", "site")];
            let page = browser.get(&logout(&asked)).await;
            assert_eq!(page.status, 200, "{bad}");
            assert!(page.body.contains("Sign out?") && is_signed_in(&mut browser).await, "{bad}");
            let confirm = format!("/o/logout/confirm/?{}", encode(&asked));
            let answer = browser.clone().submit(&confirm, &[]).await;
            assert!(!answer.headers.contains_key("location"), "{bad}");
            browser = Browser::signed_in(&world, "halfspring").await;
        }
        let hint = id_token(&world, &mut browser, ("site", &site)).await;
        let refused: [Fields<'_>; 6] = [
            &[
                ("id_token_hint", &hint),
                ("post_logout_redirect_uri", "https://app.example/bye?foo=bar"),
            ],
            &[("id_token_hint", &hint), ("post_logout_redirect_uri", "https://evil.example/")],
            &[("id_token_hint", &hint), ("client_id", "other")],
            &[("post_logout_redirect_uri", BYE), ("client_id", "other")],
            &[("post_logout_redirect_uri", BYE)],
            &[("client_id", "nobody")],
        ];
        for fields in refused {
            let page = browser.get(&logout(fields)).await;
            assert_eq!(page.status, 400, "{fields:?}");
            assert!(page.body.contains("This request cannot be answered"), "{}", page.body);
            assert!(is_signed_in(&mut browser).await, "{fields:?}");
        }
        let twice = browser.get("/o/logout/?state=a&state=a").await;
        assert_eq!(twice.status, 400);
    })
    .await;
}

fn encoded(value: &Value) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string())
}

/// RBCL-2.7-a: what somebody got in order to know who is there ends with the session.
#[tokio::test]
async fn a_sign_out_ends_what_was_given_for_it_and_nothing_else() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let site = world.site("site", trusted).await;
        let client = ("site", site.as_str());
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        let mut elsewhere = Browser::signed_in(&world, "halfspring").await;
        let table = [
            ("openid read", false),
            ("openid read offline_access", true),
            // Nobody is told who is there by it: the person let the application act for them.
            ("read", true),
        ];
        let mut given = Vec::new();
        for (scope, lives) in table {
            given.push((scope, lives, tokens(&world, &mut browser, client, scope).await.tokens()));
        }
        let in_other = tokens(&world, &mut elsewhere, client, "openid read").await.tokens();
        given.push(("in another browser", true, in_other));
        let (_, code) = browser.get(&request("site", &[("scope", "openid")])).await.redirect();
        assert_eq!(browser.submit(OUT, &[]).await.status, 303);
        for (scope, lives, tokens) in given {
            assert_eq!(world.is_active(client, &tokens.access).await, lives, "{scope}");
            assert_eq!(refreshes(&world, client, &tokens).await, lives, "{scope}");
        }
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code["code"].as_str()),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        let late = world.post_as("/o/token/", client, &fields).await;
        assert_eq!(late.refusal(), "400 invalid_grant", "a code that was under way");
    })
    .await;
}

/// The clients of these tests listen here.
async fn listener() -> (Arc<Mutex<u16>>, Peer) {
    let status = Arc::new(Mutex::new(200));
    let answers = Arc::clone(&status);
    let names = ["one.example", "two.example"];
    let peer = Peer::start(&names, move |asked: &Asked| match asked.host.as_str() {
        "two.example" => Reply::status(*answers.lock().unwrap()),
        _ => Reply::status(204),
    })
    .await;
    (status, peer)
}

fn listening(name: &str) -> impl FnOnce(&mut Client) + '_ {
    move |client| {
        trusted(client);
        client.metadata.backchannel_logout_uri = Some(format!("https://{name}.example/out"));
    }
}

/// RBCL-2.1-a, RBCL-2.4-a, RBCL-2.5-a, RBCL-2.8-a
#[tokio::test]
async fn clients_are_told_of_the_end_of_a_session_each_for_itself() {
    let (status, peer) = listener().await;
    let peer = &peer;
    let change = |settings: &mut grantwell_web::Settings| {
        settings.fetcher = fetch::Fetcher::new(peer.policy());
    };
    on_both_with(change, |world| {
        let status = Arc::clone(&status);
        async move {
            world.user("halfspring").await;
            let before = peer.asked().len();
            let mut browser = Browser::signed_in(&world, "halfspring").await;
            let (mut hint, mut deaf) = (String::new(), String::new());
            for name in ["one", "two", "deaf"] {
                let secret = match name {
                    "deaf" => world.site(name, trusted).await,
                    _ => world.site(name, listening(name)).await,
                };
                for _ in 0..2 {
                    hint = id_token(&world, &mut browser, (name, &secret)).await;
                }
                deaf = secret;
            }
            // A client that does not know who is there has nothing to hear.
            let plain = world.site("plain", listening("one")).await;
            tokens(&world, &mut browser, ("plain", &plain), "read").await;
            assert_eq!(tell_due_clients(&world.state).await.unwrap(), 0, "nobody has signed out");
            *status.lock().unwrap() = 503;
            assert_eq!(browser.submit(OUT, &[]).await.status, 303);
            assert_eq!(tell_due_clients(&world.state).await.unwrap(), 2);
            assert_eq!(tell_due_clients(&world.state).await.unwrap(), 0, "not at once again");
            world.clock.advance(Duration::from_secs(6));
            *status.lock().unwrap() = 200;
            assert_eq!(tell_due_clients(&world.state).await.unwrap(), 1, "the one that was down");
            world.clock.advance(Duration::from_hours(1));
            assert_eq!(tell_due_clients(&world.state).await.unwrap(), 0, "both have heard");

            let asked = peer.asked().split_off(before);
            let mut hosts: Vec<&str> = asked.iter().map(|asked| asked.host.as_str()).collect();
            hosts.sort_unstable();
            assert_eq!(hosts, ["one.example", "two.example", "two.example"]);
            let session = claims(&world, &hint).await["sid"].clone();
            let mut ids = Vec::new();
            for asked in &asked {
                let token = asked.body.strip_prefix("logout_token=").unwrap();
                let claims = logout_token(&world, asked, token).await;
                assert_eq!(claims["sid"], session);
                ids.push(claims["jti"].to_string());
                // It is nothing else, wherever it is sent.
                assert!(!world.is_active(("deaf", deaf.as_str()), token).await);
                let shown = logout(&[("id_token_hint", token), ("post_logout_redirect_uri", BYE)]);
                let page = browser.get(&shown).await;
                assert!(!page.headers.contains_key("location"), "{page:?}");
            }
            ids.sort();
            ids.dedup();
            assert_eq!(ids.len(), 3, "each try has a token of its own");
        }
    })
    .await;
}

/// What a logout token says that came with this request.
async fn logout_token(world: &World, asked: &Asked, token: &str) -> Value {
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/out"));
    let form = asked.headers["content-type"].to_str().unwrap();
    assert_eq!(form, "application/x-www-form-urlencoded");
    assert!(Unverified::parse(token).unwrap().header().is_type("logout+jwt"));
    let claims = claims(world, token).await;
    assert_eq!(claims["aud"], asked.host.split('.').next().unwrap());
    assert_eq!(claims["iss"], "https://auth.example");
    assert!(claims["sub"].is_string() && claims.get("nonce").is_none());
    assert!(claims["events"]["http://schemas.openid.net/event/backchannel-logout"].is_object());
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 120);
    claims
}

async fn claims(world: &World, token: &str) -> Value {
    let published = world.get("/.well-known/jwks.json").await.json();
    let keys = JwkSet::from_json(&published).unwrap();
    let verified = Unverified::parse(token).unwrap().verify(&keys, &Algorithm::ALL).unwrap();
    Value::Object(verified.claims().unwrap().members().clone())
}

/// However a session ends on purpose: another person signs in over it, the password is changed, everything is signed out.
#[tokio::test]
async fn every_way_to_end_a_session_is_told() {
    let (_, peer) = listener().await;
    let peer = &peer;
    let change = |settings: &mut grantwell_web::Settings| {
        settings.fetcher = fetch::Fetcher::new(peer.policy());
    };
    on_both_with(change, |world| async move {
        let user = world.user("halfspring").await;
        world.user("mylittlepony").await;
        let site = world.site("one", listening("one")).await;
        let heard = async || tell_due_clients(&world.state).await.unwrap();
        let begin = async || {
            let mut browser = Browser::signed_in(&world, "halfspring").await;
            id_token(&world, &mut browser, ("one", &site)).await;
            browser
        };
        let mut browser = begin().await;
        world.clock.advance(Duration::from_secs(1));
        browser.get("/accounts/login/?again=1").await;
        assert_eq!(browser.sign_in("halfspring", crate::world::PASSWORD).await.status, 303);
        assert_eq!(heard().await, 0, "the same person goes on with the same session");
        browser.get("/accounts/login/?again=1").await;
        assert_eq!(browser.sign_in("mylittlepony", crate::world::PASSWORD).await.status, 303);
        assert_eq!(heard().await, 1, "another person has signed in");

        let (mut one, mut other) = (begin().await, begin().await);
        assert_eq!(one.submit("/accounts/logout/everywhere/", &[]).await.status, 303);
        assert!(!is_signed_in(&mut other).await);
        assert_eq!(heard().await, 2, "two sessions have ended");

        begin().await;
        world.store.users().disable(user.account.id).await.unwrap();
        assert_eq!(heard().await, 1, "the account was disabled");
        world.store.users().enable(user.account.id).await.unwrap();
        begin().await;
        world.store.users().delete(user.account.id).await.unwrap();
        assert_eq!(heard().await, 1, "the account was deleted");
    })
    .await;
}

/// OpenID Connect Front-Channel Logout §2, §3.
#[tokio::test]
async fn clients_may_have_an_address_loaded_in_the_browser() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let out = |client: &mut Client| {
            trusted(client);
            client.metadata.frontchannel_logout_uri =
                Some("https://app.example/out?a=b".to_owned());
        };
        let site = world.site("site", out).await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        let hint = id_token(&world, &mut browser, ("site", &site)).await;
        let session = claims(&world, &hint).await["sid"].as_str().unwrap().to_owned();
        let back = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", BYE)];
        let page = browser.clone().get(&logout(&back)).await;
        assert_eq!(page.status, 200, "{page:?}");
        let frame = format!(
            "https://app.example/out?a=b&amp;iss=https%3A%2F%2Fauth.example&amp;sid={session}"
        );
        assert!(page.body.contains(&frame), "{}", page.body);
        assert_eq!(page.header("refresh"), format!("3; url={BYE}"));
        assert!(
            page.header("content-security-policy").ends_with("; frame-src https://app.example")
        );
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        // The page of this server's own sign-out loads it too.
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        id_token(&world, &mut browser, ("site", &site)).await;
        let page = browser.submit(OUT, &[]).await;
        assert!(page.body.contains("https://app.example/out?a=b"), "{}", page.body);
        assert!(!page.headers.contains_key("refresh"));
        assert_eq!(browser.session(), None);
    })
    .await;
}

/// The document and the endpoint agree in both directions.
#[tokio::test]
async fn without_the_capability_there_is_no_endpoint() {
    let document = "/.well-known/openid-configuration";
    on_both(|world| async move {
        let metadata = world.get(document).await.json();
        assert_eq!(metadata["end_session_endpoint"], "https://auth.example/o/logout/");
        for name in ["backchannel", "frontchannel"] {
            assert_eq!(metadata[format!("{name}_logout_supported")], true);
            assert_eq!(metadata[format!("{name}_logout_session_supported")], true);
        }
    })
    .await;
    let off = |settings: &mut grantwell_web::Settings| {
        settings.policy.capabilities.endpoints.end_session = None;
    };
    on_both_with(off, |world| async move {
        assert!(world.get(document).await.json().get("end_session_endpoint").is_none());
        assert_eq!(world.get("/o/logout/").await.status, 404);
    })
    .await;
}
