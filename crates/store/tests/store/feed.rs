//! The feed of revocations: felt on every node, never accepted blindly.

use std::time::{Duration, Instant};

use database::Kind;
use grantwell_store::{Store, StoreError};
use oauth::active::{Standing, admit};
use oauth::authorization::Reason;
use oauth::id::ClientId;
use sea_orm::{ConnectionTrait as _, TransactionTrait as _};

use crate::world::{World, eventually, on, on_both, options};

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_on_one_node_is_felt_on_the_other_within_the_staleness() {
    on_both(|world| async move {
        let (one, other) = (world.serving_node().await, world.serving_node().await);
        let (client, _) = world.registered(&one, "photos").await;
        let (user, issued, token) = world.signed_in(&one, "jane", &client).await;
        assert_eq!(admit(&other.standing(&token).await.unwrap()), Ok(()));
        let started = Instant::now();
        one.authorizations().revoke(issued.authorization, Reason::User).await.unwrap();
        // The own node knows before the call returns.
        let here = one.standing(&token).await.unwrap();
        assert_eq!(here.authorization, Some(Standing::Revoked));
        eventually("revoked on the other node", async || {
            admit(&other.standing(&token).await.unwrap()).is_err()
        })
        .await;
        assert!(started.elapsed() < other.options().max_staleness, "{:?}", started.elapsed());

        one.users().sign_out_everywhere(user.account.id).await.unwrap();
        one.applications().rotate_secret(&client).await.unwrap();
        eventually("user and client outdated on the other node", async || {
            let there = other.standing(&token).await.unwrap();
            there.user == Some(Standing::Outdated) && there.client == Standing::Outdated
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_view_asks_the_database_each_time() {
    on_both(|world| async move {
        let mut options = options();
        options.max_staleness = Duration::ZERO;
        let (one, other) = (world.node().await, world.node_with(options).await);
        let (client, _) = world.registered(&one, "photos").await;
        let (user, issued, token) = world.signed_in(&one, "jane", &client).await;
        assert!(!other.is_fresh());
        assert_eq!(admit(&other.standing(&token).await.unwrap()), Ok(()));
        one.authorizations().revoke(issued.authorization, Reason::User).await.unwrap();
        let there = other.standing(&token).await.unwrap();
        assert_eq!(there.authorization, Some(Standing::Revoked));
        assert_eq!((there.user, there.client), (Some(Standing::Good), Standing::Good));
        one.users().disable(user.account.id).await.unwrap();
        one.applications().disable(client.id).await.unwrap();
        let there = other.standing(&token).await.unwrap();
        assert_eq!((there.user, there.client), (Some(Standing::Outdated), Standing::Outdated));
        assert_eq!(other.revocations_held(), 0, "nothing of it came by the feed");
        // The same for what is remembered of clients.
        assert!(!other.client(&client.client.id).await.unwrap().unwrap().client.active);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_view_asks_nothing_and_a_stale_one_without_database_accepts_nothing() {
    on_both(|world| async move {
        let mut options = options();
        options.max_staleness = Duration::from_millis(300);
        let node = world.node_with(options).await;
        let (client, _) = world.registered(&node, "photos").await;
        let (_, _, token) = world.signed_in(&node, "jane", &client).await;
        node.client(&client.client.id).await.unwrap();
        node.catch_up().await.unwrap();
        node.database().close().await;
        assert_eq!(admit(&node.standing(&token).await.unwrap()), Ok(()));
        assert!(node.client(&client.client.id).await.unwrap().is_some());
        tokio::time::sleep(Duration::from_millis(350)).await;
        let refused = node.standing(&token).await.unwrap_err();
        assert!(matches!(refused, StoreError::Unavailable(_)), "{refused:?}");
        let refused = node.client(&client.client.id).await.unwrap_err();
        assert!(matches!(refused, StoreError::Unavailable(_)), "{refused:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_to_be_dead_is_dead_however_old_the_view_and_without_a_database() {
    on_both(|world| async move {
        let mut options = options();
        options.max_staleness = Duration::ZERO;
        let node = world.node_with(options).await;
        let (client, _) = world.registered(&node, "photos").await;
        let (_, issued, token) = world.signed_in(&node, "jane", &client).await;
        node.authorizations().revoke(issued.authorization, Reason::User).await.unwrap();
        node.database().close().await;
        assert!(admit(&node.standing(&token).await.unwrap()).is_err());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_node_reads_the_revocations_again() {
    on_both(|world| async move {
        let one = world.node().await;
        let (client, _) = world.registered(&one, "photos").await;
        let (_, issued, token) = world.signed_in(&one, "jane", &client).await;
        one.authorizations().revoke(issued.authorization, Reason::User).await.unwrap();
        let again = world.node().await;
        assert!(again.is_fresh());
        assert!(admit(&again.standing(&token).await.unwrap()).is_err());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_commits_after_a_later_one_is_not_missed() {
    on(Kind::Postgres, |world| async move {
        let (one, other) = (world.node().await, world.node().await);
        let (client, _) = world.registered(&one, "photos").await;
        let (_, early, early_token) = world.signed_in(&one, "jane", &client).await;
        let (_, late, late_token) = world.signed_in(&one, "joe", &client).await;
        // A transaction draws the lower position and stays open.
        let slow = one.database().read().begin().await.unwrap();
        let insert = format!(
            "INSERT INTO grantwell_revocation (kind, subject, epoch, recorded_at, expires_at) \
             VALUES ('authorization', '{}', 0, 0, {})",
            early.authorization,
            i64::MAX
        );
        slow.execute_unprepared(&insert).await.unwrap();
        one.authorizations().revoke(late.authorization, Reason::User).await.unwrap();
        other.catch_up().await.unwrap();
        assert!(admit(&other.standing(&late_token).await.unwrap()).is_err());
        assert!(admit(&other.standing(&early_token).await.unwrap()).is_ok());
        slow.commit().await.unwrap();
        other.catch_up().await.unwrap();
        assert!(admit(&other.standing(&early_token).await.unwrap()).is_err());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_remembered_until_it_changes_on_any_node() {
    on_both(|world| async move {
        let (one, other) = (world.serving_node().await, world.serving_node().await);
        let (client, _) = world.registered(&one, "photos").await;
        let id = client.client.id.clone();
        let name = async |store: &Store| {
            store.client(&id).await.unwrap().map(|found| found.client.name.clone())
        };
        assert_eq!(name(&other).await.as_deref(), Some("Photos"));
        // Changed behind the store's back: only somebody who asks the database sees it.
        let sql = "UPDATE grantwell_application SET name = 'Behind'";
        let direct = world.connect().await;
        direct
            .write(move |tx| {
                Box::pin(async move {
                    tx.execute_unprepared(sql).await?;
                    Ok::<_, database::DatabaseError>(())
                })
            })
            .await
            .unwrap();
        assert_eq!(name(&other).await.as_deref(), Some("Photos"), "from memory");
        let renamed = oauth::client::Client { name: "Pictures".into(), ..World::client("photos") };
        one.applications().update(&client, renamed).await.unwrap();
        assert_eq!(name(&one).await.as_deref(), Some("Pictures"));
        eventually("renamed on the other node", async || {
            name(&other).await.as_deref() == Some("Pictures")
        })
        .await;
        one.applications().delete(client.id).await.unwrap();
        eventually("deleted on the other node", async || name(&other).await.is_none()).await;
        assert!(one.client(&"nobody".parse::<ClientId>().unwrap()).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_background_work_ends_at_shutdown_and_the_feed_recovers_from_a_lost_connection() {
    on(Kind::Postgres, |world| async move {
        let node = world.serving_node().await;
        let (client, _) = world.registered(&node, "photos").await;
        let (_, issued, token) = world.signed_in(&node, "jane", &client).await;
        let other = world.node().await;
        let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid()";
        let direct = world.connect().await;
        direct.read().execute_unprepared(kill).await.unwrap();
        eventually("the other node writes again", async || {
            other.authorizations().revoke(issued.authorization, Reason::User).await.is_ok()
        })
        .await;
        eventually("the feed is read again", async || {
            node.revocations_held() > 0 && node.is_fresh()
        })
        .await;
        assert!(admit(&node.standing(&token).await.unwrap()).is_err());
        let ended = tokio::time::timeout(Duration::from_secs(1), node.run(async {}));
        ended.await.expect("run ends at shutdown");
    })
    .await;
}
