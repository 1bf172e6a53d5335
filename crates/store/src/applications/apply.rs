//! One of several changes that are made at once, about an application: see `apply.rs` of this room.

use oauth::client::{Client, StoredSecret};
use oauth::id::ApplicationId;
use oauth::revocation::forget_at;
use oauth::secret::Secret;
use oauth::time::Timestamp;
use sea_orm::{ConnectionTrait, EntityTrait as _};

use super::ending::{raise, with_active, with_secret};
use super::{
    Application, Applications, NewSecret, changeable, hit_unchanged, insert, remove, touched,
};
use crate::StoreError;
use crate::entity::application;
use crate::revocations::Entry;

/// One step of [`Store::apply`](crate::Store::apply). The facts have passed the rules of `oauth`.
#[derive(Debug)]
pub enum Step {
    /// Registers a client, as [`Applications::create`].
    Create(Box<Client>, NewSecret),
    /// Writes the changeable facts, as [`Applications::update`].
    Change {
        /// Which application.
        id: ApplicationId,
        /// When what the change was decided on had last been changed; somebody else's change since then refuses this one.
        seen: Timestamp,
        /// What is registered from now on.
        client: Box<Client>,
        /// A secret that takes the place of the present one, if there is to be one; with it every token ends.
        secret: NewSecret,
        /// Whether it is switched on or off; with it every token ends.
        active: Option<bool>,
    },
    /// Deletes the client, as [`Applications::delete`].
    Delete(ApplicationId),
}

/// A step for which everything is drawn.
pub(crate) enum Work {
    Create(Box<Application>),
    Change {
        id: ApplicationId,
        seen: Timestamp,
        client: Box<Client>,
        secret: Option<StoredSecret>,
        active: Option<bool>,
    },
    Delete(ApplicationId),
}

impl Applications<'_> {
    /// Draws what a step needs, and the secret that is shown for it.
    pub(crate) fn prepare(self, step: Step) -> Result<(Work, Option<Secret>), StoreError> {
        Ok(match step {
            Step::Create(client, secret) => {
                let (made, shown) = self.draw(*client, secret)?;
                (Work::Create(Box::new(made)), shown)
            }
            Step::Change { id, seen, client, secret, active } => {
                let (secret, shown) = self.stored(id, client.auth_method, secret)?;
                (Work::Change { id, seen, client, secret, active }, shown)
            }
            Step::Delete(id) => (Work::Delete(id), None),
        })
    }
}

impl Work {
    /// Does it, and says what the other nodes have to hear.
    pub(crate) async fn run(
        self,
        tx: &impl ConnectionTrait,
        now: Timestamp,
    ) -> Result<(Application, Option<Entry>), StoreError> {
        match self {
            Self::Create(made) => Ok((insert(tx, *made).await?, None)),
            Self::Change { id, seen, client, secret, active } => {
                let ends_tokens = secret.is_some() || active.is_some();
                let mut update = application::Entity::update_many().set(changeable(&client));
                if let Some(stored) = secret {
                    update = with_secret(update, &stored);
                }
                if let Some(active) = active {
                    update = with_active(update, active);
                }
                if ends_tokens {
                    update = raise(update);
                }
                let found = hit_unchanged(tx, (id, seen), touched(update, now)).await?;
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
