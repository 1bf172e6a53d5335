//! Assertions about people by issuers that are trusted (RFC 7523 §2.1): what opens, once, and everything that does not.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use grantwell_web as web;
use jose::{JwkSet, MacAlgorithm, mac};
use oauth::access_token::TokenFormat;
use oauth::client::keys::KeySource;
use oauth::client::{AuthMethod, Client, ClientType, ConsentRule, GrantType};
use oauth::client_assertion::TYPE;
use oauth::policy::{SubjectForm, TrustedIssuer};
use oauth::scope::ScopeSet;
use serde_json::{Value, json};

use crate::authorize::{VERIFIER, request};
use crate::browser::Browser;
use crate::signer::{Algorithm, Signer};
use crate::world::{Answer, CALLBACK, World, on_both, on_both_with};

const NOW: i64 = 1_800_000_000;
const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const PARTNER: &str = "https://partner.example";

/// An issuer that is trusted to name people by username.
struct Partner {
    signer: Signer,
    keys: JwkSet,
}

impl Partner {
    fn new() -> Self {
        let signer = Signer::new(Algorithm::Es256, 1);
        let keys = JwkSet::from_json(&signer.jwks()).unwrap();
        Self { signer, keys }
    }

    /// The setting by which it is trusted, changed by `change`.
    fn trust(&self, change: impl Fn(&mut TrustedIssuer)) -> impl Fn(&mut web::Settings) {
        let mut trusted = TrustedIssuer::new(PARTNER, KeySource::Here(self.keys.clone()));
        trusted.subject = SubjectForm::Username;
        change(&mut trusted);
        move |settings| settings.policy.capabilities.trusted_issuers = vec![trusted.clone()]
    }

    fn good(&self, id: &str) -> String {
        self.signer.sign(None, &claims(id))
    }
}

fn claims(id: &str) -> Value {
    json!({"iss": PARTNER, "sub": "halfspring", "aud": "https://auth.example", "jti": id, "iat": NOW, "exp": NOW + 300})
}

fn with(name: &str, value: &Value) -> Value {
    let mut claims = claims("mutation");
    let members = claims.as_object_mut().unwrap();
    members.remove(name);
    if *value != Value::Null {
        members.insert(name.to_owned(), value.clone());
    }
    claims
}

async fn ask(world: &World, secret: &str, assertion: &str, more: &[(&str, &str)]) -> Answer {
    let mut fields = vec![("grant_type", GRANT), ("assertion", assertion)];
    fields.extend(more);
    world.post_as("/o/token/", ("site", secret), &fields).await
}

/// R7523-2.1-a
#[tokio::test]
async fn a_good_one_gives_one_access_token_that_the_person_sees_and_ends() {
    let partner = Partner::new();
    on_both_with(partner.trust(|_| ()), |world| {
        let partner = &partner;
        async move {
            let user = world.user("halfspring").await;
            let alone = |client: &mut Client| client.grant_types = [GrantType::JwtBearer].into();
            let secret = world.site("site", alone).await;
            let answer = ask(&world, &secret, &partner.good("one"), &[("scope", "read")]).await;
            assert_eq!(answer.header("cache-control"), "no-store");
            let json = answer.json();
            assert_eq!((&json["scope"], &json["expires_in"]), (&json!("read"), &json!(3600)));
            for member in ["refresh_token", "id_token"] {
                assert!(json.get(member).is_none(), "{json}");
            }
            let token = answer.tokens().access;
            let client = ("site", secret.as_str());
            let told = world.post_as("/o/introspect/", client, &[("token", &token)]).await.json();
            assert_eq!(told["active"], true);
            assert_eq!(told["username"], "halfspring");
            assert_eq!(told["sub"], user.account.id.to_string());
            assert_eq!((&told["scope"], &told["client_id"]), (&json!("read"), &json!("site")));

            let mut browser = Browser::signed_in(&world, "halfspring").await;
            let list = browser.get("/o/authorized_tokens/").await.body;
            assert!(list.contains("The application site"), "{list}");
            let id = list.split("href=\"/o/authorized_tokens/").nth(1).unwrap();
            let path = format!("/o/authorized_tokens/{}", id.split('"').next().unwrap());
            assert!(browser.get(&path).await.body.contains("a service that this site trusts"));
            assert_eq!(browser.submit(&path, &[]).await.status, 303);
            assert!(!world.is_active(client, &token).await);

            // Typed as what it is, and by a client that has no secret.
            let typed = partner.signer.sign(Some("JWT"), &claims("two"));
            let token = ask(&world, &secret, &typed, &[]).await.tokens().access;
            let fields = [("token", token.as_str())];
            assert_eq!(world.post_as("/o/revoke_token/", client, &fields).await.status, 200);
            assert!(!world.is_active(client, &token).await);
            world
                .site("app", |client| {
                    client.client_type = ClientType::Public;
                    client.auth_method = AuthMethod::None;
                })
                .await;
            let three = partner.good("three");
            let fields = [("grant_type", GRANT), ("assertion", &three), ("client_id", "app")];
            world.post("/o/token/", &fields).await.tokens();
        }
    })
    .await;
}

/// R7523-2.1-a, R7523-3-c: of the accounts and of the JWTs that are no good, none is told from another.
#[tokio::test]
async fn every_mutation_is_refused_in_the_same_words_and_uses_nothing_up() {
    let partner = Partner::new();
    on_both_with(partner.trust(|_| ()), |world| {
        let partner = &partner;
        async move {
            world.user("halfspring").await;
            let gone = world.user("gone").await;
            world.store.users().disable(gone.account.id).await.unwrap();
            let secret = world.site("site", |_| ()).await;
            let mut bodies = Vec::new();
            for (what, assertion) in bad_assertions(partner).into_iter().chain(bad_claims(partner))
            {
                let answer = ask(&world, &secret, &assertion, &[]).await;
                assert_eq!(answer.refusal(), "400 invalid_grant", "{what}");
                bodies.push(answer.body);
            }
            bodies.dedup();
            assert_eq!(bodies.len(), 1, "{bodies:?}");
            // What all of them are mutations of.
            let good = partner.signer.sign(None, &claims("mutation"));
            ask(&world, &secret, &good, &[]).await.tokens();
            for (name, value) in [
                ("iat", Value::Null),
                ("nbf", json!(NOW + 10)),
                ("iat", json!(NOW + 9)),
                ("exp", json!(NOW - 9)),
            ] {
                let mut claims = with(name, &value);
                claims["jti"] = json!(format!("good {name} {value}"));
                if name == "exp" {
                    claims["iat"] = json!(NOW - 60);
                }
                let answer = ask(&world, &secret, &partner.signer.sign(None, &claims), &[]).await;
                assert_eq!(answer.status, 200, "{name} {value}");
            }
        }
    })
    .await;
}

fn bad_claims(partner: &Partner) -> Vec<(String, String)> {
    let own = "https://auth.example";
    let table = [
        ("iss", Value::Null),
        ("iss", json!("https://partner.example/")),
        ("iss", json!("https://other.example")),
        ("iss", json!(own)),
        ("iss", json!([PARTNER])),
        ("aud", Value::Null),
        ("aud", json!("https://auth.example/")),
        ("aud", json!("https://auth.example/o/token/")),
        ("aud", json!([own])),
        ("aud", json!([own, "https://other.example"])),
        ("aud", json!("site")),
        ("exp", Value::Null),
        ("exp", json!(NOW - 10)),
        ("exp", json!(NOW + 311)),
        ("exp", json!(NOW + 301)),
        ("exp", json!("1800000060")),
        ("iat", json!(NOW - 1)),
        ("iat", json!(NOW + 11)),
        ("nbf", json!(NOW + 11)),
        ("jti", Value::Null),
        ("jti", json!("")),
        ("jti", json!(7)),
        ("jti", json!("x".repeat(256))),
        ("sub", Value::Null),
        ("sub", json!("")),
        ("sub", json!("gone")),
        ("sub", json!("nobody")),
        ("sub", json!("Halfspring")),
        ("sub", json!("a\u{0}b \u{202e}")),
        ("sub", json!(PARTNER)),
    ];
    let sign = |(name, value): (&str, Value)| {
        (format!("{name}: {value}"), partner.signer.sign(None, &with(name, &value)))
    };
    table.into_iter().map(sign).collect()
}

/// Table 1.13-J
fn bad_assertions(partner: &Partner) -> Vec<(String, String)> {
    let (signer, claims) = (&partner.signer, claims("mutation"));
    let good = signer.sign(None, &claims);
    let (head, signature) = good.rsplit_once('.').unwrap();
    let public = signer.jwks()["keys"][0].to_string();
    let payload = claims.to_string();
    let hs = mac::sign(None, MacAlgorithm::Hs256, public.as_bytes(), payload.as_bytes()).unwrap();
    let none = hs.replace("eyJhbGciOiJIUzI1NiJ9", "eyJhbGciOiJub25lIn0");
    let unsigned = format!("{}.", none.rsplit_once('.').unwrap().0);
    // Another key of the same name, and another algorithm.
    let forger = Signer::new(Algorithm::Es256, 1);
    let other = Signer::new(Algorithm::EdDsa, 1);
    let mut table = vec![
        ("another key", forger.sign(None, &claims)),
        ("another algorithm", other.sign(None, &claims)),
        ("HMAC with the public key", hs),
        ("none", none),
        ("none, unsigned", unsigned),
        ("no signature", format!("{head}.")),
        ("two parts", head.to_owned()),
        ("padding", format!("{good}=")),
        ("four parts", format!("{good}.{signature}")),
        ("cut off", good[..good.len() - 1].to_owned()),
        ("nonsense", "nonsense".to_owned()),
        ("binary", "\u{1}\u{fffd}".to_owned()),
        ("huge", "x".repeat(60_000)),
    ];
    let types = [
        "at+jwt",
        "logout+jwt",
        "client-authentication+jwt",
        "oauth-authz-req+jwt",
        "token-introspection+jwt",
        "x",
    ];
    table.extend(types.map(|typ| (typ, signer.sign(Some(typ), &claims))));
    table.into_iter().map(|(what, text)| (what.to_owned(), text)).collect()
}

/// R7523-3-b
#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_at_once_one_wins_and_afterwards_none() {
    let partner = Partner::new();
    on_both_with(partner.trust(|_| ()), |world| {
        let partner = &partner;
        async move {
            world.user("halfspring").await;
            let secret = world.site("site", |_| ()).await;
            let good = partner.good("race");
            let ask_once = || {
                let (world, secret, good) = (world.clone(), secret.clone(), good.clone());
                tokio::spawn(async move { ask(&world, &secret, &good, &[]).await })
            };
            let tries: Vec<_> = (0..20).map(|_| ask_once()).collect();
            let mut won = 0;
            for answer in tries {
                let answer = answer.await.unwrap();
                if answer.status == 200 {
                    won += 1;
                } else {
                    assert_eq!(answer.refusal(), "400 invalid_grant");
                }
            }
            assert_eq!(won, 1);
            assert_eq!(ask(&world, &secret, &good, &[]).await.refusal(), "400 invalid_grant");
            // It is forgotten when it is dead anyway, and not before.
            world.clock.advance(Duration::from_secs(309));
            assert_eq!(world.store.sweep().run().await.unwrap().replays, 0);
            assert_eq!(ask(&world, &secret, &good, &[]).await.refusal(), "400 invalid_grant");
            world.clock.advance(Duration::from_secs(1));
            assert_eq!(world.store.sweep().run().await.unwrap().replays, 1);
            assert_eq!(ask(&world, &secret, &good, &[]).await.refusal(), "400 invalid_grant");
        }
    })
    .await;
}

/// R7523-3-b: the same name by a client that signs in with it is another one.
#[tokio::test]
async fn it_is_remembered_apart_from_what_clients_sign_in_with() {
    let partner = Partner::new();
    on_both_with(partner.trust(|_| ()), |world| {
        let partner = &partner;
        async move {
            world.user("halfspring").await;
            let own = Signer::new(Algorithm::Es256, 2);
            world.site("site", |client| own.register(client)).await;
            let login = own.sign(None, &Signer::claims("site", "same", NOW));
            let good = partner.good("same");
            let fields = |login, assertion| {
                [
                    ("grant_type", GRANT),
                    ("client_assertion_type", TYPE),
                    ("client_assertion", login),
                    ("assertion", assertion),
                ]
            };
            world.post("/o/token/", &fields(&login, &good)).await.tokens();
            // Neither passes for the other.
            let login = own.sign(None, &Signer::claims("site", "2", NOW));
            let answer = world.post("/o/token/", &fields(&login, &login)).await;
            assert_eq!(answer.refusal(), "400 invalid_grant");
            let other = partner.good("2");
            let answer = world.post("/o/token/", &fields(&other, &other)).await;
            assert_eq!(answer.refusal(), "401 invalid_client");
        }
    })
    .await;
}

/// R6749-5.2-c, R6749-3.3-b
#[tokio::test]
async fn client_and_scope_are_bounded_and_no_refusal_uses_it_up() {
    let partner = Partner::new();
    let bounded = |trusted: &mut TrustedIssuer| {
        trusted.clients = Some(["site", "without"].map(|id| id.parse().unwrap()).into());
        trusted.scope = Some(ScopeSet::parse("read").unwrap());
    };
    on_both_with(partner.trust(bounded), |world| {
        let partner = &partner;
        async move {
            world.user("halfspring").await;
            let secret = world.site("site", |_| ()).await;
            let other = world.site("other", |_| ()).await;
            let remove = |client: &mut Client| _ = client.grant_types.remove(&GrantType::JwtBearer);
            let without = world.site("without", remove).await;
            let good = partner.good("one");
            let fields = [("grant_type", GRANT), ("assertion", good.as_str())];
            for (client, refusal) in [
                (("without", without.as_str()), "400 unauthorized_client"),
                (("other", other.as_str()), "400 invalid_grant"),
                (("site", "wrong"), "401 invalid_client"),
                (("nobody", "x"), "401 invalid_client"),
            ] {
                let answer = world.post_as("/o/token/", client, &fields).await;
                assert_eq!(answer.refusal(), refusal, "{client:?}");
            }
            for scope in ["write", "read write", "openid", "sudo"] {
                let answer = ask(&world, &secret, &good, &[("scope", scope)]).await;
                assert_eq!(answer.refusal(), "400 invalid_scope", "{scope}");
            }
            let missing = world.post_as("/o/token/", ("site", &secret), &fields[..1]).await;
            assert_eq!(missing.refusal(), "400 invalid_request");
            let answer = ask(&world, &secret, &good, &[]).await;
            assert_eq!(answer.json()["scope"], "read");
            let site = world.store.client(&"site".parse().unwrap()).await.unwrap().unwrap();
            world.store.applications().disable(site.id).await.unwrap();
            let answer = ask(&world, &secret, &partner.good("two"), &[]).await;
            assert_eq!(answer.refusal(), "401 invalid_client");
        }
    })
    .await;
}

/// R21-4.3.3-d
#[tokio::test]
async fn by_id_no_name_counts_and_what_was_issued_ends_with_the_account() {
    let partner = Partner::new();
    on_both_with(partner.trust(|trusted| trusted.subject = SubjectForm::UserId), |world| {
        let partner = &partner;
        async move {
            let user = world.user("halfspring").await;
            let secret = world.site("site", |_| ()).await;
            let by = |sub: &str, id: &str| {
                let mut claims = claims(id);
                claims["sub"] = json!(sub);
                partner.signer.sign(None, &claims)
            };
            let id = user.account.id.to_string();
            for sub in ["halfspring", "", "site", &id.to_uppercase(), &id[1..]] {
                let answer = ask(&world, &secret, &by(sub, "one"), &[]).await;
                assert_eq!(answer.refusal(), "400 invalid_grant", "{sub}");
            }
            let token = ask(&world, &secret, &by(&id, "one"), &[]).await.tokens().access;
            let client = ("site", secret.as_str());
            assert!(world.is_active(client, &token).await);
            world.store.users().disable(user.account.id).await.unwrap();
            assert!(!world.is_active(client, &token).await);
            let answer = ask(&world, &secret, &by(&id, "two"), &[]).await;
            assert_eq!(answer.refusal(), "400 invalid_grant");
        }
    })
    .await;
}

/// R6749-6-c: not even an operator who trusts this server itself makes its own tokens count; and published keys are fetched.
#[tokio::test]
async fn what_this_server_signs_itself_is_no_assertion() {
    let published = Arc::new(Mutex::new(json!({"keys": []})));
    let shown = Arc::clone(&published);
    let peer = fetch::testing::Peer::start(&["keys.example"], move |_| {
        fetch::testing::Answer::json(shown.lock().unwrap().to_string())
    })
    .await;
    let change = |settings: &mut web::Settings| {
        settings.fetcher = fetch::Fetcher::new(peer.policy());
        let at = KeySource::At("https://keys.example/jwks.json".parse().unwrap());
        let mut itself = TrustedIssuer::new("https://auth.example", at.clone());
        itself.longest = TrustedIssuer::LONGEST;
        let partner = TrustedIssuer::new(PARTNER, at);
        settings.policy.capabilities.trusted_issuers = vec![itself, partner];
    };
    on_both_with(change, |world| {
        let published = Arc::clone(&published);
        async move {
            let user = world.user("halfspring").await;
            let secret = world
                .site("site", |client| {
                    client.metadata.access_token_format = Some(TokenFormat::Jwt);
                    client.metadata.consent = ConsentRule::Trusted;
                })
                .await;
            let signer = Signer::new(Algorithm::Es256, 7);
            let mut keys = world.get("/.well-known/jwks.json").await.json();
            keys["keys"].as_array_mut().unwrap().push(signer.jwks()["keys"][0].clone());
            *published.lock().unwrap() = keys;
            let mut good = claims("one");
            good["sub"] = json!(user.account.id.to_string());
            ask(&world, &secret, &signer.sign(None, &good), &[]).await.tokens();

            let mut browser = Browser::signed_in(&world, "halfspring").await;
            let wish = [("scope", "openid read offline_access")];
            let (_, fields) = browser.get(&request("site", &wish)).await.redirect();
            let fields = [
                ("grant_type", "authorization_code"),
                ("code", fields["code"].as_str()),
                ("redirect_uri", CALLBACK),
                ("code_verifier", VERIFIER),
            ];
            let answer = world.post_as("/o/token/", ("site", &secret), &fields).await;
            let id_token = answer.json()["id_token"].as_str().unwrap().to_owned();
            let tokens = answer.tokens();
            assert_eq!(tokens.access.split('.').count(), 3);
            for wrong in [id_token, tokens.access, tokens.refresh] {
                let answer = ask(&world, &secret, &wrong, &[]).await;
                assert_eq!(answer.refusal(), "400 invalid_grant", "{wrong}");
            }
        }
    })
    .await;
}

/// R8414-2-b
#[tokio::test]
async fn it_is_advertised_and_served_exactly_when_somebody_is_trusted() {
    let partner = Partner::new();
    let advertised = async |world: &World| {
        let json = world.get("/.well-known/oauth-authorization-server").await.json();
        json["grant_types_supported"].as_array().unwrap().contains(&json!(GRANT))
    };
    let refusal = async |world: &World| {
        world.user("halfspring").await;
        let secret = world.site("site", |_| ()).await;
        ask(world, &secret, &partner.good("one"), &[]).await
    };
    on_both_with(partner.trust(|_| ()), |world| async move {
        assert!(advertised(&world).await);
        refusal(&world).await.tokens();
    })
    .await;
    on_both(|world| async move {
        assert!(!advertised(&world).await);
        assert_eq!(refusal(&world).await.refusal(), "400 unsupported_grant_type");
    })
    .await;
    let trust = partner.trust(|_| ());
    let withdrawn = |settings: &mut web::Settings| {
        trust(settings);
        settings.policy.capabilities.withdraw(&GrantType::JwtBearer);
    };
    on_both_with(withdrawn, |world| async move {
        assert!(!advertised(&world).await);
        assert_eq!(refusal(&world).await.refusal(), "400 unsupported_grant_type");
    })
    .await;
}
