//! Overridden steps: each person sees and changes their own rows only.
use grantwell_rest::{Action, Ctx, Problem, Resource, Resources, Result, ViewSet};
use sea_orm::{DatabaseTransaction, Select, Set, entity::prelude::*};
use serde::Serialize;

use grantwell_rest::field::Declared;

use super::{
    program::{Read, Write},
    stand::{FORM, NOTHING, Stand, make_table, on_both, user},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Resource)]
#[sea_orm(table_name = "diary")]
#[resource(path = "diary/entries", read = Read, write = Write, name = "Diary", page_size = 2, crate = grantwell_rest)]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub slug: String,
    #[resource(read_only)]
    pub owner: Uuid,
    pub text: String,
}

impl ViewSet for Model {
    async fn query(ctx: &Ctx) -> Result<Select<Entity>> {
        Ok(Entity::find().filter(Column::Owner.eq(ctx.user()?.as_uuid())))
    }

    async fn permit(ctx: &Ctx, row: Option<&Model>) -> Result<()> {
        if ctx.action() == Action::Delete && row.is_some_and(|row| row.text == "keep") {
            return Err(Problem::forbidden("This entry is to be kept."));
        }
        Ok(())
    }

    async fn create(
        ctx: &Ctx,
        transaction: &DatabaseTransaction,
        mut new: ActiveModel,
    ) -> Result<Model> {
        new.owner = Set(ctx.user()?.as_uuid());
        Ok(new.insert(transaction).await?)
    }
}

#[test]
fn rows_of_others_look_as_if_they_did_not_exist() {
    on_both(async |database| {
        make_table(&database, Entity).await;
        let stand = Stand::new(database.clone(), Resources::new().add::<Model>());
        let made = stand.form("POST /v1/diary/entries/", "slug=a/b ü&text=keep").await;
        assert_eq!(made.status, 201, "{}", made.text);
        assert_eq!(made.header("location"), "/v1/diary/entries/a%2Fb%20%C3%BC/");
        assert_eq!(made.json()["owner"], user().to_string());
        let own = made.header("location").to_owned();
        assert_eq!(stand.get(&own).await.status, 200);
        // Somebody else's row, written past the resource.
        let other = ActiveModel {
            slug: Set("theirs".into()),
            owner: Set(Uuid::nil()),
            text: Set("secret".into()),
        };
        database
            .write::<_, Problem, _>(|transaction| {
                Box::pin(async move { Ok(other.insert(transaction).await.map(drop)?) })
            })
            .await
            .unwrap();
        for line in ["GET", "PUT", "PATCH", "DELETE"] {
            let answer = stand
                .ask(
                    &format!("{line} /v1/diary/entries/theirs/"),
                    "read+write",
                    (FORM, "text=mine"),
                )
                .await;
            assert_eq!(answer.status, 404, "{line}");
        }
        assert_eq!(stand.get("/v1/diary/entries/").await.header("x-total-count"), "1");
        let kept = stand.ask(&format!("DELETE {own}"), "write", NOTHING).await;
        assert_eq!(
            (kept.status.as_u16(), kept.json()["detail"].as_str()),
            (403, Some("This entry is to be kept."))
        );
        // The key of a row stays what it is.
        let moved = stand.form(&format!("PUT {own}"), "slug=other&text=new").await;
        assert_eq!((moved.status.as_u16(), moved.json()["slug"].as_str()), (200, Some("a/b ü")));
        let gone = stand.ask(&format!("DELETE {own}"), "write", NOTHING).await;
        assert_eq!(gone.status, 204);
        let taken = stand.form("POST /v1/diary/entries/", "slug=theirs&text=x").await;
        assert_eq!(
            (taken.status.as_u16(), taken.json()["errors"][0]["pointer"].as_str()),
            (422, Some("/slug"))
        );
    });
}

/// The ladder's next rung: a resource by hand, whose answers are not the table's rows.
struct Herd;

#[derive(Serialize)]
struct Shown {
    id: i64,
    name: String,
    old: bool,
}

impl From<super::program::Model> for Shown {
    fn from(row: super::program::Model) -> Self {
        Self { id: row.id, name: row.name, old: row.age > 20 }
    }
}

impl Resource for Herd {
    type Entity = super::program::Entity;
    type Output = Shown;
    type Read = Read;
    type Write = Write;
    const PATH: &'static str = "herd";

    fn fields() -> &'static [Declared] {
        const FIELDS: &[Declared] = &[
            Declared { read_only: true, ..Declared::new("id") },
            Declared { max_length: Some(5), order: true, ..Declared::new("name") },
            Declared { write_only: true, ..Declared::new("age") },
        ];
        FIELDS
    }
}

impl ViewSet for Herd {}

#[test]
fn a_resource_by_hand_shows_what_its_author_wants() {
    on_both(async |database| {
        make_table(&database, super::program::Entity).await;
        let stand =
            Stand::new(database, Resources::new().add::<Herd>().add::<super::program::Model>());
        let made = stand.form("POST /v1/herd/", "name=dash&age=34").await;
        assert_eq!(made.text, r#"{"id":1,"name":"dash","old":true}"#);
        assert_eq!(stand.get("/v1/herd/").await.text, r#"[{"id":1,"name":"dash","old":true}]"#);
        assert_eq!(stand.get("/v1/unicorn/1/").await.text, r#"{"id":1,"name":"dash","age":34}"#);
        assert_eq!(stand.form("POST /v1/herd/", "name=rainbow&age=1").await.status, 422);
        assert_eq!(stand.get("/v1/herd/?ordering=age").await.status, 400);
    });
}

mod own_behavior {
    use grantwell_rest::{Public, Resource, ViewSet};
    use sea_orm::{Set, entity::prelude::*};
    use serde::Serialize;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Resource)]
    #[sea_orm(table_name = "shout")]
    #[resource(path = "shouts", read = Public, write = Public, own_behavior, crate = grantwell_rest)]
    pub struct Model {
        #[sea_orm(primary_key)]
        #[resource(read_only)]
        pub id: i32,
        pub text: String,
    }
    impl ViewSet for Model {}

    #[sea_orm::prelude::async_trait::async_trait]
    impl ActiveModelBehavior for ActiveModel {
        async fn before_save<C: ConnectionTrait>(mut self, _: &C, _: bool) -> Result<Self, DbErr> {
            if let Some(text) = self.text.take() {
                self.text = Set(text.to_uppercase());
            }
            Ok(self)
        }
    }
}

#[test]
fn an_entity_may_have_a_behaviour_of_its_own() {
    on_both(async |database| {
        make_table(&database, own_behavior::Entity).await;
        let stand = Stand::new(database, Resources::new().add::<own_behavior::Model>());
        let made = stand.form("POST /v1/shouts/", "text=hello").await;
        assert_eq!(made.text, r#"{"id":1,"text":"HELLO"}"#);
    });
}
