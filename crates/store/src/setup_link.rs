//! The link, good once, by which the first administrator is made.

use std::time::Duration;

use oauth::secret::Secret;
use sea_orm::{ActiveValue::Set, ConnectionTrait as _, EntityTrait};
use vault::Purpose;

use crate::entity::setup_link;
use crate::row::Sql;
use crate::users::{NewUser, User, insert};
use crate::{Store, StoreError};

/// The set-up links; from [`Store::setup_links`].
#[derive(Clone, Copy, Debug)]
pub struct SetupLinks<'a>(&'a Store);

/// Single use: whoever hits the row has the link, everybody else finds none.
const USE: &str = "UPDATE grantwell_setup_link SET used_at = $2 \
     WHERE digest = $1 AND used_at IS NULL AND expires_at > $2";

impl Store {
    /// The set-up links.
    pub fn setup_links(&self) -> SetupLinks<'_> {
        SetupLinks(self)
    }
}

impl SetupLinks<'_> {
    /// Makes a link's secret, good for `lifetime`. It is shown once; the row holds its keyed digest.
    pub async fn create(self, lifetime: Duration) -> Result<Secret, StoreError> {
        let secret = self.0.entropy().text(32)?;
        let now = self.0.now();
        let row = setup_link::ActiveModel {
            digest: Set(self.digest(&secret)),
            created_at: Set(now.as_millis()),
            expires_at: Set((now + lifetime).as_millis()),
            used_at: Set(None),
        };
        self.0
            .write(move |tx| {
                Box::pin(async move {
                    setup_link::Entity::insert(row).exec_without_returning(tx).await?;
                    Ok(())
                })
            })
            .await?;
        Ok(secret)
    }

    /// Whether the link would still be taken: for showing its page. Only [`SetupLinks::redeem`] decides.
    pub async fn is_open(self, secret: &Secret) -> Result<bool, StoreError> {
        let now = self.0.now().as_millis();
        let row = setup_link::Entity::find_by_id(self.digest(secret));
        let row = row.one(self.0.database().read()).await?;
        Ok(row.is_some_and(|row| row.used_at.is_none() && row.expires_at > now))
    }

    /// Uses the link up and makes the administrator, both or neither. `None`: the link is unknown, used or
    /// too old.
    pub async fn redeem(self, secret: &Secret, new: NewUser) -> Result<Option<User>, StoreError> {
        let digest = self.digest(secret);
        let user = self.0.users().draw(NewUser { staff: true, superuser: true, ..new })?;
        let now = self.0.now().as_millis();
        self.0
            .write(move |tx| {
                Box::pin(async move {
                    let taken = Sql::new(USE, [digest.into(), now.into()]);
                    if tx.execute(&taken).await?.rows_affected() == 0 {
                        return Ok(None);
                    }
                    insert(tx, &user).await?;
                    Ok(Some(user))
                })
            })
            .await
    }

    fn digest(self, secret: &Secret) -> Vec<u8> {
        self.0.vault().digest(Purpose::SetupLink, secret.expose().as_bytes()).to_vec()
    }
}
