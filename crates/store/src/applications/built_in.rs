//! The clients that are part of this installation: made where they are missing, kept what they should be.

use oauth::client::Client;
use oauth::id::ApplicationId;
use sea_orm::EntityTrait as _;
use sea_orm::sea_query::OnConflict;

use super::{Application, Applications, first_party_id, row};
use crate::StoreError;
use crate::entity::application;

/// How often a row that other nodes write at the same moment is read again: each time at least one of them is done.
const ATTEMPTS: usize = 20;

impl Applications<'_> {
    /// Makes the built-in first-party client unless it is there.
    pub(crate) async fn ensure_first_party(self) -> Result<(), StoreError> {
        let id = first_party_id()?;
        if self.find_by_client_id(&id).await?.is_some() {
            return Ok(());
        }
        self.insert_once(row::first_party(id)).await
    }

    /// Makes a client that is part of this installation what it should be: registered if it is active, with these facts, and
    /// switched on or off. What ends with the switch ends at once, on every node.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] with field `client_id` when somebody has registered an application of this name.
    pub async fn keep_built_in(self, client: Client) -> Result<(), StoreError> {
        for _ in 1..ATTEMPTS {
            match self.try_keep_built_in(client.clone()).await {
                // Nodes that start together want the same; whoever is late finds it done.
                Err(StoreError::Overtaken(_)) => {}
                kept => return kept,
            }
        }
        self.try_keep_built_in(client).await
    }

    async fn try_keep_built_in(self, client: Client) -> Result<(), StoreError> {
        let Some(found) = self.find_by_client_id(&client.id).await? else {
            return if client.active { self.insert_once(client).await } else { Ok(()) };
        };
        if !found.is_built_in() {
            return Err(StoreError::Conflict { field: "client_id" });
        }
        let (was, active) = (found.client.active, client.active);
        let same = Client { active: was, epoch: found.client.epoch, ..client.clone() };
        if same != found.client {
            self.update(&found, client).await?;
        }
        match (was, active) {
            (false, true) => self.enable(found.id).await.map(drop),
            (true, false) => self.disable(found.id).await.map(drop),
            _ => Ok(()),
        }
    }

    /// Adds the row, unless another node was faster.
    async fn insert_once(self, client: Client) -> Result<(), StoreError> {
        let now = self.0.now();
        let application = Application {
            id: ApplicationId::from(self.0.entropy().uuid(now)?),
            client,
            created_at: now,
            updated_at: now,
        };
        let row = application.row();
        self.0
            .write(move |tx| {
                Box::pin(async move {
                    let once =
                        OnConflict::column(application::Column::ClientId).do_nothing().to_owned();
                    application::Entity::insert_many([row])
                        .on_conflict(once)
                        .try_insert()
                        .exec_without_returning(tx)
                        .await?;
                    Ok(())
                })
            })
            .await
    }
}
