//! `grantwell_device_code`: requests of devices that wait for a person (RFC 8628).

use sea_orm::entity::prelude::*;

/// One request.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "grantwell_device_code")]
pub struct Model {
    /// Keyed digest of the device code; the code itself is nowhere in the database.
    #[sea_orm(primary_key, auto_increment = false)]
    pub digest: Vec<u8>,
    /// Keyed digest of the user code.
    #[sea_orm(unique)]
    pub user_code_digest: Vec<u8>,
    /// Whose device it is.
    #[sea_orm(indexed)]
    pub application_id: Uuid,
    /// What it asks for, and once it is allowed what it is to have, separated by spaces.
    #[sea_orm(column_type = "Text")]
    pub scope: String,
    /// The resource servers it is meant for (RFC 8707), a JSON list.
    #[sea_orm(column_type = "Text")]
    pub audience: String,
    /// What has become of it: `pending`, `approved`, `denied` or `redeemed`.
    pub state: String,
    /// Who has typed the user code, and so who may answer.
    #[sea_orm(indexed)]
    pub user_id: Option<Uuid>,
    /// The user's epoch when it was allowed.
    pub user_epoch: Option<i64>,
    /// When the user had last proved who they are.
    pub authenticated_at: Option<i64>,
    /// How the user had signed in, as JSON.
    #[sea_orm(column_type = "Text")]
    pub details: String,
    /// How long the device has to wait between two questions, in seconds.
    pub interval_seconds: i64,
    /// When it last asked.
    pub last_polled_at: Option<i64>,
    /// The address that the request came from.
    pub address: String,
    /// The description that the device gave of itself, cut to 255 characters.
    pub user_agent: String,
    /// When it was made.
    pub created_at: i64,
    /// When both codes lapse.
    #[sea_orm(indexed)]
    pub expires_at: i64,
    /// What the device got.
    pub authorization_id: Option<Uuid>,
}

/// What a request points at.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Who answers.
    #[sea_orm(
        belongs_to = "super::user::Entity",
        from = "Column::UserId",
        to = "super::user::Column::Id",
        on_delete = "Cascade"
    )]
    User,
    /// Whose device it is.
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

/// Without digests, addresses and who answered.
impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("grantwell_device_code")
            .field("application_id", &self.application_id)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

impl ActiveModelBehavior for ActiveModel {}
