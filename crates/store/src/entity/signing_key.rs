//! `grantwell_signing_key`: keys that seal or sign tokens, each wrapped under the master key.

use sea_orm::entity::prelude::*;

/// One key.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "grantwell_signing_key")]
pub struct Model {
    /// `kid`, as it stands in the footer or the header of a token.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What it is for: `access token` or `signing`.
    #[sea_orm(indexed)]
    pub purpose: String,
    /// The algorithm it is for: `v4.local`, or one of JOSE such as `RS256`.
    pub algorithm: String,
    /// The key, encrypted under the master key.
    #[sea_orm(column_type = "Text")]
    pub wrapped: String,
    /// When it was made, and from then on opens or is published.
    pub created_at: i64,
    /// From when on it seals or signs; every node has loaded it before.
    pub active_from: i64,
    /// From when on it no longer does.
    pub retired_at: Option<i64>,
    /// When nothing that it made can still be alive; the row goes then.
    pub expires_at: Option<i64>,
}

/// A key points at nothing.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

/// Without hashes and keys, so that no log holds them.
impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("grantwell_signing_key").field("id", &self.id).finish_non_exhaustive()
    }
}

impl ActiveModelBehavior for ActiveModel {}
