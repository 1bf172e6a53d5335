//! Signing keys: one for each algorithm, published before they sign and while anything they signed lives.

use std::time::{Duration, Instant};

use grantwell_store::{KeyState, Options, Signed, Store, StoreError};
use jose::{Algorithm, JwkSet, Unverified};
use vault::KeyId;

use crate::world::{World, eventually, on_both, options};

const ES: Algorithm = Algorithm::Es256;

async fn states(store: &Store, algorithm: Algorithm) -> Vec<(KeyId, KeyState)> {
    let rows = store.signing_keys().list().await.unwrap();
    let of = rows.into_iter().filter(|key| key.algorithm == algorithm.as_str());
    of.map(|key| (key.id, key.state)).collect()
}

/// The key that signed, if `by` would let a client verify it with what `by` publishes.
async fn signed(with: &Store, by: &Store, algorithm: Algorithm) -> Option<KeyId> {
    let text = with.sign("JWT", algorithm, b"{}".to_vec()).await.unwrap();
    let published = JwkSet::from_json(&by.vault().public_keys().to_json()).unwrap();
    let verified = Unverified::parse(&text).unwrap().verify(&published, &[algorithm]).ok()?;
    verified.header.key_id?.parse().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_start_makes_a_key_for_each_algorithm_of_the_options_and_the_next_none() {
    on_both(|world| async move {
        let store = world.node_with(Options::default()).await;
        let all = [Algorithm::Rs256, ES, Algorithm::EdDsa];
        for algorithm in all {
            let keys = states(&store, algorithm).await;
            assert!(matches!(keys[..], [(_, KeyState::Active)]), "{algorithm} {keys:?}");
            assert_eq!(signed(&store, &store, algorithm).await, Some(keys[0].0));
        }
        let published = store.vault().public_keys().to_json();
        assert_eq!(published["keys"].as_array().unwrap().len(), 3);
        let again = world.node_with(Options::default()).await;
        assert_eq!(again.vault().public_keys().to_json(), published);
        // One more in the settings is one more key, and one less takes none away.
        let mut more = options();
        more.signing_algorithms = vec![Algorithm::Es384];
        let more = world.node_with(more).await;
        assert_eq!(more.vault().public_keys().keys().len(), 4);
        again.catch_up().await.unwrap();
        assert!(signed(&more, &again, Algorithm::Es384).await.is_some());
    })
    .await;
}

/// RFAPI-5.4.2/3
#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_is_published_everywhere_before_it_signs_anywhere() {
    on_both(|world| async move {
        let (one, other) = (world.serving_node().await, world.serving_node().await);
        let [(first, KeyState::Active)] = states(&one, ES).await[..] else { panic!("one key") };
        let eddsa = states(&one, Algorithm::EdDsa).await;
        let made = one.signing_keys().rotate(ES).await.unwrap();
        assert_eq!(
            states(&one, ES).await,
            [(made.id, KeyState::Announced), (first, KeyState::Active)]
        );
        assert_eq!(signed(&one, &one, ES).await, Some(first));
        eventually("the other node publishes the new key", async || {
            let published = other.vault().public_keys().to_json().to_string();
            published.contains(&made.id.to_string())
        })
        .await;
        assert_eq!(signed(&other, &one, ES).await, Some(first));
        let old = one.sign("JWT", ES, b"{}".to_vec()).await.unwrap();

        world.clock.advance(one.options().key_announced);
        for (node, reader) in [(&one, &other), (&other, &one)] {
            eventually("the new key signs", async || {
                signed(node, reader, ES).await == Some(made.id)
            })
            .await;
            let keys = node.vault().public_keys();
            assert!(Unverified::parse(&old).unwrap().verify(&keys, &[ES]).is_ok());
        }
        assert_eq!(
            states(&one, ES).await,
            [(made.id, KeyState::Active), (first, KeyState::Retired)]
        );
        assert_eq!(states(&one, Algorithm::EdDsa).await, eddsa, "each algorithm for itself");
        assert_eq!(one.keys().list().await.unwrap().len(), 1, "and none of them seals");

        // The old one goes when nothing it signed can be alive, and not before.
        assert_eq!(one.sweep().run().await.unwrap().keys, 0);
        world.clock.advance(oauth::policy::Policy::LONGEST_ACCESS_TOKEN + Duration::from_mins(5));
        assert_eq!(one.sweep().run().await.unwrap().keys, 1);
        assert_eq!(states(&one, ES).await, [(made.id, KeyState::Active)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_offered_is_neither_rotated_nor_signed_with() {
    on_both(|world| async move {
        let store = world.node().await;
        for algorithm in [Algorithm::Rs256, Algorithm::Ps256, Algorithm::Es512] {
            let refused = store.signing_keys().rotate(algorithm).await.unwrap_err();
            assert!(refused.to_string().contains("oauth.signing_algorithms"), "{refused}");
            let refused = store.sign("JWT", algorithm, b"{}".to_vec()).await.unwrap_err();
            assert!(matches!(&refused, StoreError::Key(text) if text.contains(algorithm.as_str())));
        }
        assert_eq!(store.signing_keys().list().await.unwrap().len(), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn there_are_never_more_signing_keys_than_can_be_published() {
    on_both(|world| async move {
        let store = world.node().await;
        let mut made = 2;
        while store.signing_keys().rotate(ES).await.is_ok() {
            made += 1;
        }
        assert_eq!(made, vault::MAX_SIGNING_KEYS - 16);
        let mut every = options();
        every.signing_algorithms = vec![ES, Algorithm::EdDsa, Algorithm::Es384, Algorithm::Es512];
        assert!(world.node_with(every).await.vault().public_keys().keys().len() <= jose::MAX_KEYS);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rotating_twice_at_once_leaves_one_key_that_signs() {
    on_both(|world| async move {
        let (one, other) = (world.node().await, world.node().await);
        let (left, right) =
            tokio::join!(one.signing_keys().rotate(ES), other.signing_keys().rotate(ES));
        left.unwrap();
        right.unwrap();
        world.clock.advance(one.options().key_announced);
        one.catch_up().await.unwrap();
        other.catch_up().await.unwrap();
        let signs = signed(&one, &other, ES).await;
        assert!(signs.is_some());
        assert_eq!(signed(&other, &one, ES).await, signs);
        let active = states(&one, ES).await;
        let active = active.iter().filter(|(_, state)| *state == KeyState::Active).count();
        assert_eq!(active, 1);
    })
    .await;
}

/// F10: who signs while keys are rotated is never caught with a key that others do not know.
#[tokio::test(flavor = "multi_thread")]
async fn every_signature_verifies_on_every_node_while_keys_are_rotated() {
    on_both(|world| async move {
        let (one, other) = (world.serving_node().await, world.serving_node().await);
        for _ in 0..3 {
            let made = one.signing_keys().rotate(ES).await.unwrap();
            eventually("announced", async || {
                other
                    .vault()
                    .public_keys()
                    .keys()
                    .iter()
                    .any(|key| key.id() == Some(&made.id.to_string()))
            })
            .await;
            world.clock.advance(one.options().key_announced);
            eventually("signs", async || {
                assert!(signed(&one, &other, ES).await.is_some());
                assert!(signed(&other, &one, ES).await.is_some());
                signed(&one, &other, ES).await == Some(made.id)
                    && signed(&other, &one, ES).await == Some(made.id)
            })
            .await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_was_away_loads_a_new_key_before_it_refuses_what_it_signed() {
    on_both(|world| async move {
        let one = world.node().await;
        let mut late = options();
        late.max_staleness = Duration::ZERO;
        let other = world.node_with(late).await;
        one.signing_keys().rotate(ES).await.unwrap();
        world.clock.advance(one.options().key_announced);
        one.catch_up().await.unwrap();
        let (client, _) = world.registered(&one, "photos").await;
        let user = one.users().create(World::new_user("jane")).await.unwrap();
        let terms = world.decide_password(&user, &client).access;
        let issuer = &world.policy.issuer;
        let signed = Signed { issuer, algorithm: ES, amr: &[] };
        let text = one.sign_access_token(terms, None, signed).await.unwrap();
        let keys = other.vault().public_keys();
        let read = Unverified::parse(text.expose()).unwrap();
        assert!(read.verify(&keys, &[ES]).is_err(), "not known there yet");
        let opened = other.open_access_token(text.expose(), issuer).await.unwrap().unwrap();
        assert_eq!(opened.user.map(|bearer| bearer.id), Some(user.account.id));
        let elsewhere = "https://other.example".parse().unwrap();
        assert!(other.open_access_token(text.expose(), &elsewhere).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_too_long_to_be_presented_is_not_signed() {
    on_both(|world| async move {
        let store = world.node().await;
        let (client, _) = world.registered(&store, "photos").await;
        let user = store.users().create(World::new_user("jane")).await.unwrap();
        let issuer = &world.policy.issuer;
        let signed = Signed { issuer, algorithm: ES, amr: &[] };
        let with = |letters| {
            let mut terms = world.decide_password(&user, &client).access;
            terms.audience = vec!["a".repeat(letters)];
            store.sign_access_token(terms, None, signed)
        };
        let longest = with(5_000).await.unwrap();
        assert!(store.open_access_token(longest.expose(), issuer).await.unwrap().is_some());
        assert!(with(6_200).await.unwrap_err().to_string().contains("fewer"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_was_put_to_another_use_stops_the_start() {
    on_both(|world: World| async move {
        let store = world.node().await;
        rename_algorithm(&store, ES.as_str(), "ES384").await;
        let refused = world.open([7; 32], options()).await.unwrap_err();
        assert!(refused.to_string().contains("does not open"), "{refused}");
        // An algorithm of a version to come is left alone.
        rename_algorithm(&store, "ES384", "XY999").await;
        assert_eq!(world.node().await.vault().public_keys().keys().len(), 1);
    })
    .await;
}

/// As somebody who can write to the database, and no more, would do it.
async fn rename_algorithm(store: &Store, from: &str, to: &str) {
    use grantwell_store::entity::signing_key::{Column, Entity};
    use sea_orm::sea_query::Expr;
    use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryTrait as _};
    let rows = Entity::update_many().filter(Column::Algorithm.eq(from));
    let change = rows.col_expr(Column::Algorithm, Expr::value(to)).into_query();
    assert_eq!(store.database().execute_write(&change).await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cost_of_a_signature_is_shown() {
    let shown = |world: World| async move {
        let store = world.node_with(Options::default()).await;
        for algorithm in [Algorithm::Rs256, ES, Algorithm::EdDsa] {
            let began = Instant::now();
            for _ in 0..200 {
                store.sign("JWT", algorithm, vec![b' '; 300]).await.unwrap();
            }
            let one = began.elapsed() / 200;
            let began = Instant::now();
            let all = (0..200).map(|_| store.sign("JWT", algorithm, vec![b' '; 300]));
            futures_util::future::try_join_all(all).await.unwrap();
            println!(
                "{algorithm}: {one:?} one after the other, {:?} each at once",
                began.elapsed() / 200
            );
        }
    };
    crate::world::on(database::Kind::Sqlite, shown).await;
}
