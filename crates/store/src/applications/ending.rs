//! What ends a client's tokens: another secret, a switch, or just that.

use oauth::authorization::Reason;
use oauth::client::StoredSecret;
use oauth::id::ApplicationId;
use oauth::revocation::forget_at;
use oauth::secret::Secret;
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, UpdateMany};

use super::row::SecretColumns;
use super::{Application, Applications, NewSecret, hit, touched};
use crate::StoreError;
use crate::authorizations::Revocation;
use crate::entity::{application, authorization};

impl Applications<'_> {
    /// Gives the client a new secret, shown once, and ends every token it was given under the old one.
    /// What users allowed it stays: it refreshes with the new secret.
    ///
    /// # Errors
    /// [`StoreError::Overtaken`] if it authenticates in another way by now, for which this secret would be none;
    /// [`StoreError::Forbidden`] if its way needs no secret.
    pub async fn rotate_secret(
        self,
        seen: &Application,
    ) -> Result<(Application, Secret), StoreError> {
        let method = seen.client.auth_method;
        if !method.has_secret() {
            return Err(StoreError::Forbidden("this application authenticates without a secret"));
        }
        let drawn = self.stored(seen.id, method, NewSecret::Generated)?;
        let (Some(stored), Some(shown)) = drawn else {
            return Err(StoreError::Corrupt("a drawn secret"));
        };
        let same = application::Column::AuthMethod.eq(method.as_str());
        let update = with_secret(application::Entity::update_many(), &stored).filter(same);
        let found = self.end_tokens(seen.id, update).await.map_err(|error| match error {
            StoreError::NotFound(what) => StoreError::Overtaken(what),
            other => other,
        });
        Ok((found?, shown))
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

/// The update, with a secret in place of the present one.
pub(super) fn with_secret(
    update: UpdateMany<application::Entity>,
    stored: &StoredSecret,
) -> UpdateMany<application::Entity> {
    let columns = SecretColumns::of(Some(stored));
    update
        .col_expr(application::Column::SecretDigest, Expr::value(columns.digest))
        .col_expr(application::Column::SecretPhc, Expr::value(columns.phc))
        .col_expr(application::Column::SecretSealed, Expr::value(columns.sealed))
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
