use grantwell_rest::{Public, Resource, ViewSet};
use sea_orm::entity::prelude::*;
use serde::Serialize;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Resource)]
#[sea_orm(table_name = "unicorn")]
#[resource(path = "unicorn", read = Public, write = Public, crate = grantwell_rest)]
pub struct Model {
    #[sea_orm(primary_key)]
    #[resource(read_only)]
    pub id: i64,
    #[resource(pattern = "^[a-z$")]
    pub name: String,
}
impl ViewSet for Model {}

fn main() {}
