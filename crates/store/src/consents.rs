//! Facts and effects of [`oauth::consent`]: what a person has allowed a client, found and remembered.

use std::collections::BTreeSet;

use oauth::consent::Given;
use oauth::id::{ApplicationId, UserId};
use oauth::scope::ScopeSet;
use oauth::time::Timestamp;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ConnectionTrait, EntityTrait};

use crate::entity::consent;
use crate::{Store, StoreError};

/// The consents; from [`Store::consents`].
#[derive(Clone, Copy, Debug)]
pub struct Consents<'a>(&'a Store);

impl Store {
    /// The consents.
    pub fn consents(&self) -> Consents<'_> {
        Consents(self)
    }
}

impl Consents<'_> {
    /// What this person has allowed this client.
    pub async fn find(
        self,
        user: UserId,
        application: ApplicationId,
    ) -> Result<Option<Given>, StoreError> {
        let row = consent::Entity::find_by_id((user.as_uuid(), application.as_uuid()));
        row.one(self.0.database().read()).await?.as_ref().map(given).transpose()
    }
}

/// Remembers what is allowed now beside what was before.
pub(crate) async fn remember(
    tx: &impl ConnectionTrait,
    (user, application): (UserId, ApplicationId),
    now: &Given,
    at: Timestamp,
) -> Result<(), StoreError> {
    let key = (user.as_uuid(), application.as_uuid());
    let before = consent::Entity::find_by_id(key).one(tx).await?.as_ref().map(given).transpose()?;
    let all = before.unwrap_or_default().with(now);
    let row = consent::ActiveModel {
        user_id: Set(key.0),
        application_id: Set(key.1),
        scope: Set(all.scope.to_string()),
        claims: Set(list_into(&all.claims)?),
        resources: Set(list_into(&all.resources)?),
        created_at: Set(at.as_millis()),
        updated_at: Set(at.as_millis()),
    };
    let over = OnConflict::columns([consent::Column::UserId, consent::Column::ApplicationId])
        .update_columns([
            consent::Column::Scope,
            consent::Column::Claims,
            consent::Column::Resources,
            consent::Column::UpdatedAt,
        ])
        .to_owned();
    consent::Entity::insert_many([row]).on_conflict(over).exec_without_returning(tx).await?;
    Ok(())
}

fn given(row: &consent::Model) -> Result<Given, StoreError> {
    Ok(Given {
        scope: ScopeSet::parse(&row.scope).map_err(|_| StoreError::Corrupt("consent.scope"))?,
        claims: list_from(&row.claims)?,
        resources: list_from(&row.resources)?,
    })
}

fn list_into(list: &BTreeSet<String>) -> Result<String, StoreError> {
    serde_json::to_string(list).map_err(|_| StoreError::Corrupt("consent"))
}

fn list_from(text: &str) -> Result<BTreeSet<String>, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Corrupt("consent"))
}
