//! What is known about a person: kept, told, and never overwritten from an old view.

use std::time::Duration;

use accounts::Email;
use accounts::profile::{Edit, Entry, Profile, decide};
use grantwell_store::entity::user;
use grantwell_store::{Person, Store};
use oauth::claims::PersonClaims;
use oauth::id::UserId;
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};

use crate::world::{World, on_both};

fn edited(person: &Person, claims: Value) -> Profile {
    let Value::Object(claims) = claims else { panic!("no object") };
    decide(&Edit::from_claims(claims), &person.claims).unwrap()
}

async fn person(store: &Store, id: UserId) -> Person {
    store.users().person(id).await.unwrap().unwrap()
}

async fn set(store: &Store, id: UserId, claims: Value) -> Person {
    let seen = person(store, id).await;
    let profile = edited(&seen, claims);
    store.users().set_claims(&seen, &profile).await.unwrap().unwrap()
}

async fn row(store: &Store, id: UserId) -> user::Model {
    let row = user::Entity::find_by_id(id.as_uuid()).one(store.database().read()).await;
    row.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_is_kept_and_read_back() {
    on_both(|world| async move {
        let store = world.node().await;
        let account = store.users().create(World::new_user("jane")).await.unwrap().account;
        let made = PersonClaims {
            preferred_username: Some("jane".to_owned()),
            email: Some("someone@example.org".to_owned()),
            updated_at: Some(account.created_at.as_seconds()),
            ..PersonClaims::default()
        };
        assert_eq!(store.users().claims(account.id).await.unwrap(), Some(made.clone()));

        world.clock.advance(Duration::from_secs(10));
        let set_to = json!({
            "name": "Jane Doe", "birthdate": "0000-03-20", "phone_number": "+33123456789",
            "phone_number_verified": true, "email_verified": true, "department": ["stables", 7],
            "address": {"street_address": "1 Meadow\n2nd floor", "country": "France"},
        });
        let kept = set(&store, account.id, set_to).await;
        assert_eq!(kept, person(&world.node().await, account.id).await);
        assert_eq!(kept.account, account);
        let told = kept.clone().told();
        assert_eq!(told.updated_at, Some(account.created_at.as_seconds() + 10));
        assert_eq!(told.preferred_username.as_deref(), Some("jane"));
        assert_eq!(kept.claims.preferred_username, None, "told and not kept");
        assert!(told.email_verified && told.phone_number_verified);
        assert_eq!(told.custom.value("department"), Some(&json!(["stables", 7])));
        assert_eq!(told.address.street_address.as_deref(), Some("1 Meadow\n2nd floor"));

        let nothing = json!({
            "name": null, "birthdate": null, "phone_number": null, "department": null,
            "address": null, "email_verified": false,
        });
        world.clock.advance(Duration::from_secs(10));
        let told = set(&store, account.id, nothing).await.told();
        let updated_at = Some(account.created_at.as_seconds() + 20);
        assert_eq!(told, PersonClaims { updated_at, ..made });
        assert_eq!(row(&store, account.id).await.claims, None, "the address has its own column");
        let nobody = UserId::from_uuid(uuid::Uuid::from_u128(1));
        assert_eq!(store.users().claims(nobody).await.unwrap(), None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_address_is_kept_with_the_account_and_is_not_verified() {
    on_both(|world| async move {
        let store = world.node().await;
        let id = store.users().create(World::new_user("jane")).await.unwrap().account.id;
        let (old, new) = ("someone@example.org", "Jane@new.example");
        let address = |text: &str| Email::parse(text).unwrap();
        assert!(store.users().set_email_verified(id, &address(old), true).await.unwrap());
        assert!(person(&store, id).await.claims.email_verified);

        let changed = set(&store, id, json!({"email": new, "name": "Jane"})).await;
        assert_eq!(changed.account.email, Some(address(new)));
        assert_eq!(changed.claims.email.as_deref(), Some(new));
        assert!(!changed.claims.email_verified);
        let user = store.users().find(id).await.unwrap().unwrap();
        assert_eq!(user.account.email, Some(address(new)));

        // The link that was sent to the old address does not verify the new one.
        assert!(!store.users().set_email_verified(id, &address(old), true).await.unwrap());
        assert!(!person(&store, id).await.claims.email_verified);
        assert!(store.users().set_email_verified(id, &address(new), true).await.unwrap());
        assert!(person(&store, id).await.claims.email_verified);
        assert!(store.users().set_email_verified(id, &address(new), false).await.unwrap());
        assert!(!person(&store, id).await.claims.email_verified);

        let gone = set(&store, id, json!({"email": null})).await;
        assert_eq!((gone.account.email, gone.claims.email), (None, None));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_changes_from_the_same_view_only_one_is_kept() {
    on_both(|world| async move {
        let nodes = [world.node().await, world.node().await];
        let id = nodes[0].users().create(World::new_user("jane")).await.unwrap().account.id;
        // The clock stands still, so the moments alone would not tell the views apart.
        for round in 0..3 {
            let seen = person(&nodes[0], id).await;
            let tries = (0..10).map(|n| {
                let (store, seen) = (nodes[n % 2].clone(), seen.clone());
                let name = format!("round {round} try {n}");
                let profile = decide(&Edit::default().text(Entry::Name, name), &seen.claims);
                tokio::spawn(async move {
                    store.users().set_claims(&seen, &profile.unwrap()).await.unwrap()
                })
            });
            let mut kept = Vec::new();
            for answer in tries.collect::<Vec<_>>() {
                kept.extend(answer.await.unwrap());
            }
            assert_eq!(kept.len(), 1, "round {round}");
            assert_eq!(person(&nodes[1], id).await, kept[0], "round {round}");
        }
        // A mark that was set meanwhile makes a view old as well.
        let seen = person(&nodes[0], id).await;
        let address = seen.account.email.clone().unwrap();
        assert!(nodes[1].users().set_email_verified(id, &address, true).await.unwrap());
        let late = edited(&seen, json!({"name": "late"}));
        assert_eq!(nodes[0].users().set_claims(&seen, &late).await.unwrap(), None);
        assert!(person(&nodes[0], id).await.claims.email_verified);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mark_keeps_its_moment_while_the_value_stays() {
    on_both(|world| async move {
        let store = world.node().await;
        let id = store.users().create(World::new_user("jane")).await.unwrap().account.id;
        let verified_at = async || {
            let row = row(&store, id).await;
            (row.email_verified_at, row.phone_verified_at)
        };
        let start = world.clock.now().as_millis();
        let marks = json!({"email_verified": true, "phone_number": "+33123456789", "phone_number_verified": true});
        set(&store, id, marks.clone()).await;
        world.clock.advance(Duration::from_secs(1));
        set(&store, id, marks).await;
        set(&store, id, json!({"name": "Jane"})).await;
        assert_eq!(verified_at().await, (Some(start), Some(start)));
        set(&store, id, json!({"phone_number": "+33987654321", "phone_number_verified": true})).await;
        assert_eq!(verified_at().await, (Some(start), Some(start + 1000)));
        set(&store, id, json!({"phone_number": "+33123456789", "email_verified": false})).await;
        assert_eq!(verified_at().await, (None, None));
    })
    .await;
}
