//! Several applications made, changed and deleted at once: all of it, or nothing.

use oauth::client::Client;
use oauth::id::ApplicationId;
use oauth::revocation::forget_at;
use oauth::secret::Secret;
use oauth::time::Timestamp;
use sea_orm::{ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _};

use super::{
    Application, Applications, NewSecret, changeable, hit, insert, raise, remove, with_active,
    with_secret,
};
use crate::StoreError;
use crate::entity::application;
use crate::revocations::Entry;

/// One step of [`Applications::apply`]. The facts have passed the rules of `oauth`.
#[derive(Debug)]
pub enum Step {
    /// Registers a client, as [`Applications::create`].
    Create(Box<Client>, NewSecret),
    /// Writes the changeable facts, as [`Applications::update`].
    Change {
        /// Which application.
        id: ApplicationId,
        /// What is registered from now on.
        client: Box<Client>,
        /// The slow hash of a secret that takes the place of the present one; with it every token ends.
        secret: Option<String>,
        /// Whether it is switched on or off; with it every token ends.
        active: Option<bool>,
    },
    /// Deletes the client, as [`Applications::delete`].
    Delete(ApplicationId),
}

/// A step for which everything is drawn.
enum Work {
    Create(Box<Application>),
    Change(ApplicationId, Box<Client>, Option<String>, Option<bool>),
    Delete(ApplicationId),
}

impl Applications<'_> {
    /// Takes all steps in one transaction, in their order. Answers for each the application as it is now (or was, if deleted)
    /// and the secret that was drawn for it, which cannot be had again.
    ///
    /// # Errors
    /// Those of [`Applications::create`], [`Applications::update`] and [`Applications::delete`]; then nothing was changed.
    pub async fn apply(
        self,
        steps: Vec<Step>,
    ) -> Result<Vec<(Application, Option<Secret>)>, StoreError> {
        let (mut works, mut secrets) = (Vec::new(), Vec::new());
        for step in steps {
            let (work, secret) = self.prepare(step)?;
            works.push(work);
            secrets.push(secret);
        }
        let now = self.0.now();
        let done = self.0.write_and_tell(move |tx| {
            Box::pin(async move {
                let (mut done, mut entries) = (Vec::new(), Vec::new());
                for work in works {
                    let (application, entry) = work.run(tx, now).await?;
                    done.push(application);
                    entries.extend(entry);
                }
                Ok((done, entries))
            })
        });
        Ok(done.await?.into_iter().zip(secrets).collect())
    }

    fn prepare(self, step: Step) -> Result<(Work, Option<Secret>), StoreError> {
        Ok(match step {
            Step::Create(client, secret) => {
                let (made, shown) = self.draw(*client, secret)?;
                (Work::Create(Box::new(made)), shown)
            }
            Step::Change { id, client, secret, active } => {
                (Work::Change(id, client, secret, active), None)
            }
            Step::Delete(id) => (Work::Delete(id), None),
        })
    }
}

impl Work {
    /// Does it, and says what the other nodes have to hear.
    async fn run(
        self,
        tx: &impl ConnectionTrait,
        now: Timestamp,
    ) -> Result<(Application, Option<Entry>), StoreError> {
        match self {
            Self::Create(made) => Ok((insert(tx, *made).await?, None)),
            Self::Change(id, client, secret, active) => {
                let ends_tokens = secret.is_some() || active.is_some();
                let mut update = application::Entity::update_many()
                    .set(changeable(&client, now))
                    .filter(application::Column::Id.eq(id.as_uuid()));
                if let Some(hash) = secret {
                    update = with_secret(update, hash);
                }
                if let Some(active) = active {
                    update = with_active(update, active);
                }
                if ends_tokens {
                    update = raise(update);
                }
                let found = hit(tx, update).await?;
                let entry =
                    if ends_tokens { found.dead(forget_at(now)) } else { found.changed(now) };
                Ok((found, Some(entry)))
            }
            Self::Delete(id) => {
                let found = remove(tx, id).await?;
                let entry = found.dead(forget_at(now));
                Ok((found, Some(entry)))
            }
        }
    }
}
