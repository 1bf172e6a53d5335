//! Who writes books. Everybody may read about them.

use grantwell::prelude::*;
use sea_orm::entity::prelude::*;
use serde::Serialize;

use crate::Sell;

/// An author.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Resource)]
#[sea_orm(table_name = "author")]
#[resource(path = "authors", read = Public, write = Sell)]
pub struct Model {
    /// Made up by whoever adds the author, so that a lost answer can be asked for again.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// As it stands on the cover.
    #[sea_orm(unique)]
    #[resource(max_length = 200, search, order)]
    pub name: String,
    /// Where to read more.
    #[resource(format = "url")]
    pub website: Option<String>,
    /// The day of birth.
    #[resource(order)]
    pub born: Option<Date>,
    /// The books, with `?expand=books`; new ones can be sent with their author.
    #[sea_orm(has_many)]
    #[resource(expand, nested)]
    pub books: HasMany<super::book::Entity>,
}

impl ViewSet for Model {}
