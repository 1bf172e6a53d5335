//! Registered clients: made, found, changed; whatever ends their credentials is told to every node.

pub(crate) mod apply;
mod built_in;
pub(crate) mod cache;
mod ending;
pub(crate) mod origins;
mod row;
mod secret;

use std::sync::Arc;

use oauth::client::Client;
use oauth::id::{ApplicationId, ClientId, UserId};
use oauth::revocation::{Kind, Subject, forget_at};
use oauth::secret::Secret;
use oauth::time::Timestamp;
use sea_orm::sea_query::{Expr, ExprTrait as _, SimpleExpr};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, UpdateMany,
};

pub use apply::Step;
use ending::raise;
pub(crate) use row::changeable;
pub use secret::NewSecret;

use crate::entity::{application, revocation};
use crate::revocations::{Entry, News};
use crate::row::epoch_from;
use crate::{Store, StoreError};

/// `client_id` of the built-in first-party client, through which `/authentication/` gives its tokens.
pub const FIRST_PARTY: &str = "grantwell-first-party";

/// The applications; from [`Store::applications`].
#[derive(Clone, Copy, Debug)]
pub struct Applications<'a>(&'a Store);

/// A registered client as its row holds it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Application {
    /// Names the row.
    pub id: ApplicationId,
    /// The facts that the rules ask for.
    pub client: Client,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Store {
    /// The applications.
    pub fn applications(&self) -> Applications<'_> {
        Applications(self)
    }

    /// The client of this name: from memory while the view of the feed is fresh, else from the database.
    pub async fn client(&self, id: &ClientId) -> Result<Option<Arc<Application>>, StoreError> {
        let fresh = self.0.view.is_fresh(self.0.options.max_staleness);
        if fresh && let Some(held) = self.0.clients.find(id) {
            return Ok(Some(held));
        }
        let changes = self.0.clients.changes();
        let found = self.applications().find_by_client_id(id).await?.map(Arc::new);
        if let Some(found) = &found {
            self.0.clients.remember(Arc::clone(found), changes);
        }
        Ok(found)
    }

    /// The built-in first-party client.
    pub async fn first_party(&self) -> Result<Arc<Application>, StoreError> {
        let found = self.client(&first_party_id()?).await?;
        found.ok_or(StoreError::NotFound("first-party application"))
    }
}

impl Applications<'_> {
    /// Registers a client. The facts have passed the rules of `oauth`; secret and epoch in them are not read.
    /// Answers the generated secret, which cannot be had again.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] with field `client_id` when the name is taken.
    pub async fn create(
        self,
        client: Client,
        secret: NewSecret,
    ) -> Result<(Application, Option<Secret>), StoreError> {
        let (made, shown) = self.draw(client, secret)?;
        let made = self.0.write(move |tx| Box::pin(insert(tx, made))).await?;
        Ok((made, shown))
    }

    /// The application as it will be, and its secret if one is drawn.
    pub(crate) fn draw(
        self,
        client: Client,
        secret: NewSecret,
    ) -> Result<(Application, Option<Secret>), StoreError> {
        let now = self.0.now();
        let id = ApplicationId::from(self.0.entropy().uuid(now)?);
        let (stored, shown) = self.stored(id, client.auth_method, secret)?;
        let made = Application {
            id,
            client: Client { secret: stored, ..client },
            created_at: now,
            updated_at: now,
        };
        Ok((made, shown))
    }

    /// The application with this id.
    pub async fn find(self, id: ApplicationId) -> Result<Option<Application>, StoreError> {
        let row =
            application::Entity::find_by_id(id.as_uuid()).one(self.0.database().read()).await?;
        row.map(Application::try_from).transpose()
    }

    /// The application whose client has this name, from the database.
    pub async fn find_by_client_id(self, id: &ClientId) -> Result<Option<Application>, StoreError> {
        let row = application::Entity::find()
            .filter(application::Column::ClientId.eq(id.as_str()))
            .one(self.0.database().read())
            .await?;
        row.map(Application::try_from).transpose()
    }

    /// Applications in the order of their making, without those that are part of this installation: those of `owner`, or all;
    /// `limit` at most, after the one with id `after`.
    pub async fn list(
        self,
        owner: Option<UserId>,
        after: Option<ApplicationId>,
        limit: u64,
    ) -> Result<Vec<Application>, StoreError> {
        let mut rows = application::Entity::find()
            .filter(application::Column::FirstParty.eq(false))
            .order_by_asc(application::Column::Id)
            .limit(limit);
        if let Some(owner) = owner {
            rows = rows.filter(application::Column::OwnerId.eq(owner.as_uuid()));
        }
        if let Some(after) = after {
            rows = rows.filter(application::Column::Id.gt(after.as_uuid()));
        }
        let rows = rows.all(self.0.database().read()).await?;
        rows.into_iter().map(Application::try_from).collect()
    }

    /// Writes the changeable facts of `client` (name, owner, grants, redirect URIs, scope, resources, how it
    /// authenticates) over the row that was `seen`. Name on the wire, secret, epoch and whether it is active stay.
    ///
    /// # Errors
    /// [`StoreError::Overtaken`] if the row is no longer the one that was seen.
    pub async fn update(
        self,
        seen: &Application,
        client: Client,
    ) -> Result<Application, StoreError> {
        let now = self.0.now();
        let (id, seen, changed) = (seen.id, seen.updated_at, row::changeable(&client));
        self.0
            .write_and_tell(move |tx| {
                Box::pin(async move {
                    let update = application::Entity::update_many().set(changed);
                    let found = hit_unchanged(tx, (id, seen), touched(update, now)).await?;
                    let entry = found.changed(now);
                    Ok((found, vec![entry]))
                })
            })
            .await
    }

    /// Deletes the client with everything that users allowed it; its tokens end at once, on every node.
    ///
    /// # Errors
    /// [`StoreError::Forbidden`] for the built-in client.
    pub async fn delete(self, id: ApplicationId) -> Result<Application, StoreError> {
        let expires_at = forget_at(self.0.now());
        self.0
            .write_and_tell(move |tx| {
                Box::pin(async move {
                    let found = remove(tx, id).await?;
                    let entry = found.dead(expires_at);
                    Ok((found, vec![entry]))
                })
            })
            .await
    }
}

impl Application {
    /// Whether it is a client that the server itself made.
    pub fn is_built_in(&self) -> bool {
        self.client.first_party
    }

    /// What is remembered of it is out of date.
    pub(crate) fn changed(&self, now: Timestamp) -> Entry {
        Entry::changed(News::ClientChanged(self.client.id.clone()), now)
    }

    /// Tokens below its present epoch are dead.
    pub(crate) fn dead(&self, expires_at: Timestamp) -> Entry {
        Entry::revoked(Subject::Client(self.client.id.clone(), self.client.epoch), expires_at)
    }
}

fn first_party_id() -> Result<ClientId, StoreError> {
    FIRST_PARTY.parse().map_err(|_| StoreError::Corrupt("first-party client id"))
}

/// Writes the row of an application that has been drawn.
pub(crate) async fn insert(
    tx: &impl ConnectionTrait,
    mut made: Application,
) -> Result<Application, StoreError> {
    made.client.epoch = first_epoch(tx, &made.client.id).await?;
    application::Entity::insert(made.row()).exec_without_returning(tx).await?;
    Ok(made)
}

/// The update, with the moment of it. Two changes at the same moment, or from a clock that was set back, still have different
/// ones, so that a change from what was seen before is told apart.
fn touched(
    update: UpdateMany<application::Entity>,
    now: Timestamp,
) -> UpdateMany<application::Entity> {
    let column = || Expr::col(application::Column::UpdatedAt);
    let later: SimpleExpr =
        Expr::case(column().gte(now.as_millis()), column().add(1)).finally(now.as_millis()).into();
    update.col_expr(application::Column::UpdatedAt, later)
}

/// Runs an update of the row that had last been changed at that moment, and answers the row.
async fn hit_unchanged(
    tx: &impl ConnectionTrait,
    (id, seen): (ApplicationId, Timestamp),
    update: UpdateMany<application::Entity>,
) -> Result<Application, StoreError> {
    let update = update
        .filter(application::Column::Id.eq(id.as_uuid()))
        .filter(application::Column::UpdatedAt.eq(seen.as_millis()));
    hit(tx, update).await.map_err(|error| match error {
        StoreError::NotFound(what) => StoreError::Overtaken(what),
        other => other,
    })
}

/// Writes the columns of [`changeable`] and answers the row.
pub(crate) async fn change(
    tx: &impl ConnectionTrait,
    id: ApplicationId,
    changed: application::ActiveModel,
    now: Timestamp,
) -> Result<Application, StoreError> {
    let update = application::Entity::update_many()
        .set(changed)
        .filter(application::Column::Id.eq(id.as_uuid()));
    hit(tx, touched(update, now)).await
}

/// Deletes the row and answers what it held; its epoch is raised.
async fn remove(tx: &impl ConnectionTrait, id: ApplicationId) -> Result<Application, StoreError> {
    // Raising the epoch first claims the row against a change at the same time.
    let update =
        application::Entity::update_many().filter(application::Column::Id.eq(id.as_uuid()));
    let found = hit(tx, raise(update)).await?;
    if found.is_built_in() {
        return Err(StoreError::Forbidden(
            "an application that is part of this installation cannot be deleted; disable it instead",
        ));
    }
    application::Entity::delete_by_id(id.as_uuid()).exec(tx).await?;
    Ok(found)
}

/// Runs an update of one row and answers the row.
async fn hit(
    tx: &impl ConnectionTrait,
    update: UpdateMany<application::Entity>,
) -> Result<Application, StoreError> {
    let row = update.exec_with_returning(tx).await?.into_iter().next();
    row.ok_or(StoreError::NotFound("application"))?.try_into()
}

/// The epoch of a client that is being registered: above that of a deleted client of the same name whose
/// tokens may still be about.
async fn first_epoch(tx: &impl ConnectionTrait, id: &ClientId) -> Result<u32, StoreError> {
    let row = revocation::Entity::find()
        .filter(revocation::Column::Kind.eq(Kind::Client.as_str()))
        .filter(revocation::Column::Subject.eq(id.as_str()))
        .order_by_desc(revocation::Column::Epoch)
        .one(tx)
        .await?;
    row.map_or(Ok(0), |row| epoch_from(row.epoch))
}
