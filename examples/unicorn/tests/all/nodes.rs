//! Two processes over one PostgreSQL: what happens on one is true on the other.

use std::collections::BTreeSet;

use crate::guide::until;
use crate::house::{House, On};

async fn two() -> Option<(House, House)> {
    let first = House::open(On::Postgres).await?;
    let second = first.beside().await;
    Some((first, second))
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_parallel_refreshes_on_two_nodes_give_one_successor() {
    let Some((first, second)) = two().await else { return };
    let mut token = first.register("ann").await.field("refresh_token");
    for round in 0..5 {
        let calls = (0..50)
            .map(|number| if number % 2 == 0 { &first } else { &second })
            .map(|node| node.refresh(&token));
        let answers = futures_util::future::join_all(calls).await;
        let refused: Vec<_> = answers.iter().filter(|answer| answer.status != 200).collect();
        assert!(refused.is_empty(), "round {round}: {refused:?}");
        let successors: BTreeSet<String> =
            answers.iter().map(|answer| answer.field("refresh_token")).collect();
        assert_eq!(successors.len(), 1, "round {round}: one token has one successor");
        token = successors.into_iter().next().unwrap();
    }
    assert_eq!(second.refresh(&token).await.status, 200, "the last successor works");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_on_one_node_is_felt_on_the_other() {
    let Some((first, second)) = two().await else { return };
    let made = first.register("ann").await;
    let token = made.field("access_token");
    assert_eq!(second.get("/v1/unicorn/", &token).await.status, 200);
    let out = first
        .form("/authentication/token/revoke/", &[("token", &made.field("refresh_token"))])
        .await;
    assert_eq!(out.status, 200, "{out:?}");
    assert_eq!(
        first.get("/v1/unicorn/", &token).await.status,
        401,
        "the node that revoked knows at once"
    );
    until("the other node refuses the token", async || {
        second.get("/v1/unicorn/", &token).await.status == 401
    })
    .await;
    let again = second.refresh(&made.field("refresh_token")).await;
    assert!((400..500).contains(&again.status), "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_on_one_node_ends_the_authorization_on_both() {
    let Some((first, second)) = two().await else { return };
    let made = first.register("ann").await;
    let old = made.field("refresh_token");
    let next = first.refresh(&old).await.field("refresh_token");
    let last = second.refresh(&next).await;
    assert_eq!(last.status, 200, "{last:?}");
    let replay = second.refresh(&old).await;
    assert!((400..500).contains(&replay.status), "{replay:?}");
    let dead = first.refresh(&last.field("refresh_token")).await;
    assert!((400..500).contains(&dead.status), "the replay ended the authorization: {dead:?}");
    let token = last.field("access_token");
    until("the access token is refused", async || {
        first.get("/v1/unicorn/", &token).await.status == 401
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_name_registered_on_two_nodes_at_once_is_one_account() {
    let Some((first, second)) = two().await else { return };
    let fields = [("username", "ann"), ("password", crate::house::PASSWORD)];
    let calls = (0..20).map(|number| {
        let node = if number % 2 == 0 { &first } else { &second };
        node.form("/authentication/register/", &fields)
    });
    let answers = futures_util::future::join_all(calls).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(made, 1, "{answers:?}");
    assert!(answers.iter().all(|answer| matches!(answer.status, 201 | 422 | 429)), "{answers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_may_start_at_once_on_an_empty_database() {
    let Some(url) = crate::house::fresh_postgres().await else { return };
    // Each in a folder of its own would mean two master keys, so the key comes from the first.
    let first = House::open_url(&url).await;
    let (second, third) = futures_util::future::join(first.beside(), first.beside()).await;
    let token = second.register("ann").await.field("access_token");
    assert_eq!(third.get("/v1/unicorn/", &token).await.status, 200);
}
