//! Accounts, sessions, throttling and the set-up link, alone and in parallel.

use std::time::Duration;

use accounts::session::{Limits, Session};
use accounts::throttle::{self, Rules, Subject, Verdict};
use accounts::{Account, Username};
use grantwell_store::{NewUser, StoreError};
use oauth::active::admit;
use oauth::secret::Secret;

use crate::world::{World, on_both};

fn superuser(name: &str) -> NewUser {
    NewUser { superuser: true, staff: true, ..World::new_user(name) }
}

#[tokio::test(flavor = "multi_thread")]
async fn registering_one_name_in_parallel_makes_one_account_and_typed_conflicts() {
    on_both(|world| async move {
        let nodes = [world.node().await, world.node().await];
        let built_in = nodes[0].first_party().await.unwrap();
        let tries = (0..20).map(|n| {
            let (store, policy) = (nodes[n % 2].clone(), world.policy.clone());
            // The same name in other letters is the same name.
            let name = if n % 3 == 0 { "HalfSpring" } else { "halfspring" };
            let user = store.registration().draw(World::new_user(name)).unwrap();
            let issue = world.decide_password(&user, &built_in);
            tokio::spawn(async move { store.registration().apply(&user, &issue, &policy).await })
        });
        let mut made = 0;
        for answer in tries.collect::<Vec<_>>() {
            match answer.await.unwrap() {
                Ok(issued) => {
                    made += 1;
                    assert!(issued.refresh_token.is_some());
                }
                Err(StoreError::Conflict { field }) => assert_eq!(field, "username"),
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!(made, 1);
        let users = nodes[0].users().list(None, 10).await.unwrap();
        assert_eq!(users.len(), 1);
        let given = nodes[0].authorizations().list(users[0].account.id).await.unwrap();
        assert_eq!(given.len(), 1, "an authorization was kept for each failed try");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_that_fails_half_way_leaves_no_account() {
    on_both(|world| async move {
        let store = world.node().await;
        let (client, _) = world.registered(&store, "photos").await;
        let user = store.registration().draw(World::new_user("jane")).unwrap();
        let issue = world.decide_password(&user, &client);
        // The client goes away between the facts and the effect: its authorization cannot be kept.
        let other = world.node().await;
        store.client(&client.client.id).await.unwrap();
        other.applications().delete(client.id).await.unwrap();
        let failed = store.registration().apply(&user, &issue, &world.policy).await;
        assert!(failed.is_err(), "{failed:?}");
        let name = Username::parse("jane").unwrap();
        assert!(store.users().find_by_username(&name).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_up_link_used_twice_at_once_has_one_winner() {
    on_both(|world| async move {
        let nodes = [world.node().await, world.node().await];
        let link = nodes[0].setup_links().create(Duration::from_hours(1)).await.unwrap();
        assert!(nodes[1].setup_links().is_open(&link).await.unwrap());
        let tries = (0..10).map(|n| {
            let (store, link) = (nodes[n % 2].clone(), link.clone());
            let new = World::new_user(&format!("admin{n}"));
            tokio::spawn(async move { store.setup_links().redeem(&link, new).await.unwrap() })
        });
        let mut won = Vec::new();
        for answer in tries.collect::<Vec<_>>() {
            won.extend(answer.await.unwrap());
        }
        assert_eq!(won.len(), 1);
        assert!(won[0].account.superuser && won[0].account.staff);
        assert_eq!(nodes[0].users().count_superusers().await.unwrap(), 1);
        assert!(!nodes[0].setup_links().is_open(&link).await.unwrap());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_up_link_is_not_used_up_by_a_failure_and_ends_with_its_time() {
    on_both(|world| async move {
        let store = world.node().await;
        let link = store.setup_links().create(Duration::from_hours(1)).await.unwrap();
        store.users().create(World::new_user("taken")).await.unwrap();
        let taken = store.setup_links().redeem(&link, World::new_user("taken")).await;
        assert!(matches!(taken, Err(StoreError::Conflict { field: "username" })), "{taken:?}");
        assert!(store.setup_links().is_open(&link).await.unwrap());
        let wrong = Secret::new("wrong".to_owned());
        let found = store.setup_links().redeem(&wrong, World::new_user("other")).await.unwrap();
        assert!(found.is_none());
        world.clock.advance(Duration::from_hours(1));
        let late = store.setup_links().redeem(&link, World::new_user("late")).await.unwrap();
        assert!(late.is_none());
        assert_eq!(store.users().count_superusers().await.unwrap(), 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_parallel_tries_let_through_only_the_free_ones() {
    on_both(|world| async move {
        let nodes = [world.node().await, world.node().await];
        let rules = Rules::default();
        let address = "192.0.2.1".parse().unwrap();
        let keys = throttle::keys(Some(Subject::Account("jane")), Some(address));
        let tries = (0..200).map(|n| {
            let (store, keys) = (nodes[n % 2].clone(), keys.clone());
            tokio::spawn(async move { store.throttle().record(&keys, &rules).await.unwrap() })
        });
        let mut proceeded = 0;
        for answer in tries.collect::<Vec<_>>() {
            proceeded += u32::from(answer.await.unwrap() == Verdict::Proceed);
        }
        assert_eq!(proceeded, rules.subject_and_address.free);
        let slow = nodes[1].throttle().peek(&keys, &rules).await.unwrap();
        assert!(matches!(slow, Verdict::SlowDown { .. }));
        // Another account from elsewhere is not held up; nor is this one once it got it right.
        let elsewhere =
            throttle::keys(Some(Subject::Account("joe")), Some("192.0.2.9".parse().unwrap()));
        let free = nodes[0].throttle().peek(&elsewhere, &rules).await.unwrap();
        assert_eq!(free, Verdict::Proceed);
        nodes[0].throttle().succeeded(&keys, &rules).await.unwrap();
        let again = nodes[1].throttle().record(&keys, &rules).await.unwrap();
        assert_eq!(again, Verdict::Proceed);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn exactly_every_try_is_counted_when_all_are_let_through() {
    on_both(|world| async move {
        let nodes = [world.node().await, world.node().await];
        let mut rules = Rules::default();
        rules.address.free = 201;
        let keys = throttle::keys(None, Some("192.0.2.1".parse().unwrap()));
        let tries = (0..200).map(|n| {
            let (store, keys) = (nodes[n % 2].clone(), keys.clone());
            tokio::spawn(async move { store.throttle().record(&keys, &rules).await.unwrap() })
        });
        for answer in tries.collect::<Vec<_>>() {
            assert_eq!(answer.await.unwrap(), Verdict::Proceed);
        }
        let record = async || nodes[0].throttle().record(&keys, &rules).await.unwrap();
        assert_eq!(record().await, Verdict::Proceed, "the 201st is the last free one");
        assert!(matches!(record().await, Verdict::SlowDown { .. }));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_opens_with_its_secret_until_it_ends() {
    on_both(|world| async move {
        let store = world.node().await;
        let limits = Limits::default();
        let user = store.users().create(World::new_user("jane")).await.unwrap();
        let begin = |account: &Account| Session::begin(account, &limits, world.clock.now());
        let open = async |secret: &Secret| store.sessions().find(secret, &limits).await.unwrap();

        let first = store.sessions().create(begin(&user.account), "Firefox\0", None).await.unwrap();
        let found = open(&first).await.unwrap();
        assert_eq!(found.user.account.id, user.account.id);
        assert_eq!(found.session.user_agent, "Firefox");
        assert!(open(&Secret::new("guess".to_owned())).await.is_none());

        // A sign-in renews the id.
        let second =
            store.sessions().create(begin(&user.account), "Firefox", Some(&first)).await.unwrap();
        assert!(open(&first).await.is_none());
        assert!(open(&second).await.is_some());
        assert_eq!(store.sessions().list(user.account.id).await.unwrap().len(), 1);

        // Use is noted, but not each time.
        let seen =
            async || store.sessions().list(user.account.id).await.unwrap()[0].session.last_seen_at;
        let started = world.clock.now();
        world.clock.advance(Duration::from_secs(30));
        open(&second).await.unwrap();
        assert_eq!(seen().await, started);
        world.clock.advance(limits.idle / 2);
        open(&second).await.unwrap();
        assert_eq!(seen().await, world.clock.now());

        // A new password ends it, here and on every node; a new session of the new epoch lives.
        let changed = store.users().set_password(&user.account, None).await.unwrap().unwrap();
        assert!(open(&second).await.is_none());
        let stale = store.sessions().create(begin(&user.account), "", None).await.unwrap();
        assert!(open(&stale).await.is_none(), "begun under the epoch before");
        let third = store.sessions().create(begin(&changed.account), "", None).await.unwrap();
        assert!(open(&third).await.is_some());
        assert!(store.sessions().end(&third).await.unwrap().is_some());
        assert!(store.sessions().end(&third).await.unwrap().is_none());
        assert!(open(&third).await.is_none());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ends_a_users_credentials_raises_the_epoch_exactly_once_each() {
    on_both(|world| async move {
        let nodes = [world.node().await, world.node().await];
        let (client, _) = world.registered(&nodes[0], "photos").await;
        let (user, _, token) = world.signed_in(&nodes[0], "jane", &client).await;
        let id = user.account.id;
        let tries = (0..10).map(|n| {
            let store = nodes[n % 2].clone();
            tokio::spawn(async move { store.users().sign_out_everywhere(id).await.unwrap() })
        });
        for answer in tries.collect::<Vec<_>>() {
            answer.await.unwrap();
        }
        let found = nodes[0].users().find(id).await.unwrap().unwrap();
        assert_eq!(found.account.epoch, 10);
        assert!(admit(&nodes[0].standing(&token).await.unwrap()).is_err());
        assert!(nodes[0].authorizations().list(id).await.unwrap().is_empty());

        let unknown = oauth::id::UserId::from_uuid(sea_orm::prelude::Uuid::nil());
        let missing = nodes[0].users().disable(unknown).await;
        assert!(matches!(missing, Err(StoreError::NotFound("user"))), "{missing:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_better_hash_is_kept_only_over_the_one_that_was_verified() {
    on_both(|world| async move {
        let store = world.node().await;
        let user = store.users().create(World::new_user("jane")).await.unwrap();
        let (id, old) = (user.account.id, user.password.unwrap());
        assert!(!store.users().upgrade_hash(id, "another", "better".into()).await.unwrap());
        assert!(store.users().upgrade_hash(id, &old, "better".into()).await.unwrap());
        store.users().signed_in(id).await.unwrap();
        let found = store.users().find(id).await.unwrap().unwrap();
        assert_eq!(found.password.as_deref(), Some("better"));
        assert_eq!(found.account.epoch, 0, "nothing ended");
        assert_eq!(found.account.last_sign_in_at, Some(world.clock.now()));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_active_superusers_count_and_lists_go_on_where_they_stopped() {
    on_both(|world| async move {
        let store = world.node().await;
        for n in 0..5 {
            store.users().create(superuser(&format!("admin{n}"))).await.unwrap();
            world.clock.advance(Duration::from_millis(2));
        }
        let all = store.users().list(None, 100).await.unwrap();
        let rest = store.users().list(Some(all[1].account.id), 2).await.unwrap();
        assert_eq!(rest, all[2..4]);
        store.users().disable(all[0].account.id).await.unwrap();
        assert_eq!(store.users().count_superusers().await.unwrap(), 4);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_user_takes_everything_along() {
    on_both(|world| async move {
        let store = world.node().await;
        let (client, _) = world.registered(&store, "photos").await;
        let (jane, issued, token) = world.signed_in(&store, "jane", &client).await;
        let owned =
            oauth::client::Client { owner: Some(jane.account.id), ..World::client("janes-own") };
        let secret = grantwell_store::NewSecret::Generated;
        let (own, _) = store.applications().create(owned, secret).await.unwrap();
        let (_, _, given) = world.signed_in(&store, "joe", &own).await;
        store.users().delete(jane.account.id).await.unwrap();
        assert!(admit(&store.standing(&token).await.unwrap()).is_err());
        assert!(admit(&store.standing(&given).await.unwrap()).is_err(), "for her application");
        assert!(store.authorizations().find(issued.authorization).await.unwrap().is_none());
        assert!(store.client(&own.client.id).await.unwrap().is_none());
        let gone = store.users().delete(jane.account.id).await;
        assert!(matches!(gone, Err(StoreError::NotFound("user"))), "{gone:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_new_passwords_by_the_same_old_one_the_first_counts() {
    on_both(|world| async move {
        let store = world.node().await;
        let seen = store.users().create(World::new_user("jane")).await.unwrap().account;
        let set = async |hash: &str| {
            store.users().set_password(&seen, Some(hash.to_owned())).await.unwrap()
        };
        assert!(set("hers").await.is_some());
        assert!(set("of somebody who knew the old one").await.is_none());
        let found = store.users().find(seen.id).await.unwrap().unwrap();
        assert_eq!((found.password.as_deref(), found.account.epoch), (Some("hers"), 1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_closes_every_link_that_is_still_open() {
    on_both(|world| async move {
        let store = world.node().await;
        let link = async || store.setup_links().create(Duration::from_hours(1)).await.unwrap();
        let (older, newer) = (link().await, link().await);
        store.users().create(World::new_user("jane")).await.unwrap();
        assert!(store.setup_links().is_open(&older).await.unwrap(), "jane is nobody special");
        store.setup_links().redeem(&newer, World::new_user("boss")).await.unwrap().unwrap();
        let late = store.setup_links().redeem(&older, World::new_user("thief")).await.unwrap();
        assert!(late.is_none());
        let forced = link().await;
        store.users().create(superuser("root")).await.unwrap();
        assert!(!store.setup_links().is_open(&forced).await.unwrap());
    })
    .await;
}
