//! What may be used once only is used once on all nodes.

use std::time::Duration;

use oauth::client_assertion::Once;

use crate::world::on_both;

/// R7523-3-b: two nodes over one database, at once and one after the other.
#[tokio::test(flavor = "multi_thread")]
async fn an_assertion_is_taken_once_on_all_nodes() {
    on_both(|world| async move {
        let (left, right) = (world.node().await, world.node().await);
        let once = |client: &str, id: &str| Once {
            client: client.parse().unwrap(),
            id: id.to_owned(),
            expires_at: world.clock.now() + Duration::from_mins(1),
        };
        for round in 0..20 {
            let this = once("site", &round.to_string());
            let taken = tokio::join!(
                left.replays().take_assertion(&this),
                right.replays().take_assertion(&this),
                left.replays().take_assertion(&this),
                right.replays().take_assertion(&this),
            );
            let taken = [taken.0.unwrap(), taken.1.unwrap(), taken.2.unwrap(), taken.3.unwrap()];
            assert_eq!(taken.iter().filter(|taken| **taken).count(), 1, "{taken:?}");
            assert!(!right.replays().take_assertion(&this).await.unwrap());
        }
        assert!(right.replays().take_assertion(&once("other", "0")).await.unwrap());
        world.clock.advance(Duration::from_mins(1));
        assert_eq!(left.sweep().run().await.unwrap().replays, 21);
    })
    .await;
}
