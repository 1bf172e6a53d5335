//! OpenID Connect over HTTP: ID tokens, userinfo, hints, subjects.

use std::time::Duration;

use jose::{Algorithm, Jwk, JwkSet, Unverified};
use oauth::client::ConsentRule;
use oauth::response::ResponseType;
use oauth::subject::SubjectType;
use serde_json::{Map, Value};

use crate::authorize::{VERIFIER, request};
use crate::browser::Browser;
use crate::world::{Answer, CALLBACK, World, on_both, on_both_with, tampered};

const SCOPE: (&str, &str) = ("scope", "openid profile email offline_access read");

async fn people(world: &World) -> (String, Browser) {
    world.user("halfspring").await;
    let secret = world.site("site", |client| client.metadata.consent = ConsentRule::Trusted).await;
    (secret, Browser::signed_in(world, "halfspring").await)
}

async fn tokens(
    world: &World,
    browser: &mut Browser,
    secret: &str,
    more: &[(&str, &str)],
) -> Answer {
    let (_, fields) = browser.get(&request("site", more)).await.redirect();
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", fields["code"].as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let answer = world.post_as("/o/token/", ("site", secret), &fields).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

/// The claims of an ID token, verified with the published keys as a client would.
async fn verified(world: &World, token: &Value, algorithm: Algorithm) -> Map<String, Value> {
    let published = world.get("/.well-known/jwks.json").await.json();
    let keys = JwkSet::from_json(&published).unwrap();
    let unverified = Unverified::parse(token.as_str().unwrap()).unwrap();
    unverified.verify(&keys, &[algorithm]).unwrap().claims().unwrap().members().clone()
}

async fn userinfo(world: &World, token: &str) -> Answer {
    let request =
        http::Request::get("/o/userinfo/").header("authorization", format!("Bearer {token}"));
    world.send(request.body(axum::body::Body::empty()).unwrap()).await
}

/// ROIDC-2-a, ROIDC-3.1.2.1-h, ROIDC-3.1.3.7-a, ROIDC-12.2-a, ROIDC-5.3-a
#[tokio::test]
async fn an_id_token_says_who_signed_in_and_userinfo_the_rest() {
    on_both(|world| async move {
        let (secret, mut browser) = people(&world).await;
        world.clock.advance(Duration::from_secs(5));
        let nonce = "n".repeat(64);
        let answer = tokens(&world, &mut browser, &secret, &[SCOPE, ("nonce", &nonce)]).await;
        let claims = verified(&world, &answer.json()["id_token"], Algorithm::Es256).await;
        assert_eq!(
            (claims["iss"].as_str(), claims["aud"].as_str()),
            (Some("https://auth.example"), Some("site"))
        );
        assert_eq!(claims["nonce"], nonce);
        assert_eq!(claims["iat"].as_i64().unwrap() - claims["auth_time"].as_i64().unwrap(), 5);
        assert_eq!((claims["acr"].as_str(), claims["amr"][0].as_str()), (Some("1"), Some("pwd")));
        assert!(claims.contains_key("sid") && claims.contains_key("at_hash"));
        assert!(!claims.contains_key("preferred_username"), "userinfo tells the rest");
        let told = userinfo(&world, &answer.tokens().access).await;
        assert_eq!(told.json()["sub"], claims["sub"]);
        assert_eq!(told.json()["preferred_username"], "halfspring");
        assert_eq!(told.header("cache-control"), "no-store");
        world.clock.advance(Duration::from_mins(10));
        let refresh = answer.tokens().refresh;
        let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
        let again = world.post_as("/o/token/", ("site", &secret), &fields).await;
        let later = verified(&world, &again.json()["id_token"], Algorithm::Es256).await;
        for same in ["iss", "sub", "aud", "auth_time", "sid"] {
            assert_eq!(later[same], claims[same], "{same}");
        }
        assert!(later["iat"].as_i64() > claims["iat"].as_i64() && !later.contains_key("nonce"));
    })
    .await;
}

/// ROIDC-3.1.2.1-a
#[tokio::test]
async fn without_openid_there_is_no_id_token() {
    on_both(|world| async move {
        let (secret, mut browser) = people(&world).await;
        let answer = tokens(&world, &mut browser, &secret, &[("scope", "read")]).await;
        assert!(answer.json().get("id_token").is_none());
        let refused = userinfo(&world, &answer.tokens().access).await;
        assert_eq!(refused.status, 403);
        assert!(refused.header("www-authenticate").contains("insufficient_scope"));
        assert!(refused.header("www-authenticate").contains("scope=\"openid\""));
    })
    .await;
}

/// R6750-3-a, R6750-2-b, R6750-2.3-a, ROIDC-5.3.3-a, R9068-4-a: and no other kind of token is one.
#[tokio::test]
async fn userinfo_takes_one_living_access_token_in_header_or_form() {
    on_both(|world| async move {
        let (secret, mut browser) = people(&world).await;
        let answer = tokens(&world, &mut browser, &secret, &[SCOPE]).await;
        let access = answer.tokens().access;
        let posted = world.post("/o/userinfo/", &[("access_token", &access)]).await;
        assert_eq!(posted.status, 200, "{posted:?}");
        let bare = world.get("/o/userinfo/").await;
        assert_eq!((bare.status.as_u16(), bare.header("www-authenticate")), (401, "Bearer"));
        let in_url = world.get(&format!("/o/userinfo/?access_token={access}")).await;
        assert_eq!(in_url.status, 401);
        let mut twice = crate::world::form_request("/o/userinfo/", &[("access_token", &access)]);
        twice.headers_mut().insert("authorization", format!("Bearer {access}").parse().unwrap());
        assert_eq!(world.send(twice).await.status, 400);
        let id_token = answer.json()["id_token"].as_str().unwrap().to_owned();
        for wrong in [id_token, answer.tokens().refresh, "x".to_owned()] {
            let refused = userinfo(&world, &wrong).await;
            assert_eq!(refused.status, 401, "{refused:?}");
            assert!(refused.header("www-authenticate").contains("invalid_token"));
        }
        world.clock.advance(Duration::from_hours(2));
        assert_eq!(userinfo(&world, &access).await.status, 401);
    })
    .await;
}

/// ROIDC-5.5-a, ROIDC-5.4-a
#[tokio::test]
async fn claims_can_be_asked_for_one_by_one() {
    on_both(|world| async move {
        let (secret, mut browser) = people(&world).await;
        let claims = r#"{"id_token":{"preferred_username":null,"email":null},"userinfo":{"updated_at":null}}"#;
        let more = [("scope", "openid"), ("claims", claims)];
        let answer = tokens(&world, &mut browser, &secret, &more).await;
        let told = verified(&world, &answer.json()["id_token"], Algorithm::Es256).await;
        assert_eq!(told["preferred_username"], "halfspring");
        assert!(!told.contains_key("email"), "what is not known is left out");
        let told = userinfo(&world, &answer.tokens().access).await.json();
        assert!(told.get("updated_at").is_some() && told.get("preferred_username").is_none());
    })
    .await;
}

/// ROIDC-8.1-a
#[tokio::test]
async fn clients_of_different_sectors_cannot_compare() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        let mut subjects = Vec::new();
        for (id, sector) in [
            ("one", "https://a.example/s"),
            ("two", "https://a.example/s"),
            ("three", "https://b.example/s"),
        ] {
            let secret = world
                .site(id, |client| {
                    client.metadata.consent = ConsentRule::Trusted;
                    client.metadata.subject_type = SubjectType::Pairwise;
                    client.metadata.sector_identifier_uri = Some(sector.to_owned());
                })
                .await;
            let (_, fields) = browser.get(&request(id, &[("scope", "openid")])).await.redirect();
            let fields = [
                ("grant_type", "authorization_code"),
                ("code", fields["code"].as_str()),
                ("redirect_uri", CALLBACK),
                ("code_verifier", VERIFIER),
            ];
            let answer = world.post_as("/o/token/", (id, &secret), &fields).await;
            let told = verified(&world, &answer.json()["id_token"], Algorithm::Es256).await;
            let info = userinfo(&world, &answer.tokens().access).await.json();
            assert_eq!(info["sub"], told["sub"]);
            subjects.push(told["sub"].clone());
        }
        assert_eq!(subjects[0], subjects[1]);
        assert_ne!(subjects[0], subjects[2]);
    })
    .await;
}

/// ROIDC-3.1.3.6-a, ROIDC-5.3-a
#[tokio::test]
async fn each_client_gets_its_own_algorithm() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let secret = world
            .site("site", |client| {
                client.metadata.consent = ConsentRule::Trusted;
                client.metadata.id_token_signed_response_alg = Some(Algorithm::EdDsa);
                client.metadata.userinfo_signed_response_alg = Some(Algorithm::EdDsa);
            })
            .await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        let answer = tokens(&world, &mut browser, &secret, &[SCOPE]).await;
        let told = verified(&world, &answer.json()["id_token"], Algorithm::EdDsa).await;
        let info = userinfo(&world, &answer.tokens().access).await;
        assert_eq!(info.header("content-type"), "application/jwt");
        let info = verified(&world, &Value::from(info.body), Algorithm::EdDsa).await;
        assert_eq!((&info["sub"], info["aud"].as_str()), (&told["sub"], Some("site")));
    })
    .await;
}

/// ROIDC-3.1.2.1-f
#[tokio::test]
async fn a_hint_is_an_id_token_of_ours_for_this_client() {
    on_both(|world| async move {
        let (secret, mut browser) = people(&world).await;
        world.site("other", |client| client.metadata.consent = ConsentRule::Trusted).await;
        let answer = tokens(&world, &mut browser, &secret, &[SCOPE]).await;
        let hint = answer.json()["id_token"].as_str().unwrap().to_owned();
        let access = answer.tokens().access;
        let ask =
            |client, hint: &str| request(client, &[("id_token_hint", hint), ("prompt", "none")]);
        assert!(browser.get(&ask("site", &hint)).await.redirect().1.contains_key("code"));
        let broken = tampered(&hint);
        for (client, hint) in
            [("other", hint.as_str()), ("site", &broken), ("site", &access), ("site", "x.y.z")]
        {
            let (_, fields) = browser.get(&ask(client, hint)).await.redirect();
            assert_eq!(fields["error"], "invalid_request", "{client} {hint}");
        }
        world.user("mylittlepony").await;
        let mut other = Browser::signed_in(&world, "mylittlepony").await;
        assert_eq!(other.get(&ask("site", &hint)).await.redirect().1["error"], "login_required");
    })
    .await;
}

/// It names issuer, client and person, and has the type of an ID token; but nobody signed in by it.
#[tokio::test]
async fn a_signed_userinfo_answer_is_no_hint() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let signed = |client: &mut oauth::client::Client| {
            client.metadata.consent = ConsentRule::Trusted;
            client.metadata.userinfo_signed_response_alg = Some(Algorithm::EdDsa);
        };
        let secret = world.site("site", signed).await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        let access = tokens(&world, &mut browser, &secret, &[SCOPE]).await.tokens().access;
        let answer = userinfo(&world, &access).await.body;
        assert!(Unverified::parse(&answer).is_ok(), "{answer}");
        let ask = request("site", &[("id_token_hint", &answer), ("prompt", "none")]);
        assert_eq!(browser.get(&ask).await.redirect().1["error"], "invalid_request");
    })
    .await;
}

/// OIDC Core §3.2, §3.3: only where both the server and the client allow it.
#[tokio::test]
async fn tokens_through_the_browser_are_bound_to_each_other() {
    let all = |settings: &mut grantwell_web::Settings| {
        for kind in ResponseType::ALL {
            settings.policy.capabilities =
                settings.policy.capabilities.clone().allowing_response(kind);
        }
    };
    on_both_with(all, |world| async move {
        world.user("halfspring").await;
        world
            .site("site", |client| {
                client.metadata.consent = ConsentRule::Trusted;
                client.metadata.response_types = ResponseType::ALL.into();
            })
            .await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        for kind in ResponseType::ALL {
            let more =
                [("response_type", kind.as_str()), ("nonce", "n-1"), ("scope", "openid read")];
            let answer = browser.get(&request("site", &more)).await;
            assert_eq!(
                answer.header("location").contains('#'),
                kind != ResponseType::Code,
                "{kind}"
            );
            let (_, fields) = answer.redirect();
            assert_eq!(fields.contains_key("code"), kind.has_code(), "{kind}");
            assert_eq!(fields.contains_key("access_token"), kind.has_token(), "{kind}");
            assert_eq!(fields.contains_key("id_token"), kind.has_id_token(), "{kind}");
            if let Some(token) = fields.get("id_token") {
                let claims = verified(&world, &Value::from(token.as_str()), Algorithm::Es256).await;
                assert_eq!(claims["nonce"], "n-1");
                assert_eq!(claims.contains_key("at_hash"), kind.has_token(), "{kind}");
                assert_eq!(claims.contains_key("c_hash"), kind.has_code(), "{kind}");
                assert!(!claims.contains_key("preferred_username"));
            }
            if let Some(token) = fields.get("access_token") {
                assert_eq!(userinfo(&world, token).await.status, 200, "{kind}");
            }
        }
    })
    .await;
}

/// ROIDC-5.4-a, ROIDC-5.5-a
#[tokio::test]
async fn an_id_token_alone_tells_what_its_scopes_and_its_own_claims_ask_for() {
    let implicit = |settings: &mut grantwell_web::Settings| {
        settings.policy.capabilities =
            settings.policy.capabilities.clone().allowing_response(ResponseType::IdToken);
    };
    on_both_with(implicit, |world| async move {
        world.user("halfspring").await;
        world
            .site("site", |client| {
                client.metadata.consent = ConsentRule::Trusted;
                client.metadata.response_types = [ResponseType::IdToken].into();
            })
            .await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        let claims = r#"{"id_token":{"preferred_username":null},"userinfo":{"updated_at":null}}"#;
        for (scope, username, updated) in
            [("openid", true, false), ("openid profile", true, true), ("openid email", true, false)]
        {
            let more = [
                ("response_type", "id_token"),
                ("nonce", "n-1"),
                ("scope", scope),
                ("claims", claims),
            ];
            let (_, fields) = browser.get(&request("site", &more)).await.redirect();
            let token = Value::from(fields["id_token"].as_str());
            let told = verified(&world, &token, Algorithm::Es256).await;
            assert_eq!(told.contains_key("preferred_username"), username, "{scope}");
            assert_eq!(told.contains_key("updated_at"), updated, "{scope}");
        }
    })
    .await;
}

/// ROIDD-3-a
#[tokio::test]
async fn only_public_keys_are_published_each_with_a_name() {
    on_both(|world| async move {
        for path in ["/.well-known/jwks.json", "/o/.well-known/jwks.json"] {
            let answer = world.get(path).await;
            let keys = answer.json()["keys"].as_array().unwrap().clone();
            assert!(keys.len() >= 2, "{keys:?}");
            for key in keys {
                assert!(key["kid"].is_string() && key["alg"].is_string() && key["use"] == "sig");
                assert!(["d", "p", "q", "k"].iter().all(|private| key.get(private).is_none()));
                Jwk::from_json(&key).unwrap();
            }
        }
    })
    .await;
}

/// OIDC Core §5.1.2: claims of the program's own are announced, told where it tells them, and no others.
#[tokio::test]
async fn a_program_tells_claims_of_its_own() {
    use oauth::claims::{ClaimsHook, HookFacts};
    struct Stable;
    impl ClaimsHook for Stable {
        fn names(&self) -> &[&'static str] {
            &["https://stable.example/box"]
        }

        fn claims(&self, facts: &HookFacts<'_>) -> Map<String, Value> {
            let reads = facts.scope.iter().any(|scope| scope.as_str() == "read");
            let told = reads.then(|| ("https://stable.example/box".to_owned(), Value::from(7)));
            told.into_iter().collect()
        }
    }
    let hook = |settings: &mut grantwell_web::Settings| {
        settings.claims_hook = Some(grantwell_web::Hook(std::sync::Arc::new(Stable)));
    };
    on_both_with(hook, |world| async move {
        let name = "https://stable.example/box";
        let document = world.get("/.well-known/openid-configuration").await.json();
        assert!(document["claims_supported"].as_array().unwrap().contains(&name.into()));
        let (secret, mut browser) = people(&world).await;
        for (scope, told) in [("openid read", Value::from(7)), ("openid", Value::Null)] {
            let answer = tokens(&world, &mut browser, &secret, &[("scope", scope)]).await;
            let claims = verified(&world, &answer.json()["id_token"], Algorithm::Es256).await;
            assert_eq!(claims.get(name).cloned().unwrap_or_default(), told, "{scope}");
            let access = answer.json()["access_token"].as_str().unwrap().to_owned();
            let info = userinfo(&world, &access).await.json();
            assert_eq!(info[name], told, "{scope}");
        }
    })
    .await;
}
