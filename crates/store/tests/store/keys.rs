//! Sealing keys: made once, announced before they seal, kept while anything they sealed lives.

use std::time::Duration;

use grantwell_store::{KeyState, Store};
use vault::KeyId;

use crate::world::{eventually, on_both, options};

async fn states(store: &Store) -> Vec<(KeyId, KeyState)> {
    store.keys().list().await.unwrap().into_iter().map(|key| (key.id, key.state)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_opens_everywhere_before_it_seals_anywhere() {
    on_both(|world| async move {
        let (one, other) = (world.serving_node().await, world.serving_node().await);
        let first = one.vault().current_key().unwrap();
        assert_eq!(other.vault().current_key(), Some(first));
        let made = one.keys().rotate().await.unwrap();
        assert_eq!(states(&one).await, [(made.id, KeyState::Announced), (first, KeyState::Active)]);
        assert_eq!(one.vault().current_key(), Some(first));
        eventually("the other node has loaded the new key", async || {
            other.vault().key_ids().contains(&made.id)
        })
        .await;
        assert_eq!(other.vault().current_key(), Some(first));

        world.clock.advance(one.options().key_announced);
        for node in [&one, &other] {
            eventually("the new key seals", async || node.vault().current_key() == Some(made.id))
                .await;
            assert!(node.vault().key_ids().contains(&first), "the old key still opens");
        }
        assert_eq!(states(&one).await, [(made.id, KeyState::Active), (first, KeyState::Retired)]);

        // The old one goes when nothing it sealed can be alive, and not before.
        assert_eq!(one.sweep().run().await.unwrap().keys, 0);
        world.clock.advance(oauth::policy::Policy::LONGEST_ACCESS_TOKEN + Duration::from_mins(5));
        assert_eq!(one.sweep().run().await.unwrap().keys, 1);
        assert_eq!(states(&one).await, [(made.id, KeyState::Active)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rotating_twice_at_once_leaves_one_key_that_seals() {
    on_both(|world| async move {
        let (one, other) = (world.node().await, world.node().await);
        let (left, right) = tokio::join!(one.keys().rotate(), other.keys().rotate());
        left.unwrap();
        right.unwrap();
        world.clock.advance(one.options().key_announced);
        one.catch_up().await.unwrap();
        other.catch_up().await.unwrap();
        assert_eq!(one.vault().current_key(), other.vault().current_key());
        let active = states(&one).await;
        let active = active.iter().filter(|(_, state)| *state == KeyState::Active).count();
        assert_eq!(active, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn there_are_never_more_keys_than_can_be_installed() {
    on_both(|world| async move {
        let store = world.node().await;
        let mut made = 1;
        while store.keys().rotate().await.is_ok() {
            made += 1;
        }
        assert_eq!(made, vault::MAX_SEALING_KEYS - 8);
        world.node().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_was_away_loads_a_new_key_before_it_refuses_its_tokens() {
    on_both(|world| async move {
        let one = world.node().await;
        let mut options = options();
        options.max_staleness = Duration::ZERO;
        let other = world.node_with(options).await;
        let made = one.keys().rotate().await.unwrap();
        world.clock.advance(one.options().key_announced);
        one.catch_up().await.unwrap();
        let (client, _) = world.registered(&one, "photos").await;
        let (_, _, token) = world.signed_in(&one, "jane", &client).await;
        let sealed = one.vault().seal(&token).unwrap();
        assert!(!other.vault().key_ids().contains(&made.id));
        let opened = other.open_access_token(&sealed, &world.policy.issuer).await.unwrap();
        assert_eq!(opened.map(|token| token.id), Some(token.id));
        assert!(
            other.open_access_token("v4.local.AAAA", &world.policy.issuer).await.unwrap().is_none()
        );
    })
    .await;
}
