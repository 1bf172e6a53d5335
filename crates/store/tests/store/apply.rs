//! Several applications at once: all steps or none, and every node hears of them.

use accounts::Username;
use accounts::profile::{Edit, Profile};
use grantwell_store::{NewSecret, NewUser, Person, Step, Store, StoreError, UserChange, UserStep};
use oauth::active::{Standing, admit};
use oauth::claims::PersonClaims;
use oauth::client::{Client, StoredSecret};
use serde_json::{Value, json};
use vault::Purpose;

use crate::world::{World, eventually, on_both};

fn create(id: &str, secret: NewSecret) -> Step {
    Step::Create(Box::new(World::client(id)), secret)
}

fn change(of: &grantwell_store::Application, name: &str) -> Step {
    let client = Box::new(Client { name: name.to_owned(), ..of.client.clone() });
    Step::Change { id: of.id, seen: of.updated_at, client, secret: NewSecret::None, active: None }
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
        let done = store.apply(Vec::new(), steps).await.unwrap().applications;
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
            let failed = store.apply(Vec::new(), steps).await.unwrap_err();
            let known = matches!(
                failed,
                StoreError::Conflict { field: "client_id" }
                    | StoreError::NotFound(_)
                    | StoreError::Overtaken(_)
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
            let secret = secret.map_or(NewSecret::None, |hash| NewSecret::Chosen(hash.to_owned()));
            let seen = store.applications().find(client.id).await.unwrap().unwrap().updated_at;
            let step = Step::Change { id: client.id, seen, client: facts, secret, active };
            let done = store.apply(Vec::new(), vec![step]).await.unwrap().applications;
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
        here.apply(Vec::new(), vec![change(&client, "Other")]).await.unwrap();
        eventually("it is called otherwise", async || {
            there.client(id).await.unwrap().unwrap().client.name == "Other"
        })
        .await;
        here.apply(Vec::new(), vec![Step::Delete(client.id)]).await.unwrap();
        eventually("it is gone", async || there.client(id).await.unwrap().is_none()).await;
    })
    .await;
}

/// Whoever decided on what is no longer so changes nothing, however quick the two were.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_what_somebody_else_changed_meanwhile_is_refused() {
    on_both(|world| async move {
        let store = world.node().await;
        let (client, _) = world.registered(&store, "photos").await;
        store.apply(Vec::new(), vec![change(&client, "First")]).await.unwrap();
        let late = store.apply(Vec::new(), vec![change(&client, "Second")]).await;
        assert!(matches!(late, Err(StoreError::Overtaken(_))), "{late:?}");
        assert_eq!(names(&store).await, ["photos=First"]);
        let user = store.users().create(World::new_user("jane")).await.unwrap();
        let seen = store.users().person(user.account.id).await.unwrap().unwrap();
        let nickname = |text: &str| profile(json!({ "nickname": text }), &seen.claims);
        let step = |text: &str| UserChange { profile: Some(nickname(text)), ..unchanged(&seen) };
        store.apply(vec![UserStep::Change(Box::new(step("First")))], Vec::new()).await.unwrap();
        let late = store.apply(vec![UserStep::Change(Box::new(step("Second")))], Vec::new()).await;
        assert!(matches!(late, Err(StoreError::Overtaken(_))), "{late:?}");
        let now = store.users().person(user.account.id).await.unwrap().unwrap();
        assert_eq!(now.claims.nickname.as_deref(), Some("First"));
        // Credentials that ended meanwhile are not given another password on what was known before.
        store.users().sign_out_everywhere(user.account.id).await.unwrap();
        let password = UserChange { password: Some("hash".to_owned()), ..unchanged(&now) };
        let late = store.apply(vec![UserStep::Change(Box::new(password))], Vec::new()).await;
        assert!(matches!(late, Err(StoreError::Overtaken(_))), "{late:?}");
    })
    .await;
}

fn unchanged(seen: &Person) -> UserChange {
    UserChange {
        seen: seen.clone(),
        profile: None,
        password: None,
        active: None,
        staff: None,
        superuser: None,
    }
}

fn profile(claims: Value, present: &PersonClaims) -> Profile {
    let Value::Object(claims) = claims else { panic!("{claims}") };
    accounts::profile::decide(&Edit::from_claims(claims), present).unwrap()
}

fn user(store: &Store, name: &str) -> UserStep {
    let claims = json!({"email": "jane@example.org", "email_verified": true, "level": 7});
    let profile = profile(claims, &PersonClaims::default());
    UserStep::Create {
        id: store.users().new_id().unwrap(),
        new: NewUser {
            username: Username::parse(name).unwrap(),
            email: profile.email().cloned(),
            password: None,
            staff: false,
            superuser: false,
        },
        active: false,
        profile: Box::new(profile),
    }
}

/// People come first, so that they can own what comes with them; what of either fails, all of it fails.
#[tokio::test(flavor = "multi_thread")]
async fn people_and_their_applications_are_made_together() {
    on_both(|world| async move {
        let store = world.node().await;
        let owned = |step: &UserStep, id: &str| match step {
            UserStep::Create { id: owner, .. } => {
                let client = Client { owner: Some(*owner), ..World::client(id) };
                Step::Create(Box::new(client), NewSecret::Generated)
            }
            UserStep::Change(_) => panic!(),
        };
        let jane = user(&store, "jane");
        let photos = owned(&jane, "photos");
        let done = store.apply(vec![jane], vec![photos]).await.unwrap();
        let account = &done.users[0].account;
        assert_eq!(done.applications[0].0.client.owner, Some(account.id));
        assert!(!account.active);
        let known = store.users().person(account.id).await.unwrap().unwrap().claims;
        assert_eq!(
            (known.email.as_deref(), known.email_verified),
            (Some("jane@example.org"), true)
        );
        assert_eq!(known.custom.iter().count(), 1);

        let ann = user(&store, "ann");
        let taken = owned(&ann, "photos");
        let failed = store.apply(vec![ann], vec![taken]).await;
        assert!(matches!(failed, Err(StoreError::Conflict { field: "client_id" })), "{failed:?}");
        let failed = store.apply(vec![user(&store, "ann"), user(&store, "JANE")], Vec::new()).await;
        assert!(matches!(failed, Err(StoreError::Conflict { field: "username" })), "{failed:?}");
        assert_eq!(store.users().list(None, 10).await.unwrap().len(), 1);
    })
    .await;
}

/// Everything of a client ends, and it stays registered as it is.
#[tokio::test(flavor = "multi_thread")]
async fn everything_of_a_client_ends_at_once() {
    on_both(|world| async move {
        let store = world.node().await;
        let (client, _) = world.registered(&store, "photos").await;
        let (jane, _, token) = world.signed_in(&store, "jane", &client).await;
        let after = store.applications().end_everything(client.id).await.unwrap();
        assert_eq!((after.client.epoch, after.client.active), (client.client.epoch + 1, true));
        assert!(admit(&store.standing(&token).await.unwrap()).is_err());
        assert!(store.authorizations().list(jane.account.id).await.unwrap().is_empty());
        store.applications().delete(client.id).await.unwrap();
        let gone = store.applications().end_everything(client.id).await;
        assert!(matches!(gone, Err(StoreError::NotFound(_))), "{gone:?}");
    })
    .await;
}
