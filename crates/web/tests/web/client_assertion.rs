//! Clients that sign who they are (RFC 7523): the rule with data, and over HTTP at every endpoint.

use std::time::Duration;

use jose::{JwkSet, MacAlgorithm, mac};
use oauth::client::AuthMethod;
use oauth::client_assertion::{Assertion, Fault, LEEWAY, Once, Proof, TYPE};
use oauth::issuer::Issuer;
use oauth::time::Timestamp;
use serde_json::json;

use crate::signer::{Algorithm, Signer};
use crate::world::{Answer, World, on_both, on_both_with};

const NOW: i64 = 1_800_000_000;

fn check(by: &Signer, text: &str) -> Result<Once, Fault> {
    let keys = JwkSet::from_json(&by.jwks()).unwrap();
    let issuer = Issuer::parse("https://auth.example").unwrap();
    let by = Proof::Signature(&keys, &Algorithm::ALL);
    Assertion::parse(text)?.check(by, &issuer, Timestamp::from_seconds(NOW))
}

/// R7523-3-a, R7523bis-3-a, R7523bis-3.2-a
#[test]
fn a_good_one_passes_whatever_it_is_signed_with() {
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256, Algorithm::Ps256] {
        let signer = Signer::new(algorithm, 1);
        for typ in [None, Some("JWT"), Some("client-authentication+jwt")] {
            let once =
                check(&signer, &signer.sign(typ, &Signer::claims("site", "one", NOW))).unwrap();
            assert_eq!((once.client.as_str(), once.id.as_str()), ("site", "one"));
            let end = Timestamp::from_seconds(NOW + 60) + LEEWAY;
            assert_eq!(once.expires_at, end);
        }
    }
}

/// R7523-3-c, R9101-10.8-a, table 1.13-J
#[test]
fn nothing_else_passes_for_one() {
    let signer = Signer::new(Algorithm::Es256, 1);
    let other = Signer::new(Algorithm::Es256, 1);
    let claims = Signer::claims("site", "one", NOW);
    let good = signer.sign(None, &claims);
    assert!(check(&signer, &good).is_ok());
    let (head, signature) = good.rsplit_once('.').unwrap();
    let public = signer.jwks()["keys"][0].to_string();
    let payload = claims.to_string();
    let hs = mac::sign(None, MacAlgorithm::Hs256, public.as_bytes(), payload.as_bytes()).unwrap();
    for text in [
        String::new(),
        "\u{0}\u{1}".to_owned(),
        "a.b.c".to_owned(),
        "x".repeat(70_000),
        format!("{head}."),
        head.to_owned(),
        format!("{good}="),
        format!(" {good}"),
        format!("{good}.{signature}"),
        good[..good.len() - 1].to_owned(),
        hs.clone(),
        hs.replace("eyJhbGciOiJIUzI1NiJ9", "eyJhbGciOiJub25lIn0"),
        signer.sign(Some("oauth-authz-req+jwt"), &claims),
        signer.sign(Some("at+jwt"), &claims),
        other.sign(None, &claims),
    ] {
        assert!(check(&signer, &text).is_err(), "{text:.200}");
    }
}

fn sent<'a>(assertion: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![("client_assertion_type", TYPE), ("client_assertion", assertion)];
    fields.extend(more);
    fields
}

const GRANT: (&str, &str) = ("grant_type", "client_credentials");

async fn ask(world: &World, assertion: &str, more: &[(&str, &str)]) -> Answer {
    let mut fields = sent(assertion, more);
    fields.push(GRANT);
    world.post("/o/token/", &fields).await
}

/// R7523-3-b
#[tokio::test]
async fn it_opens_every_endpoint_once() {
    on_both(|world| async move {
        let signer = Signer::new(Algorithm::Es256, 1);
        world.site("site", |client| signer.register(client)).await;
        let fresh = |id: &str| signer.sign(None, &Signer::claims("site", id, NOW));
        let one = fresh("one");
        let tokens = ask(&world, &one, &[]).await.tokens();
        assert_eq!(ask(&world, &one, &[]).await.refusal(), "401 invalid_client");
        let two = fresh("two");
        let two = sent(&two, &[("token", &tokens.access), ("client_id", "site")]);
        let seen = world.post("/o/introspect/", &two).await;
        assert_eq!(seen.json()["active"], true, "{seen:?}");
        let three = fresh("three");
        let three = sent(&three, &[("token", &tokens.access)]);
        assert_eq!(world.post("/o/revoke_token/", &three).await.status, 200);
        assert_eq!(world.post("/o/introspect/", &three).await.refusal(), "401 invalid_client");
        // The same name, by another client, is another one.
        let second = Signer::new(Algorithm::EdDsa, 2);
        world.site("second", |client| second.register(client)).await;
        let same = second.sign(None, &Signer::claims("second", "one", NOW));
        ask(&world, &same, &[]).await.tokens();
        // In parallel, one wins.
        let race = fresh("race");
        let both = tokio::join!(ask(&world, &race, &[]), ask(&world, &race, &[]));
        let statuses = [both.0.status.as_u16(), both.1.status.as_u16()];
        assert!(statuses == [200, 401] || statuses == [401, 200], "{statuses:?}");
    })
    .await;
}

/// R7523-3-a, R7523-3-c: outside every failure looks the same.
#[tokio::test]
async fn every_failure_has_one_answer() {
    on_both(|world| async move {
        let signer = Signer::new(Algorithm::Es256, 1);
        let other = Signer::new(Algorithm::Es256, 1);
        world.site("site", |client| signer.register(client)).await;
        let secret = world.site("plain", |_| ()).await;
        world
            .site("only", |client| {
                signer.register(client);
                client.metadata.token_endpoint_auth_signing_alg = Some("PS256".to_owned());
            })
            .await;
        world.site("off", |client| signer.register(client)).await;
        let off = world.store.client(&"off".parse().unwrap()).await.unwrap().unwrap();
        world.store.applications().disable(off.id).await.unwrap();
        let sign = |by: &Signer, client: &str| by.sign(None, &Signer::claims(client, "x", NOW));
        let good = sign(&signer, "site");
        let mut texts = Vec::new();
        for (assertion, more) in [
            (sign(&other, "site"), vec![]),
            (sign(&signer, "nobody"), vec![]),
            (sign(&signer, "plain"), vec![]),
            (sign(&signer, "only"), vec![]),
            (sign(&signer, "off"), vec![]),
            (good.clone(), vec![("client_id", "plain")]),
            ("nonsense".to_owned(), vec![]),
            ("\u{1}\u{fffd}".to_owned(), vec![]),
            (good.replace('.', ".."), vec![("client_id", "site")]),
        ] {
            let answer = ask(&world, &assertion, &more).await;
            assert_eq!(answer.refusal(), "401 invalid_client", "{assertion:.80}");
            assert!(!answer.headers.contains_key("www-authenticate"));
            texts.push(answer.body);
        }
        texts.dedup();
        assert_eq!(texts.len(), 1, "{texts:?}");
        // A signing client that sends a secret, and one with a secret that names the wrong type.
        let fields = [GRANT, ("client_id", "site"), ("client_secret", "x")];
        assert_eq!(world.post("/o/token/", &fields).await.body, texts[0]);
        let fields = [GRANT, ("client_id", "site")];
        assert_eq!(world.post("/o/token/", &fields).await.body, texts[0]);
        let fields = [GRANT, ("client_assertion", &good), ("client_assertion_type", "urn:other")];
        assert_eq!(world.post("/o/token/", &fields).await.body, texts[0]);
        let fields = [GRANT, ("client_assertion", good.as_str())];
        assert_eq!(world.post("/o/token/", &fields).await.body, texts[0]);
        let both = [GRANT, ("client_assertion", &good), ("client_assertion_type", TYPE)];
        let both = world.post_as("/o/token/", ("plain", &secret), &both).await;
        assert_eq!(both.refusal(), "400 invalid_request");
        // None of them has used the good one up.
        ask(&world, &good, &[]).await.tokens();
    })
    .await;
}

#[tokio::test]
async fn a_lapsed_one_may_be_forgotten_because_it_is_dead_anyway() {
    on_both(|world| async move {
        let signer = Signer::new(Algorithm::Es256, 1);
        world.site("site", |client| signer.register(client)).await;
        let one = signer.sign(None, &Signer::claims("site", "one", NOW));
        ask(&world, &one, &[]).await.tokens();
        world.clock.advance(Duration::from_secs(69));
        assert_eq!(world.store.sweep().run().await.unwrap().replays, 0);
        assert_eq!(ask(&world, &one, &[]).await.refusal(), "401 invalid_client");
        world.clock.advance(Duration::from_secs(1));
        assert_eq!(world.store.sweep().run().await.unwrap().replays, 1);
        assert_eq!(ask(&world, &one, &[]).await.refusal(), "401 invalid_client");
    })
    .await;
}

/// R8414-2-b
#[tokio::test]
async fn the_document_says_what_works() {
    on_both(|world| async move {
        let json = world.get("/.well-known/oauth-authorization-server").await.json();
        for endpoint in ["token", "revocation", "introspection"] {
            let methods = &json[format!("{endpoint}_endpoint_auth_methods_supported")];
            for method in [AuthMethod::PrivateKeyJwt, AuthMethod::ClientSecretJwt] {
                let word = method.as_str();
                assert!(methods.as_array().unwrap().contains(&json!(word)), "{json}");
            }
            let algorithms =
                &json[format!("{endpoint}_endpoint_auth_signing_alg_values_supported")];
            let names = Algorithm::names().into_iter();
            let all: Vec<_> = names.chain(MacAlgorithm::ALL.map(MacAlgorithm::as_str)).collect();
            assert_eq!(*algorithms, json!(all));
        }
        assert_eq!(
            json["request_object_signing_alg_values_supported"],
            json!(Algorithm::names()),
            "nobody shares a secret for requests"
        );
    })
    .await;
}

/// A set that the client publishes; a key that it has made since is fetched once.
#[tokio::test]
async fn keys_are_taken_from_where_the_client_publishes_them() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex};
    let sets = Arc::new(Mutex::new(json!({"keys": []})));
    let fetched = Arc::new(AtomicUsize::new(0));
    let (shown, count) = (Arc::clone(&sets), Arc::clone(&fetched));
    let peer = fetch::testing::Peer::start(&["client.example"], move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        fetch::testing::Answer::json(shown.lock().unwrap().to_string())
    })
    .await;
    let change = |settings: &mut grantwell_web::Settings| {
        settings.fetcher = fetch::Fetcher::new(peer.policy());
    };
    on_both_with(change, |world| {
        let (sets, fetched) = (Arc::clone(&sets), Arc::clone(&fetched));
        async move {
            let before = fetched.load(Ordering::SeqCst);
            let (old, new) = (Signer::new(Algorithm::Es256, 1), Signer::new(Algorithm::Es256, 2));
            *sets.lock().unwrap() = old.jwks();
            world
                .site("site", |client| {
                    client.auth_method = AuthMethod::PrivateKeyJwt;
                    client.metadata.jwks_uri = Some("https://client.example/jwks.json".to_owned());
                })
                .await;
            let sign = |by: &Signer, id: &str| by.sign(None, &Signer::claims("site", id, NOW));
            ask(&world, &sign(&old, "1"), &[]).await.tokens();
            ask(&world, &sign(&old, "2"), &[]).await.tokens();
            assert_eq!(fetched.load(Ordering::SeqCst) - before, 1);
            // It has just been fetched, so an unknown name does not make it fetched again at once.
            assert_eq!(ask(&world, &sign(&new, "3"), &[]).await.refusal(), "401 invalid_client");
            assert_eq!(fetched.load(Ordering::SeqCst) - before, 1);
        }
    })
    .await;
}
