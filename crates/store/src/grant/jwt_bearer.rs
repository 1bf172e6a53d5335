//! Effects of [`oauth::grant::jwt_bearer`]: the assertion is used up and its authorization made, both or neither.

use oauth::grant::jwt_bearer::Issue;
use oauth::id::AuthorizationId;
use oauth::policy::Policy;
use sea_orm::ConnectionTrait as _;

use crate::{Store, StoreError};

/// The grant by an assertion; from [`Store::jwt_bearer`].
#[derive(Clone, Copy, Debug)]
pub struct JwtBearer<'a>(&'a Store);

impl Store {
    /// The grant by an assertion.
    pub fn jwt_bearer(&self) -> JwtBearer<'_> {
        JwtBearer(self)
    }
}

impl JwtBearer<'_> {
    /// Takes the assertion and makes the authorization that was decided on. `None`: the assertion has been used before.
    pub async fn apply(
        self,
        issue: &Issue,
        policy: &Policy,
    ) -> Result<Option<AuthorizationId>, StoreError> {
        let new = &issue.authorization;
        let application = self.0.client(&new.client).await?;
        let application = application.ok_or(StoreError::NotFound("application"))?.id;
        // An authorization that names an older epoch than the account's is dead from its first moment.
        let user_epoch = issue.access.user.map_or(0, |bearer| bearer.epoch);
        let drawn = self.0.authorizations().draw(new, user_epoch, application, policy)?;
        let id = drawn.id;
        let take = self.0.replays().grant(&issue.once);
        let done = self
            .0
            .write(move |tx| {
                Box::pin(async move {
                    if tx.execute(&take).await?.rows_affected() == 0 {
                        return Ok(false);
                    }
                    drawn.insert(tx).await?;
                    Ok(true)
                })
            })
            .await?;
        Ok(done.then_some(id))
    }
}
