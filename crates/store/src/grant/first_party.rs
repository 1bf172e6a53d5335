//! Registering through our own application: the account and its first authorization, both or neither.

use oauth::grant::password::Issue;
use oauth::policy::Policy;

use super::password::Issued;
use crate::users::{NewUser, User, insert};
use crate::{Store, StoreError};

/// Registration and sign-in through the built-in client; from [`Store::registration`].
#[derive(Clone, Copy, Debug)]
pub struct Registration<'a>(&'a Store);

impl Store {
    /// Registration through the built-in client.
    pub fn registration(&self) -> Registration<'_> {
        Registration(self)
    }
}

impl Registration<'_> {
    /// An account that is not stored yet: the rules decide on it as on one that is.
    pub fn draw(self, new: NewUser) -> Result<User, StoreError> {
        self.0.users().draw(new)
    }

    /// Stores the account and the authorization that was decided on, in one transaction.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] with field `username` when the name is taken; nothing is stored then.
    pub async fn apply(
        self,
        user: &User,
        issue: &Issue,
        policy: &Policy,
    ) -> Result<Issued, StoreError> {
        let password = self.0.password();
        let drawn = password.draw(issue, policy).await?;
        let issued = password.issued(issue, &drawn);
        let user = user.clone();
        self.0
            .write(move |tx| {
                Box::pin(async move {
                    insert(tx, &user).await?;
                    drawn.insert(tx).await
                })
            })
            .await?;
        Ok(issued)
    }
}
