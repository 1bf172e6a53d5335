//! Several applications at once: all steps or none, and every node hears of them.

use grantwell_store::{NewSecret, Step, Store, StoreError};
use oauth::active::{Standing, admit};
use oauth::client::{Client, StoredSecret};
use vault::Purpose;

use crate::world::{World, eventually, on_both};

fn create(id: &str, secret: NewSecret) -> Step {
    Step::Create(Box::new(World::client(id)), secret)
}

fn change(of: &grantwell_store::Application, name: &str) -> Step {
    let client = Box::new(Client { name: name.to_owned(), ..of.client.clone() });
    Step::Change { id: of.id, client, secret: None, active: None }
}

async fn names(store: &Store) -> Vec<String> {
    let all = store.applications().list(None, None, 100).await.unwrap();
    let mut names: Vec<String> =
        all.iter().map(|it| format!("{}={}", it.client.id, it.client.name)).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_are_made_changed_and_deleted_in_one_go() {
    on_both(|world| async move {
        let store = world.node().await;
        let (old, _) = world.registered(&store, "old").await;
        let (gone, _) = world.registered(&store, "gone").await;
        let (_, _, token) = world.signed_in(&store, "jane", &gone).await;
        let steps = vec![
            create("drawn", NewSecret::Generated),
            change(&old, "Other"),
            create("chosen", NewSecret::Chosen("hash".to_owned())),
            Step::Delete(gone.id),
        ];
        let done = store.applications().apply(steps).await.unwrap();
        let ids: Vec<_> = done.iter().map(|(it, _)| it.client.id.as_str()).collect();
        assert_eq!(ids, ["drawn", "old", "chosen", "gone"]);
        let shown: Vec<_> = done.iter().map(|(_, secret)| secret.is_some()).collect();
        assert_eq!(shown, [true, false, false, false]);
        let secret = done[0].1.as_ref().unwrap();
        let digest = store.vault().digest(Purpose::ClientSecret, secret.expose().as_bytes());
        assert!(done[0].0.client.secret.as_ref().unwrap().is_digest(&digest));
        assert_eq!(names(&store).await, ["chosen=Photos", "drawn=Photos", "old=Other"]);
        assert!(admit(&store.standing(&token).await.unwrap()).is_err());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_fails_leaves_nothing_of_the_others() {
    on_both(|world| async move {
        let store = world.node().await;
        let (old, _) = world.registered(&store, "old").await;
        let built_in = store.first_party().await.unwrap().id;
        let (gone, _) = world.registered(&store, "gone").await;
        store.applications().delete(gone.id).await.unwrap();
        for last in [
            create("old", NewSecret::Generated),
            change(&gone, "x"),
            Step::Delete(gone.id),
            Step::Delete(built_in),
        ] {
            let steps = vec![create("new", NewSecret::Generated), change(&old, "Other"), last];
            let failed = store.applications().apply(steps).await.unwrap_err();
            let known = matches!(
                failed,
                StoreError::Conflict { field: "client_id" }
                    | StoreError::NotFound(_)
                    | StoreError::Forbidden(_)
            );
            assert!(known, "{failed:?}");
            assert_eq!(names(&store).await, ["old=Photos"]);
        }
        assert_eq!(*store.client(&old.client.id).await.unwrap().unwrap(), old);
    })
    .await;
}

/// Another secret and a switch raise the epoch; other facts do not.
#[tokio::test(flavor = "multi_thread")]
async fn only_another_secret_and_a_switch_end_tokens() {
    on_both(|world| async move {
        let store = world.node().await;
        let (client, _) = world.registered(&store, "photos").await;
        let (_, _, token) = world.signed_in(&store, "jane", &client).await;
        let apply = async |secret: Option<&str>, active| {
            let facts = Box::new(client.client.clone());
            let secret = secret.map(str::to_owned);
            let step = Step::Change { id: client.id, client: facts, secret, active };
            let done = store.applications().apply(vec![step]).await.unwrap();
            (done[0].0.client.clone(), store.standing(&token).await.unwrap().client)
        };
        let (same, standing) = apply(None, None).await;
        assert_eq!((same, standing), (client.client.clone(), Standing::Good));
        let (off, standing) = apply(None, Some(false)).await;
        assert_eq!((off.active, off.epoch, standing), (false, 1, Standing::Outdated));
        let (on, standing) = apply(None, Some(true)).await;
        assert_eq!((on.active, on.epoch, standing), (true, 2, Standing::Outdated));
        assert_eq!(on.secret, client.client.secret);
        let (other, _) = apply(Some("hash"), None).await;
        assert_eq!((other.secret, other.epoch), (Some(StoredSecret::Slow("hash".to_owned())), 3));
    })
    .await;
}

/// A node that remembers a client hears of each change.
#[tokio::test(flavor = "multi_thread")]
async fn other_nodes_hear_of_it() {
    on_both(|world| async move {
        let (here, there) = (world.node().await, world.serving_node().await);
        let (client, _) = world.registered(&here, "photos").await;
        let id = &client.client.id;
        assert_eq!(there.client(id).await.unwrap().unwrap().client.name, "Photos");
        here.applications().apply(vec![change(&client, "Other")]).await.unwrap();
        eventually("it is called otherwise", async || {
            there.client(id).await.unwrap().unwrap().client.name == "Other"
        })
        .await;
        here.applications().apply(vec![Step::Delete(client.id)]).await.unwrap();
        eventually("it is gone", async || there.client(id).await.unwrap().is_none()).await;
    })
    .await;
}
