use grantwell_rest::{Permission, Public, Resource, ViewSet};
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

impl ViewSet for Model {
    fn permission() -> Permission {
        "staff"
    }
}

fn main() {}
