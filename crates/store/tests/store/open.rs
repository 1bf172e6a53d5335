//! Opening a store: for the first time, together with others, with the wrong key, without tables.

use database::Database;
use grantwell_store::{FIRST_PARTY, Store, StoreError};

use crate::world::{on_both, options};

#[tokio::test(flavor = "multi_thread")]
async fn another_databases_master_key_is_refused_with_both_fingerprints() {
    on_both(|world| async move {
        let store = world.open([7; 32], options()).await.unwrap();
        let right = store.vault().fingerprint().to_string();
        let refused = world.open([8; 32], options()).await.unwrap_err();
        let StoreError::WrongMasterKey { expected, given } = &refused else {
            panic!("{refused:?}")
        };
        assert_eq!(*expected, right);
        assert_ne!(given, expected);
        assert!(refused.to_string().contains("give the server the key that belongs"), "{refused}");
        world.open([7; 32], options()).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_start_together_on_an_empty_database_make_one_key_and_one_client() {
    on_both(|world| async move {
        let starts = (0..4).map(|_| world.open([7; 32], options()));
        let nodes = futures_util::future::try_join_all(starts).await.unwrap();
        let key = nodes[0].vault().current_key();
        assert!(key.is_some());
        for node in &nodes {
            assert_eq!(node.keys().list().await.unwrap().len(), 1);
            assert_eq!(node.vault().current_key(), key);
            assert_eq!(node.signing_keys().list().await.unwrap().len(), 2);
            let published = node.vault().public_keys().to_json();
            assert_eq!(published, nodes[0].vault().public_keys().to_json());
            let built_in = node.first_party().await.unwrap();
            assert_eq!(built_in.client.id.as_str(), FIRST_PARTY);
            assert_eq!(built_in.id, nodes[0].first_party().await.unwrap().id);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_tables_the_error_says_to_migrate() {
    let database = Database::connect(&database::Options::new("sqlite::memory:")).await.unwrap();
    let vault = vault::Vault::new(vault::MasterKey::from_random([7; 32]));
    let (clock, entropy) = (ambient::Clock::system(), ambient::Entropy::system());
    let failed = Store::open(database, vault, clock, entropy, options()).await;
    let error = failed.unwrap_err().to_string();
    assert!(error.contains("migrate"), "{error}");
}
