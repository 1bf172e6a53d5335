//! `grantwell_session`: a browser in which a person is signed in.

use sea_orm::entity::prelude::*;

/// One browser session.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "grantwell_session")]
pub struct Model {
    /// Keyed digest of the id in the cookie; the id itself is nowhere in the database.
    #[sea_orm(primary_key, auto_increment = false)]
    pub digest: Vec<u8>,
    /// Names the session to clients (`sid`); it stays when the same person signs in again over it.
    #[sea_orm(indexed)]
    pub sid: Option<Uuid>,
    /// Who is signed in.
    #[sea_orm(indexed)]
    pub user_id: Uuid,
    /// The user's epoch at sign-in; a session of an older epoch is dead.
    pub user_epoch: i64,
    /// When the session began.
    pub created_at: i64,
    /// When the person last proved who they are.
    pub authenticated_at: i64,
    /// When it was last used, exact to a minute.
    pub last_seen_at: i64,
    /// When it ends in any case.
    #[sea_orm(indexed)]
    pub expires_at: i64,
    /// The browser's own description, cut to 255 characters.
    pub user_agent: String,
}

/// What a session points at.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Who is signed in.
    #[sea_orm(
        belongs_to = "super::user::Entity",
        from = "Column::UserId",
        to = "super::user::Column::Id",
        on_delete = "Cascade"
    )]
    User,
}

impl Related<super::user::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::User.def()
    }
}

/// Without hashes and keys, so that no log holds them.
impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("grantwell_session").field("user_id", &self.user_id).finish_non_exhaustive()
    }
}

impl ActiveModelBehavior for ActiveModel {}
