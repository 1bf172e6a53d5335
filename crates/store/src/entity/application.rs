//! `grantwell_application`: a client that somebody registered (RFC 6749 §2, RFC 7591 §2).

use sea_orm::entity::prelude::*;

/// One client.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "grantwell_application")]
pub struct Model {
    /// Names the row; the pages' addresses use it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// `client_id` of the protocol.
    #[sea_orm(unique)]
    pub client_id: String,
    /// What people call it.
    pub name: String,
    /// Who registered it; none: the operator.
    #[sea_orm(indexed)]
    pub owner_id: Option<Uuid>,
    /// `confidential` or `public` (RFC 6749 §2.1).
    pub client_type: String,
    /// `token_endpoint_auth_method` (RFC 7591 §2).
    pub auth_method: String,
    /// Keyed digest of a generated secret.
    pub secret_digest: Option<Vec<u8>>,
    /// Slow hash (PHC string) of a secret that somebody chose, until it is rotated.
    #[sea_orm(column_type = "Text", nullable)]
    pub secret_phc: Option<String>,
    /// The secret itself, encrypted under the master key, of a client that makes MACs with it.
    #[sea_orm(column_type = "Text", nullable)]
    pub secret_sealed: Option<String>,
    /// `grant_types`, separated by spaces.
    pub grant_types: String,
    /// `redirect_uris`, separated by spaces, in the order they were given.
    #[sea_orm(column_type = "Text")]
    pub redirect_uris: String,
    /// The scope it may ask for at most, separated by spaces; none: whatever the server declares.
    #[sea_orm(column_type = "Text", nullable)]
    pub scope: Option<String>,
    /// The audiences it is the resource server of, separated by spaces.
    #[sea_orm(column_type = "Text")]
    pub resources: String,
    /// What else it has registered, as JSON.
    #[sea_orm(column_type = "Text")]
    pub metadata: String,
    /// Whether it may be used at all.
    pub active: bool,
    /// Whether it is the server's own and not somebody else's.
    pub first_party: bool,
    /// Counts what ends every credential at once (disabled, new secret).
    pub epoch: i64,
    /// When it was registered.
    pub created_at: i64,
    /// When it was last changed.
    pub updated_at: i64,
}

/// What an application points at.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Who registered it.
    #[sea_orm(
        belongs_to = "super::user::Entity",
        from = "Column::OwnerId",
        to = "super::user::Column::Id",
        on_delete = "Cascade"
    )]
    Owner,
}

impl Related<super::user::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Owner.def()
    }
}

/// Without hashes and keys, so that no log holds them.
impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("grantwell_application").field("id", &self.id).finish_non_exhaustive()
    }
}

impl ActiveModelBehavior for ActiveModel {}
