//! The introspection endpoint (RFC 7662): who may learn what.

use std::time::Duration;

use oauth::client::Client;
use store::NewSecret;

use crate::world::{World, on_both, on_both_with};

#[tokio::test]
async fn an_active_token_says_what_the_guide_and_the_rfc_ask_for() {
    on_both(|world| async move {
        let user = world.user("halfspring").await;
        let (_, secret) = world.client("photos").await;
        let client = ("photos", secret.expose());
        let tokens = world.tokens(client, "halfspring").await;
        let answer = world.post_as("/o/introspect/", client, &[("token", &tokens.access)]).await;
        assert_eq!(answer.header("cache-control"), "no-store");
        let told = answer.json();
        assert_eq!(told["active"], true);
        assert_eq!(told["scope"], "read write");
        assert_eq!(told["client_id"], "photos");
        assert_eq!(told["username"], "halfspring");
        assert_eq!(told["sub"], user.account.id.to_string());
        assert_eq!(told["exp"], 1_800_003_600);
        assert_eq!(told["iss"], "https://auth.example");
        // RFC 9470 §6.2: how recently and how strongly the person signed in.
        assert_eq!((&told["acr"], &told["auth_time"]), (&"1".into(), &told["iat"]));
        let refresh = world.post_as("/o/introspect/", client, &[("token", &tokens.refresh)]).await;
        assert_eq!(refresh.json()["active"], true, "its own refresh token");
        let again = [("grant_type", "refresh_token"), ("refresh_token", &*tokens.refresh)];
        let again = world.post_as("/o/token/", client, &again).await.tokens();
        let answer = world.post_as("/o/introspect/", client, &[("token", &again.access)]).await;
        assert_eq!((&answer.json()["acr"], &told["acr"]), (&told["acr"], &"1".into()), "it stays");
    })
    .await;
}

#[tokio::test]
async fn what_is_not_for_the_caller_or_not_alive_is_inactive_and_nothing_else() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let (_, secret) = world.client("photos").await;
        let (_, other) = world.client("other").await;
        let client = ("photos", secret.expose());
        let tokens = world.tokens(client, "halfspring").await;
        let long = "x".repeat(60_000);
        for token in ["unknown", "v4.local.x", "gwr_x", long.as_str(), secret.expose()] {
            let answer = world.post_as("/o/introspect/", client, &[("token", token)]).await;
            assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, "{\"active\":false}"));
        }
        for token in [&tokens.access, &tokens.refresh] {
            let other = ("other", other.expose());
            let answer = world.post_as("/o/introspect/", other, &[("token", token)]).await;
            assert_eq!(answer.body, "{\"active\":false}");
        }
        world.clock.advance(Duration::from_hours(1));
        let answer = world.post_as("/o/introspect/", client, &[("token", &tokens.access)]).await;
        assert_eq!(answer.body, "{\"active\":false}");
    })
    .await;
}

#[tokio::test]
async fn a_resource_server_learns_about_the_tokens_meant_for_it() {
    let audience = |settings: &mut grantwell_web::Settings| {
        settings.policy.audience = vec!["https://api.example/v1".to_owned()];
    };
    on_both_with(audience, |world| async move {
        world.user("halfspring").await;
        let (_, secret) = world.client("photos").await;
        let tokens = world.tokens(("photos", secret.expose()), "halfspring").await;
        for (id, resource, expected) in [
            ("api", "https://api.example/v1", true),
            ("elsewhere", "https://api.example/v2", false),
        ] {
            let server = Client { resources: vec![resource.to_owned()], ..World::facts(id) };
            let made =
                world.store.applications().create(server, NewSecret::Generated).await.unwrap();
            let secret = made.1.unwrap();
            assert_eq!(
                world.is_active((id, secret.expose()), &tokens.access).await,
                expected,
                "{id}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn whoever_proves_nothing_may_not_ask() {
    on_both(|world| async move {
        world.public_client("app").await;
        let (_, secret) = world.client("photos").await;
        let token = ("token", "x");
        assert_eq!(world.post("/o/introspect/", &[token]).await.refusal(), "401 invalid_client");
        let public = world.post("/o/introspect/", &[token, ("client_id", "app")]).await;
        assert_eq!(public.refusal(), "401 invalid_client");
        let empty = world.post_as("/o/introspect/", ("photos", secret.expose()), &[]).await;
        assert_eq!(empty.refusal(), "400 invalid_request");
        assert_eq!(world.get("/o/introspect/").await.status, 405);
    })
    .await;
}
