//! Effects of [`oauth::grant::jwt_bearer`]: the assertion is used up and its authorization made, both or neither.

use oauth::grant::jwt_bearer::Issue;
use oauth::id::AuthorizationId;
use oauth::policy::Policy;

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
        let user_epoch = issue.access.user.map_or(0, |bearer| bearer.epoch);
        let drawn = self.0.authorizations().draw(&issue.authorization, user_epoch, policy).await?;
        let id = drawn.id;
        let take = self.0.replays().grant(&issue.once);
        let done = self.0.replays().take_and_make(Some(take), Some(drawn)).await?;
        Ok(done.then_some(id))
    }
}
