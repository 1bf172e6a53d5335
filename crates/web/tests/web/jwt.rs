//! Access tokens as JWTs (RFC 9068): checked by anybody, and dead as soon as the sealed ones.

use std::time::Duration;

use jose::{Algorithm, JwkSet, Unverified};
use oauth::access_token::TokenFormat;
use oauth::client::{Client, ConsentRule};
use oauth::subject::SubjectType;
use serde_json::{Map, Value};
use store::NewSecret;

use crate::authorize::{VERIFIER, request};
use crate::bearer::verify;
use crate::browser::Browser;
use crate::world::{CALLBACK, Tokens, World, on_both, on_both_with};

const CLIENT_CREDENTIALS: [(&str, &str); 1] = [("grant_type", "client_credentials")];

fn jwt(client: &mut Client) {
    client.metadata.access_token_format = Some(TokenFormat::Jwt);
}

/// A client whose access tokens are JWTs, and its secret.
async fn photos(world: &World) -> (store::Application, String) {
    let mut client = World::facts("photos");
    jwt(&mut client);
    let made = world.store.applications().create(client, NewSecret::Generated).await.unwrap();
    (made.0, made.1.unwrap().expose().to_owned())
}

/// What a resource server elsewhere reads: the type, and the claims under a published key.
async fn read_elsewhere(world: &World, token: &str) -> Map<String, Value> {
    let published = world.get("/.well-known/jwks.json").await.json();
    let keys = JwkSet::from_json(&published).unwrap();
    let unverified = Unverified::parse(token).unwrap();
    assert!(unverified.header().is_type("at+jwt"));
    let verified = unverified.verify(&keys, &Algorithm::ALL).unwrap();
    verified.claims().unwrap().members().clone()
}

/// Whether our own resources, introspection and userinfo take it.
async fn doors(world: &World, client: (&str, &str), token: &str) -> [bool; 3] {
    let header = format!("Bearer {token}");
    let resource = verify(world, &[("authorization", &header)]).await.is_ok();
    let userinfo = http::Request::get("/o/userinfo/").header("authorization", &header);
    let userinfo = world.send(userinfo.body(axum::body::Body::empty()).unwrap()).await;
    [resource, world.is_active(client, token).await, userinfo.status == 200]
}

/// R9068-2.1-a, R9068-2.2-a, R9068-5-a
#[tokio::test]
async fn each_grant_gives_a_jwt_to_the_client_that_is_to_have_one() {
    on_both(|world| async move {
        let user = world.user("halfspring").await;
        let (_, secret) = photos(&world).await;
        let client = ("photos", secret.as_str());
        let tokens = world.tokens(client, "halfspring").await;
        let claims = read_elsewhere(&world, &tokens.access).await;
        assert_eq!(claims["iss"], "https://auth.example");
        assert_eq!(claims["sub"], user.account.id.to_string());
        assert_eq!(claims["client_id"], "photos");
        assert_eq!(claims["scope"], "read write");
        assert_eq!(claims["aud"], "https://auth.example");
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 3600);
        assert!(claims.contains_key("jti") && claims.contains_key("auth_time"));
        assert_eq!(claims["acr"], "1");

        let refresh = [("grant_type", "refresh_token"), ("refresh_token", &*tokens.refresh)];
        let again = world.post_as("/o/token/", client, &refresh).await.tokens();
        let renewed = read_elsewhere(&world, &again.access).await;
        assert_eq!(renewed["sub"], claims["sub"]);
        assert_ne!(renewed["jti"], claims["jti"]);
        assert_eq!(renewed["acr"], "1");

        let own = world.post_as("/o/token/", client, &CLIENT_CREDENTIALS).await.json();
        let claims = read_elsewhere(&world, own["access_token"].as_str().unwrap()).await;
        assert_eq!((&claims["sub"], &claims["client_id"]), (&"photos".into(), &"photos".into()));
        assert!(oauth::id::UserId::parse(claims["sub"].as_str().unwrap()).is_err());
        assert!(!claims.contains_key("acr"), "nobody signed in");

        // Nobody else gets one.
        let (_, other) = world.client("other").await;
        let sealed = world.tokens(("other", other.expose()), "halfspring").await;
        assert!(sealed.access.starts_with("v4.local."));
    })
    .await;
}

#[tokio::test]
async fn a_code_gives_a_jwt_that_says_how_the_person_signed_in() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let secret = world
            .site("site", |client| {
                client.metadata.consent = ConsentRule::Trusted;
                jwt(client);
            })
            .await;
        let (tokens, id_token) = by_code(&world, &secret).await;
        let claims = read_elsewhere(&world, &tokens.access).await;
        assert_eq!((claims["acr"].as_str(), claims["amr"][0].as_str()), (Some("1"), Some("pwd")));
        assert_eq!(doors(&world, ("site", &secret), &tokens.access).await, [true; 3]);

        // An ID token is signed by the same key and is no access token.
        let keys = world.store.vault().public_keys();
        assert!(Unverified::parse(&id_token).unwrap().verify(&keys, &Algorithm::ALL).is_ok());
        assert_eq!(doors(&world, ("site", &secret), &id_token).await, [false; 3]);
    })
    .await;
}

/// Access and refresh token and the ID token of a whole flow.
async fn by_code(world: &World, secret: &str) -> (Tokens, String) {
    let mut browser = Browser::signed_in(world, "halfspring").await;
    let scope = ("scope", "openid profile read");
    let (_, fields) = browser.get(&request("site", &[scope])).await.redirect();
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", fields["code"].as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let answer = world.post_as("/o/token/", ("site", secret), &fields).await;
    (answer.tokens(), answer.json()["id_token"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_jwt_dies_at_once_with_whatever_it_rests_on() {
    on_both(|world| async move {
        let user = world.user("halfspring").await;
        let (application, secret) = photos(&world).await;
        let client = ("photos", secret.as_str());
        let fresh = async || world.tokens(client, "halfspring").await;
        let alive = async |tokens: &Tokens| {
            let header = format!("Bearer {}", tokens.access);
            verify(&world, &[("authorization", &header)]).await.is_ok()
        };
        let (given_back, refreshed, outdated) = (fresh().await, fresh().await, fresh().await);
        for tokens in [&given_back, &refreshed, &outdated] {
            assert!(alive(tokens).await && world.is_active(client, &tokens.access).await);
        }
        let revoke = async |token: &str| {
            let answer = world.post_as("/o/revoke_token/", client, &[("token", token)]).await;
            assert_eq!(answer.status, 200);
        };
        revoke(&given_back.access).await;
        assert!(!alive(&given_back).await && alive(&refreshed).await, "that token and no other");

        revoke(&refreshed.refresh).await;
        assert!(!alive(&refreshed).await && alive(&outdated).await, "its whole authorization");

        world.store.users().disable(user.account.id).await.unwrap();
        assert!(!alive(&outdated).await && !world.is_active(client, &outdated.access).await);

        let own = world.post_as("/o/token/", client, &CLIENT_CREDENTIALS).await.tokens();
        assert!(alive(&own).await);
        world.store.applications().disable(application.id).await.unwrap();
        assert!(!alive(&own).await, "its client");
    })
    .await;
}

/// R9068-4-a
#[tokio::test]
async fn a_jwt_that_was_changed_expired_or_made_elsewhere_is_refused() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let (_, secret) = photos(&world).await;
        let token = world.tokens(("photos", &secret), "halfspring").await.access;
        let refused = async |token: &str| {
            let header = format!("Bearer {token}");
            let answer = verify(&world, &[("authorization", &header)]).await;
            answer == Err("invalid_token".to_owned())
        };
        assert!(!refused(&token).await);
        let parts: Vec<&str> = token.split('.').collect();
        let none = "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0";
        for changed in [
            format!("{none}.{}.AA", parts[1]),
            format!("{}.{}.{}", parts[0], parts[1], "A".repeat(86)),
            format!("{}.e30.{}", parts[0], parts[2]),
            format!("{token}A"),
            token[..token.len() - 1].to_owned(),
            token[1..].to_owned(),
            format!("{token}{}", "A".repeat(10_000)),
        ] {
            assert!(refused(&changed).await, "{changed}");
        }
        // Our own signature over an access token of another issuer, or over anything that is none.
        let claims = read_elsewhere(&world, &token).await;
        let again = async |typ, claims: &Map<String, Value>| {
            let payload = serde_json::to_vec(claims).unwrap();
            world.store.sign(typ, Algorithm::Es256, payload).await.unwrap()
        };
        assert!(!refused(&again("at+jwt", &claims).await).await);
        for typ in ["JWT", "logout+jwt", "dpop+jwt"] {
            assert!(refused(&again(typ, &claims).await).await, "{typ}");
        }
        let mut other = claims.clone();
        other.insert("iss".to_owned(), "https://other.example".into());
        assert!(refused(&again("at+jwt", &other).await).await);
        let mut audience = claims.clone();
        audience.insert("aud".to_owned(), vec!["https://other.example"].into());
        assert!(refused(&again("at+jwt", &audience).await).await);

        world.clock.advance(Duration::from_secs(3599));
        assert!(!refused(&token).await);
        world.clock.advance(Duration::from_secs(1));
        assert!(refused(&token).await);
    })
    .await;
}

/// ROIDC-8.1-a
#[tokio::test]
async fn a_client_with_pairwise_subjects_never_reads_the_public_one() {
    let everywhere = |settings: &mut grantwell_web::Settings| {
        settings.policy.token_format = TokenFormat::Jwt;
    };
    on_both_with(everywhere, |world| async move {
        let user = world.user("halfspring").await;
        let secret = world
            .site("site", |client| {
                client.metadata.consent = ConsentRule::Trusted;
                client.metadata.subject_type = SubjectType::Pairwise;
            })
            .await;
        let (tokens, _) = by_code(&world, &secret).await;
        assert!(tokens.access.starts_with("v4.local."));
        let (_, other) = world.client("other").await;
        let public = world.tokens(("other", other.expose()), "halfspring").await;
        let claims = read_elsewhere(&world, &public.access).await;
        assert_eq!(claims["sub"], user.account.id.to_string());
    })
    .await;
}
