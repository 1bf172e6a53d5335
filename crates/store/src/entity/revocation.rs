//! `grantwell_revocation`: the feed by which every node learns what is dead or has changed.

use sea_orm::entity::prelude::*;

/// One entry of the feed; written in the same transaction as the change it tells of.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "grantwell_revocation")]
pub struct Model {
    /// Position in the feed; on PostgreSQL a lower one may become visible after a higher one.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// What is meant: `authorization`, `token`, `user`, `client`, `client_changed`, `keys_changed`.
    pub kind: String,
    /// Which one.
    #[sea_orm(indexed)]
    pub subject: String,
    /// For a user or a client: tokens of a lower epoch are dead. Else 0.
    pub epoch: i64,
    /// When it was written.
    pub recorded_at: i64,
    /// When everything it could concern is dead anyway.
    #[sea_orm(indexed)]
    pub expires_at: i64,
}

/// An entry points at nothing.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
