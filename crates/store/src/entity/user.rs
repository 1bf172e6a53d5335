//! `grantwell_user`: a person who can sign in.

use sea_orm::entity::prelude::*;

/// One account.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "grantwell_user")]
pub struct Model {
    /// Names the account for ever, also after a change of name.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The name as the person typed it.
    pub username: String,
    /// The name as names are compared: normalised and case-folded.
    #[sea_orm(unique)]
    pub username_key: String,
    /// Where mail goes, as typed.
    pub email: Option<String>,
    /// The address as addresses are compared.
    #[sea_orm(indexed)]
    pub email_key: Option<String>,
    /// The password's slow hash (PHC string); none: this account cannot sign in by password.
    #[sea_orm(column_type = "Text", nullable)]
    pub password: Option<String>,
    /// Whether the account may be used at all.
    pub active: bool,
    /// Whether it may enter the administration.
    pub staff: bool,
    /// Whether it may do everything.
    pub superuser: bool,
    /// Counts what ends every credential at once (disabled, new password, signed out everywhere).
    pub epoch: i64,
    /// When it was made.
    pub created_at: i64,
    /// When the person last signed in with a password.
    pub last_sign_in_at: Option<i64>,
    /// When the password was last set.
    pub password_changed_at: Option<i64>,
    /// What is known about the person beside the address (JSON of `oauth::claims::PersonClaims`); none: nothing.
    #[sea_orm(column_type = "Text", nullable)]
    pub claims: Option<String>,
    /// When claims, address or their marks last changed; also the version that a change was made from.
    pub claims_changed_at: Option<i64>,
    /// When the person was seen to control the address; none: not this one.
    pub email_verified_at: Option<i64>,
    /// When the person was seen to control the telephone number among the claims; none: not this one.
    pub phone_verified_at: Option<i64>,
}

/// What points at a user.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

/// Without hashes and keys, so that no log holds them.
impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("grantwell_user").field("id", &self.id).finish_non_exhaustive()
    }
}

impl ActiveModelBehavior for ActiveModel {}
