//! Which applications can use a person's account: those that they allowed something, and those that hold tokens for it.

use std::collections::BTreeMap;

use oauth::authorization::Reason;
use oauth::id::{ApplicationId, UserId};
use oauth::policy::Policy;
use oauth::revocation::forget_at;
use oauth::scope::ScopeSet;
use oauth::time::Timestamp;
use sea_orm::sea_query::Query;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

use crate::applications::Application;
use crate::authorizations::{Revocation, revoke_of_client};
use crate::device_codes::withdraw;
use crate::entity::{application, authorization, consent, user};
use crate::{Store, StoreError};

/// How many rows of each kind one list is made of at most.
const MOST: u64 = 500;

/// The access that applications have to accounts; from [`Store::access`].
#[derive(Clone, Copy, Debug)]
pub struct Accesses<'a>(&'a Store);

/// The access of one application to one account.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Access {
    /// Who has it.
    pub application: Application,
    /// All that it was allowed and may still use.
    pub scope: ScopeSet,
    /// Since when.
    pub since: Timestamp,
}

/// One thing that gives access.
#[derive(FromQueryResult)]
struct Piece {
    application_id: Uuid,
    scope: String,
    since: i64,
}

impl Store {
    /// The access that applications have to accounts.
    pub fn access(&self) -> Accesses<'_> {
        Accesses(self)
    }
}

impl Accesses<'_> {
    /// Who has access to this account, the newest first. A list is made of 500 consents and 500 kinds of authorizations at
    /// most.
    pub async fn list(self, user: UserId, policy: &Policy) -> Result<Vec<Access>, StoreError> {
        self.gather(user, None, policy).await
    }

    /// The access of one application to this account, if it has any.
    pub async fn find(
        self,
        user: UserId,
        application: ApplicationId,
        policy: &Policy,
    ) -> Result<Option<Access>, StoreError> {
        Ok(self.gather(user, Some(application), policy).await?.pop())
    }

    /// Ends it: what was allowed is forgotten, and every token dies at once, on every node. Ending what there is not does no
    /// harm.
    pub async fn end(self, user: UserId, application: ApplicationId) -> Result<(), StoreError> {
        let now = self.0.now();
        let revocation = Revocation { reason: Reason::User, at: now, delete_at: forget_at(now) };
        self.0
            .write_and_tell(move |tx| {
                Box::pin(async move {
                    let key = (user.as_uuid(), application.as_uuid());
                    consent::Entity::delete_by_id(key).exec(tx).await?;
                    withdraw(tx, user, application).await?;
                    Ok(((), revoke_of_client(tx, revocation, user, application).await?))
                })
            })
            .await
    }

    async fn gather(
        self,
        user: UserId,
        only: Option<ApplicationId>,
        policy: &Policy,
    ) -> Result<Vec<Access>, StoreError> {
        let mut found: BTreeMap<Uuid, (ScopeSet, i64)> = BTreeMap::new();
        let pieces = self.consented(user, only).await?.into_iter();
        for piece in pieces.chain(self.authorized(user, only, policy).await?) {
            let scope = ScopeSet::parse(&piece.scope).map_err(|_| StoreError::Corrupt("scope"))?;
            let known = found.entry(piece.application_id);
            let known = known.or_insert_with(|| (ScopeSet::default(), piece.since));
            *known = (known.0.union(&scope), known.1.min(piece.since));
        }
        let rows = application::Entity::find()
            .filter(application::Column::Id.is_in(found.keys().copied()))
            .all(self.0.database().read())
            .await?;
        let whole = |row: application::Model| {
            let application = Application::try_from(row)?;
            let (scope, since) = found.remove(&application.id.as_uuid()).unwrap_or_default();
            Ok(Access { application, scope, since: Timestamp::from_millis(since) })
        };
        let mut list: Vec<Access> =
            rows.into_iter().map(whole).collect::<Result<_, StoreError>>()?;
        list.sort_by_key(|access| std::cmp::Reverse(access.since));
        Ok(list)
    }

    async fn consented(
        self,
        user: UserId,
        only: Option<ApplicationId>,
    ) -> Result<Vec<Piece>, StoreError> {
        let of = only.map(|id| consent::Column::ApplicationId.eq(id.as_uuid()));
        let rows = consent::Entity::find()
            .select_only()
            .columns([consent::Column::ApplicationId, consent::Column::Scope])
            .column_as(consent::Column::CreatedAt, "since")
            .filter(consent::Column::UserId.eq(user.as_uuid()))
            .filter(Condition::all().add_option(of))
            .order_by_desc(consent::Column::UpdatedAt)
            .limit(MOST)
            .into_model::<Piece>();
        Ok(rows.all(self.0.database().read()).await?)
    }

    /// A person signs in to the same application many times; what they let it do is seldom different.
    async fn authorized(
        self,
        user: UserId,
        only: Option<ApplicationId>,
        policy: &Policy,
    ) -> Result<Vec<Piece>, StoreError> {
        let now = self.0.now();
        // The same as `Authorization::ends_at`; the row itself may be kept a little longer.
        let unused_since = now - policy.refresh_idle;
        let not_over = Condition::any()
            .add(authorization::Column::ExpiresAt.is_null())
            .add(authorization::Column::ExpiresAt.gt(now.as_millis()));
        let of = only.map(|id| authorization::Column::ApplicationId.eq(id.as_uuid()));
        let epoch = Query::select()
            .column(user::Column::Epoch)
            .from(user::Entity)
            .and_where(user::Column::Id.eq(user.as_uuid()))
            .to_owned();
        let rows = authorization::Entity::find()
            .select_only()
            .columns([authorization::Column::ApplicationId, authorization::Column::Scope])
            .column_as(authorization::Column::CreatedAt.min(), "since")
            .filter(authorization::Column::UserId.eq(user.as_uuid()))
            .filter(authorization::Column::RevokedAt.is_null())
            .filter(authorization::Column::DeleteAt.gt(now.as_millis()))
            .filter(authorization::Column::LastUsedAt.gt(unused_since.as_millis()))
            .filter(not_over)
            .filter(authorization::Column::UserEpoch.in_subquery(epoch))
            .filter(Condition::all().add_option(of))
            .group_by(authorization::Column::ApplicationId)
            .group_by(authorization::Column::Scope)
            .order_by_desc(authorization::Column::CreatedAt.max())
            .limit(MOST)
            .into_model::<Piece>();
        Ok(rows.all(self.0.database().read()).await?)
    }
}
