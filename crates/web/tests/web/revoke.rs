//! The revocation endpoint (RFC 7009).

use crate::world::{World, on_both};

async fn revoke(world: &World, client: (&str, &str), fields: &[(&str, &str)]) -> u16 {
    world.post_as("/o/revoke_token/", client, fields).await.status.as_u16()
}

#[tokio::test]
async fn a_revoked_refresh_token_takes_its_access_tokens_along() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let (_, secret) = world.client("photos").await;
        let client = ("photos", secret.expose());
        let tokens = world.tokens(client, "halfspring").await;
        // The hint is wrong on purpose.
        let fields = [("token", tokens.refresh.as_str()), ("token_type_hint", "access_token")];
        assert_eq!(revoke(&world, client, &fields).await, 200);
        assert!(!world.is_active(client, &tokens.access).await);
        let fields = [("grant_type", "refresh_token"), ("refresh_token", &tokens.refresh)];
        assert_eq!(
            world.post_as("/o/token/", client, &fields).await.refusal(),
            "400 invalid_grant"
        );
        assert_eq!(revoke(&world, client, &[("token", &tokens.refresh)]).await, 200, "again");
    })
    .await;
}

#[tokio::test]
async fn a_revoked_access_token_dies_alone() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let (_, secret) = world.client("photos").await;
        let client = ("photos", secret.expose());
        let tokens = world.tokens(client, "halfspring").await;
        assert_eq!(revoke(&world, client, &[("token", &tokens.access)]).await, 200);
        assert!(!world.is_active(client, &tokens.access).await);
        let fields = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh.as_str())];
        let next = world.post_as("/o/token/", client, &fields).await.tokens();
        assert!(world.is_active(client, &next.access).await);
    })
    .await;
}

#[tokio::test]
async fn a_public_client_revokes_its_own_token() {
    on_both(|world| async move {
        world.user("halfspring").await;
        world.public_client("app").await;
        let (_, secret) = world.client("photos").await;
        let fields = [
            ("client_id", "app"),
            ("grant_type", "password"),
            ("username", "halfspring"),
            ("password", crate::world::PASSWORD),
        ];
        let tokens = world.post("/o/token/", &fields).await.tokens();
        let fields = [("client_id", "app"), ("token", tokens.refresh.as_str())];
        assert_eq!(world.post("/o/revoke_token/", &fields).await.status, 200);
        let fields = [
            ("client_id", "app"),
            ("grant_type", "refresh_token"),
            ("refresh_token", &tokens.refresh),
        ];
        assert_eq!(world.post("/o/token/", &fields).await.refusal(), "400 invalid_grant");
        drop(secret);
    })
    .await;
}

#[tokio::test]
async fn another_clients_token_stays_alive_and_the_answer_does_not_tell() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let (_, secret) = world.client("photos").await;
        let (_, other) = world.client("thief").await;
        let client = ("photos", secret.expose());
        let tokens = world.tokens(client, "halfspring").await;
        let mut answers = Vec::new();
        for token in [tokens.access.as_str(), tokens.refresh.as_str(), "unknown", "gwr_unknown"] {
            let answer = world
                .post_as("/o/revoke_token/", ("thief", other.expose()), &[("token", token)])
                .await;
            answers.push((answer.status.as_u16(), answer.body));
        }
        assert_eq!(answers, vec![(200, String::new()); 4]);
        assert!(world.is_active(client, &tokens.access).await);
        let fields = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh.as_str())];
        assert_eq!(world.post_as("/o/token/", client, &fields).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn without_authentication_or_token_nothing_is_revoked() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let (_, secret) = world.client("photos").await;
        let client = ("photos", secret.expose());
        let tokens = world.tokens(client, "halfspring").await;
        let token = ("token", tokens.refresh.as_str());
        assert_eq!(world.post("/o/revoke_token/", &[token]).await.refusal(), "401 invalid_client");
        let named = world.post("/o/revoke_token/", &[token, ("client_id", "photos")]).await;
        assert_eq!(named.refusal(), "401 invalid_client");
        assert_eq!(revoke(&world, ("photos", "wrong"), &[token]).await, 401);
        assert_eq!(revoke(&world, client, &[]).await, 400);
        assert!(world.is_active(client, &tokens.access).await);
    })
    .await;
}

#[tokio::test]
async fn a_database_that_is_away_is_not_success() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let (_, secret) = world.client("photos").await;
        let client = ("photos", secret.expose());
        let tokens = world.tokens(client, "halfspring").await;
        world.store.database().close().await;
        for token in [&tokens.refresh, &tokens.access] {
            let answer = world.post_as("/o/revoke_token/", client, &[("token", token)]).await;
            assert_eq!(answer.refusal(), "503 temporarily_unavailable");
            assert!(!answer.header("retry-after").is_empty());
        }
    })
    .await;
}
