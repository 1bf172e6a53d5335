//! Browser sessions: the cookie holds a random id, the row its keyed digest.

use accounts::session::{Limits, Session, Standing};
use oauth::id::{SessionId, UserId};
use oauth::secret::Secret;
use oauth::time::Timestamp;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use vault::Purpose;

use crate::entity::{session, user};
use crate::logout::{EndedSession, Moment, conclude};
use crate::revocations::Entry;
use crate::row::{Sql, epoch_from};
use crate::users::User;
use crate::{Store, StoreError};

/// The longest description of a browser that is kept, in characters.
const USER_AGENT: usize = 255;

/// How many sessions one person may have; a further sign-in ends the one that was not used for longest.
const MOST: u64 = 100;

const MAKE_ROOM: &str = "DELETE FROM grantwell_session WHERE user_id = $1 AND digest NOT IN \
     (SELECT digest FROM grantwell_session WHERE user_id = $1 ORDER BY last_seen_at DESC, digest LIMIT $2)";

const TOUCH: &str =
    "UPDATE grantwell_session SET last_seen_at = $2 WHERE digest = $1 AND last_seen_at < $2";

/// The sessions; from [`Store::sessions`].
#[derive(Clone, Copy, Debug)]
pub struct Sessions<'a>(&'a Store);

/// A session as its row holds it, without the secret that opens it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredSession {
    /// Names the session in lists and forms: its digest, which opens nothing.
    pub digest: [u8; 32],
    /// Names the session to clients, the `sid`. It stays when the same person signs in again over it.
    pub id: SessionId,
    /// The facts that the rules ask for.
    pub session: Session,
    /// The browser's own description.
    pub user_agent: String,
}

/// A session that lives, and the account that it admits.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The session.
    pub session: StoredSession,
    /// The account as it is now.
    pub user: User,
}

impl Store {
    /// The sessions.
    pub fn sessions(&self) -> Sessions<'_> {
        Sessions(self)
    }
}

impl Sessions<'_> {
    /// Keeps a session that begins (of [`Session::begin`]) and gives the id for the cookie. A session that the
    /// browser had before (`old`) ends in the same transaction: no id is carried over a sign-in.
    pub async fn create(
        self,
        session: Session,
        user_agent: &str,
        old: Option<&Secret>,
    ) -> Result<Secret, StoreError> {
        let secret = self.0.entropy().text(32)?;
        let mut row = session::ActiveModel {
            digest: Set(self.digest(&secret).to_vec()),
            sid: Set(Some(self.0.entropy().uuid(session.created_at)?)),
            user_id: Set(session.user.as_uuid()),
            user_epoch: Set(i64::from(session.user_epoch)),
            created_at: Set(session.created_at.as_millis()),
            authenticated_at: Set(session.authenticated_at.as_millis()),
            last_seen_at: Set(session.last_seen_at.as_millis()),
            expires_at: Set(session.expires_at.as_millis()),
            // PostgreSQL has no NUL in text.
            user_agent: Set(user_agent.chars().filter(|c| *c != '\0').take(USER_AGENT).collect()),
        };
        let old = old.map(|old| self.digest(old).to_vec());
        let user = session.user.as_uuid();
        let rest = (MOST - 1).cast_signed();
        let make_room = Sql::new(MAKE_ROOM, [session.user.as_uuid().into(), rest.into()]);
        let moment = self.0.moment();
        self.0
            .write_and_tell(move |tx| {
                Box::pin(async move {
                    let mut entries = Vec::new();
                    if let Some(kept) = take(tx, old).await? {
                        match kept.sid.filter(|_| kept.user_id == user) {
                            // Clients of the session that the same person goes on with must hear of its end.
                            Some(sid) => row.sid = Set(Some(sid)),
                            None => entries = over(tx, &moment, &kept).await?.1,
                        }
                    }
                    tx.execute(&make_room).await?;
                    session::Entity::insert(row).exec_without_returning(tx).await?;
                    Ok(((), entries))
                })
            })
            .await?;
        self.0.announce_logouts();
        Ok(secret)
    }

    /// The session that `secret` opens and its account; `None` when there is none, when it has ended, or when
    /// the account no longer admits it. Its use is noted now and then, not each time.
    pub async fn find(
        self,
        secret: &Secret,
        limits: &Limits,
    ) -> Result<Option<SignedIn>, StoreError> {
        let digest = self.digest(secret);
        let found = session::Entity::find_by_id(digest.to_vec())
            .find_also_related(user::Entity)
            .one(self.0.database().read())
            .await?;
        // A session that began before clients could be told of it has no name for them: its person signs in again.
        let Some((session, Some(user))) = found.filter(|(row, _)| row.sid.is_some()) else {
            return Ok(None);
        };
        let session = StoredSession::try_from(session)?;
        let user = User::try_from(user)?;
        let now = self.0.now();
        match session.session.standing(Some(&user.account), limits, now) {
            Standing::Ended(_) => return Ok(None),
            Standing::Alive { touch: true } => self.touch(digest, now).await,
            Standing::Alive { touch: false } => {}
        }
        Ok(Some(SignedIn { session, user }))
    }

    /// The living sessions of a user, the one used last first.
    pub async fn list(self, user: UserId) -> Result<Vec<StoredSession>, StoreError> {
        use sea_orm::QuerySelect as _;
        let rows = session::Entity::find()
            .filter(session::Column::UserId.eq(user.as_uuid()))
            .filter(session::Column::ExpiresAt.gt(self.0.now().as_millis()))
            .filter(session::Column::Sid.is_not_null())
            .order_by_desc(session::Column::LastSeenAt)
            .limit(MOST)
            .all(self.0.database().read())
            .await?;
        rows.into_iter().map(StoredSession::try_from).collect()
    }

    /// Ends the session that `secret` opens (sign-out), with what clients got in it in order to know who is there; those that
    /// want to hear of it will. `None`: there was none.
    pub async fn end(self, secret: &Secret) -> Result<Option<EndedSession>, StoreError> {
        let digest = self.digest(secret).to_vec();
        let moment = self.0.moment();
        let ended = self.0.write_and_tell(move |tx| {
            Box::pin(async move {
                let Some(row) = take(tx, Some(digest)).await? else {
                    return Ok((None, Vec::new()));
                };
                over(tx, &moment, &row).await
            })
        });
        let ended = ended.await?;
        self.0.announce_logouts();
        Ok(ended)
    }

    /// A note for people to read: the request goes on if it cannot be written.
    async fn touch(self, digest: [u8; 32], now: Timestamp) {
        let values = [digest.to_vec().into(), now.as_millis().into()];
        if let Err(error) = self.0.database().execute_write(&Sql::new(TOUCH, values)).await {
            tracing::debug!(%error, "the last use of a session was not noted");
        }
    }

    fn digest(self, secret: &Secret) -> [u8; 32] {
        self.0.vault().digest(Purpose::Session, secret.expose().as_bytes())
    }
}

/// Removes the row of a session and answers it: whoever gets it ends the session, and nobody else does.
async fn take(
    tx: &impl ConnectionTrait,
    digest: Option<Vec<u8>>,
) -> Result<Option<session::Model>, StoreError> {
    let Some(digest) = digest else { return Ok(None) };
    let gone = session::Entity::delete_by_id(digest).exec_with_returning(tx).await?;
    Ok(gone)
}

/// The sessions of a person whose rows are removed, as clients know them.
pub(crate) async fn take_all(
    tx: &impl ConnectionTrait,
    user: UserId,
) -> Result<Vec<SessionId>, StoreError> {
    let gone = session::Entity::delete_many()
        .filter(session::Column::UserId.eq(user.as_uuid()))
        .exec_with_returning(tx)
        .await?;
    Ok(gone.into_iter().filter_map(|row| row.sid).map(SessionId::from).collect())
}

/// Draws the conclusions from a row that was removed.
async fn over(
    tx: &impl ConnectionTrait,
    moment: &Moment,
    row: &session::Model,
) -> Result<(Option<EndedSession>, Vec<Entry>), StoreError> {
    let Some(sid) = row.sid else { return Ok((None, Vec::new())) };
    let (ended, entries) = conclude(tx, moment, row.user_id.into(), sid.into()).await?;
    Ok((Some(ended), entries))
}

impl TryFrom<session::Model> for StoredSession {
    type Error = StoreError;

    fn try_from(row: session::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.sid.ok_or(StoreError::Corrupt("session.sid"))?.into(),
            digest: row.digest.try_into().map_err(|_| StoreError::Corrupt("session.digest"))?,
            session: Session {
                user: UserId::from(row.user_id),
                user_epoch: epoch_from(row.user_epoch)?,
                created_at: Timestamp::from_millis(row.created_at),
                authenticated_at: Timestamp::from_millis(row.authenticated_at),
                last_seen_at: Timestamp::from_millis(row.last_seen_at),
                expires_at: Timestamp::from_millis(row.expires_at),
            },
            user_agent: row.user_agent,
        })
    }
}
