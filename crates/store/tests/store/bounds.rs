//! What nobody can make grow, however often they ask.

use std::time::Duration;

use accounts::session::{Limits, Session};
use accounts::throttle::{self, Rules, Subject, Verdict};
use oauth::endpoint::revoke::{Decision, decide};
use oauth::policy::Policy;

use crate::world::{World, on_both};

#[tokio::test(flavor = "multi_thread")]
async fn a_try_that_is_turned_away_leaves_no_row_behind() {
    on_both(|world| async move {
        let store = world.node().await;
        let mut rules = Rules::default();
        rules.address.free = 3;
        let address = Some("192.0.2.1".parse().unwrap());
        let mut turned_away = 0;
        for number in 0..10 {
            let name = format!("invented{number}");
            let keys = throttle::keys(Some(Subject::Account(&name)), address);
            let verdict = store.throttle().record(&keys, &rules).await.unwrap();
            turned_away += u32::from(verdict != Verdict::Proceed);
        }
        assert_eq!(turned_away, 7);
        world.clock.advance(Duration::from_hours(2));
        let rows = store.sweep().dry_run().await.unwrap().throttles;
        assert_eq!(rows, 1 + 3 * 2, "the address, and three names with and without it");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn giving_the_same_token_back_again_adds_nothing_to_the_feed() {
    on_both(|world| async move {
        let store = world.node().await;
        let (client, _) = world.registered(&store, "photos").await;
        let (_, issued, token) = world.signed_in(&store, "jane", &client).await;
        let now = world.clock.now();
        let facts = oauth::endpoint::revoke::Facts::Access(Box::new(token));
        let one = decide(&client.client, &facts, &world.policy, now);
        for decision in [one, Decision::RevokeAuthorization(issued.authorization)] {
            for _ in 0..5 {
                store.revoke().apply(&decision).await.unwrap();
            }
        }
        world.clock.advance(Policy::LONGEST_ACCESS_TOKEN * 2);
        // The last entry always stays.
        assert_eq!(store.sweep().dry_run().await.unwrap().revocations, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_has_a_hundred_sessions_at_most_and_loses_the_one_not_used_for_longest() {
    on_both(|world| async move {
        let store = world.node().await;
        let limits = Limits::default();
        let jane = store.users().create(World::new_user("jane")).await.unwrap().account;
        let joe = store.users().create(World::new_user("joe")).await.unwrap().account;
        let begin = async |account| {
            world.clock.advance(Duration::from_secs(1));
            let session = Session::begin(account, &limits, world.clock.now());
            store.sessions().create(session, "", None).await.unwrap()
        };
        let others = begin(&joe).await;
        let (first, second) = (begin(&jane).await, begin(&jane).await);
        let mut last = begin(&jane).await;
        for _ in 3..101 {
            last = begin(&jane).await;
        }
        for (secret, lives) in [(&others, true), (&first, false), (&second, true), (&last, true)] {
            assert_eq!(store.sessions().find(secret, &limits).await.unwrap().is_some(), lives);
        }
        assert_eq!(store.sessions().list(jane.id).await.unwrap().len(), 100);
        let session = Session::begin(&jane, &limits, world.clock.now());
        let at_once = (0..30).map(|_| store.sessions().create(session, "", None));
        futures_util::future::try_join_all(at_once).await.unwrap();
    })
    .await;
}
