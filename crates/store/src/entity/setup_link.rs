//! `grantwell_setup_link`: a link, good once, by which the first administrator is made.

use sea_orm::entity::prelude::*;

/// One link.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "grantwell_setup_link")]
pub struct Model {
    /// Keyed digest of the link's secret.
    #[sea_orm(primary_key, auto_increment = false)]
    pub digest: Vec<u8>,
    /// When it was made.
    pub created_at: i64,
    /// When it ends.
    #[sea_orm(indexed)]
    pub expires_at: i64,
    /// When it was used.
    pub used_at: Option<i64>,
}

/// A link points at nothing.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
