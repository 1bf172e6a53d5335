//! `grantwell_answer`: what requests with an `Idempotency-Key` were answered, so that none is done twice.

use sea_orm::entity::prelude::*;

/// One request that was done.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "grantwell_answer")]
pub struct Model {
    /// Digest of who asked for what under which key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub digest: Vec<u8>,
    /// Digest of the body.
    pub fingerprint: Vec<u8>,
    /// The answer, as the caller's room wrote it.
    pub answer: Vec<u8>,
    /// When the key may be used for something else; milliseconds since 1970 (UTC).
    #[sea_orm(indexed)]
    pub expires_at: i64,
}

/// An answer points at nothing.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
