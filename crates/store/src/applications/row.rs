//! Between an application's row and the facts about its client.

use oauth::client::{Client, ClientMetadata, GrantType, RedirectUri, StoredSecret};
use oauth::id::{ApplicationId, ClientId, UserId};
use oauth::scope::ScopeSet;
use oauth::time::Timestamp;
use sea_orm::ActiveValue::{NotSet, Set};

use super::Application;
use crate::StoreError;
use crate::entity::application;
use crate::row::epoch_from;

impl Application {
    /// The whole row.
    pub(super) fn row(&self) -> application::ActiveModel {
        let secret = SecretColumns::of(self.client.secret.as_ref());
        application::ActiveModel {
            id: Set(self.id.as_uuid()),
            client_id: Set(self.client.id.to_string()),
            secret_digest: Set(secret.digest),
            secret_phc: Set(secret.phc),
            secret_sealed: Set(secret.sealed),
            active: Set(self.client.active),
            first_party: Set(self.client.first_party),
            epoch: Set(i64::from(self.client.epoch)),
            created_at: Set(self.created_at.as_millis()),
            updated_at: Set(self.updated_at.as_millis()),
            ..changeable(&self.client)
        }
    }
}

/// What the columns about a secret hold: one of them at most.
#[derive(Default)]
pub(super) struct SecretColumns {
    pub(super) digest: Option<Vec<u8>>,
    pub(super) phc: Option<String>,
    pub(super) sealed: Option<String>,
}

impl SecretColumns {
    pub(super) fn of(secret: Option<&StoredSecret>) -> Self {
        match secret {
            None => Self::default(),
            Some(StoredSecret::Digest(digest)) => {
                Self { digest: Some(digest.to_vec()), ..Self::default() }
            }
            Some(StoredSecret::Slow(hash)) => Self { phc: Some(hash.clone()), ..Self::default() },
            Some(StoredSecret::Sealed(sealed)) => {
                Self { sealed: Some(sealed.clone()), ..Self::default() }
            }
        }
    }

    fn read(self) -> Result<Option<StoredSecret>, StoreError> {
        match (self.digest, self.phc, self.sealed) {
            (None, None, None) => Ok(None),
            (Some(digest), None, None) => {
                let digest = digest.try_into();
                let digest =
                    digest.map_err(|_| StoreError::Corrupt("application.secret_digest"))?;
                Ok(Some(StoredSecret::Digest(digest)))
            }
            (None, Some(hash), None) => Ok(Some(StoredSecret::Slow(hash))),
            (None, None, Some(sealed)) => Ok(Some(StoredSecret::Sealed(sealed))),
            _ => Err(StoreError::Corrupt("the columns of an application about its secret")),
        }
    }
}

/// The columns that an update of the registration writes, beside the moment of it. A secret that the client has no more use for
/// goes.
pub(crate) fn changeable(client: &Client) -> application::ActiveModel {
    let words = |words: Vec<String>| words.join(" ");
    let keeps_secret = client.auth_method.has_secret();
    application::ActiveModel {
        secret_digest: if keeps_secret { NotSet } else { Set(None) },
        secret_phc: if keeps_secret { NotSet } else { Set(None) },
        secret_sealed: if keeps_secret { NotSet } else { Set(None) },
        name: Set(client.name.clone()),
        owner_id: Set(client.owner.map(UserId::as_uuid)),
        client_type: Set(client.client_type.to_string()),
        auth_method: Set(client.auth_method.to_string()),
        grant_types: Set(words(client.grant_types.iter().map(ToString::to_string).collect())),
        redirect_uris: Set(words(client.redirect_uris.iter().map(ToString::to_string).collect())),
        scope: Set(client.scope.as_ref().map(ToString::to_string)),
        resources: Set(client.resources.join(" ")),
        metadata: Set(metadata_into(&client.metadata)),
        ..Default::default()
    }
}

/// Plain data: it always has a text.
fn metadata_into(metadata: &ClientMetadata) -> String {
    serde_json::to_string(metadata).unwrap_or_else(|_| "{}".to_owned())
}

/// The built-in client's facts.
pub(super) fn first_party(id: ClientId) -> Client {
    Client::first_party(id, "This site")
}

impl TryFrom<application::Model> for Application {
    type Error = StoreError;

    fn try_from(row: application::Model) -> Result<Self, StoreError> {
        let corrupt = StoreError::Corrupt;
        let secret = SecretColumns {
            digest: row.secret_digest,
            phc: row.secret_phc,
            sealed: row.secret_sealed,
        };
        let grant_types = row.grant_types.split_whitespace().map(GrantType::parse);
        let redirect_uris = row.redirect_uris.split_whitespace().map(RedirectUri::parse);
        let scope = row.scope.as_deref().map(ScopeSet::parse).transpose();
        let client = Client {
            id: row.client_id.parse().map_err(|_| corrupt("application.client_id"))?,
            name: row.name,
            owner: row.owner_id.map(UserId::from),
            client_type: row.client_type.parse().map_err(|_| corrupt("application.client_type"))?,
            auth_method: row.auth_method.parse().map_err(|_| corrupt("application.auth_method"))?,
            secret: secret.read()?,
            grant_types: grant_types
                .collect::<Result<_, _>>()
                .map_err(|_| corrupt("application.grant_types"))?,
            redirect_uris: redirect_uris
                .collect::<Result<_, _>>()
                .map_err(|_| corrupt("application.redirect_uris"))?,
            scope: scope.map_err(|_| corrupt("application.scope"))?,
            resources: row.resources.split_whitespace().map(str::to_owned).collect(),
            metadata: serde_json::from_str(&row.metadata)
                .map_err(|_| corrupt("application.metadata"))?,
            active: row.active,
            first_party: row.first_party,
            epoch: epoch_from(row.epoch)?,
        };
        Ok(Self {
            id: ApplicationId::from(row.id),
            client,
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
        })
    }
}
