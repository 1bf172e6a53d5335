mod person {
    use grantwell_rest::{Public, Resource, ViewSet};
    use sea_orm::entity::prelude::*;
    use serde::Serialize;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Resource)]
    #[sea_orm(table_name = "person")]
    #[resource(path = "person", read = Public, write = Public, crate = grantwell_rest)]
    pub struct Model {
        #[sea_orm(primary_key)]
        #[resource(read_only)]
        pub id: i64,
        #[sea_orm(has_many)]
        #[resource(expand, nested = "all")]
        pub horses: HasMany<super::horse::Entity>,
    }
    impl ViewSet for Model {}
}

mod horse {
    use grantwell_rest::{Public, Resource, ViewSet};
    use sea_orm::entity::prelude::*;
    use serde::Serialize;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Resource)]
    #[sea_orm(table_name = "horse")]
    #[resource(path = "horse", read = Public, write = Public, crate = grantwell_rest)]
    pub struct Model {
        #[sea_orm(primary_key)]
        #[resource(read_only)]
        pub id: i64,
        pub person_id: i64,
        #[sea_orm(belongs_to, from = "person_id", to = "id")]
        pub person: BelongsTo<super::person::Entity>,
    }
    impl ViewSet for Model {}
}

fn main() {}
