//! `grantwell_registration_token`: tokens with which clients may register themselves (RFC 7591 §3, initial access tokens).

use sea_orm::entity::prelude::*;

/// One token.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "grantwell_registration_token")]
pub struct Model {
    /// Names the row for operators; it opens nothing.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Keyed digest of the token.
    #[sea_orm(unique)]
    pub digest: Vec<u8>,
    /// What the operator wrote down about it.
    pub label: String,
    /// How many clients it may still register.
    pub uses_left: i64,
    /// When it was made.
    pub created_at: i64,
    /// When it ends.
    #[sea_orm(indexed)]
    pub expires_at: i64,
}

/// A token points at nothing.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

/// Without the digest.
impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("grantwell_registration_token").field("id", &self.id).finish_non_exhaustive()
    }
}

impl ActiveModelBehavior for ActiveModel {}
