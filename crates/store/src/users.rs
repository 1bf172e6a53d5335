//! Accounts: made, found, changed; whatever ends their credentials is told to every node.

pub(crate) mod apply;
mod person;

pub use person::Person;

use std::fmt;

use accounts::{Account, Email, Username};
use oauth::authorization::Reason;
use oauth::id::UserId;
use oauth::revocation::{Subject, forget_at};
use oauth::time::Timestamp;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::authorizations::Revocation;
use crate::entity::{application, authorization, setup_link, user};
use crate::logout::{Moment, conclude};
use crate::revocations::Entry;
use crate::row::epoch_from;
use crate::sessions::take_all;
use crate::{Store, StoreError};

/// The accounts; from [`Store::users`].
#[derive(Clone, Copy, Debug)]
pub struct Users<'a>(&'a Store);

/// What a new account is made from. The rules about names and passwords have been asked before.
#[derive(Clone)]
pub struct NewUser {
    /// The name to sign in with.
    pub username: Username,
    /// The address for mail.
    pub email: Option<Email>,
    /// The password's slow hash (PHC string); `None`: cannot sign in by password.
    pub password: Option<String>,
    /// Whether the person may open the administration.
    pub staff: bool,
    /// Whether the person may do everything there.
    pub superuser: bool,
}

/// An account with its password's slow hash.
#[derive(Clone, Eq, PartialEq)]
pub struct User {
    /// The facts that the rules ask for.
    pub account: Account,
    /// The slow hash (PHC string); `None`: cannot sign in by password.
    pub password: Option<String>,
}

/// Without the hash.
impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User").field("account", &self.account).finish_non_exhaustive()
    }
}

/// Without the hash.
impl fmt::Debug for NewUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewUser").field("username", &self.username).finish_non_exhaustive()
    }
}

/// What of an account is changed by [`Users::change`], beside raising its epoch.
#[derive(Clone, Debug)]
enum Change {
    /// The new one, and the epoch that the account must still have.
    Password(Option<String>, u32),
    Active(bool),
    SignOut,
}

impl Store {
    /// The accounts.
    pub fn users(&self) -> Users<'_> {
        Users(self)
    }
}

impl Users<'_> {
    /// Makes an account.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] with field `username` when the name is taken.
    pub async fn create(self, new: NewUser) -> Result<User, StoreError> {
        let user = self.draw(new)?;
        self.0
            .write(move |tx| {
                Box::pin(async move {
                    insert(tx, &user).await?;
                    Ok(user)
                })
            })
            .await
    }

    /// The account with this id.
    pub async fn find(self, id: UserId) -> Result<Option<User>, StoreError> {
        let row = user::Entity::find_by_id(id.as_uuid()).one(self.0.database().read()).await?;
        row.map(User::try_from).transpose()
    }

    /// The account with this name, compared as names are compared.
    pub async fn find_by_username(self, name: &Username) -> Result<Option<User>, StoreError> {
        let row = user::Entity::find()
            .filter(user::Column::UsernameKey.eq(name.key().as_str()))
            .one(self.0.database().read())
            .await?;
        row.map(User::try_from).transpose()
    }

    /// Accounts in the order of their making, `limit` at most, after the one with id `after`.
    pub async fn list(self, after: Option<UserId>, limit: u64) -> Result<Vec<User>, StoreError> {
        let mut rows = user::Entity::find().order_by_asc(user::Column::Id).limit(limit);
        if let Some(after) = after {
            rows = rows.filter(user::Column::Id.gt(after.as_uuid()));
        }
        let rows = rows.all(self.0.database().read()).await?;
        rows.into_iter().map(User::try_from).collect()
    }

    /// How many active accounts may do everything. None: the set-up link is due.
    pub async fn count_superusers(self) -> Result<u64, StoreError> {
        let may = user::Entity::find()
            .filter(user::Column::Superuser.eq(true))
            .filter(user::Column::Active.eq(true));
        Ok(may.count(self.0.database().read()).await?)
    }

    /// Sets or removes the password and ends every session, authorization and token of the account. Answers
    /// the account as it is now: a session of the new epoch may be begun for whoever made the change.
    ///
    /// `seen` is the account for which the change was allowed. `None`: its credentials have ended since, by
    /// another password perhaps, and nothing was changed.
    pub async fn set_password(
        self,
        seen: &Account,
        password: Option<String>,
    ) -> Result<Option<User>, StoreError> {
        match self.change(seen.id, Change::Password(password, seen.epoch)).await {
            Err(StoreError::NotFound(_)) => Ok(None),
            changed => changed.map(Some),
        }
    }

    /// Stores a better hash of the same password, unless the password has been changed meanwhile. Nothing ends.
    pub async fn upgrade_hash(
        self,
        id: UserId,
        old: &str,
        new: String,
    ) -> Result<bool, StoreError> {
        let better = user::Entity::update_many()
            .col_expr(user::Column::Password, Expr::value(new))
            .filter(user::Column::Id.eq(id.as_uuid()))
            .filter(user::Column::Password.eq(old));
        self.execute(better).await
    }

    /// Notes that the person has signed in with a password.
    pub async fn signed_in(self, id: UserId) -> Result<(), StoreError> {
        let noted = user::Entity::update_many()
            .col_expr(user::Column::LastSignInAt, Expr::value(self.0.now().as_millis()))
            .filter(user::Column::Id.eq(id.as_uuid()));
        self.execute(noted).await.map(|_| ())
    }

    /// Disables the account; every session, authorization and token of it ends at once, on every node.
    pub async fn disable(self, id: UserId) -> Result<User, StoreError> {
        self.change(id, Change::Active(false)).await
    }

    /// Enables the account again. What had ended stays ended.
    pub async fn enable(self, id: UserId) -> Result<User, StoreError> {
        self.change(id, Change::Active(true)).await
    }

    /// Ends every session, authorization and token of the account.
    pub async fn sign_out_everywhere(self, id: UserId) -> Result<User, StoreError> {
        self.change(id, Change::SignOut).await
    }

    /// Deletes the account with all that hangs on it: sessions, authorizations, and the applications it
    /// registered (with the authorizations that others gave to those).
    pub async fn delete(self, id: UserId) -> Result<(), StoreError> {
        let expires_at = forget_at(self.0.now());
        let moment = self.0.moment();
        self.0
            .write_and_tell(move |tx| {
                Box::pin(async move {
                    let owned = application::Entity::find()
                        .filter(application::Column::OwnerId.eq(id.as_uuid()))
                        .all(tx)
                        .await?;
                    let mut entries = Vec::with_capacity(owned.len() + 1);
                    for row in owned {
                        let client = row.client_id.parse();
                        let client =
                            client.map_err(|_| StoreError::Corrupt("application.client_id"))?;
                        let below = epoch_from(row.epoch)?.saturating_add(1);
                        entries.push(Entry::revoked(Subject::Client(client, below), expires_at));
                    }
                    entries.push(Entry::revoked(Subject::User(id, u32::MAX), expires_at));
                    for session in take_all(tx, id).await? {
                        entries.extend(conclude(tx, &moment, id, session).await?.1);
                    }
                    let gone = user::Entity::delete_by_id(id.as_uuid()).exec(tx).await?;
                    match gone.rows_affected {
                        0 => Err(StoreError::NotFound("user")),
                        _ => Ok(((), entries)),
                    }
                })
            })
            .await?;
        self.0.announce_logouts();
        Ok(())
    }

    /// An account that is not stored yet.
    pub(crate) fn draw(self, new: NewUser) -> Result<User, StoreError> {
        let now = self.0.now();
        Ok(User {
            account: Account {
                id: self.0.entropy().user_id(now)?,
                username: new.username,
                email: new.email,
                active: true,
                staff: new.staff,
                superuser: new.superuser,
                epoch: 0,
                created_at: now,
                last_sign_in_at: None,
                password_changed_at: new.password.is_some().then_some(now),
            },
            password: new.password,
        })
    }

    /// One statement raises the epoch with the change, so two changes at once raise it twice.
    async fn change(self, id: UserId, change: Change) -> Result<User, StoreError> {
        let now = self.0.now();
        let expires_at = forget_at(self.0.now());
        let reason = match change {
            Change::Active(_) => Reason::Disabled,
            Change::Password(..) | Change::SignOut => Reason::SignedOut,
        };
        let revocation = Revocation { reason, at: now, delete_at: expires_at };
        let moment = self.0.moment();
        let changed = self
            .0
            .write_and_tell(move |tx| {
                Box::pin(async move {
                    let mut update = user::Entity::update_many()
                        .col_expr(user::Column::Epoch, Expr::col(user::Column::Epoch).add(1))
                        .filter(user::Column::Id.eq(id.as_uuid()));
                    update = match change {
                        Change::Password(hash, epoch) => update
                            .filter(user::Column::Epoch.eq(i64::from(epoch)))
                            .col_expr(user::Column::PasswordChangedAt, Expr::value(now.as_millis()))
                            .col_expr(user::Column::Password, Expr::value(hash)),
                        Change::Active(active) => {
                            update.col_expr(user::Column::Active, Expr::value(active))
                        }
                        Change::SignOut => update,
                    };
                    let row = update.exec_with_returning(tx).await?.into_iter().next();
                    let user = User::try_from(row.ok_or(StoreError::NotFound("user"))?)?;
                    end_credentials(tx, id, &revocation, &moment).await?;
                    let subject = Subject::User(id, user.account.epoch);
                    Ok((user, vec![Entry::revoked(subject, expires_at)]))
                })
            })
            .await?;
        self.0.announce_logouts();
        Ok(changed)
    }

    async fn execute(self, update: sea_orm::UpdateMany<user::Entity>) -> Result<bool, StoreError> {
        use sea_orm::QueryTrait as _;
        Ok(self.0.database().execute_write(update.as_query()).await? > 0)
    }
}

/// Keeps an account that was drawn.
pub(crate) async fn insert(tx: &impl ConnectionTrait, user: &User) -> Result<(), StoreError> {
    let account = &user.account;
    let row = user::ActiveModel {
        id: Set(account.id.as_uuid()),
        username: Set(account.username.as_str().to_owned()),
        username_key: Set(account.username.key().as_str().to_owned()),
        email: Set(account.email.as_ref().map(|email| email.as_str().to_owned())),
        email_key: Set(account.email.as_ref().map(|email| email.key().to_owned())),
        password: Set(user.password.clone()),
        active: Set(account.active),
        staff: Set(account.staff),
        superuser: Set(account.superuser),
        epoch: Set(i64::from(account.epoch)),
        created_at: Set(account.created_at.as_millis()),
        last_sign_in_at: Set(account.last_sign_in_at.map(Timestamp::as_millis)),
        password_changed_at: Set(account.password_changed_at.map(Timestamp::as_millis)),
        claims: Set(None),
        claims_changed_at: Set(None),
        email_verified_at: Set(None),
        phone_verified_at: Set(None),
    };
    user::Entity::insert(row).exec_without_returning(tx).await?;
    if account.superuser {
        close_setup_links(tx, account.created_at).await?;
    }
    Ok(())
}

/// Where there is an administrator, a link that is still open, in an older log perhaps, must not make another one.
async fn close_setup_links(tx: &impl ConnectionTrait, now: Timestamp) -> Result<(), StoreError> {
    setup_link::Entity::update_many()
        .col_expr(setup_link::Column::UsedAt, Expr::value(now.as_millis()))
        .filter(setup_link::Column::UsedAt.is_null())
        .exec(tx)
        .await?;
    Ok(())
}

/// What carries an old epoch is dead already; this clears the tables and the lists that people look at.
async fn end_credentials(
    tx: &impl ConnectionTrait,
    id: UserId,
    revocation: &Revocation,
    moment: &Moment,
) -> Result<(), StoreError> {
    for session in take_all(tx, id).await? {
        // The epoch has said already that everything is dead.
        conclude(tx, moment, id, session).await?;
    }
    revocation.update().filter(authorization::Column::UserId.eq(id.as_uuid())).exec(tx).await?;
    Ok(())
}

impl TryFrom<user::Model> for User {
    type Error = StoreError;

    fn try_from(row: user::Model) -> Result<Self, StoreError> {
        let email = row.email.as_deref().map(Email::parse).transpose();
        Ok(Self {
            account: Account {
                id: UserId::from(row.id),
                username: Username::parse(&row.username)
                    .map_err(|_| StoreError::Corrupt("user.username"))?,
                email: email.map_err(|_| StoreError::Corrupt("user.email"))?,
                active: row.active,
                staff: row.staff,
                superuser: row.superuser,
                epoch: epoch_from(row.epoch)?,
                created_at: Timestamp::from_millis(row.created_at),
                last_sign_in_at: row.last_sign_in_at.map(Timestamp::from_millis),
                password_changed_at: row.password_changed_at.map(Timestamp::from_millis),
            },
            password: row.password,
        })
    }
}
