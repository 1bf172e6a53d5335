//! `grantwell_session_client`: which clients know a browser session, so that they can be told of its end.

use sea_orm::entity::prelude::*;

/// One client that was told the `sid` of a session.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "grantwell_session_client")]
pub struct Model {
    /// The session, as clients know it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub sid: Uuid,
    /// The client.
    #[sea_orm(primary_key, auto_increment = false, indexed)]
    pub application_id: Uuid,
    /// When the session ends in any case.
    #[sea_orm(indexed)]
    pub expires_at: i64,
}

/// What it points at.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The client.
    #[sea_orm(
        belongs_to = "super::application::Entity",
        from = "Column::ApplicationId",
        to = "super::application::Column::Id",
        on_delete = "Cascade"
    )]
    Application,
}

impl Related<super::application::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Application.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
