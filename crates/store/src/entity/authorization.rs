//! `grantwell_authorization`: what one user let one client do, from consent to end, in one row.

use sea_orm::entity::prelude::*;

/// One authorization.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "grantwell_authorization")]
pub struct Model {
    /// Names the authorization; tokens carry it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Who allowed it.
    #[sea_orm(indexed)]
    pub user_id: Uuid,
    /// The user's epoch when it was allowed; an authorization of an older epoch is dead.
    pub user_epoch: i64,
    /// Who was allowed.
    #[sea_orm(indexed)]
    pub application_id: Uuid,
    /// The grant that began it (`grant_type`, RFC 6749 §4).
    #[sea_orm(column_name = "grant_type")]
    pub grant: String,
    /// The granted scope, separated by spaces.
    #[sea_orm(column_type = "Text")]
    pub scope: String,
    /// The resource servers it is meant for (RFC 8707), a JSON list.
    #[sea_orm(column_type = "Text")]
    pub audience: String,
    /// Where it is in its life: `granted` (a code waits), `live` (tokens were given) or `revoked`.
    pub state: String,
    /// The refresh token that is good now; the first is 1.
    pub generation: i64,
    /// When it was last rotated.
    pub rotated_at: Option<i64>,
    /// 16 random bytes that go into the refresh token's MAC.
    pub seed: Vec<u8>,
    /// When it was allowed.
    pub created_at: i64,
    /// When a token was last given for it.
    pub last_used_at: i64,
    /// The moment it ends however much it is used.
    pub expires_at: Option<i64>,
    /// When the row is deleted, because it has nothing to say any more. Rotations move it, in steps: it may be a little later
    /// than the end of the authorization, which `last_used_at` and `expires_at` tell.
    #[sea_orm(indexed)]
    pub delete_at: i64,
    /// When it was revoked.
    pub revoked_at: Option<i64>,
    /// Why it was revoked, in a word.
    pub revoked_reason: Option<String>,
    /// When the user last proved who they are (`auth_time`).
    pub authenticated_at: Option<i64>,
    /// The browser session in which it was allowed (`sid`).
    #[sea_orm(indexed)]
    pub session_id: Option<Uuid>,
    /// What it keeps of the request that led to it, as JSON.
    #[sea_orm(column_type = "Text")]
    pub details: String,
}

/// What an authorization points at.
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

/// Without hashes and keys, so that no log holds them.
impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("grantwell_authorization").field("id", &self.id).finish_non_exhaustive()
    }
}

impl ActiveModelBehavior for ActiveModel {}
