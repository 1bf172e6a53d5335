//! What readers say. One review for each reader and book; a change says which state it is about.

use grantwell::prelude::*;
use grantwell::rest::permission::{owner, reading, staff};
use sea_orm::entity::prelude::*;
use sea_orm::{DatabaseTransaction, Set};
use serde::Serialize;

/// A review.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Resource)]
#[sea_orm(table_name = "review")]
#[resource(path = "reviews", read = Public, write = crate::Review, require_if_match)]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    #[resource(read_only)]
    pub id: i64,
    /// The book.
    #[sea_orm(unique_key = "one_each")]
    #[resource(create_only, filter)]
    pub book_id: i64,
    /// Who wrote it.
    #[sea_orm(unique_key = "one_each")]
    #[resource(read_only)]
    pub reader: Uuid,
    /// From 1, do not read, to 5, read at once.
    #[resource(min = 1, max = 5, filter, order)]
    pub rating: i32,
    /// Why.
    #[sea_orm(column_type = "Text")]
    #[resource(max_length = 5000, validate = polite)]
    pub text: String,
    /// The book, with `?expand=book`.
    #[sea_orm(belongs_to, from = "book_id", to = "id", on_delete = "Cascade")]
    #[resource(expand)]
    pub book: BelongsTo<super::book::Entity>,
}

fn polite(text: &str) -> Result<(), String> {
    if text.chars().any(char::is_lowercase) {
        return Ok(());
    }
    Err("Please do not shout.".to_owned())
}

impl ViewSet for Model {
    fn permission() -> Permission {
        reading() | owner(Column::Reader) | staff()
    }

    async fn validate(
        ctx: &Ctx,
        _: &DatabaseTransaction,
        change: &mut ActiveModel,
    ) -> Result<(), Problem> {
        if ctx.action() == Action::Create {
            change.reader = Set(ctx.user()?.as_uuid());
        }
        Ok(())
    }
}
