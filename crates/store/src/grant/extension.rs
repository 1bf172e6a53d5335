//! Effects of [`oauth::grant::extension`]: what counts once is used up and the authorization made, both or neither.

use oauth::grant::extension::{ExtensionName, Issue};
use oauth::id::AuthorizationId;
use oauth::policy::Policy;
use oauth::secret::Secret;

use crate::{Store, StoreError};

/// The grants that the program brings itself; from [`Store::extension`].
#[derive(Clone, Copy, Debug)]
pub struct Extension<'a>(&'a Store);

/// What was made for an extension grant.
#[derive(Debug, Default)]
pub struct Granted {
    /// The authorization's name, which goes into the access token; nothing where the client acts for itself.
    pub authorization: Option<AuthorizationId>,
    /// The refresh token, if the decision gave one.
    pub refresh_token: Option<Secret>,
}

impl Store {
    /// The grants that the program brings itself.
    pub fn extension(&self) -> Extension<'_> {
        Extension(self)
    }
}

impl Extension<'_> {
    /// Takes what may be used once and makes the authorization that was decided on. `None`: it has been used before.
    pub async fn apply(
        self,
        name: &ExtensionName,
        issue: &Issue,
        policy: &Policy,
    ) -> Result<Option<Granted>, StoreError> {
        let take = issue.once.as_ref().map(|once| self.0.replays().extension(name, once));
        let mut granted = Granted::default();
        let mut drawn = None;
        if let Some(new) = &issue.authorization {
            let user_epoch = issue.access.user.map_or(0, |bearer| bearer.epoch);
            let row = self.0.authorizations().draw(new, user_epoch, policy).await?;
            let compose =
                |generation| self.0.refresh_token().compose(row.id, generation, &row.seed);
            granted.authorization = Some(row.id);
            granted.refresh_token = issue.refresh.map(compose);
            drawn = Some(row);
        }
        let taken = self.0.replays().take_and_make(take, drawn).await?;
        Ok(taken.then_some(granted))
    }
}
