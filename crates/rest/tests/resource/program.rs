//! The program of the front page, and a second resource with every kind of field.
use sea_orm::entity::prelude::*;
use serde::Serialize;

use grantwell_rest::{Resource, Resources, ViewSet, scopes};

scopes! {
    crate = grantwell_rest;
    pub Read  = "read"  => "See your unicorns",
    pub Write = "write" => "Change your unicorns",
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Resource)]
#[sea_orm(table_name = "unicorn")]
#[resource(path = "unicorn", read = Read, write = Write, crate = grantwell_rest)]
pub struct Model {
    #[sea_orm(primary_key)]
    #[resource(read_only)]
    pub id: i64,
    #[resource(max_length = 100, search, order)]
    pub name: String,
    #[resource(min = 0, filter, order)]
    pub age: i32,
}
impl ViewSet for Model {}

#[test]
fn the_program_compiles_and_its_scopes_are_declared() {
    let resources = Resources::new().add::<Model>();
    let scopes: Vec<String> =
        resources.scopes().iter().map(|scope| scope.name.to_string()).collect();
    assert_eq!(scopes, ["read", "write"]);
    assert_eq!(resources.paths("/v1"), ["/v1/", "/v1/unicorn/", "/v1/unicorn/{id}/"]);
    let metadata = resources.metadata("https://api.example/", "/v1/");
    assert_eq!(metadata.resource, "https://api.example/v1");
    assert_eq!(metadata.bearer_methods_supported, ["header"]);
}
