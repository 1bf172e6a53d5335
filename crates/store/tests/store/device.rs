//! Facts and effects of the device grant: one row from the request to the tokens, answered by one person, redeemed once.

use std::collections::BTreeSet;
use std::time::Duration;

use grantwell_store::{Application, Begun, CameFrom, FoundDevice, Issued, Store, User};
use oauth::access_token::Bearer;
use oauth::active::Standing;
use oauth::authorization::Details;
use oauth::consent::Given;
use oauth::device::{Approval, DeviceCode, State};
use oauth::endpoint::device::Approve;
use oauth::endpoint::device_authorization::{self, Decision as Started, Facts as Asking};
use oauth::form::Form;
use oauth::grant::device_code::{Decision, decide};
use oauth::scope::ScopeSet;

use crate::world::{World, on_both};

async fn begin(world: &World, store: &Store, client: &Application) -> Begun {
    let form = Form::parse(b"scope=read+write").unwrap();
    let request = device_authorization::Request::parse(&form).unwrap();
    let facts = Asking { client: &client.client, pending: 0 };
    let now = world.clock.now();
    let Started::Begin(new) = device_authorization::decide(&request, facts, &world.policy, now)
    else {
        panic!("refused")
    };
    let from = CameFrom {
        address: "192.0.2.7".parse().unwrap(),
        user_agent: format!("TV/1\0\n{}", "x".repeat(400)),
    };
    store.device_codes().begin(client.id, &new, &from).await.unwrap()
}

fn approve(user: &User, scope: &str, now: oauth::time::Timestamp) -> Approve {
    let scope = ScopeSet::parse(scope).unwrap();
    Approve {
        consent: Given { scope: scope.clone(), ..Given::default() },
        scope,
        approval: Approval {
            user: Bearer { id: user.account.id, epoch: user.account.epoch },
            authenticated_at: now,
            details: Details { acr: Some("1".to_owned()), ..Details::default() },
        },
    }
}

async fn found(store: &Store, begun: &Begun) -> FoundDevice {
    store.device_codes().find(&begun.user_code).await.unwrap().unwrap()
}

/// The code of a device that this person has allowed.
async fn allowed(world: &World, store: &Store, client: &Application, user: &User) -> Begun {
    let begun = begin(world, store, client).await;
    let device = found(store, &begun).await;
    let devices = store.device_codes();
    assert!(devices.claim(&device, user.account.id).await.unwrap());
    assert!(devices.approve(&device, &approve(user, "read", world.clock.now())).await.unwrap());
    begun
}

/// What the device gets when it asks.
async fn poll(
    store: &Store,
    world: &World,
    client: &Application,
    code: &DeviceCode,
) -> Result<Issued, &'static str> {
    for _ in 0..3 {
        let now = world.clock.now();
        let facts = store.device_code().load(code, &client.client).await.unwrap();
        match decide(&client.client, &facts, &world.policy, now) {
            Decision::Redeem(step) => {
                let issued = store.device_code().redeem(code, &step, &world.policy).await.unwrap();
                if let Some(issued) = issued {
                    return Ok(issued);
                }
            }
            Decision::Wait => return Err("wait"),
            Decision::SlowDown => return Err("slow down"),
            Decision::RevokeReplayed(_) => return Err("replayed"),
            Decision::Refuse(_) => return Err("refused"),
        }
    }
    Err("never came through")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_kept_found_answered_and_redeemed() {
    on_both(|world| async move {
        let store = world.node().await;
        let (client, _) = world.registered(&store, "tv").await;
        let user = store.users().create(World::new_user("jane")).await.unwrap();
        let begun = begin(&world, &store, &client).await;
        assert_eq!(store.device_codes().pending(client.id, 10).await.unwrap(), 1);
        let device = found(&store, &begun).await;
        assert_eq!((device.application.id, device.address.as_str()), (client.id, "192.0.2.7"));
        assert_eq!(device.user_agent.chars().count(), 255);
        assert!(device.user_agent.starts_with("TV/1xxx"), "without NUL and line breaks");
        assert_eq!(device.device.state, State::Pending { by: None });
        assert_eq!(device.device.asked.interval, Duration::from_secs(5));
        let code = &begun.device_code;
        assert_eq!(poll(&store, &world, &client, code).await.unwrap_err(), "wait");

        let devices = store.device_codes();
        assert!(devices.claim(&device, user.account.id).await.unwrap());
        let own = devices.find_of(&begun.user_code, user.account.id).await.unwrap().unwrap();
        assert_eq!(own.device.state, State::Pending { by: Some(user.account.id) });
        let now = world.clock.now();
        assert!(devices.approve(&own, &approve(&user, "read", now)).await.unwrap());
        assert_eq!(store.device_codes().pending(client.id, 10).await.unwrap(), 0);
        let facts = store.device_code().load(code, &client.client).await.unwrap();
        assert_eq!((facts.user, facts.client), (Standing::Good, Standing::Good));
        let State::Approved(approval) = &facts.device.as_ref().unwrap().state else { panic!() };
        assert_eq!((approval.authenticated_at, approval.details.acr.as_deref()), (now, Some("1")));

        let issued = poll(&store, &world, &client, code).await.unwrap();
        assert!(issued.refresh_token.is_some());
        let row = store.authorizations().find(issued.authorization).await.unwrap().unwrap();
        assert_eq!(row.grant, oauth::client::GrantType::DeviceCode);
        assert_eq!(
            row.scope,
            ScopeSet::parse("read").unwrap(),
            "what was allowed, not what was asked"
        );
        assert_eq!(row.details.acr.as_deref(), Some("1"));
        let given = store.consents().find(user.account.id, client.id).await.unwrap().unwrap();
        assert_eq!(given.scope, ScopeSet::parse("read").unwrap());
        assert_eq!(poll(&store, &world, &client, code).await.unwrap_err(), "replayed");
    })
    .await;
}

/// R8628-3.5-b, R8628-3.3-a
#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_that_ask_at_once_on_two_nodes_one_gets_tokens() {
    on_both(|world| async move {
        let nodes = [world.node().await, world.node().await];
        let (client, _) = world.registered(&nodes[0], "tv").await;
        let user = nodes[0].users().create(World::new_user("jane")).await.unwrap();
        let begun = allowed(&world, &nodes[0], &client, &user).await;
        let code = &begun.device_code;
        let facts = nodes[0].device_code().load(code, &client.client).await.unwrap();
        let Decision::Redeem(step) =
            decide(&client.client, &facts, &world.policy, world.clock.now())
        else {
            panic!()
        };
        // All of them have loaded the same facts: only the update can tell them apart.
        let tries = (0..20).map(|n| {
            let (store, code, step) = (nodes[n % 2].clone(), code.clone(), step.clone());
            let policy = world.policy.clone();
            tokio::spawn(async move { store.device_code().redeem(&code, &step, &policy).await })
        });
        let mut made = Vec::new();
        for one in tries.collect::<Vec<_>>() {
            made.extend(one.await.unwrap().unwrap());
        }
        assert_eq!(made.len(), 1);
        let rows = nodes[0].authorizations().list(user.account.id).await.unwrap();
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        assert_eq!(ids, [made[0].authorization]);
    })
    .await;
}

/// R8628-3.3-a
#[tokio::test(flavor = "multi_thread")]
async fn of_many_that_type_a_code_one_has_it_and_only_they_answer() {
    on_both(|world| async move {
        let store = world.node().await;
        let (client, _) = world.registered(&store, "tv").await;
        let mut users = Vec::new();
        for name in ["jane", "joe", "jim", "jill"] {
            users.push(store.users().create(World::new_user(name)).await.unwrap());
        }
        let begun = begin(&world, &store, &client).await;
        let device = found(&store, &begun).await;
        let tries = users.iter().map(|user| {
            let (store, device, id) = (store.clone(), device.clone(), user.account.id);
            tokio::spawn(
                async move { (id, store.device_codes().claim(&device, id).await.unwrap()) },
            )
        });
        let mut winners = Vec::new();
        for one in tries.collect::<Vec<_>>() {
            let (id, won) = one.await.unwrap();
            winners.extend(won.then_some(id));
        }
        assert_eq!(winners.len(), 1);
        let devices = store.device_codes();
        let now = world.clock.now();
        for user in users.iter().filter(|user| user.account.id != winners[0]) {
            assert!(devices.find_of(&begun.user_code, user.account.id).await.unwrap().is_none());
            assert!(!devices.approve(&device, &approve(user, "read", now)).await.unwrap());
            assert!(!devices.deny(&device, user.account.id).await.unwrap());
            assert!(!devices.leave(&device, user.account.id).await.unwrap());
            assert!(store.consents().find(user.account.id, client.id).await.unwrap().is_none());
        }
        assert!(devices.leave(&device, winners[0]).await.unwrap());
        let next = users.iter().find(|user| user.account.id != winners[0]).unwrap();
        assert!(devices.claim(&device, next.account.id).await.unwrap());
        assert!(devices.deny(&device, next.account.id).await.unwrap());
        assert!(!devices.approve(&device, &approve(next, "read", now)).await.unwrap());
        assert_eq!(found(&store, &begun).await.device.state, State::Denied);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_questions_in_one_moment_one_is_in_time_and_each_early_one_costs_five_seconds() {
    on_both(|world| async move {
        let store = world.node().await;
        let (client, _) = world.registered(&store, "tv").await;
        let begun = begin(&world, &store, &client).await;
        let code = &begun.device_code;
        let (devices, now) = (store.device_code(), world.clock.now());
        let polls = (0..20).map(|_| devices.polled(code, None, now));
        let hits = futures_util::future::try_join_all(polls).await.unwrap();
        assert_eq!(hits.iter().filter(|hit| **hit).count(), 1);
        futures_util::future::try_join_all((0..4).map(|_| devices.slowed(code, now)))
            .await
            .unwrap();
        let facts = devices.load(code, &client.client).await.unwrap().device.unwrap();
        assert_eq!(facts.asked.interval, Duration::from_secs(25));
        assert_eq!(facts.last_polled_at, Some(now));
        assert!(devices.polled(code, Some(now), now + Duration::from_secs(25)).await.unwrap());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_old_is_neither_answered_nor_redeemed_and_goes() {
    on_both(|world| async move {
        let store = world.node().await;
        let (client, _) = world.registered(&store, "tv").await;
        let user = store.users().create(World::new_user("jane")).await.unwrap();
        let late = begin(&world, &store, &client).await;
        let device = found(&store, &late).await;
        let ready = allowed(&world, &store, &client, &user).await;
        let facts = store.device_code().load(&ready.device_code, &client.client).await.unwrap();
        world.clock.advance(world.policy.device_code_lifetime);
        let now = world.clock.now();
        assert!(!store.device_codes().claim(&device, user.account.id).await.unwrap());
        let before = world.clock.now() - Duration::from_secs(1);
        let Decision::Redeem(mut step) = decide(&client.client, &facts, &world.policy, before)
        else {
            panic!()
        };
        step.authorization.created_at = now;
        let redeemed = store.device_code().redeem(&ready.device_code, &step, &world.policy).await;
        assert!(redeemed.unwrap().is_none());
        assert_eq!(store.device_codes().pending(client.id, 10).await.unwrap(), 0);
        assert_eq!(store.sweep().dry_run().await.unwrap().device_codes, 2);
        assert_eq!(store.sweep().run().await.unwrap().device_codes, 2);
        assert!(store.device_codes().find(&late.user_code).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_dies_with_its_epoch_and_with_the_consent() {
    on_both(|world| async move {
        let store = world.node().await;
        let (client, _) = world.registered(&store, "tv").await;
        let user = store.users().create(World::new_user("jane")).await.unwrap();
        let withdrawn = allowed(&world, &store, &client, &user).await;
        store.access().end(user.account.id, client.id).await.unwrap();
        let code = &withdrawn.device_code;
        assert_eq!(poll(&store, &world, &client, code).await.unwrap_err(), "refused");
        let outdated = allowed(&world, &store, &client, &user).await;
        store.users().disable(user.account.id).await.unwrap();
        let facts = store.device_code().load(&outdated.device_code, &client.client).await.unwrap();
        assert_eq!(facts.user, Standing::Disabled);
        store.users().enable(user.account.id).await.unwrap();
        let facts = store.device_code().load(&outdated.device_code, &client.client).await.unwrap();
        assert_eq!(facts.user, Standing::Outdated);
    })
    .await;
}

/// Counting stops at the bound, and each code is another one.
#[tokio::test(flavor = "multi_thread")]
async fn pending_requests_are_counted_for_each_client() {
    on_both(|world| async move {
        let store = world.node().await;
        let (client, _) = world.registered(&store, "tv").await;
        let (other, _) = world.registered(&store, "radio").await;
        let mut codes = BTreeSet::new();
        for _ in 0..5 {
            codes.insert(begin(&world, &store, &client).await.user_code.shown());
        }
        begin(&world, &store, &other).await;
        assert_eq!(codes.len(), 5);
        let pending = |most| store.device_codes().pending(client.id, most);
        assert_eq!((pending(100).await.unwrap(), pending(3).await.unwrap()), (5, 3));
    })
    .await;
}
