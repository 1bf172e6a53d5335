//! `grantwell_consent`: what a person has allowed a client, remembered beyond the tokens that came of it.

use sea_orm::entity::prelude::*;

/// What one person has allowed one client.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "grantwell_consent")]
pub struct Model {
    /// Who allowed it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: Uuid,
    /// Who was allowed.
    #[sea_orm(primary_key, auto_increment = false, indexed)]
    pub application_id: Uuid,
    /// The scope, separated by spaces.
    #[sea_orm(column_type = "Text")]
    pub scope: String,
    /// Claims beyond those of the scope, a JSON list.
    #[sea_orm(column_type = "Text")]
    pub claims: String,
    /// The resources it was allowed for, a JSON list.
    #[sea_orm(column_type = "Text")]
    pub resources: String,
    /// When it was first allowed.
    pub created_at: i64,
    /// When it was last allowed more.
    pub updated_at: i64,
}

/// What a consent points at.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Who allowed it.
    #[sea_orm(
        belongs_to = "super::user::Entity",
        from = "Column::UserId",
        to = "super::user::Column::Id",
        on_delete = "Cascade"
    )]
    User,
    /// Who was allowed.
    #[sea_orm(
        belongs_to = "super::application::Entity",
        from = "Column::ApplicationId",
        to = "super::application::Column::Id",
        on_delete = "Cascade"
    )]
    Application,
}

impl Related<super::user::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::User.def()
    }
}

impl Related<super::application::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Application.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
