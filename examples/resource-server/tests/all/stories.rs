//! What a resource server does with the tokens of a server elsewhere.

use jose::Algorithm;
use serde_json::{Value, json};

use crate::world::{By, World, fresh_postgres};

/// Tells one story with keys and with questions, with the issuer on both databases.
async fn each_way<F: Future<Output = ()>>(story: impl Fn(World, By) -> F) {
    for by in [By::Keys, By::Asking(0)] {
        let world = Box::pin(World::start(by, None)).await;
        Box::pin(story(world, by)).await;
        if let Some(url) = fresh_postgres().await {
            let world = Box::pin(World::start(by, Some(url))).await;
            Box::pin(story(world, by)).await;
        }
    }
}

/// R6750-3-a, R6750-3.1-a, R9728-5.1-a
#[tokio::test(flavor = "multi_thread")]
async fn a_token_for_this_resource_is_accepted_within_its_scope() {
    each_way(async |world: World, by| {
        let token = world.token("read write").await;
        let url = format!("{}/unicorn/", world.resource);
        let made = world.http.post(&url).bearer_auth(&token).json(&json!({"name": "x", "age": 3}));
        let made = world.send(made).await;
        assert_eq!(made.status, 201, "{by:?} {made:?}");
        let listed = world.list(&token).await;
        assert_eq!(
            (listed.status, listed.text.as_str()),
            (200, r#"[{"id":1,"name":"x","age":3}]"#)
        );
        let metadata = world.at("/.well-known/oauth-protected-resource/v1");
        let metadata = format!(r#"resource_metadata="{metadata}""#);
        let narrow = world.http.post(&url).bearer_auth(world.token("read").await);
        let narrow = world.send(narrow.json(&json!({"name": "y", "age": 3}))).await;
        assert_eq!(narrow.status, 403, "{narrow:?}");
        for part in [r#"error="insufficient_scope""#, r#"scope="write""#, &metadata] {
            assert!(narrow.challenge.contains(part), "{narrow:?}");
        }
        let nobody = world.send(world.http.get(&url)).await;
        assert_eq!(nobody.status, 401);
        assert!(!nobody.challenge.contains("error") && nobody.challenge.contains(&metadata));
    })
    .await;
}

/// R9068-4-a, R7662-2.2-e, R7662-4-a: every other token that the same server makes.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_else_that_the_issuer_makes_is_an_access_token_here() {
    each_way(async |world: World, by| {
        let register = [("username", "ann"), ("password", "quiet harbour lights")];
        let first_party = world.http.post(world.issuer.url("/authentication/register/"));
        let first_party: Value =
            first_party.form(&register).send().await.unwrap().json().await.unwrap();
        let text = |name: &str| first_party[name].as_str().unwrap().to_owned();
        let now = json!({"iss": world.issuer.url(""), "aud": world.resource, "sub": "ann", "client_id": "app"});
        let signed = |typ: Option<&str>| {
            let vault = world.issuer.app().store().vault();
            let mut claims = now.clone();
            claims["iat"] = json!(1);
            claims["exp"] = json!(253_402_300_799_u64);
            claims["jti"] = json!("one");
            claims["scope"] = json!("read");
            vault.sign(typ, Algorithm::Es256, claims.to_string().as_bytes()).unwrap()
        };
        let other = world.token_for("read", Some("https://other.example/v1")).await;
        for (kind, token) in [
            ("a refresh token", text("refresh_token")),
            ("a token of this issuer for no resource", text("access_token")),
            ("the client's token for no resource", world.token_for("read", None).await),
            ("a token for another resource", other),
            ("an ID token or userinfo JWT", signed(None)),
            ("an ID token that says JWT", signed(Some("JWT"))),
            ("a logout token", signed(Some("logout+jwt"))),
            ("a request object", signed(Some("oauth-authz-req+jwt"))),
        ] {
            let answer = world.list(&token).await;
            assert_eq!(answer.status, 401, "{by:?} {kind}: {answer:?}");
            assert!(answer.challenge.contains(r#"error="invalid_token""#), "{kind}: {answer:?}");
        }
        // The very same claims are accepted when they are an access token.
        let answer = world.list(&signed(Some("at+jwt"))).await;
        assert_eq!(answer.status, if by == By::Keys { 200 } else { 401 }, "{answer:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_is_refused_at_once_where_each_is_asked_about() {
    for (by, afterwards) in [(By::Asking(0), 401), (By::Asking(300), 200), (By::Keys, 200)] {
        let world = World::start(by, None).await;
        let token = world.token("read").await;
        assert_eq!(world.list(&token).await.status, 200);
        world.post("/o/revoke_token/", &[("token", &token)]).await;
        assert_eq!(world.list(&token).await.status, afterwards, "{by:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_issuer_nothing_unchecked_is_accepted() {
    for (by, afterwards) in [(By::Asking(0), 503), (By::Keys, 200)] {
        let mut world = World::start(by, None).await;
        let token = world.token("read").await;
        assert_eq!(world.list(&token).await.status, 200);
        world.issuer.app().shutdown().begin();
        while world.http.get(world.issuer.url("/livez")).send().await.is_ok() {
            tokio::task::yield_now().await;
        }
        let answer = world.list(&token).await;
        assert_eq!(answer.status, afterwards, "{by:?} {answer:?}");
        assert_eq!(world.terminate(), 0, "it stops when it is told to");
    }
}

/// R9728-3-a
#[tokio::test(flavor = "multi_thread")]
async fn it_describes_itself_and_names_its_issuer() {
    let world = World::start(By::Keys, None).await;
    for path in ["", "/v1"] {
        let url = world.at(&format!("/.well-known/oauth-protected-resource{path}"));
        let text = world.send(world.http.get(url)).await.text;
        let found: Value = serde_json::from_str(&text).unwrap();
        let expected = json!({
            "resource": world.resource,
            "resource_name": "Unicorns",
            "scopes_supported": ["read", "write"],
            "bearer_methods_supported": ["header"],
            "authorization_servers": [world.issuer.url("")],
        });
        assert_eq!(found, expected);
    }
}
