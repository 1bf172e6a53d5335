//! What ends a client's tokens: another secret, a switch, or just that.

use oauth::authorization::Reason;
use oauth::client::StoredSecret;
use oauth::id::ApplicationId;
use oauth::revocation::forget_at;
use oauth::secret::Secret;
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, UpdateMany};

use super::{Application, Applications, hit, touched};
use crate::StoreError;
use crate::authorizations::Revocation;
use crate::entity::{application, authorization};

impl Applications<'_> {
    /// Gives the client a new secret, shown once, and ends every token it was given under the old one.
    /// What users allowed it stays: it refreshes with the new secret.
    pub async fn rotate_secret(
        self,
        id: ApplicationId,
    ) -> Result<(Application, Secret), StoreError> {
        let (stored, shown) = self.draw_secret()?;
        let StoredSecret::Digest(digest) = stored else {
            return Err(StoreError::Corrupt("a drawn secret"));
        };
        let update = application::Entity::update_many()
            .col_expr(application::Column::SecretDigest, Expr::value(Some(digest.to_vec())))
            .col_expr(application::Column::SecretPhc, Expr::value(None::<String>));
        Ok((self.end_tokens(id, update).await?, shown))
    }

    /// Replaces the secret by one that somebody chose (its slow hash), as [`Applications::rotate_secret`].
    pub async fn set_secret_hash(
        self,
        id: ApplicationId,
        hash: String,
    ) -> Result<Application, StoreError> {
        self.end_tokens(id, with_secret(application::Entity::update_many(), hash)).await
    }

    /// Disables the client: every token of it ends at once, on every node, and it is given no more.
    pub async fn disable(self, id: ApplicationId) -> Result<Application, StoreError> {
        self.end_tokens(id, with_active(application::Entity::update_many(), false)).await
    }

    /// Enables the client again. Access tokens that had ended stay ended; what users allowed it lives on.
    pub async fn enable(self, id: ApplicationId) -> Result<Application, StoreError> {
        self.end_tokens(id, with_active(application::Entity::update_many(), true)).await
    }

    /// Ends every token of the client and everything that users allowed it, at once, on every node. It may ask anew.
    pub async fn end_everything(self, id: ApplicationId) -> Result<Application, StoreError> {
        let now = self.0.now();
        let expires_at = forget_at(now);
        let revocation = Revocation { reason: Reason::Disabled, at: now, delete_at: expires_at };
        let update =
            application::Entity::update_many().filter(application::Column::Id.eq(id.as_uuid()));
        let update = touched(raise(update), now);
        self.0
            .write_and_tell(move |tx| {
                Box::pin(async move {
                    let found = hit(tx, update).await?;
                    let entry = found.dead(expires_at);
                    let theirs = authorization::Column::ApplicationId.eq(id.as_uuid());
                    revocation.update().filter(theirs).exec(tx).await?;
                    Ok((found, vec![entry]))
                })
            })
            .await
    }

    /// Applies `update`, raises the epoch in the same statement and tells every node.
    async fn end_tokens(
        self,
        id: ApplicationId,
        update: UpdateMany<application::Entity>,
    ) -> Result<Application, StoreError> {
        let expires_at = forget_at(self.0.now());
        let update = raise(update.filter(application::Column::Id.eq(id.as_uuid())));
        let update = touched(update, self.0.now());
        self.0
            .write_and_tell(move |tx| {
                Box::pin(async move {
                    let found = hit(tx, update).await?;
                    let entry = found.dead(expires_at);
                    Ok((found, vec![entry]))
                })
            })
            .await
    }
}

/// The update, with a secret that somebody chose in place of the present one.
pub(super) fn with_secret(
    update: UpdateMany<application::Entity>,
    hash: String,
) -> UpdateMany<application::Entity> {
    update
        .col_expr(application::Column::SecretDigest, Expr::value(None::<Vec<u8>>))
        .col_expr(application::Column::SecretPhc, Expr::value(Some(hash)))
}

pub(super) fn with_active(
    update: UpdateMany<application::Entity>,
    active: bool,
) -> UpdateMany<application::Entity> {
    update.col_expr(application::Column::Active, Expr::value(active))
}

pub(super) fn raise(update: UpdateMany<application::Entity>) -> UpdateMany<application::Entity> {
    update.col_expr(application::Column::Epoch, Expr::col(application::Column::Epoch).add(1))
}
