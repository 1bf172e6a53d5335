//! `grantwell_throttle`: how often something was tried lately.

use sea_orm::entity::prelude::*;

/// One counter.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "grantwell_throttle")]
pub struct Model {
    /// Keyed digest of what is counted (an account's name, an address): nobody reads names from here.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: Vec<u8>,
    /// Tries since the window began.
    pub count: i64,
    /// When the window began.
    pub window_started_at: i64,
    /// Until when tries are refused; 0: they are not.
    pub blocked_until: i64,
    /// When the row says nothing any more.
    #[sea_orm(indexed)]
    pub expires_at: i64,
}

/// A counter points at nothing.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
