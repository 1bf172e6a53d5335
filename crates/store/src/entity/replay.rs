//! `grantwell_replay`: assertions that have been used, until they lapse by themselves (RFC 7523 §3, `jti`).

use sea_orm::entity::prelude::*;

/// One used assertion.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "grantwell_replay")]
pub struct Model {
    /// Digest of what it was used for, who made it and its `jti`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub digest: Vec<u8>,
    /// When it would lapse anyway.
    #[sea_orm(indexed)]
    pub expires_at: i64,
}

/// A used assertion points at nothing.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
