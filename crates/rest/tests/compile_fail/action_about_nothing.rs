use grantwell_rest::{Ctx, Public, Resource, Result, ViewSet, viewset};
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
}

#[viewset(crate = grantwell_rest)]
impl ViewSet for Model {
    #[action(scope = Public)]
    async fn groom(_: &Ctx, row: Model) -> Result<Model> {
        Ok(row)
    }
}

fn main() {}
