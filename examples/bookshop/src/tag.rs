//! Words by which books are found.

use grantwell::prelude::*;
use sea_orm::entity::prelude::*;
use serde::Serialize;

use crate::Sell;

/// A tag. Its word is its key: `/v1/tags/poetry/`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Resource)]
#[sea_orm(table_name = "tag")]
#[resource(path = "tags", read = Public, write = Sell, bulk = 100)]
pub struct Model {
    /// The word.
    #[sea_orm(primary_key, auto_increment = false)]
    #[resource(format = "slug", max_length = 30, search, order)]
    pub word: String,
    /// What it stands for.
    #[resource(default = "", allow_blank)]
    pub meaning: String,
    /// The books that have it.
    #[sea_orm(has_many, via = "book_tag")]
    pub books: HasMany<super::book::Entity>,
}

impl ViewSet for Model {}
