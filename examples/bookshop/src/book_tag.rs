//! Which book has which tag: a table of pairs, written through the books.

use sea_orm::entity::prelude::*;

/// One pair.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "book_tag")]
pub struct Model {
    /// The book's number.
    #[sea_orm(primary_key, auto_increment = false)]
    pub book_id: i64,
    /// The tag's word.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tag_word: String,
    /// The book.
    #[sea_orm(belongs_to, from = "book_id", to = "id", on_delete = "Cascade")]
    pub book: BelongsTo<super::book::Entity>,
    /// The tag.
    #[sea_orm(belongs_to, from = "tag_word", to = "word")]
    pub tag: BelongsTo<super::tag::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
