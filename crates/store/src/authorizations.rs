//! Authorizations: what a user let a client do; found, listed, and revoked by people, by clients and by rules.

use oauth::authorization::{Authorization, Details, New, Reason, Seed, State};
use oauth::claims::ClaimsRequest;
use oauth::grant::GrantType;
use oauth::id::{ApplicationId, AuthorizationId, ClientId, SessionId, UserId};
use oauth::policy::Policy;
use oauth::revocation::{Subject, forget_at};
use oauth::scope::ScopeSet;
use oauth::time::Timestamp;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, UpdateMany,
};

use crate::entity::{application, authorization};
use crate::revocations::Entry;
use crate::row::epoch_from;
use crate::{Store, StoreError};

/// The authorizations; from [`Store::authorizations`].
#[derive(Clone, Copy, Debug)]
pub struct Authorizations<'a>(&'a Store);

/// An authorization that has been drawn: what [`New`] leaves open is filled in.
#[derive(Clone, Debug)]
pub(crate) struct Drawn {
    pub(crate) id: AuthorizationId,
    pub(crate) application: ApplicationId,
    pub(crate) seed: Seed,
    row: authorization::ActiveModel,
}

/// What is written over a row to revoke it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Revocation {
    pub(crate) reason: Reason,
    pub(crate) at: Timestamp,
    pub(crate) delete_at: Timestamp,
}

impl Store {
    /// The authorizations.
    pub fn authorizations(&self) -> Authorizations<'_> {
        Authorizations(self)
    }
}

impl Authorizations<'_> {
    /// The authorization with this id.
    pub async fn find(self, id: AuthorizationId) -> Result<Option<Authorization>, StoreError> {
        let found = authorization::Entity::find_by_id(id.as_uuid())
            .find_also_related(application::Entity)
            .one(self.0.database().read())
            .await?;
        found.map(of_rows).transpose()
    }

    /// The claims that were asked for one by one when it was allowed; none where it is gone. It reads nothing else of the row.
    pub async fn claims(self, id: AuthorizationId) -> Result<ClaimsRequest, StoreError> {
        let found = authorization::Entity::find_by_id(id.as_uuid())
            .select_only()
            .column(authorization::Column::Details)
            .into_tuple::<String>()
            .one(self.0.database().read())
            .await?;
        Ok(found.map(|text| details_from(&text)).transpose()?.unwrap_or_default().claims)
    }

    /// What a user lets clients do at present, the newest first; 100 at most. Ended ones are left out.
    pub async fn list(self, user: UserId) -> Result<Vec<Authorization>, StoreError> {
        let rows = authorization::Entity::find()
            .filter(authorization::Column::UserId.eq(user.as_uuid()))
            .filter(authorization::Column::RevokedAt.is_null())
            .filter(authorization::Column::DeleteAt.gt(self.0.now().as_millis()))
            .order_by_desc(authorization::Column::CreatedAt)
            .limit(100)
            .find_also_related(application::Entity)
            .all(self.0.database().read())
            .await?;
        rows.into_iter().map(of_rows).collect()
    }

    /// Revokes an authorization; every token given for it is dead at once, on every node. Answers whether it
    /// was alive; one that was dead before is told to the nodes again, which does no harm.
    pub async fn revoke(self, id: AuthorizationId, reason: Reason) -> Result<bool, StoreError> {
        let expires_at = forget_at(self.0.now());
        let revocation = Revocation { reason, at: self.0.now(), delete_at: expires_at };
        self.0
            .write_and_tell(move |tx| {
                Box::pin(async move {
                    let update = revocation.update();
                    let update = update.filter(authorization::Column::Id.eq(id.as_uuid()));
                    let hit = update.exec(tx).await?.rows_affected > 0;
                    Ok((hit, vec![Entry::revoked(Subject::Authorization(id), expires_at)]))
                })
            })
            .await
    }

    /// Fills in what `new` leaves open.
    ///
    /// One that names an older epoch than the account's is dead from its first moment: a password that was changed meanwhile
    /// shuts it.
    pub(crate) async fn draw(
        self,
        new: &New,
        user_epoch: u32,
        policy: &Policy,
    ) -> Result<Drawn, StoreError> {
        let application = self.0.client(&new.client).await?;
        let application = application.ok_or(StoreError::NotFound("application"))?;
        let id = self.0.entropy().authorization_id(new.created_at)?;
        let seed = Seed(self.0.entropy().fill()?);
        let (generation, rotated_at) = match new.state {
            State::Live { generation, rotated_at } => (generation, rotated_at),
            State::Granted => (0, None),
            State::Revoked { .. } | State::Expired => {
                return Err(StoreError::Forbidden("an authorization cannot begin as ended"));
            }
        };
        // A code that nobody redeems leaves nothing behind once a token that was given with it has lapsed.
        let idle = match new.state {
            State::Granted => {
                let last = new.created_at + policy.code_lifetime;
                policy.access_token_expiry(&application.client, last)
            }
            _ => new.created_at + policy.refresh_idle,
        };
        let delete_at = new.expires_at.map_or(idle, |absolute| absolute.min(idle));
        let row = authorization::ActiveModel {
            id: Set(id.as_uuid()),
            user_id: Set(new.user.as_uuid()),
            user_epoch: Set(i64::from(user_epoch)),
            application_id: Set(application.id.as_uuid()),
            grant: Set(new.grant.to_string()),
            scope: Set(new.scope.to_string()),
            audience: Set(audience_into(&new.audience)?),
            state: Set(new.state.as_str().to_owned()),
            generation: Set(i64::from(generation)),
            rotated_at: Set(rotated_at.map(Timestamp::as_millis)),
            seed: Set(seed.0.to_vec()),
            created_at: Set(new.created_at.as_millis()),
            last_used_at: Set(new.created_at.as_millis()),
            expires_at: Set(new.expires_at.map(Timestamp::as_millis)),
            delete_at: Set(delete_at.as_millis()),
            revoked_at: Set(None),
            revoked_reason: Set(None),
            authenticated_at: Set(new.authenticated_at.map(Timestamp::as_millis)),
            session_id: Set(new.details.session.map(SessionId::as_uuid)),
            details: Set(details_into(&new.details)?),
        };
        Ok(Drawn { id, application: application.id, seed, row })
    }
}

impl Drawn {
    /// Keeps it.
    pub(crate) async fn insert(self, tx: &impl ConnectionTrait) -> Result<(), StoreError> {
        authorization::Entity::insert(self.row).exec_without_returning(tx).await?;
        Ok(())
    }
}

impl Revocation {
    /// The update of rows that are still alive; the caller says which.
    pub(crate) fn update(&self) -> UpdateMany<authorization::Entity> {
        let value = |at: Timestamp| Expr::value(at.as_millis());
        authorization::Entity::update_many()
            .col_expr(authorization::Column::State, Expr::value("revoked"))
            .col_expr(authorization::Column::RevokedAt, value(self.at))
            .col_expr(authorization::Column::RevokedReason, Expr::value(self.reason.as_str()))
            .col_expr(authorization::Column::DeleteAt, value(self.delete_at))
            .filter(authorization::Column::RevokedAt.is_null())
    }
}

/// Revokes everything that a user let one client do; answers what the nodes are told.
pub(crate) async fn revoke_of_client(
    tx: &impl ConnectionTrait,
    revocation: Revocation,
    user: UserId,
    application: ApplicationId,
) -> Result<Vec<Entry>, StoreError> {
    let rows = revocation
        .update()
        .filter(authorization::Column::UserId.eq(user.as_uuid()))
        .filter(authorization::Column::ApplicationId.eq(application.as_uuid()))
        .exec_with_returning(tx)
        .await?;
    let dead = |row: authorization::Model| Subject::Authorization(row.id.into());
    Ok(rows.into_iter().map(|row| Entry::revoked(dead(row), revocation.delete_at)).collect())
}

fn of_rows(
    (row, application): (authorization::Model, Option<application::Model>),
) -> Result<Authorization, StoreError> {
    let application = application.ok_or(StoreError::Corrupt("authorization.application_id"))?;
    let client = application.client_id.parse();
    of_row(row, client.map_err(|_| StoreError::Corrupt("application.client_id"))?)
}

/// What is known about an authorization of `client`.
pub(crate) fn of_row(
    row: authorization::Model,
    client: ClientId,
) -> Result<Authorization, StoreError> {
    let corrupt = StoreError::Corrupt;
    let time = Timestamp::from_millis;
    let state = match (row.state.as_str(), row.revoked_at, row.revoked_reason) {
        (_, Some(at), Some(reason)) => State::Revoked {
            at: time(at),
            reason: Reason::parse(&reason).map_err(|_| corrupt("authorization.revoked_reason"))?,
        },
        ("granted", None, None) => State::Granted,
        ("live", None, None) => State::Live {
            generation: epoch_from(row.generation)?,
            rotated_at: row.rotated_at.map(time),
        },
        _ => return Err(corrupt("authorization.state")),
    };
    let mut details = details_from(&row.details)?;
    details.session = row.session_id.map(SessionId::from);
    Ok(Authorization {
        id: AuthorizationId::from(row.id),
        user: UserId::from(row.user_id),
        client,
        grant: GrantType::parse(&row.grant).map_err(|_| corrupt("authorization.grant_type"))?,
        scope: ScopeSet::parse(&row.scope).map_err(|_| corrupt("authorization.scope"))?,
        audience: serde_json::from_str(&row.audience)
            .map_err(|_| corrupt("authorization.audience"))?,
        state,
        seed: Seed(row.seed.try_into().map_err(|_| corrupt("authorization.seed"))?),
        created_at: time(row.created_at),
        last_used_at: time(row.last_used_at),
        expires_at: row.expires_at.map(time),
        authenticated_at: row.authenticated_at.map(time),
        details,
    })
}

fn details_from(text: &str) -> Result<Details, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Corrupt("authorization.details"))
}

fn details_into(details: &Details) -> Result<String, StoreError> {
    serde_json::to_string(details).map_err(|_| StoreError::Corrupt("authorization.details"))
}

fn audience_into(audience: &[String]) -> Result<String, StoreError> {
    serde_json::to_string(audience).map_err(|_| StoreError::Corrupt("authorization.audience"))
}
