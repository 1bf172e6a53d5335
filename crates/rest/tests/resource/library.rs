//! A library: authors, books, tags and reviews, which hang together in every way that the toolkit knows.
use grantwell_rest::{Resources, Scope as _};

use super::{
    program::{Read, Write},
    stand::{Stand, make_table},
};

grantwell_rest::scopes! {
    crate = grantwell_rest;
    pub Publish = "publish" => "Publish books",
}

pub mod author {
    use grantwell_rest::{Resource, ViewSet};
    use sea_orm::entity::prelude::*;
    use serde::Serialize;

    use super::{Read, Write};

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Resource)]
    #[sea_orm(table_name = "author")]
    #[resource(path = "author", read = Read, write = Write, crate = grantwell_rest)]
    pub struct Model {
        #[sea_orm(primary_key)]
        #[resource(read_only)]
        pub id: i64,
        #[sea_orm(unique)]
        pub name: String,
        #[resource(format = "email")]
        pub mail: Option<String>,
        #[sea_orm(has_many)]
        #[resource(expand)]
        pub books: HasMany<super::book::Entity>,
    }
    impl ViewSet for Model {}
}

pub mod tag {
    use grantwell_rest::{Resource, Result, ViewSet};
    use sea_orm::{Select, entity::prelude::*};
    use serde::Serialize;

    use super::{Read, Write};

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Resource)]
    #[sea_orm(table_name = "tag")]
    #[resource(path = "tag", read = Read, write = Write, bulk = 3, crate = grantwell_rest)]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        #[resource(pattern = "^[a-z]+$")]
        pub name: String,
        pub hidden: bool,
        #[sea_orm(has_many, via = "book_tag")]
        pub books: HasMany<super::book::Entity>,
    }

    impl ViewSet for Model {
        async fn query(_: &grantwell_rest::Ctx) -> Result<Select<Entity>> {
            Ok(Entity::find().filter(Column::Hidden.eq(false)))
        }
    }
}

pub mod book_tag {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "book_tag")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub book_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub tag_name: String,
        #[sea_orm(belongs_to, from = "book_id", to = "id", on_delete = "Cascade")]
        pub book: BelongsTo<super::book::Entity>,
        #[sea_orm(belongs_to, from = "tag_name", to = "name")]
        pub tag: BelongsTo<super::tag::Entity>,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod book {
    use grantwell_rest::{
        Ctx, FieldError, Input, Permission, Problem, Public, Resource, Result, ViewSet,
        permission::{authenticated, owner, reading, staff},
        viewset,
    };
    use sea_orm::{DatabaseTransaction, Set, entity::prelude::*};
    use serde::Serialize;

    use super::{Publish, Read, Write};

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Resource)]
    #[sea_orm(table_name = "book")]
    #[resource(path = "book", read = Read, write = Write, crate = grantwell_rest)]
    pub struct Model {
        #[sea_orm(primary_key)]
        #[resource(read_only)]
        pub id: i64,
        #[resource(max_length = 100, order)]
        pub title: String,
        #[resource(create_only)]
        pub code: String,
        #[resource(validate = even)]
        pub pages: Option<i32>,
        pub price: i32,
        pub reduced: Option<i32>,
        pub author_id: i64,
        #[resource(read_only)]
        pub owner: Uuid,
        #[resource(read_only)]
        pub published: bool,
        #[sea_orm(belongs_to, from = "author_id", to = "id")]
        #[resource(expand)]
        pub author: BelongsTo<super::author::Entity>,
        #[sea_orm(has_many)]
        #[resource(expand)]
        pub reviews: HasMany<super::review::Entity>,
        #[sea_orm(has_many, via = "book_tag")]
        #[resource(expand, write)]
        pub tags: HasMany<super::tag::Entity>,
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "what checks are given")]
    fn even(pages: &i32) -> Result<(), String> {
        if pages % 2 == 0 { Ok(()) } else { Err("A book has an even number of pages.".into()) }
    }

    #[derive(Input)]
    #[resource(crate = grantwell_rest)]
    pub struct Publication {
        #[resource(min = 1)]
        price: i32,
        note: Option<String>,
    }

    #[derive(Serialize)]
    pub struct Receipt {
        title: String,
        note: Option<String>,
    }

    #[viewset(crate = grantwell_rest)]
    impl ViewSet for Model {
        fn permission() -> Permission {
            reading() | (authenticated() & (owner(Column::Owner) | staff()))
        }

        async fn validate(
            ctx: &Ctx,
            _: &DatabaseTransaction,
            change: &mut ActiveModel,
        ) -> Result<()> {
            if ctx.action() == grantwell_rest::Action::Create {
                change.owner = Set(ctx.user()?.as_uuid());
                change.published = Set(false);
            }
            let reduced = change.reduced.try_as_ref().copied().flatten();
            if reduced.is_some() && reduced.as_ref() >= change.price.try_as_ref() {
                let why = "This must be below the price.";
                return Err(Problem::invalid(vec![FieldError::new("reduced", "too_high", why)]));
            }
            Ok(())
        }

        /// Puts the book on sale.
        #[action(detail, scope = Publish)]
        async fn publish(
            _: &Ctx,
            transaction: &DatabaseTransaction,
            row: Model,
            input: Publication,
        ) -> Result<Receipt> {
            if input.price > 1000 {
                return Err(Problem::conflict("Nobody pays that."));
            }
            let mut change: ActiveModel = row.into();
            change.price = Set(input.price);
            change.published = Set(true);
            let row = change.update(transaction).await?;
            if input.price == 999 {
                return Err(Problem::conflict("On second thoughts."));
            }
            Ok(Receipt { title: row.title, note: input.note })
        }

        #[action(list, method = "get", scope = Public)]
        async fn count(ctx: &Ctx) -> Result<u64> {
            Ok(Entity::find().count(ctx.db()).await?)
        }

        #[action(detail, method = "delete", path = "publish", scope = Publish)]
        async fn withdraw(_: &Ctx, transaction: &DatabaseTransaction, row: Model) -> Result<()> {
            let mut change: ActiveModel = row.into();
            change.published = Set(false);
            change.update(transaction).await?;
            Ok(())
        }
    }
}

pub mod review {
    use grantwell_rest::{Resource, ViewSet};
    use sea_orm::entity::prelude::*;
    use serde::Serialize;

    use super::{Publish, Write};

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Resource)]
    #[sea_orm(table_name = "review")]
    #[resource(path = "review", read = Publish, write = Write, require_if_match, crate = grantwell_rest)]
    pub struct Model {
        #[sea_orm(primary_key)]
        #[resource(read_only)]
        pub id: i64,
        #[sea_orm(unique_key = "once")]
        pub book_id: i64,
        #[sea_orm(unique_key = "once")]
        pub reader: String,
        #[resource(min = 1, max = 5)]
        pub rating: i32,
        #[sea_orm(belongs_to, from = "book_id", to = "id")]
        #[resource(expand)]
        pub book: BelongsTo<super::book::Entity>,
    }
    impl ViewSet for Model {}
}

/// A library without books.
pub async fn library(database: &database::Database) -> Stand {
    make_table(database, author::Entity).await;
    make_table(database, tag::Entity).await;
    make_table(database, book::Entity).await;
    make_table(database, book_tag::Entity).await;
    make_table(database, review::Entity).await;
    assert_eq!(Publish::NAME, "publish");
    Stand::new(database.clone(), resources())
}

/// Its resources.
pub fn resources() -> Resources {
    Resources::new()
        .add::<author::Model>()
        .add::<tag::Model>()
        .add::<book::Model>()
        .add::<review::Model>()
}
