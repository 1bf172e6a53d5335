//! A rate is one for all nodes.

use std::time::Duration;

use grantwell_store::Counted;

use crate::world::on_both;

/// 5 in a minute, in microseconds.
const STEP: i64 = 12_000_000;
const WINDOW: i64 = 60_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn of_many_that_ask_two_nodes_at_once_no_more_than_the_rate_pass() {
    on_both(|world| async move {
        let nodes = [world.node().await, world.node().await];
        let now = world.clock.now();
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..30 {
            let node = nodes[number % 2].clone();
            tasks.spawn(async move { node.rates().take("user|ann", STEP, WINDOW, now).await });
        }
        let counted: Vec<Counted> =
            tasks.join_all().await.into_iter().map(Result::unwrap).collect();
        let passed = counted.iter().filter(|one| matches!(one, Counted::Passed(_))).count();
        assert_eq!(passed, 5, "{counted:?}");
        let full_at = now.as_millis() * 1000 + WINDOW;
        assert!(counted.contains(&Counted::Refused(full_at)), "{counted:?}");
        // Others have an allowance of their own, and what was used comes back.
        let take = async |name| {
            nodes[0].rates().take(name, STEP, WINDOW, world.clock.now()).await.unwrap()
        };
        assert!(matches!(take("user|ben").await, Counted::Passed(_)));
        world.clock.advance(Duration::from_secs(12));
        assert!(matches!(take("user|ann").await, Counted::Passed(_)));
        assert!(matches!(take("user|ann").await, Counted::Refused(_)));
        world.clock.advance(Duration::from_mins(2));
        assert_eq!(nodes[0].sweep().run().await.unwrap().rates, 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_back_locks_nobody_out() {
    on_both(|world| async move {
        let node = world.node().await;
        let later = world.clock.now() + Duration::from_hours(24);
        node.rates().take("user|ann", STEP, WINDOW, later).await.unwrap();
        let now = world.clock.now();
        let counted = node.rates().take("user|ann", STEP, WINDOW, now).await.unwrap();
        assert!(matches!(counted, Counted::Passed(_)), "it starts anew: {counted:?}");
    })
    .await;
}
