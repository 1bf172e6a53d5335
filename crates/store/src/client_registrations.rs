//! Clients that come by themselves: they register and look after their registration (RFC 7591, RFC 7592), or a document tells of
//! them (OAuth Client ID Metadata Document).

use std::sync::Arc;

use oauth::client::Client;
use oauth::endpoint::client_id_document::{Change, compare};
use oauth::id::{ApplicationId, ClientId};
use oauth::revocation::forget_at;
use oauth::secret::{Secret, same_bytes};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait as _,
    QueryFilter as _,
};
use vault::Purpose;

use crate::applications::{Application, NewSecret, change, changeable, insert};
use crate::entity::{application, client_registration, consent};
use crate::registration_tokens::{self, use_up};
use crate::row::Sql;
use crate::{Store, StoreError};

/// What a registration access token begins with, so that it is recognised where it leaks.
const PREFIX: &str = "gwm_";

/// Claims a client that nobody has ever allowed anything, unless somebody does meanwhile.
const CLAIM_UNUSED: &str = "UPDATE grantwell_application SET epoch = epoch + 1 WHERE id = $1 \
     AND NOT EXISTS (SELECT 1 FROM grantwell_authorization a WHERE a.application_id = $1) \
     AND NOT EXISTS (SELECT 1 FROM grantwell_consent c WHERE c.application_id = $1)";

/// The registrations; from [`Store::client_registrations`].
#[derive(Clone, Copy, Debug)]
pub struct ClientRegistrations<'a>(&'a Store);

/// A client that wants to be registered. Its facts have passed the rules of `oauth`.
#[derive(Debug)]
pub struct Newcomer {
    /// What is registered.
    pub client: Client,
    /// Where its secret comes from.
    pub secret: NewSecret,
    /// The initial access token that it brings; none where anybody may register.
    pub invitation: Option<Secret>,
    /// How many clients may have registered themselves.
    pub most: u64,
}

/// What became of it.
#[derive(Debug)]
pub enum Registered {
    /// It is registered.
    Made(Box<Made>),
    /// The initial access token has ended or was used up.
    NotInvited,
    /// There are as many as there may be.
    Full,
}

/// A client that has registered itself, with what is shown once.
#[derive(Debug)]
pub struct Made {
    /// The client.
    pub application: Application,
    /// Its secret, if it has one and it was drawn now.
    pub secret: Option<Secret>,
    /// The token by which it looks after its registration.
    pub access: Secret,
}

impl Store {
    /// The clients that register themselves.
    pub fn client_registrations(&self) -> ClientRegistrations<'_> {
        ClientRegistrations(self)
    }
}

impl ClientRegistrations<'_> {
    /// Registers a client and uses its invitation: both, or neither.
    pub async fn register(self, newcomer: Newcomer) -> Result<Registered, StoreError> {
        let Newcomer { client, secret, invitation, most } = newcomer;
        let (drawn, secret) = self.0.applications().draw(client, secret)?;
        let (access, token_digest) = self.draw_access()?;
        let invitation = invitation.map(|token| registration_tokens::digest(self.0, &token));
        let now = self.0.now().as_millis();
        let row = client_registration::ActiveModel {
            application_id: Set(drawn.id.as_uuid()),
            token_digest: Set(token_digest),
            created_at: Set(now),
        };
        let outcome = self.0.write(move |tx| {
            Box::pin(async move {
                if client_registration::Entity::find().count(tx).await? >= most {
                    return Ok(Err(Registered::Full));
                }
                if let Some(digest) = invitation
                    && !use_up(tx, digest, now).await?
                {
                    return Ok(Err(Registered::NotInvited));
                }
                let made = insert(tx, drawn).await?;
                client_registration::Entity::insert(row).exec_without_returning(tx).await?;
                Ok(Ok(made))
            })
        });
        Ok(match outcome.await? {
            Ok(application) => Registered::Made(Box::new(Made { application, secret, access })),
            Err(refused) => refused,
        })
    }

    /// Keeps a client that a document tells of, or changes it to what its document says now. When it is another one now
    /// ([`Change::Identity`]), what people have allowed it is forgotten: they are asked again. `None`: there are as many
    /// clients that came by themselves as there may be.
    pub async fn keep(
        self,
        known: Option<&Application>,
        said: Client,
        most: u64,
    ) -> Result<Option<Arc<Application>>, StoreError> {
        let Some(known) = known else { return self.keep_new(said, most).await };
        let (client, is_another) = match compare(&known.client, said) {
            Change::None => return Ok(Some(Arc::new(known.clone()))),
            Change::Facts(client) => (*client, false),
            Change::Identity(client) => (*client, true),
        };
        let (id, now) = (known.id, self.0.now());
        let changed = changeable(&client);
        let found = self.0.write_and_tell(move |tx| {
            Box::pin(async move {
                let found = change(tx, id, changed, now).await?;
                if is_another {
                    consent::Entity::delete_many()
                        .filter(consent::Column::ApplicationId.eq(id.as_uuid()))
                        .exec(tx)
                        .await?;
                }
                let entry = found.changed(now);
                Ok((found, vec![entry]))
            })
        });
        Ok(Some(Arc::new(found.await?)))
    }

    async fn keep_new(
        self,
        said: Client,
        most: u64,
    ) -> Result<Option<Arc<Application>>, StoreError> {
        let id = said.id.clone();
        let newcomer = Newcomer { client: said, secret: NewSecret::None, invitation: None, most };
        match self.register(newcomer).await {
            Ok(Registered::Made(made)) => Ok(Some(Arc::new(made.application))),
            Ok(Registered::Full | Registered::NotInvited) => Ok(None),
            // Another request was faster.
            Err(StoreError::Conflict { field: "client_id" }) => self.0.client(&id).await,
            Err(error) => Err(error),
        }
    }

    /// The client of this name, if the token is the one by which it looks after its registration.
    pub async fn find(
        self,
        id: &ClientId,
        access: &Secret,
    ) -> Result<Option<Arc<Application>>, StoreError> {
        let digest = self.digest(access);
        let Some(application) = self.0.client(id).await? else { return Ok(None) };
        let row = client_registration::Entity::find_by_id(application.id.as_uuid())
            .one(self.0.database().read())
            .await?;
        let right = row.is_some_and(|row| same_bytes(&row.token_digest, &digest));
        Ok(right.then_some(application))
    }

    /// Writes the changeable facts of `client`, and gives it a new token in place of `access`: both, or neither. `None`: the
    /// token is no longer the one, because a change came before. Name, secret, epoch and whether it is active stay.
    pub async fn change(
        self,
        id: ApplicationId,
        access: &Secret,
        client: Client,
    ) -> Result<Option<(Application, Secret)>, StoreError> {
        let old = self.digest(access);
        let (fresh, digest) = self.draw_access()?;
        let now = self.0.now();
        let changed = changeable(&client);
        let done = self.0.write_and_tell(move |tx| {
            Box::pin(async move {
                let swapped = client_registration::Entity::update_many()
                    .set(client_registration::ActiveModel {
                        token_digest: Set(digest),
                        ..Default::default()
                    })
                    .filter(client_registration::Column::ApplicationId.eq(id.as_uuid()))
                    .filter(client_registration::Column::TokenDigest.eq(old))
                    .exec(tx)
                    .await?;
                if swapped.rows_affected == 0 {
                    return Ok((None, Vec::new()));
                }
                let found = change(tx, id, changed, now).await?;
                let entry = found.changed(now);
                Ok((Some(found), vec![entry]))
            })
        });
        Ok(done.await?.map(|application| (application, fresh)))
    }

    /// Deletes a client that nobody has ever allowed anything. `false`: somebody has, or it is gone.
    pub(crate) async fn delete_unused(self, id: ApplicationId) -> Result<bool, StoreError> {
        let expires_at = forget_at(self.0.now());
        self.0
            .write_and_tell(move |tx| {
                Box::pin(async move {
                    let claim = Sql::new(CLAIM_UNUSED, [id.as_uuid().into()]);
                    if tx.execute(&claim).await?.rows_affected() == 0 {
                        return Ok((false, Vec::new()));
                    }
                    let row = application::Entity::find_by_id(id.as_uuid()).one(tx).await?;
                    let found = row.ok_or(StoreError::NotFound("application"))?;
                    let found = Application::try_from(found)?;
                    application::Entity::delete_by_id(id.as_uuid()).exec(tx).await?;
                    Ok((true, vec![found.dead(expires_at)]))
                })
            })
            .await
    }

    fn draw_access(self) -> Result<(Secret, Vec<u8>), StoreError> {
        let drawn = self.0.entropy().text(32)?;
        let secret = Secret::new(format!("{PREFIX}{}", drawn.expose()));
        let digest = self.digest(&secret);
        Ok((secret, digest))
    }

    fn digest(self, access: &Secret) -> Vec<u8> {
        self.0.vault().digest(Purpose::RegistrationAccess, access.expose().as_bytes()).to_vec()
    }
}
