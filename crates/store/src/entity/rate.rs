//! `grantwell_rate`: how much of their allowance callers of resources have used, for all nodes.

use sea_orm::entity::prelude::*;

/// One caller under one rate.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "grantwell_rate")]
pub struct Model {
    /// Digest of the name of the rate and of who asks.
    #[sea_orm(primary_key, auto_increment = false)]
    pub digest: Vec<u8>,
    /// When the allowance is whole again; microseconds since 1970 (UTC).
    #[sea_orm(indexed)]
    pub full_at: i64,
}

/// A rate points at nothing.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
