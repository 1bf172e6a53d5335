//! Every way to write an address that is nearly a registered one, wherever an address is sent (RFC 9700 §4.1, RFC 6819 §4.1.5).

use axum::body::Body;
use grantwell_web as web;
use http::Request;
use oauth::client::{Client, ConsentRule, RedirectUri};
use oauth::policy::SelfRegistration;
use serde_json::json;

use crate::authorize::{CHALLENGE, VERIFIER, request};
use crate::browser::Browser;
use crate::signer::{Algorithm, Signer};
use crate::world::{Answer, World, encode, on_both, on_both_with};

const WEB: &str = "https://app.example/cb?x=1";
const LOOPBACK: &str = "http://127.0.0.1:8080/native";
const NAMED: &str = "http://localhost:8080/native";
const APP: &str = "com.example.app:/native";
const REGISTERED: [&str; 4] = [WEB, LOOPBACK, NAMED, APP];

/// What is presented, and whether it might be registered by whoever owns that address.
const ADDRESSES: [(&str, bool); 93] = [
    // The path and the query.
    ("https://app.example/cb", true),
    ("https://app.example/cb?", true),
    ("https://app.example/cb?x=1&", true),
    ("https://app.example/cb?x=1&y=2", true),
    ("https://app.example/cb?x=1&x=1", true),
    ("https://app.example/cb?y=2&x=1", true),
    ("https://app.example/cb?X=1", true),
    ("https://app.example/cb?x=%31", true),
    ("https://app.example/cb?x=1?", true),
    ("https://app.example/cb/?x=1", true),
    ("https://app.example/cb/more?x=1", true),
    ("https://app.example/CB?x=1", true),
    ("https://app.example//cb?x=1", true),
    ("https://app.example/c%62?x=1", true),
    ("https://app.example/cb;p=1?x=1", true),
    ("https://app.example/?x=1", true),
    ("https://app.example?x=1", false),
    ("https://app.example/./cb?x=1", false),
    ("https://app.example/a/../cb?x=1", false),
    ("https://app.example/cb/..?x=1", false),
    ("https://app.example/cb/../evil?x=1", false),
    ("https://app.example/cb/..;/evil?x=1", false),
    ("https://app.example/cb/%2e%2e/evil?x=1", false),
    ("https://app.example/cb/%2E%2E%2Fevil?x=1", false),
    ("https://app.example/cb%2f..%2fevil?x=1", false),
    ("https://app.example/cb%5c..%5cevil?x=1", false),
    ("https://app.example/%252e%252e/cb?x=1", false),
    ("https://app.example/cb%00?x=1", false),
    ("https://app.example/cb%0d%0aLocation:x?x=1", false),
    ("https://app.example\\cb?x=1", false),
    ("https:\\\\app.example\\cb?x=1", false),
    // What a browser leaves out, adds or cuts off.
    ("https://app.example/cb?x=1#", false),
    ("https://app.example/cb?x=1#code", false),
    ("https://app.example/cb#?x=1", false),
    (" https://app.example/cb?x=1", false),
    ("https://app.example/cb?x=1 ", false),
    ("https://app.example/c b?x=1", false),
    ("https://app.example/cb?x=1\t", false),
    ("https://app.example/cb?x=1\r\n", false),
    ("https://app.ex\tample/cb?x=1", false),
    ("https://app.example/cb?x=1,https://app.example/cb?x=1", true),
    ("https://app.example/cb?x=1 https://evil.example/", false),
    ("https://app.example/cb?x=\u{e9}", false),
    // The host.
    ("https://APP.example/cb?x=1", false),
    ("https://app.example./cb?x=1", false),
    ("https://app.example:443/cb?x=1", false),
    ("https://app.example:444/cb?x=1", true),
    ("https://app.example:/cb?x=1", false),
    ("https://app.example:0443/cb?x=1", false),
    ("https://app.example.evil.example/cb?x=1", true),
    ("https://evil-app.example/cb?x=1", true),
    ("https://sub.app.example/cb?x=1", true),
    ("https://evil.example/app.example/cb?x=1", true),
    ("https://evil.example/?https://app.example/cb?x=1", true),
    ("https://appXexample/cb?x=1", false),
    ("https://app.exampl\u{435}/cb?x=1", false),
    ("https://app\u{3002}example/cb?x=1", false),
    ("https://\u{ff41}pp.example/cb?x=1", false),
    ("https://xn--pp-ola.example/cb?x=1", true),
    ("https://a%70p.example/cb?x=1", false),
    ("https://app.example%2eevil.example/cb?x=1", false),
    ("https://user@app.example/cb?x=1", false),
    ("https://user:word@app.example/cb?x=1", false),
    ("https://@app.example/cb?x=1", false),
    ("https://app.example@evil.example/cb?x=1", false),
    ("https://app.example\\@evil.example/cb?x=1", false),
    ("https://evil.example\\@app.example/cb?x=1", false),
    ("https://evil.example#@app.example/cb?x=1", false),
    // The scheme.
    ("http://app.example/cb?x=1", false),
    ("HTTPS://app.example/cb?x=1", false),
    ("//app.example/cb?x=1", false),
    ("/cb?x=1", false),
    ("https:app.example/cb?x=1", false),
    ("https:/app.example/cb?x=1", false),
    ("https:///app.example/cb?x=1", false),
    ("wss://app.example/cb?x=1", false),
    ("javascript://app.example/cb?x=1", false),
    ("data:text/html,https://app.example/cb?x=1", false),
    ("view-source:https://app.example/cb?x=1", false),
    // This machine: the port of an address is free, and nothing else is.
    ("http://127.0.0.1:8080/other", true),
    ("http://127.0.0.2:8080/native", false),
    ("http://127.1:8080/native", false),
    ("http://2130706433:8080/native", false),
    ("http://0x7f.0.0.1:8080/native", false),
    ("http://[::1]:8080/native", true),
    ("http://[::ffff:127.0.0.1]:8080/native", false),
    ("http://127.0.0.1:8080@evil.example/native", false),
    ("http://127.0.0.1.evil.example:8080/native", false),
    ("https://127.0.0.1:8080/native", false),
    ("http://localhost:8081/native", true),
    ("http://localhost.evil.example:8080/native", false),
    // An app's own scheme.
    ("com.example.app://native", true),
    ("com.example.app:/native/", true),
];

fn registered(client: &mut Client) {
    client.redirect_uris = REGISTERED.map(|uri| RedirectUri::parse(uri).unwrap()).into();
    client.metadata.post_logout_redirect_uris = vec![WEB.to_owned()];
    client.metadata.consent = ConsentRule::Trusted;
}

/// A page for a person, from which nothing leads to the address.
fn leads_nowhere(answer: &Answer, address: &str) {
    assert_eq!(answer.status, 400, "{address:?}: {answer:?}");
    for header in ["location", "refresh", "link"] {
        assert!(!answer.headers.contains_key(header), "{address:?}: {answer:?}");
    }
    assert!(answer.body.contains("<h1"), "{address:?}: a page for a person");
    for way in ["href", "action", "src"] {
        assert!(!answer.body.contains(&format!("{way}=\"{address}")), "{address:?}: {answer:?}");
    }
    let policy = answer.header("content-security-policy");
    assert!(!policy.contains("example"), "{address:?}: {policy}");
}

/// R6749-3.1.2.4-a, R21-2.3.1-a, R9700-2.1-a, R8252-7.3-b, R9126-2.1-b, table 1.1-R
#[tokio::test]
async fn nothing_but_the_very_address_is_sent_to() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let signer = Signer::new(Algorithm::EdDsa, 1);
        let with_keys = |client: &mut Client| {
            registered(client);
            client.metadata.jwks = Some(signer.jwks());
        };
        let secret = world.site("site", with_keys).await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        for (address, _) in ADDRESSES {
            for more in [&[][..], &[("prompt", "none")], &[("response_mode", "form_post")]] {
                let mut more = more.to_vec();
                more.push(("redirect_uri", address));
                leads_nowhere(&browser.get(&request("site", &more)).await, address);
            }
            let pushed = [
                ("response_type", "code"),
                ("redirect_uri", address),
                ("code_challenge", CHALLENGE),
                ("code_challenge_method", "S256"),
            ];
            let pushed = world.post_as("/o/par/", ("site", &secret), &pushed).await;
            assert_eq!(pushed.refusal(), "400 invalid_request", "{address:?} pushed");
            let object = json!({
                "iss": "site", "aud": "https://auth.example", "client_id": "site", "response_type": "code",
                "redirect_uri": address, "code_challenge": CHALLENGE, "code_challenge_method": "S256",
            });
            let object = signer.sign(Some("oauth-authz-req+jwt"), &object);
            let fields = [("client_id", "site"), ("request", object.as_str()), ("redirect_uri", WEB)];
            let mut answer = browser.get(&format!("/o/authorize/?{}", encode(&fields))).await;
            // A request that is signed is first taken to a path of its own on this site.
            if answer.header("location").starts_with("/o/authorize/") {
                answer = browser.get(answer.header("location")).await;
            }
            leads_nowhere(&answer, address);
        }
        for address in ["", "\0", "https://app.example/cb\0?x=1"] {
            let path = format!("{}&{}", request("site", &[("redirect_uri", "")]), encode(&[("redirect_uri", address)]));
            leads_nowhere(&browser.get(&path).await, "<");
        }
        for address in REGISTERED.into_iter().chain(["http://127.0.0.1:49152/native"]) {
            let answer = browser.get(&request("site", &[("redirect_uri", address)])).await;
            let sent = answer.headers.contains_key("location") || answer.body.contains(address);
            assert!(sent, "{address}: {answer:?}");
        }
    })
    .await;
}

async fn redeem(world: &World, secret: &str, code: &str, address: &str) -> Answer {
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", address),
        ("code_verifier", VERIFIER),
    ];
    world.post_as("/o/token/", ("site", secret), &fields).await
}

/// R6749-4.1.3-c: also another address of the same client, and none of the tries uses the code up.
#[tokio::test]
async fn a_code_is_redeemed_with_the_very_address_that_it_was_sent_to() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let secret = world.site("site", registered).await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        let (_, fields) = browser.get(&request("site", &[("redirect_uri", WEB)])).await.redirect();
        let code = &fields["code"];
        let others = REGISTERED.iter().filter(|address| **address != WEB);
        for address in ADDRESSES.iter().map(|(address, _)| address).chain(others) {
            let answer = redeem(&world, &secret, code, address).await;
            assert_eq!(answer.refusal(), "400 invalid_grant", "{address:?}");
        }
        let zero = redeem(&world, &secret, code, "https://app.example/cb?x=1\0").await;
        assert_eq!(zero.refusal(), "400 invalid_request");
        assert_eq!(redeem(&world, &secret, code, WEB).await.status, 200);
    })
    .await;
}

/// RRIL-3-a, RRIL-3-b
#[tokio::test]
async fn nobody_is_led_on_after_a_sign_out_but_to_the_very_address() {
    on_both(|world| async move {
        world.user("halfspring").await;
        world.site("site", registered).await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        let fields =
            |address| encode(&[("client_id", "site"), ("post_logout_redirect_uri", address)]);
        let ask = |address| format!("/o/logout/?{}", fields(address));
        // The port of a loopback address is not free here, and what is registered for codes is not for this.
        let others = REGISTERED.iter().filter(|address| **address != WEB);
        for address in ADDRESSES.iter().map(|(address, _)| address).chain(others) {
            leads_nowhere(&browser.get(&ask(address)).await, address);
        }
        assert_eq!(browser.get(&ask(WEB)).await.status, 200);
        let confirmed = browser.submit(&format!("/o/logout/confirm/?{}", fields(WEB)), &[]).await;
        assert_eq!(confirmed.header("location"), WEB);
    })
    .await;
}

async fn register(world: &World, number: usize, member: &str, address: &str) -> Answer {
    let of_app = member == "redirect_uris" && !address.starts_with("https:");
    let kind = if of_app { "native" } else { "web" };
    let mut body = json!({"client_name": "x", "redirect_uris": [WEB], "application_type": kind});
    body[member] = json!([address]);
    let request = Request::post("/o/register/").header("content-type", "application/json");
    let from = format!("192.0.{}.{}", number / 200, number % 200 + 1);
    world.send_from(&from, request.body(Body::from(body.to_string())).unwrap()).await
}

/// R7591-3.2.2-a, R6749-3.1.2-a, R8252-7.1-a: what is let in is kept byte by byte.
#[tokio::test]
async fn an_address_that_reads_in_two_ways_is_not_registered() {
    let open = |settings: &mut web::Settings| {
        settings.policy.self_registration = SelfRegistration::Anybody;
    };
    on_both_with(open, |world| async move {
        for (number, (address, may_be)) in ADDRESSES.into_iter().enumerate() {
            let answer = register(&world, number, "redirect_uris", address).await;
            if may_be {
                assert_eq!(answer.status, 201, "{address:?}: {answer:?}");
                assert_eq!(answer.json()["redirect_uris"], json!([address]));
            } else {
                assert_eq!(answer.refusal(), "400 invalid_redirect_uri", "{address:?}");
            }
            let after = register(&world, number, "post_logout_redirect_uris", address).await;
            if may_be {
                continue;
            }
            assert_eq!(after.refusal(), "400 invalid_client_metadata", "{address:?} after logout");
        }
    })
    .await;
}
