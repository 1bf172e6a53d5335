//! Several accounts and applications made, changed and deleted at once: all of it, or nothing.

use oauth::secret::Secret;

use crate::applications::Application;
use crate::applications::apply::Step;
use crate::users::User;
use crate::users::apply::UserStep;
use crate::{Store, StoreError};

/// What [`Store::apply`] has done.
#[derive(Debug)]
pub struct Applied {
    /// For each step about an account, the account as it is now.
    pub users: Vec<User>,
    /// For each step about an application, the application as it is now (or was, if deleted) and the secret that was drawn
    /// for it, which cannot be had again.
    pub applications: Vec<(Application, Option<Secret>)>,
}

impl Store {
    /// Takes all steps in one transaction: first those about accounts, so that they can own the applications, each kind in its
    /// order.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] for a name that is taken, [`StoreError::Overtaken`] for what somebody else changed or deleted
    /// since it was seen, [`StoreError::NotFound`] for the deletion of what is gone, [`StoreError::Forbidden`] for that of the
    /// built-in client; then nothing was changed.
    pub async fn apply(
        &self,
        users: Vec<UserStep>,
        applications: Vec<Step>,
    ) -> Result<Applied, StoreError> {
        let (mut people, mut works, mut secrets) = (Vec::new(), Vec::new(), Vec::new());
        for step in users {
            people.push(self.users().prepare(step)?);
        }
        for step in applications {
            let (work, secret) = self.applications().prepare(step)?;
            works.push(work);
            secrets.push(secret);
        }
        let (now, moment) = (self.now(), self.moment());
        let done = self.write_and_tell(move |tx| {
            Box::pin(async move {
                let (mut users, mut applications, mut entries) =
                    (Vec::new(), Vec::new(), Vec::new());
                for work in people {
                    let (user, entry) = work.run(tx, &moment).await?;
                    users.push(user);
                    entries.extend(entry);
                }
                for work in works {
                    let (application, entry) = work.run(tx, now).await?;
                    applications.push(application);
                    entries.extend(entry);
                }
                Ok(((users, applications), entries))
            })
        });
        let (users, applications) = done.await?;
        self.announce_logouts();
        Ok(Applied { users, applications: applications.into_iter().zip(secrets).collect() })
    }
}
