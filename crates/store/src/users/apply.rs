//! One of several changes that are made at once, about an account: see `apply.rs` of this room.

use accounts::profile::Profile;
use oauth::authorization::Reason;
use oauth::claims::PersonClaims;
use oauth::id::UserId;
use oauth::revocation::{Subject, forget_at};
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, UpdateMany};

use super::person::{Person, keep};
use super::{NewUser, User, Users, close_setup_links, end_credentials, insert};
use crate::StoreError;
use crate::authorizations::Revocation;
use crate::entity::user;
use crate::logout::Moment;
use crate::revocations::Entry;

/// One step of [`Store::apply`](crate::Store::apply) about an account. The facts have passed the rules of `accounts`.
#[derive(Debug)]
pub enum UserStep {
    /// Makes an account.
    Create {
        /// Its id, from [`Users::new_id`].
        id: UserId,
        /// Who it is for.
        new: NewUser,
        /// Whether it may be used.
        active: bool,
        /// What is known about the person.
        profile: Box<Profile>,
    },
    /// Changes an account.
    Change(Box<UserChange>),
}

/// What is changed about an account; `None` leaves it as it is.
#[derive(Debug)]
pub struct UserChange {
    /// What the change was decided on; somebody else's change of credentials or claims since then refuses this one.
    pub seen: Person,
    /// What is known about the person from now on.
    pub profile: Option<Profile>,
    /// The slow hash of the new password; with it everything that the person is signed in with ends.
    pub password: Option<String>,
    /// Whether it is switched on or off; with it the same ends.
    pub active: Option<bool>,
    /// Whether the person may open the administration.
    pub staff: Option<bool>,
    /// Whether the person may do everything there.
    pub superuser: Option<bool>,
}

/// A step for which everything is drawn.
pub(crate) enum Work {
    Create(Box<(User, Profile)>),
    Change(Box<UserChange>),
}

impl Users<'_> {
    /// An id for an account that is to be made.
    pub fn new_id(self) -> Result<UserId, StoreError> {
        Ok(self.0.entropy().user_id(self.0.now())?)
    }

    /// Draws what a step needs.
    pub(crate) fn prepare(self, step: UserStep) -> Result<Work, StoreError> {
        Ok(match step {
            UserStep::Create { id, new, active, profile } => {
                let mut user = self.draw(new)?;
                user.account.id = id;
                user.account.active = active;
                Work::Create(Box::new((user, *profile)))
            }
            UserStep::Change(change) => Work::Change(change),
        })
    }
}

impl Work {
    /// Does it, and says what the other nodes have to hear.
    pub(crate) async fn run(
        self,
        tx: &impl ConnectionTrait,
        moment: &Moment,
    ) -> Result<(User, Option<Entry>), StoreError> {
        match self {
            Self::Create(made) => {
                let (user, profile) = *made;
                insert(tx, &user).await?;
                let seen = Person::new(user.account.clone());
                if *profile.claims() != PersonClaims::default() {
                    keep(&seen, &profile, moment.now)?.exec(tx).await?;
                }
                Ok((user, None))
            }
            Self::Change(change) => change.run(tx, moment).await,
        }
    }
}

impl UserChange {
    /// One statement for each of the two things that another may have changed meanwhile: who the person is, and what they sign
    /// in with.
    async fn run(
        self,
        tx: &impl ConnectionTrait,
        moment: &Moment,
    ) -> Result<(User, Option<Entry>), StoreError> {
        let (id, now) = (self.seen.account.id, moment.now);
        if let Some(profile) = &self.profile {
            let kept = keep(&self.seen, profile, now)?.exec(tx).await?;
            if kept.rows_affected == 0 {
                return Err(StoreError::Overtaken("user"));
            }
        }
        let ends = self.password.is_some() || self.active.is_some();
        let reason = if self.active.is_some() { Reason::Disabled } else { Reason::SignedOut };
        let update = self.update(now.as_millis(), ends);
        let row = update.exec_with_returning(tx).await?.into_iter().next();
        let user = User::try_from(row.ok_or(StoreError::Overtaken("user"))?)?;
        if self.superuser == Some(true) {
            close_setup_links(tx, now).await?;
        }
        if !ends {
            return Ok((user, None));
        }
        let expires_at = forget_at(now);
        let revocation = Revocation { reason, at: now, delete_at: expires_at };
        end_credentials(tx, id, &revocation, moment).await?;
        let entry = Entry::revoked(Subject::User(id, user.account.epoch), expires_at);
        Ok((user, Some(entry)))
    }

    fn update(&self, now: i64, ends: bool) -> UpdateMany<user::Entity> {
        let (raised, seen) = (i64::from(ends), &self.seen.account);
        let mut update = user::Entity::update_many()
            .col_expr(user::Column::Epoch, Expr::col(user::Column::Epoch).add(raised))
            .filter(user::Column::Id.eq(seen.id.as_uuid()))
            .filter(user::Column::Epoch.eq(i64::from(seen.epoch)))
            .filter(user::Column::Staff.eq(seen.staff))
            .filter(user::Column::Superuser.eq(seen.superuser));
        if let Some(hash) = &self.password {
            update = update
                .col_expr(user::Column::Password, Expr::value(hash.clone()))
                .col_expr(user::Column::PasswordChangedAt, Expr::value(now));
        }
        for (column, flag) in [
            (user::Column::Active, self.active),
            (user::Column::Staff, self.staff),
            (user::Column::Superuser, self.superuser),
        ] {
            if let Some(flag) = flag {
                update = update.col_expr(column, Expr::value(flag));
            }
        }
        update
    }
}
