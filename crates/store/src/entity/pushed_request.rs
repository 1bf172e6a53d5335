//! `grantwell_pushed_request`: authorization requests that wait here while the browser carries only their name (RFC 9126).

use sea_orm::entity::prelude::*;

/// One request.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "grantwell_pushed_request")]
pub struct Model {
    /// Keyed digest of the name in `request_uri`; the name itself is nowhere in the database.
    #[sea_orm(primary_key, auto_increment = false)]
    pub digest: Vec<u8>,
    /// Whose request it is.
    #[sea_orm(indexed)]
    pub application_id: Uuid,
    /// Its parameters, a JSON list of pairs.
    #[sea_orm(column_type = "Text")]
    pub parameters: String,
    /// How it reached us: `pushed`, `pushed signed`, or `kept` for one that a browser posted.
    pub channel: String,
    /// When it was pushed.
    pub created_at: i64,
    /// When it is forgotten.
    #[sea_orm(indexed)]
    pub expires_at: i64,
    /// When it was answered with a code; it is good for one.
    pub used_at: Option<i64>,
}

/// What a request points at.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Whose it is.
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

/// Without what was asked for, which may name a person.
impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("grantwell_pushed_request")
            .field("application_id", &self.application_id)
            .finish_non_exhaustive()
    }
}

impl ActiveModelBehavior for ActiveModel {}
