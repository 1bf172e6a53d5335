use grantwell_rest::{AnyOf, Public, Resource, Resources, ViewSet, scopes};
use sea_orm::entity::prelude::*;
use serde::Serialize;

scopes! { crate = grantwell_rest; pub Read = "read" => "See your unicorns", pub Write = "write" => "Change your unicorns" }

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Resource)]
#[sea_orm(table_name = "unicorn")]
#[resource(path = "unicorn", read = (Read, Public), write = AnyOf<(Write, String)>, crate = grantwell_rest)]
pub struct Model {
    #[sea_orm(primary_key)]
    #[resource(read_only)]
    pub id: i64,
    #[resource(search)]
    pub name: String,
}
impl ViewSet for Model {}

fn main() {
    let _ = Resources::new().add::<Model>();
}
