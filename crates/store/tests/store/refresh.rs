//! Facts and effects of the refresh grant, of revocation and of introspection.

use grantwell_store::{Application, Store};
use oauth::active::{Standing, admit};
use oauth::endpoint::{introspect, revoke};
use oauth::form::Form;
use oauth::grant::refresh_token::{self, Decision, Facts, Rotate};
use oauth::policy::Policy;
use oauth::secret::Secret;
use oauth::time::Timestamp;

use crate::world::on_both;

/// What a refresh was answered: the refresh token, or that it was refused.
async fn refresh(
    store: &Store,
    client: &Application,
    token: &Secret,
    policy: &Policy,
    now: Timestamp,
) -> Result<Secret, &'static str> {
    let request = request(token);
    for _ in 0..10 {
        let facts = store.refresh_token().load(&request.refresh_token, &client.client).await;
        let facts = facts.expect("loading facts never fails");
        let seed = facts.known.as_ref().map(|known| known.authorization.seed);
        match refresh_token::decide(&request, &client.client, &facts, policy, now) {
            Decision::Rotate(step) => {
                if store.refresh_token().rotate(&step, policy, now).await.expect("rotating") {
                    return Ok(store.refresh_token().compose(
                        step.authorization,
                        step.to,
                        &seed.unwrap(),
                    ));
                }
            }
            Decision::Repeat(repeat) => {
                return Ok(store.refresh_token().compose(
                    repeat.authorization,
                    repeat.generation,
                    &seed.unwrap(),
                ));
            }
            Decision::RevokeReplayed(id) => {
                store.refresh_token().revoke_replayed(id).await.expect("revoking");
                return Err("replayed");
            }
            Decision::Refuse(_) => return Err("refused"),
        }
    }
    Err("never came through")
}

fn request(token: &Secret) -> refresh_token::Request {
    let body = format!("refresh_token={}", token.expose());
    refresh_token::Request::parse(&Form::parse(body.as_bytes()).unwrap()).unwrap()
}

async fn load(store: &Store, client: &Application, token: &Secret) -> Facts {
    store.refresh_token().load(&request(token).refresh_token, &client.client).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_parallel_refreshes_on_two_nodes_give_one_successor_and_no_error() {
    on_both(|world| async move {
        let nodes = [world.node().await, world.node().await];
        let (client, _) = world.registered(&nodes[0], "photos").await;
        let (_, issued, _) = world.signed_in(&nodes[0], "jane", &client).await;
        let token = issued.refresh_token.unwrap();
        let tries = (0..50).map(|n| {
            let (store, client, policy) =
                (nodes[n % 2].clone(), client.clone(), world.policy.clone());
            let (token, now) = (token.clone(), world.clock.now());
            tokio::spawn(async move { refresh(&store, &client, &token, &policy, now).await })
        });
        let mut successors = std::collections::BTreeSet::new();
        for answer in tries.collect::<Vec<_>>() {
            successors.insert(answer.await.unwrap().unwrap().expose().to_owned());
        }
        assert_eq!(successors.len(), 1);
        let successor = Secret::new(successors.into_iter().next().unwrap());
        let next = refresh(&nodes[1], &client, &successor, &world.policy, world.clock.now()).await;
        assert_ne!(next.unwrap().expose(), successor.expose());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_shuts_the_authorization_and_every_token_of_it() {
    on_both(|world| async move {
        let store = world.node().await;
        let (client, _) = world.registered(&store, "photos").await;
        let (_, issued, access) = world.signed_in(&store, "jane", &client).await;
        let now = world.clock.now();
        let first = issued.refresh_token.unwrap();
        let second = refresh(&store, &client, &first, &world.policy, now).await.unwrap();
        let third = refresh(&store, &client, &second, &world.policy, now).await.unwrap();
        assert_eq!(admit(&store.standing(&access).await.unwrap()), Ok(()));

        let replayed = refresh(&store, &client, &first, &world.policy, now).await;
        assert_eq!(replayed.unwrap_err(), "replayed");
        let standing = store.standing(&access).await.unwrap();
        assert_eq!(standing.authorization, Some(Standing::Revoked));
        let newest = refresh(&store, &client, &third, &world.policy, now).await;
        assert_eq!(newest.unwrap_err(), "refused");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_that_was_decided_on_old_facts_hits_nothing() {
    on_both(|world| async move {
        let store = world.node().await;
        let (client, _) = world.registered(&store, "photos").await;
        let (_, issued, _) = world.signed_in(&store, "jane", &client).await;
        let token = issued.refresh_token.unwrap();
        let now = world.clock.now();
        let facts = load(&store, &client, &token).await;
        let request = request(&token);
        let decided = refresh_token::decide(&request, &client.client, &facts, &world.policy, now);
        let Decision::Rotate(step) = decided else { panic!("{decided:?}") };

        assert!(store.refresh_token().rotate(&step, &world.policy, now).await.unwrap());
        assert!(!store.refresh_token().rotate(&step, &world.policy, now).await.unwrap());
        let late = Rotate { from: 2, to: 3, ..step.clone() };
        assert!(store.refresh_token().rotate(&late, &world.policy, now).await.unwrap());
        assert!(!store.refresh_token().rotate(&step, &world.policy, now).await.unwrap());

        let step = Rotate { from: 3, to: 4, ..step };
        let by_user = oauth::authorization::Reason::User;
        assert!(store.authorizations().revoke(step.authorization, by_user).await.unwrap());
        assert!(!store.authorizations().revoke(step.authorization, by_user).await.unwrap());
        assert!(!store.refresh_token().rotate(&step, &world.policy, now).await.unwrap());
        let found = store.authorizations().find(step.authorization).await.unwrap().unwrap();
        let expected = oauth::authorization::State::Revoked { at: now, reason: by_user };
        assert_eq!(found.state, expected);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_user_or_client_or_a_forged_token_is_seen_in_the_facts() {
    on_both(|world| async move {
        let store = world.node().await;
        let (client, _) = world.registered(&store, "photos").await;
        let (user, issued, _) = world.signed_in(&store, "jane", &client).await;
        let token = issued.refresh_token.unwrap();
        let known = load(&store, &client, &token).await.known.unwrap();
        assert!(known.mac_matches);
        assert_eq!((known.user_standing, known.user.id), (Standing::Good, user.account.id));
        assert_eq!(known.authorization.client, client.client.id);
        assert_eq!(known.authorization.scope, world.policy.default_scope);

        // The MAC of another authorization's seed.
        let seed = oauth::authorization::Seed([9; 16]);
        let forged = store.refresh_token().compose(issued.authorization, 1, &seed);
        assert!(!load(&store, &client, &forged).await.known.unwrap().mac_matches);

        store.applications().disable(client.id).await.unwrap();
        assert_eq!(load(&store, &client, &token).await.client, Standing::Disabled);
        let again = store.applications().enable(client.id).await.unwrap();
        assert_eq!(load(&store, &again, &token).await.client, Standing::Good);
        // Who still remembers the client as it was before is not let through either.
        assert_eq!(load(&store, &client, &token).await.client, Standing::Outdated);

        store.users().disable(user.account.id).await.unwrap();
        let known = load(&store, &again, &token).await.known.unwrap();
        assert_eq!(known.user_standing, Standing::Disabled);
        store.users().enable(user.account.id).await.unwrap();
        let known = load(&store, &again, &token).await.known.unwrap();
        assert_eq!(known.user_standing, Standing::Outdated);
        let now = world.clock.now();
        assert!(refresh(&store, &again, &token, &world.policy, now).await.is_err());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_given_back_is_dead_and_introspection_says_so() {
    on_both(|world| async move {
        let store = world.node().await;
        let (client, _) = world.registered(&store, "photos").await;
        let (user, issued, access) = world.signed_in(&store, "jane", &client).await;
        let sealed = Secret::new(store.vault().seal(&access).unwrap());
        let refresh = issued.refresh_token.unwrap();
        let now = world.clock.now();
        let ask = async |token: &Secret| {
            let body = format!("token={}", token.expose());
            let request =
                introspect::Request::parse(&Form::parse(body.as_bytes()).unwrap()).unwrap();
            let facts = store.introspect().load(&request, &world.policy.issuer).await.unwrap();
            match introspect::decide(&client.client, facts, &world.policy, now) {
                introspect::Decision::Answer(answer) => answer.description().cloned(),
                introspect::Decision::Refuse(error) => panic!("{error:?}"),
            }
        };
        let give_back = async |token: &Secret| {
            let body = format!("token={}", token.expose());
            let request = revoke::Request::parse(&Form::parse(body.as_bytes()).unwrap()).unwrap();
            let facts = store.revoke().load(&request, &world.policy.issuer).await.unwrap();
            let decision = revoke::decide(&client.client, &facts, &world.policy, now);
            store.revoke().apply(&decision).await.unwrap();
        };
        for token in [&sealed, &refresh] {
            let said = ask(token).await.unwrap();
            assert_eq!(said.username.as_deref(), Some("jane"));
            assert_eq!(said.sub, Some(user.account.id));
        }
        give_back(&sealed).await;
        assert!(ask(&sealed).await.is_none());
        assert!(ask(&refresh).await.is_some(), "only that one access token");
        give_back(&refresh).await;
        assert!(ask(&refresh).await.is_none());
        assert!(ask(&Secret::new("nonsense".to_owned())).await.is_none());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rotation_moves_the_row_and_its_end_and_makes_no_other() {
    on_both(|world| async move {
        let store = world.node().await;
        let (client, _) = world.registered(&store, "photos").await;
        let (user, issued, _) = world.signed_in(&store, "jane", &client).await;
        let mut token = issued.refresh_token.unwrap();
        for generation in 2..6 {
            world.clock.advance(std::time::Duration::from_hours(24));
            let now = world.clock.now();
            token = refresh(&store, &client, &token, &world.policy, now).await.unwrap();
            let listed = store.authorizations().list(user.account.id).await.unwrap();
            assert_eq!(listed.len(), 1);
            let expected = oauth::authorization::State::Live { generation, rotated_at: Some(now) };
            assert_eq!((listed[0].state, listed[0].last_used_at), (expected, now));
        }
        world.clock.advance(world.policy.refresh_idle);
        let access = store.access().list(user.account.id, &world.policy).await.unwrap();
        assert!(access.is_empty(), "it has ended: {access:?}");
        world.clock.advance(world.policy.refresh_idle / 32);
        assert!(store.authorizations().list(user.account.id).await.unwrap().is_empty());
    })
    .await;
}
