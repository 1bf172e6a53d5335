//! Refreshing: rotation, the grace window, replay, other clients, many at once.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::world::{Answer, Tokens, World, on_both};

async fn refresh(world: &World, client: (&str, &str), token: &str) -> Answer {
    let fields = [("grant_type", "refresh_token"), ("refresh_token", token)];
    world.post_as("/o/token/", client, &fields).await
}

async fn world_with_tokens(world: &World) -> (String, Tokens) {
    world.user("halfspring").await;
    let (_, secret) = world.client("photos").await;
    let secret = secret.expose().to_owned();
    let tokens = world.tokens(("photos", &secret), "halfspring").await;
    (secret, tokens)
}

#[tokio::test]
async fn a_lost_answer_can_be_asked_for_again_and_gives_the_same_successor() {
    on_both(|world| async move {
        let (secret, tokens) = world_with_tokens(&world).await;
        let client = ("photos", secret.as_str());
        let first = refresh(&world, client, &tokens.refresh).await.tokens();
        world.clock.advance(Duration::from_secs(59));
        let again = refresh(&world, client, &tokens.refresh).await.tokens();
        assert_eq!(first.refresh, again.refresh);
        assert_ne!(first.refresh, tokens.refresh);
        assert!(refresh(&world, client, &first.refresh).await.status.is_success());
    })
    .await;
}

#[tokio::test]
async fn a_replay_after_the_grace_ends_everything() {
    on_both(|world| async move {
        let (secret, tokens) = world_with_tokens(&world).await;
        let client = ("photos", secret.as_str());
        let next = refresh(&world, client, &tokens.refresh).await.tokens();
        world.clock.advance(Duration::from_secs(61));
        assert!(world.is_active(client, &next.access).await);
        assert_eq!(refresh(&world, client, &tokens.refresh).await.refusal(), "400 invalid_grant");
        assert_eq!(refresh(&world, client, &next.refresh).await.refusal(), "400 invalid_grant");
        for access in [&tokens.access, &next.access] {
            assert!(!world.is_active(client, access).await);
        }
    })
    .await;
}

#[tokio::test]
async fn a_replay_after_the_successor_was_used_ends_everything_also_within_the_grace() {
    on_both(|world| async move {
        let (secret, tokens) = world_with_tokens(&world).await;
        let client = ("photos", secret.as_str());
        let second = refresh(&world, client, &tokens.refresh).await.tokens();
        let third = refresh(&world, client, &second.refresh).await.tokens();
        assert_eq!(refresh(&world, client, &tokens.refresh).await.refusal(), "400 invalid_grant");
        assert_eq!(refresh(&world, client, &third.refresh).await.refusal(), "400 invalid_grant");
        assert!(!world.is_active(client, &third.access).await);
    })
    .await;
}

#[tokio::test]
async fn another_client_can_neither_use_nor_end_a_refresh_token() {
    on_both(|world| async move {
        let (secret, tokens) = world_with_tokens(&world).await;
        let (_, other) = world.client("thief").await;
        world.public_client("app").await;
        let next = refresh(&world, ("photos", &secret), &tokens.refresh).await.tokens();
        world.clock.advance(Duration::from_secs(100));
        // The used one would be a replay if its own client sent it.
        for token in [&next.refresh, &tokens.refresh] {
            let stolen = refresh(&world, ("thief", other.expose()), token).await;
            assert_eq!(stolen.refusal(), "400 invalid_grant");
            let fields =
                [("client_id", "app"), ("grant_type", "refresh_token"), ("refresh_token", token)];
            assert_eq!(world.post("/o/token/", &fields).await.refusal(), "400 invalid_grant");
        }
        assert!(refresh(&world, ("photos", &secret), &next.refresh).await.status.is_success());
    })
    .await;
}

#[tokio::test]
async fn scope_narrows_one_access_token_and_never_widens() {
    on_both(|world| async move {
        let (secret, tokens) = world_with_tokens(&world).await;
        let client = ("photos", secret.as_str());
        let asked = |token: String, scope: &'static str| {
            let world = world.clone();
            let secret = secret.clone();
            async move {
                let fields =
                    [("grant_type", "refresh_token"), ("refresh_token", &token), ("scope", scope)];
                world.post_as("/o/token/", ("photos", &secret), &fields).await
            }
        };
        let narrow = asked(tokens.refresh.clone(), "read").await;
        assert_eq!(narrow.json()["scope"], "read");
        let narrow = narrow.tokens();
        assert_eq!(
            asked(narrow.refresh.clone(), "read admin").await.refusal(),
            "400 invalid_scope"
        );
        let full = refresh(&world, client, &narrow.refresh).await;
        assert_eq!(full.json()["scope"], "read write");
    })
    .await;
}

#[tokio::test]
async fn fifty_at_once_get_one_successor_and_no_error() {
    on_both(|world| async move {
        let (secret, tokens) = world_with_tokens(&world).await;
        let mut running = Vec::new();
        for _ in 0..50 {
            let (world, secret, token) = (world.clone(), secret.clone(), tokens.refresh.clone());
            running.push(tokio::spawn(async move {
                refresh(&world, ("photos", &secret), &token).await.tokens()
            }));
        }
        let mut successors = BTreeSet::new();
        let mut last = String::new();
        for one in running {
            let tokens = one.await.unwrap();
            last.clone_from(&tokens.access);
            successors.insert(tokens.refresh);
        }
        assert_eq!(successors.len(), 1);
        assert!(world.is_active(("photos", &secret), &last).await);
    })
    .await;
}

#[tokio::test]
async fn an_unused_refresh_token_expires() {
    on_both(|world| async move {
        let (secret, tokens) = world_with_tokens(&world).await;
        world.clock.advance(Duration::from_hours(24 * 30));
        let answer = refresh(&world, ("photos", &secret), &tokens.refresh).await;
        assert_eq!(answer.refusal(), "400 invalid_grant");
    })
    .await;
}

#[tokio::test]
async fn other_kinds_of_token_are_no_refresh_token() {
    on_both(|world| async move {
        let (secret, tokens) = world_with_tokens(&world).await;
        for text in [tokens.access.as_str(), "", "gwr_", &secret, &tokens.refresh[1..]] {
            let answer = refresh(&world, ("photos", &secret), text).await;
            assert_eq!(answer.status, 400, "{text}");
        }
        // Flip the last character of the proof: what is forged does no harm either.
        let mut forged = tokens.refresh.clone();
        let last = forged.pop().unwrap();
        forged.push(if last == 'A' { 'Q' } else { 'A' });
        assert_eq!(
            refresh(&world, ("photos", &secret), &forged).await.refusal(),
            "400 invalid_grant"
        );
        assert!(refresh(&world, ("photos", &secret), &tokens.refresh).await.status.is_success());
    })
    .await;
}
