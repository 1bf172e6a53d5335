//! Registered clients and what becomes of their tokens.

use grantwell_store::{FIRST_PARTY, NewSecret, StoreError};
use oauth::active::{Standing, admit};
use oauth::client::{Client, ClientType, GrantType, StoredSecret};
use vault::Purpose;

use crate::world::{World, on_both};

#[tokio::test(flavor = "multi_thread")]
async fn every_fact_about_a_client_reads_back() {
    on_both(|world| async move {
        let store = world.node().await;
        let owner = store.users().create(World::new_user("jane")).await.unwrap().account.id;
        let redirect = |text: &str| oauth::client::RedirectUri::parse(text).unwrap();
        let client = Client {
            owner: Some(owner),
            redirect_uris: vec![
                redirect("https://b.example/cb?x=1"),
                redirect("https://a.example/"),
            ],
            scope: Some(world.policy.default_scope.clone()),
            resources: vec!["https://api.example/".to_owned()],
            ..World::client("photos")
        };
        let chosen = NewSecret::Chosen("$argon2id$hash".to_owned());
        let (made, shown) = store.applications().create(client.clone(), chosen).await.unwrap();
        assert!(shown.is_none());
        let expected =
            Client { secret: Some(StoredSecret::Slow("$argon2id$hash".to_owned())), ..client };
        assert_eq!(made.client, expected);
        assert_eq!(store.applications().find(made.id).await.unwrap().unwrap(), made);
        assert_eq!(*store.client(&made.client.id).await.unwrap().unwrap(), made);

        let public = Client {
            client_type: ClientType::Public,
            auth_method: oauth::client::AuthMethod::None,
            grant_types: [GrantType::RefreshToken].into(),
            ..World::client("ignored")
        };
        let updated = store.applications().update(&made, public).await.unwrap();
        assert_eq!(updated.client.id, made.client.id, "the name on the wire stays");
        assert_eq!(updated.client.secret, None, "it has no use for one any more");
        assert_eq!((updated.client.owner, updated.client.scope.clone()), (None, None));
        assert!(updated.client.redirect_uris.is_empty());
        assert_eq!(*store.client(&made.client.id).await.unwrap().unwrap(), updated);
    })
    .await;
}

/// Two changes of one state, at once or one after the other: one is made, and the other is told.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_what_is_no_longer_so_is_refused() {
    on_both(|world| async move {
        let (here, there) = (world.node().await, world.node().await);
        let (seen, _) = world.registered(&here, "photos").await;
        let named = |name: &str| Client { name: name.to_owned(), ..seen.client.clone() };
        let (one, other) = tokio::join!(
            here.applications().update(&seen, named("one")),
            there.applications().update(&seen, named("other")),
        );
        let (won, lost) = if one.is_ok() { (one, other) } else { (other, one) };
        assert!(matches!(lost, Err(StoreError::Overtaken("application"))), "{lost:?}");
        let won = won.unwrap();
        assert_eq!(here.applications().find(seen.id).await.unwrap().unwrap(), won);
        let late = here.applications().update(&seen, named("late")).await;
        assert!(matches!(late, Err(StoreError::Overtaken(_))), "{late:?}");
        here.applications().update(&won, named("next")).await.unwrap();
    })
    .await;
}

/// Nodes that start at one moment all want their clients to be there, with facts that need not be the same.
#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_start_together_keep_one_built_in_client() {
    on_both(|world| async move {
        let nodes = [world.node().await, world.node().await];
        let id: oauth::id::ClientId = "docs".parse().unwrap();
        let wanted = |round: usize| {
            let redirect = format!("https://node-{round}.example/docs");
            let redirect_uris = vec![oauth::client::RedirectUri::parse(&redirect).unwrap()];
            Client { redirect_uris, ..Client::first_party(id.clone(), "Documentation") }
        };
        for _ in 0..3 {
            let starts = (0..10).map(|n| nodes[n % 2].applications().keep_built_in(wanted(n)));
            for kept in futures_util::future::join_all(starts).await {
                kept.unwrap();
            }
            let found = nodes[0].client(&id).await.unwrap().unwrap();
            assert!((0..10).any(|n| found.client.redirect_uris == wanted(n).redirect_uris));
        }
        let off = Client { active: false, ..wanted(3) };
        nodes[1].applications().keep_built_in(off).await.unwrap();
        let found = nodes[1].client(&id).await.unwrap().unwrap();
        assert!(!found.client.active && found.client.redirect_uris == wanted(3).redirect_uris);

        let (theirs, _) = world.registered(&nodes[0], "photos").await;
        let taken = Client::first_party(theirs.client.id, "Documentation");
        let refused = nodes[0].applications().keep_built_in(taken).await;
        assert!(matches!(refused, Err(StoreError::Conflict { field: "client_id" })), "{refused:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_id_is_given_once() {
    on_both(|world| async move {
        let store = world.node().await;
        world.registered(&store, "photos").await;
        let again = store.applications().create(World::client("photos"), NewSecret::None).await;
        assert!(matches!(again, Err(StoreError::Conflict { field: "client_id" })), "{again:?}");
        let built_in = store.applications().create(World::client(FIRST_PARTY), NewSecret::None);
        assert!(matches!(built_in.await, Err(StoreError::Conflict { field: "client_id" })));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_secret_replaces_the_old_and_ends_the_tokens_given_under_it() {
    on_both(|world| async move {
        let store = world.node().await;
        let (client, first) = world.registered(&store, "photos").await;
        let (user, _, token) = world.signed_in(&store, "jane", &client).await;
        let digest = |secret: &oauth::secret::Secret| {
            store.vault().digest(Purpose::ClientSecret, secret.expose().as_bytes())
        };
        assert!(first.expose().starts_with("gws_") && first.expose().len() == 47);
        assert!(client.client.secret.as_ref().unwrap().is_digest(&digest(&first)));

        let (rotated, second) = store.applications().rotate_secret(&client).await.unwrap();
        let stored = rotated.client.secret.as_ref().unwrap();
        assert!(stored.is_digest(&digest(&second)) && !stored.is_digest(&digest(&first)));
        assert_eq!(store.standing(&token).await.unwrap().client, Standing::Outdated);
        // What the user allowed lives on.
        assert_eq!(store.authorizations().list(user.account.id).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_registered_anew_under_a_deleted_name_gets_living_tokens_and_leaves_the_old_dead()
{
    on_both(|world| async move {
        let store = world.node().await;
        let (client, _) = world.registered(&store, "photos").await;
        let (_, issued, old) = world.signed_in(&store, "jane", &client).await;
        store.applications().delete(client.id).await.unwrap();
        assert!(admit(&store.standing(&old).await.unwrap()).is_err());
        assert!(store.authorizations().find(issued.authorization).await.unwrap().is_none());
        let (again, _) = world.registered(&store, "photos").await;
        let (_, _, new) = world.signed_in(&store, "joe", &again).await;
        assert_eq!(admit(&store.standing(&new).await.unwrap()), Ok(()));
        assert!(admit(&store.standing(&old).await.unwrap()).is_err());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_show_ones_own_or_all_but_never_the_built_in_client() {
    on_both(|world| async move {
        let store = world.node().await;
        let jane = store.users().create(World::new_user("jane")).await.unwrap().account.id;
        let own = Client { owner: Some(jane), ..World::client("own") };
        let (own, _) = store.applications().create(own, NewSecret::Generated).await.unwrap();
        world.clock.advance(std::time::Duration::from_millis(2));
        let (other, _) = world.registered(&store, "other").await;
        let list = async |owner, after| store.applications().list(owner, after, 10).await.unwrap();
        assert_eq!(list(Some(jane), None).await, std::slice::from_ref(&own));
        assert_eq!(list(None, None).await, [own.clone(), other.clone()]);
        assert_eq!(list(None, Some(own.id)).await, [other]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_built_in_client_is_public_and_cannot_be_deleted() {
    on_both(|world| async move {
        let store = world.node().await;
        let built_in = store.first_party().await.unwrap();
        assert!(built_in.client.first_party && built_in.is_built_in());
        assert_eq!(built_in.client.client_type, ClientType::Public);
        assert!(built_in.client.may_use(&GrantType::Password));
        let refused = store.applications().delete(built_in.id).await;
        assert!(matches!(refused, Err(StoreError::Forbidden(_))), "{refused:?}");
        let still = store.applications().find(built_in.id).await.unwrap().unwrap();
        assert_eq!(still.client.epoch, built_in.client.epoch, "nothing of it was kept");
    })
    .await;
}
