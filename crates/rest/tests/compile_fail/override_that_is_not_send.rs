use grantwell_rest::{Ctx, Public, Resource, Result, ViewSet};
use sea_orm::{Select, entity::prelude::*};
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
    async fn query(_: &Ctx) -> Result<Select<Entity>> {
        let kept = std::rc::Rc::new(1);
        std::future::ready(()).await;
        Ok(Entity::find().filter(Column::Id.gt(*kept)))
    }
}

fn main() {}
