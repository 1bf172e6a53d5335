//! Permissions about rows: what does not meet them is not seen, not made, and not made of what does.
use grantwell_rest::{
    Action, Permission, Resource, Resources, ViewSet,
    permission::{authenticated, everybody, reading, rows, scope, signed_in_within},
};
use sea_orm::{ActiveModelTrait, Condition, Set, entity::prelude::*};
use serde::Serialize;
use serde_json::json;

use super::{
    program::{Read, Write},
    stand::{NOTHING, Stand, make_table, on_both},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Resource)]
#[sea_orm(table_name = "parcel")]
#[resource(path = "parcel", read = Read, write = Write, crate = grantwell_rest)]
pub struct Model {
    #[sea_orm(primary_key)]
    #[resource(read_only)]
    pub id: i64,
    pub weight: i32,
    pub fragile: bool,
}

/// Light parcels, or those that nobody minds; never those of a hundred and more.
impl ViewSet for Model {
    fn permission() -> Permission {
        let light = rows(|_| Ok(Condition::all().add(Column::Weight.lt(10))));
        let sturdy = rows(|_| Ok(Condition::all().add(Column::Fragile.eq(false))));
        let huge = rows(|_| Ok(Condition::all().add(Column::Weight.gte(100))));
        authenticated() & (light | sturdy) & !huge
    }
}

async fn parcels(database: &database::Database) -> Stand {
    make_table(database, Entity).await;
    for (weight, fragile) in [(1, true), (20, false), (20, true), (100, false)] {
        let row = ActiveModel { weight: Set(weight), fragile: Set(fragile), ..Default::default() };
        database
            .write::<_, grantwell_rest::Problem, _>(|transaction| {
                Box::pin(async move { Ok(row.insert(transaction).await.map(drop)?) })
            })
            .await
            .unwrap();
    }
    Stand::new(database.clone(), Resources::new().add::<Model>())
}

#[test]
fn rows_that_do_not_meet_a_permission_are_neither_seen_nor_made() {
    on_both(async |database| {
        let stand = parcels(&database).await;
        let list = stand.get("/v1/parcel/").await;
        assert_eq!(list.header("x-total-count"), "2", "{}", list.text);
        for (id, status) in [(1, 200), (2, 200), (3, 404), (4, 404)] {
            let address = format!("/v1/parcel/{id}/");
            assert_eq!(stand.get(&address).await.status.as_u16(), status, "{id}");
            let same = stand.json(&format!("PATCH {address}"), &json!({})).await;
            assert_eq!(same.status.as_u16(), status, "{id}");
        }
        for (line, body, status) in [
            ("POST /v1/parcel/", json!({"weight": 9, "fragile": true}), 201),
            ("POST /v1/parcel/", json!({"weight": 10, "fragile": true}), 403),
            ("POST /v1/parcel/", json!({"weight": 100, "fragile": false}), 403),
            ("PATCH /v1/parcel/1/", json!({"weight": 10}), 403),
            ("PATCH /v1/parcel/1/", json!({"weight": 10, "fragile": false}), 200),
            ("PATCH /v1/parcel/2/", json!({"weight": 100}), 403),
        ] {
            let answer = stand.json(line, &body).await;
            assert_eq!(answer.status.as_u16(), status, "{line} {body}: {}", answer.text);
        }
        assert_eq!(stand.get("/v1/parcel/2/").await.json()["weight"], 20, "nothing was kept");
        assert_eq!(stand.get("/v1/parcel/").await.header("x-total-count"), "3");
        assert_eq!(stand.ask("DELETE /v1/parcel/4/", "read+write", NOTHING).await.status, 404);
        assert_eq!(stand.ask("DELETE /v1/parcel/2/", "read+write", NOTHING).await.status, 204);
    });
}

mod stamp {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Resource)]
    #[sea_orm(table_name = "stamp")]
    #[resource(path = "stamp", read = grantwell_rest::Public, write = Write, crate = grantwell_rest)]
    pub struct Model {
        #[sea_orm(primary_key)]
        #[resource(read_only)]
        pub id: i64,
        pub text: String,
    }

    /// Everybody reads; who writes needs another scope as well, and to remove one a fresh sign-in.
    impl ViewSet for Model {
        fn permission() -> Permission {
            let fresh = signed_in_within(std::time::Duration::from_mins(5));
            (reading() | scope::<Read>()) & fresh.for_actions(&[Action::Delete]) & !(!everybody())
        }
    }
}

#[test]
fn callers_are_told_what_is_missing() {
    on_both(async |database| {
        make_table(&database, stamp::Entity).await;
        let stand = Stand::new(database, Resources::new().add::<stamp::Model>());
        assert_eq!(stand.ask("GET /v1/stamp/", "", NOTHING).await.status, 200);
        let form = ("application/x-www-form-urlencoded", "text=a");
        let refused = stand.ask("POST /v1/stamp/", "write", form).await;
        assert_eq!(
            (refused.status.as_u16(), refused.json()["detail"].as_str()),
            (403, Some("This can be read, but not changed."))
        );
        assert_eq!(stand.ask("POST /v1/stamp/", "read+write", form).await.status, 201);
        // RFC 9470 §3: the tokens of this stand do not say when the person signed in.
        let stale = stand.ask("DELETE /v1/stamp/1/", "read+write", NOTHING).await;
        assert_eq!(
            (stale.status.as_u16(), stale.json()["code"].as_str()),
            (401, Some("insufficient_user_authentication"))
        );
        let challenge = stale.header("www-authenticate");
        for part in ["error=\"insufficient_user_authentication\"", "max_age=\"300\""] {
            assert!(challenge.contains(part), "{challenge}");
        }
    });
}
