//! The name of a request is taken in the transaction that does it, and no longer than that transaction holds.

use std::time::Duration;

use database::{DatabaseError, Kind};
use grantwell_store::{Noted, Store, StoreError};
use oauth::time::Timestamp;
use sea_orm::DatabaseTransaction;

use crate::world::{on, on_both};

const DAY: Duration = Duration::from_hours(24);

async fn begin(store: &Store, transaction: &DatabaseTransaction, body: &[u8; 32]) -> Noted {
    let now = Timestamp::from_seconds(1_800_000_000);
    store.answers().begin(transaction, ("name", body), now, DAY).await.unwrap()
}

/// Begins in a transaction of its own, keeps an answer where it is the first, and then ends as told.
async fn attempt(store: &Store, body: [u8; 32], end: Result<(), StoreError>) -> Option<Noted> {
    let (database, store) = (store.database().clone(), store.clone());
    let done = database.write::<_, StoreError, _>(move |transaction| {
        Box::pin(async move {
            let noted = begin(&store, transaction, &body).await;
            if noted == Noted::First {
                store.answers().keep(transaction, "name", b"done".to_vec()).await?;
            }
            end.map(|()| noted)
        })
    });
    done.await.ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_free_again_when_its_transaction_is_undone() {
    on_both(|world| async move {
        let node = world.node().await;
        let undone = Err(StoreError::Forbidden("undo it"));
        assert_eq!(attempt(&node, [1; 32], undone).await, None);
        assert_eq!(attempt(&node, [2; 32], Ok(())).await, Some(Noted::First));
        let answered = Noted::Answered { fingerprint: vec![2; 32], answer: b"done".to_vec() };
        assert_eq!(attempt(&node, [3; 32], Ok(())).await, Some(answered));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_while_it_is_done_is_told_so_and_does_not_wait() {
    on(Kind::Postgres, |world| async move {
        let nodes = [world.node().await, world.node().await];
        let (first, second) = (nodes[0].clone(), nodes[1].clone());
        let database = first.database().clone();
        let running = database.write::<_, DatabaseError, _>(move |transaction| {
            Box::pin(async move {
                assert_eq!(begin(&first, transaction, &[1; 32]).await, Noted::First);
                let other = tokio::spawn(async move { attempt(&second, [1; 32], Ok(())).await });
                Ok(other.await.unwrap())
            })
        });
        assert_eq!(running.await.unwrap(), Some(Noted::Running));
    })
    .await;
}
