//! Tokens that an operator gives out so that their holders can register clients (RFC 7591 §3): each for so many clients and
//! for so long.

use std::time::Duration;

use oauth::secret::Secret;
use oauth::time::Timestamp;
use sea_orm::prelude::Uuid;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter as _, QueryOrder as _,
};
use vault::Purpose;

use crate::entity::registration_token;
use crate::row::Sql;
use crate::{Store, StoreError};

/// What a token begins with, so that it is recognised where it leaks.
const PREFIX: &str = "gwi_";

/// Counted use: of all that come at once, no more hit the row than it has uses left.
const USE: &str = "UPDATE grantwell_registration_token SET uses_left = uses_left - 1 \
     WHERE digest = $1 AND uses_left > 0 AND expires_at > $2";

/// The tokens; from [`Store::registration_tokens`].
#[derive(Clone, Copy, Debug)]
pub struct RegistrationTokens<'a>(&'a Store);

/// One token, without the token itself.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RegistrationToken {
    /// Names it for operators.
    pub id: String,
    /// What the operator wrote down about it.
    pub label: String,
    /// How many clients it may still register.
    pub uses_left: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl Store {
    /// The tokens with which clients may register themselves.
    pub fn registration_tokens(&self) -> RegistrationTokens<'_> {
        RegistrationTokens(self)
    }
}

impl RegistrationTokens<'_> {
    /// Makes a token for `uses` clients within `lifetime`. It is shown once; the row holds its keyed digest.
    pub async fn create(
        self,
        label: &str,
        uses: u32,
        lifetime: Duration,
    ) -> Result<(RegistrationToken, Secret), StoreError> {
        let drawn = self.0.entropy().text(32)?;
        let secret = Secret::new(format!("{PREFIX}{}", drawn.expose()));
        let now = self.0.now();
        let model = registration_token::Model {
            id: self.0.entropy().uuid(now)?,
            digest: digest(self.0, &secret),
            label: label.to_owned(),
            uses_left: uses.into(),
            created_at: now.as_millis(),
            expires_at: (now + lifetime).as_millis(),
        };
        let row = registration_token::ActiveModel {
            id: Set(model.id),
            digest: Set(model.digest.clone()),
            label: Set(model.label.clone()),
            uses_left: Set(model.uses_left),
            created_at: Set(model.created_at),
            expires_at: Set(model.expires_at),
        };
        self.0
            .write(move |tx| {
                Box::pin(async move {
                    registration_token::Entity::insert(row).exec_without_returning(tx).await?;
                    Ok(())
                })
            })
            .await?;
        Ok((model.into(), secret))
    }

    /// Whether the token would still be taken. Only its use decides.
    pub async fn is_open(self, secret: &Secret) -> Result<bool, StoreError> {
        let row = registration_token::Entity::find()
            .filter(registration_token::Column::Digest.eq(digest(self.0, secret)))
            .one(self.0.database().read())
            .await?;
        let now = self.0.now().as_millis();
        Ok(row.is_some_and(|row| row.uses_left > 0 && row.expires_at > now))
    }

    /// The tokens that are kept, in the order of their making; those that have ended too, until they are swept.
    pub async fn list(self) -> Result<Vec<RegistrationToken>, StoreError> {
        let rows = registration_token::Entity::find()
            .order_by_asc(registration_token::Column::Id)
            .all(self.0.database().read())
            .await?;
        Ok(rows.into_iter().map(RegistrationToken::from).collect())
    }

    /// Ends a token; what was registered with it stays. `false`: there is none with this id.
    pub async fn revoke(self, id: &str) -> Result<bool, StoreError> {
        let Ok(id) = Uuid::parse_str(id) else { return Ok(false) };
        self.0
            .write(move |tx| {
                Box::pin(async move {
                    let gone = registration_token::Entity::delete_by_id(id).exec(tx).await?;
                    Ok(gone.rows_affected > 0)
                })
            })
            .await
    }
}

/// The digest by which a token is found.
pub(crate) fn digest(store: &Store, secret: &Secret) -> Vec<u8> {
    store.vault().digest(Purpose::InitialAccess, secret.expose().as_bytes()).to_vec()
}

/// Takes one use of a token as part of the transaction that registers the client. `false`: it has none.
pub(crate) async fn use_up(
    tx: &impl ConnectionTrait,
    digest: Vec<u8>,
    now: i64,
) -> Result<bool, StoreError> {
    let taken = Sql::new(USE, [digest.into(), now.into()]);
    Ok(tx.execute(&taken).await?.rows_affected() > 0)
}

impl From<registration_token::Model> for RegistrationToken {
    fn from(row: registration_token::Model) -> Self {
        Self {
            id: row.id.to_string(),
            label: row.label,
            uses_left: u32::try_from(row.uses_left).unwrap_or(0),
            created_at: Timestamp::from_millis(row.created_at),
            expires_at: Timestamp::from_millis(row.expires_at),
        }
    }
}
