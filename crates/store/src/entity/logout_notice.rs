//! `grantwell_logout_notice`: what clients still have to be told about sessions that have ended (OpenID Connect Back-Channel
//! Logout).

use sea_orm::entity::prelude::*;

/// One session of which one client has to hear.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "grantwell_logout_notice")]
pub struct Model {
    /// Names it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Who has to hear of it.
    #[sea_orm(indexed)]
    pub application_id: Uuid,
    /// Who was signed in. The account may be gone by now.
    pub user_id: Uuid,
    /// The session, as clients know it.
    pub sid: Uuid,
    /// How often it was tried.
    pub tries: i64,
    /// When it is tried next.
    #[sea_orm(indexed)]
    pub next_at: i64,
    /// When it is given up.
    #[sea_orm(indexed)]
    pub expires_at: i64,
}

/// What it points at.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Who has to hear of it.
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
