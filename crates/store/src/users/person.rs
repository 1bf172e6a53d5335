//! What is known about a person: loaded for those who may be told, and changed from what was seen.

use accounts::Account;
use accounts::email::Email;
use accounts::profile::Profile;
use oauth::claims::PersonClaims;
use oauth::id::UserId;
use oauth::time::Timestamp;
use sea_orm::sea_query::{Expr, ExprTrait as _, SimpleExpr};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    UpdateMany,
};

use super::{User, Users};
use crate::StoreError;
use crate::entity::user;

/// A person, as stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// The account.
    pub account: Account,
    /// What is known, with the address of the account and the two marks.
    pub claims: PersonClaims,
    /// When it last changed; `None`: never since the account was made.
    changed_at: Option<Timestamp>,
    email_verified_at: Option<Timestamp>,
    phone_verified_at: Option<Timestamp>,
}

impl Person {
    /// A person of whom nothing is known yet but the address.
    pub(super) fn new(account: Account) -> Self {
        let email = account.email.as_ref().map(|email| email.as_str().to_owned());
        Self {
            account,
            claims: PersonClaims { email, ..PersonClaims::default() },
            changed_at: None,
            email_verified_at: None,
            phone_verified_at: None,
        }
    }

    /// What a client can be told at most: the username is what somebody is called who is called nothing else, and
    /// nothing has changed since the account was made where no change is known.
    pub fn told(mut self) -> PersonClaims {
        let username = || self.account.username.as_str().to_owned();
        self.claims.preferred_username.get_or_insert_with(username);
        let changed_at = self.changed_at.unwrap_or(self.account.created_at);
        self.claims.updated_at = Some(changed_at.as_seconds());
        self.claims
    }
}

impl Users<'_> {
    /// What a client can be told at most about the person with this id, see [`Person::told`].
    pub async fn claims(self, id: UserId) -> Result<Option<PersonClaims>, StoreError> {
        Ok(self.person(id).await?.map(Person::told))
    }

    /// The person with this id.
    pub async fn person(self, id: UserId) -> Result<Option<Person>, StoreError> {
        let row = user::Entity::find_by_id(id.as_uuid()).one(self.0.database().read()).await?;
        row.map(Person::try_from).transpose()
    }

    /// People in the order in which their accounts were made, `limit` at most, after the one with id `after`.
    pub async fn people(
        self,
        after: Option<UserId>,
        limit: u64,
    ) -> Result<Vec<Person>, StoreError> {
        let mut rows = user::Entity::find().order_by_asc(user::Column::Id).limit(limit);
        if let Some(after) = after {
            rows = rows.filter(user::Column::Id.gt(after.as_uuid()));
        }
        let rows = rows.all(self.0.database().read()).await?;
        rows.into_iter().map(Person::try_from).collect()
    }

    /// Keeps what is known from now on, address and marks included. `None`: somebody else has changed it since it was
    /// seen, and nothing was written; load and decide again.
    pub async fn set_claims(
        self,
        seen: &Person,
        profile: &Profile,
    ) -> Result<Option<Person>, StoreError> {
        let update = keep(seen, profile, self.0.now())?;
        let rows = self
            .0
            .write(move |tx| Box::pin(async move { Ok(update.exec_with_returning(tx).await?) }))
            .await?;
        rows.into_iter().next().map(Person::try_from).transpose()
    }

    /// Notes that the person was seen to control this address, or that this is no longer known. False: it is not their
    /// address (any more), and nothing was written.
    pub async fn set_email_verified(
        self,
        id: UserId,
        address: &Email,
        verified: bool,
    ) -> Result<bool, StoreError> {
        let now = self.0.now();
        let update = changed(id, now).filter(user::Column::Email.eq(address.as_str())).col_expr(
            user::Column::EmailVerifiedAt,
            Expr::value(verified.then(|| now.as_millis())),
        );
        self.execute(update).await
    }
}

/// The update that keeps what is known from now on, address and marks included, unless somebody else has changed it since it
/// was seen.
pub(super) fn keep(
    seen: &Person,
    profile: &Profile,
    now: Timestamp,
) -> Result<UpdateMany<user::Entity>, StoreError> {
    let id = seen.account.id;
    let (old, new) = (&seen.claims, profile.claims());
    let millis = |at: Option<Timestamp>| at.map(Timestamp::as_millis);
    let since = |mark: bool, same: bool, before: Option<Timestamp>| {
        millis(mark.then(|| before.filter(|_| same).unwrap_or(now)))
    };
    let email = (new.email_verified, new.email == old.email, seen.email_verified_at);
    let phone =
        (new.phone_number_verified, new.phone_number == old.phone_number, seen.phone_verified_at);
    let address = profile.email();
    let update = changed(id, now)
        .filter(match seen.changed_at {
            Some(at) => user::Column::ClaimsChangedAt.eq(at.as_millis()),
            None => user::Column::ClaimsChangedAt.is_null(),
        })
        .col_expr(user::Column::Claims, Expr::value(to_text(new)?))
        .col_expr(user::Column::Email, Expr::value(address.map(|it| it.as_str().to_owned())))
        .col_expr(user::Column::EmailKey, Expr::value(address.map(|it| it.key().to_owned())))
        .col_expr(user::Column::EmailVerifiedAt, Expr::value(since(email.0, email.1, email.2)))
        .col_expr(user::Column::PhoneVerifiedAt, Expr::value(since(phone.0, phone.1, phone.2)));
    Ok(update)
}

/// A change of this person, with the moment of it. Two changes at the same moment, or from a clock that was set back,
/// still have different ones, so that a change from what was seen before is told apart.
fn changed(id: UserId, now: Timestamp) -> UpdateMany<user::Entity> {
    let column = || Expr::col(user::Column::ClaimsChangedAt);
    let later: SimpleExpr =
        Expr::case(column().gte(now.as_millis()), column().add(1)).finally(now.as_millis()).into();
    user::Entity::update_many()
        .col_expr(user::Column::ClaimsChangedAt, later)
        .filter(user::Column::Id.eq(id.as_uuid()))
}

/// What stands in the column: all that has no column of its own.
fn to_text(claims: &PersonClaims) -> Result<Option<String>, StoreError> {
    let kept = PersonClaims {
        email: None,
        email_verified: false,
        phone_number_verified: false,
        updated_at: None,
        ..claims.clone()
    };
    if kept == PersonClaims::default() {
        return Ok(None);
    }
    serde_json::to_string(&kept).map(Some).map_err(|_| StoreError::Corrupt("user.claims"))
}

impl TryFrom<user::Model> for Person {
    type Error = StoreError;

    fn try_from(row: user::Model) -> Result<Self, StoreError> {
        let stored = row.claims.as_deref().map(serde_json::from_str::<PersonClaims>).transpose();
        let stored = stored.map_err(|_| StoreError::Corrupt("user.claims"))?;
        let moment = |millis: Option<i64>| millis.map(Timestamp::from_millis);
        let changed_at = moment(row.claims_changed_at);
        let email_verified_at = moment(row.email_verified_at);
        let phone_verified_at = moment(row.phone_verified_at);
        let account = User::try_from(row)?.account;
        let claims = PersonClaims {
            email: account.email.as_ref().map(|email| email.as_str().to_owned()),
            email_verified: email_verified_at.is_some(),
            phone_number_verified: phone_verified_at.is_some(),
            ..stored.unwrap_or_default()
        };
        Ok(Self { account, claims, changed_at, email_verified_at, phone_verified_at })
    }
}
