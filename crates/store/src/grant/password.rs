//! Facts and effects of [`oauth::grant::password`].

use oauth::access_token::Bearer;
use oauth::active::Standing;
use oauth::grant::password::{Issue, Verified};
use oauth::id::AuthorizationId;
use oauth::policy::Policy;
use oauth::secret::Secret;

use crate::authorizations::Drawn;
use crate::users::User;
use crate::{Store, StoreError};

/// What was made of an authorization.
#[derive(Debug)]
pub struct Issued {
    /// Its name, which goes into the access token.
    pub authorization: AuthorizationId,
    /// The refresh token, if the decision gave one.
    pub refresh_token: Option<Secret>,
}

/// The password grant; from [`Store::password`].
#[derive(Clone, Copy, Debug)]
pub struct Password<'a>(pub(crate) &'a Store);

impl Store {
    /// The password grant.
    pub fn password(&self) -> Password<'_> {
        Password(self)
    }
}

impl User {
    /// The facts about a user whose password has just been verified.
    pub fn verified(&self) -> Verified {
        let account = &self.account;
        Verified {
            bearer: Bearer { id: account.id, epoch: account.epoch },
            standing: Standing::of(account.active, account.epoch, account.epoch),
        }
    }
}

impl Password<'_> {
    /// Makes the authorization that was decided on.
    pub async fn apply(self, issue: &Issue, policy: &Policy) -> Result<Issued, StoreError> {
        let drawn = self.draw(issue, policy).await?;
        let issued = self.issued(issue, &drawn);
        self.0.write(move |tx| Box::pin(async move { drawn.insert(tx).await })).await?;
        Ok(issued)
    }

    /// What is to be inserted for a decision.
    pub(crate) async fn draw(self, issue: &Issue, policy: &Policy) -> Result<Drawn, StoreError> {
        let user_epoch = issue.access.user.map_or(0, |bearer| bearer.epoch);
        self.0.authorizations().draw(&issue.authorization, user_epoch, policy).await
    }

    /// What the decision gives out.
    pub(crate) fn issued(self, issue: &Issue, drawn: &Drawn) -> Issued {
        let compose =
            |generation| self.0.refresh_token().compose(drawn.id, generation, &drawn.seed);
        Issued { authorization: drawn.id, refresh_token: issue.refresh.map(compose) }
    }
}
