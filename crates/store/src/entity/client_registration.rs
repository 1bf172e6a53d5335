//! `grantwell_client_registration`: clients that registered themselves, and the token by which each looks after its
//! registration (RFC 7592).

use sea_orm::entity::prelude::*;

/// One registration.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "grantwell_client_registration")]
pub struct Model {
    /// The client.
    #[sea_orm(primary_key, auto_increment = false)]
    pub application_id: Uuid,
    /// Keyed digest of its registration access token.
    pub token_digest: Vec<u8>,
    /// When it registered.
    #[sea_orm(indexed)]
    pub created_at: i64,
}

/// What a registration points at.
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

/// Without the digest.
impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("grantwell_client_registration")
            .field("application_id", &self.application_id)
            .finish_non_exhaustive()
    }
}

impl ActiveModelBehavior for ActiveModel {}
