//! The end of a session on several nodes: nothing is approved in it any more, and each client is told by one node alone.

use std::time::Duration;

use accounts::session::{Limits, Session};
use futures_util::FutureExt as _;
use grantwell_store::{Application, Approval, Store, User};
use oauth::access_token::Bearer;
use oauth::authorization::{Details, New, State};
use oauth::client::GrantType;
use oauth::endpoint::authorize::Issue;
use oauth::id::SessionId;
use oauth::scope::ScopeSet;
use oauth::secret::Secret;

use crate::world::{World, on_both};

const LEASE: Duration = Duration::from_mins(2);

/// A client that wants to hear of the end of sessions.
async fn listening(store: &Store) -> Application {
    let mut client = World::client("site");
    client.metadata.backchannel_logout_uri = Some("https://site.example/out".to_owned());
    store.applications().create(client, grantwell_store::NewSecret::Generated).await.unwrap().0
}

async fn begin(world: &World, store: &Store, user: &User) -> (Secret, SessionId) {
    let session = Session::begin(&user.account, &Limits::default(), world.clock.now());
    let cookie = store.sessions().create(session, "", None).await.unwrap();
    let found = store.sessions().find(&cookie, &Limits::default()).await.unwrap().unwrap();
    (cookie, found.session.id)
}

/// What was decided for somebody who is signed in.
fn approval(world: &World, user: &User, client: &Application, session: SessionId) -> Issue {
    let now = world.clock.now();
    Issue {
        authorization: New {
            user: user.account.id,
            client: client.client.id.clone(),
            grant: GrantType::AuthorizationCode,
            scope: ScopeSet::parse("openid read").unwrap(),
            audience: Vec::new(),
            state: State::Granted,
            created_at: now,
            expires_at: None,
            authenticated_at: Some(now),
            details: Details { session: Some(session), ..Details::default() },
        },
        user: Bearer { id: user.account.id, epoch: user.account.epoch },
        consent: None,
        access: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_approved_in_a_session_that_has_ended() {
    on_both(|world| async move {
        let nodes = [world.node().await, world.node().await];
        let client = listening(&nodes[0]).await;
        let user = nodes[0].users().create(World::new_user("jane")).await.unwrap();
        // Both at once, again and again: either the client hears of the end, or it was given nothing.
        for round in 0..20 {
            let (cookie, session) = begin(&world, &nodes[0], &user).await;
            let issue = approval(&world, &user, &client, session);
            let (store, policy) = (nodes[1].clone(), world.policy.clone());
            let approve = tokio::spawn(async move {
                store.authorization_code().approve(&issue, None, &policy).await.unwrap()
            });
            if round % 2 == 0 {
                tokio::task::yield_now().await;
            }
            let ended = nodes[0].sessions().end(&cookie).await.unwrap().unwrap();
            let approved = matches!(approve.await.unwrap(), Approval::Made(_));
            assert_eq!(ended.clients.len(), usize::from(approved), "round {round}");
            let issue = approval(&world, &user, &client, session);
            let late = nodes[1].authorization_code().approve(&issue, None, &world.policy).await;
            assert!(matches!(late.unwrap(), Approval::SignedOut));
            let open = nodes[0].authorizations().list(user.account.id).await.unwrap();
            assert!(open.is_empty(), "round {round}: {open:?}");
        }
    })
    .await;
}

/// RBCL-2.8-a
#[tokio::test(flavor = "multi_thread")]
async fn each_notice_comes_to_one_node_and_outlives_a_dead_one() {
    on_both(|world| async move {
        let nodes = [world.node().await, world.node().await];
        let client = listening(&nodes[0]).await;
        let user = nodes[0].users().create(World::new_user("jane")).await.unwrap();
        for _ in 0..20 {
            let (cookie, session) = begin(&world, &nodes[0], &user).await;
            let issue = approval(&world, &user, &client, session);
            nodes[0].authorization_code().approve(&issue, None, &world.policy).await.unwrap();
            nodes[0].sessions().end(&cookie).await.unwrap().unwrap();
        }
        let take = |store: &Store| {
            let store = store.clone();
            tokio::spawn(async move { store.logout_notices().take_due(100, LEASE).await.unwrap() })
        };
        let (one, other) = (take(&nodes[0]), take(&nodes[1]));
        let mut taken = one.await.unwrap();
        taken.extend(other.await.unwrap());
        let mut sessions: Vec<SessionId> = taken.iter().map(|notice| notice.session).collect();
        sessions.sort_unstable();
        sessions.dedup();
        assert_eq!((taken.len(), sessions.len()), (20, 20), "each once");
        assert!(taken.iter().all(|notice| notice.tries == 1 && notice.user == user.account.id));

        // One is told, one is put off, and of the others nothing is heard any more.
        let notices = nodes[1].logout_notices();
        notices.done(taken[0].id).await.unwrap();
        notices.postpone(taken[1].id, Duration::from_hours(1)).await.unwrap();
        world.clock.advance(Duration::from_secs(119));
        assert!(notices.take_due(100, LEASE).await.unwrap().is_empty());
        world.clock.advance(Duration::from_secs(1));
        let again = notices.take_due(100, LEASE).await.unwrap();
        assert_eq!(again.len(), 18);
        assert!(again.iter().all(|notice| notice.tries == 2));
        world.clock.advance(Duration::from_hours(24));
        assert!(notices.take_due(100, LEASE).await.unwrap().is_empty(), "a day is enough");
        assert_eq!(nodes[0].sweep().run().await.unwrap().logout_notices, 19);
    })
    .await;
}

/// Whatever ends a session wakes whoever tells clients, on the node where it was done.
#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_session_is_announced_at_once() {
    on_both(|world| async move {
        let store = world.node().await;
        let user = store.users().create(World::new_user("jane")).await.unwrap();
        let id = user.account.id;
        let announced = || store.logout_notices().announced().now_or_never().is_some();
        let (cookie, _) = begin(&world, &store, &user).await;
        announced();
        assert!(!announced(), "nothing has ended");
        store.sessions().end(&cookie).await.unwrap().unwrap();
        assert!(announced(), "a sign-out");
        store.users().sign_out_everywhere(id).await.unwrap();
        assert!(announced(), "a sign-out everywhere");
        store.users().delete(id).await.unwrap();
        assert!(announced(), "a deletion");
    })
    .await;
}
