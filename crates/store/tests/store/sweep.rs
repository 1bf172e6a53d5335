//! What has expired goes, what lives stays.

use std::time::Duration;

use accounts::session::{Limits, Session};
use accounts::throttle::{Rules, Subject, keys};
use grantwell_store::Swept;
use oauth::active::admit;
use oauth::authorization::Reason;

use crate::world::on_both;

#[tokio::test(flavor = "multi_thread")]
async fn what_has_expired_is_counted_then_deleted_and_nothing_else() {
    on_both(|world| async move {
        let store = world.node().await;
        let (client, _) = world.registered(&store, "photos").await;
        let (user, revoked, _) = world.signed_in(&store, "jane", &client).await;
        let session = Session::begin(&user.account, &Limits::default(), world.clock.now());
        store.sessions().create(session, "", None).await.unwrap();
        store.setup_links().create(Duration::from_hours(1)).await.unwrap();
        let keys = keys(Some(Subject::Account("jane")), None);
        store.throttle().record(&keys, &Rules::default()).await.unwrap();
        store.authorizations().revoke(revoked.authorization, Reason::User).await.unwrap();
        assert_eq!(store.sweep().run().await.unwrap(), Swept::default(), "nothing is old yet");

        world.clock.advance(world.policy.refresh_idle);
        let (_, living, token) = world.signed_in(&store, "joe", &client).await;
        store.authorizations().revoke(living.authorization, Reason::User).await.unwrap();
        let expected = Swept {
            authorizations: 1,
            sessions: 1,
            revocations: 1,
            throttles: 1,
            setup_links: 1,
            keys: 0,
            pushed_requests: 0,
            device_codes: 0,
            replays: 0,
            ..Swept::default()
        };
        assert_eq!(store.sweep().dry_run().await.unwrap(), expected);
        assert_eq!(store.sweep().run().await.unwrap(), expected);
        assert_eq!(store.sweep().run().await.unwrap(), Swept::default());
        let fresh = world.node().await;
        assert!(admit(&fresh.standing(&token).await.unwrap()).is_err(), "what is dead stays dead");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_rows_than_a_batch_go_in_one_sweep() {
    on_both(|world| async move {
        let store = world.node().await;
        let lifetime = Duration::from_hours(1);
        let made = (0..1100).map(|_| store.setup_links().create(lifetime));
        futures_util::future::try_join_all(made).await.unwrap();
        world.clock.advance(lifetime);
        assert_eq!(store.sweep().run().await.unwrap().setup_links, 1100);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_entry_of_the_feed_stays_so_that_no_position_comes_twice() {
    on_both(|world| async move {
        let (one, other) = (world.node().await, world.node().await);
        let (client, _) = world.registered(&one, "photos").await;
        let (_, first, _) = world.signed_in(&one, "jane", &client).await;
        one.authorizations().revoke(first.authorization, Reason::User).await.unwrap();
        other.catch_up().await.unwrap();
        world.clock.advance(Duration::from_hours(48));
        assert_eq!(one.sweep().run().await.unwrap().revocations, 0);
        let (_, second, token) = world.signed_in(&one, "joe", &client).await;
        one.authorizations().revoke(second.authorization, Reason::User).await.unwrap();
        other.catch_up().await.unwrap();
        assert!(admit(&other.standing(&token).await.unwrap()).is_err());
    })
    .await;
}
