//! The end of browser sessions for the clients that know them: what is revoked with a session, who is told, and who still has
//! to be told (OpenID Connect Back-Channel Logout §2.5 to §2.8).

use std::time::Duration;

use oauth::authorization::Reason;
use oauth::id::{ApplicationId, SessionId, UserId};
use oauth::logout_token::KEEP_TRYING;
use oauth::revocation::{Subject, forget_at};
use oauth::time::Timestamp;
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::Uuid;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::applications::Application;
use crate::authorizations::Revocation;
use crate::entity::{application, authorization, logout_notice, session_client};
use crate::revocations::Entry;
use crate::row::{Sql, epoch_from};
use crate::{Store, StoreError};

/// How many clients of one session are told of its end.
const MOST: u64 = 500;

/// Whoever moves the row to its next try has this one.
const TAKE: &str = "UPDATE grantwell_logout_notice SET next_at = $3, tries = tries + 1 \
     WHERE id = $1 AND next_at = $2";

/// While this has not been committed, a sign-out waits for the row; once a sign-out has, there is no row.
const HOLD: &str = "UPDATE grantwell_session SET sid = sid WHERE sid = $1";

const KNOW: &str = "INSERT INTO grantwell_session_client (sid, application_id, expires_at) \
     SELECT sid, $2, expires_at FROM grantwell_session WHERE sid = $1 \
     ON CONFLICT (sid, application_id) DO NOTHING";

/// What is still to be told; from [`Store::logout_notices`].
#[derive(Clone, Copy, Debug)]
pub struct LogoutNotices<'a>(&'a Store);

/// A session that has ended.
#[derive(Clone, Debug)]
pub struct EndedSession {
    /// Who was signed in.
    pub user: UserId,
    /// The session, as clients know it.
    pub id: SessionId,
    /// The clients that know it.
    pub clients: Vec<Application>,
}

/// One client that has to hear of the end of one session.
#[derive(Clone, Debug)]
pub struct LogoutNotice {
    /// Names it.
    pub id: Uuid,
    /// Who has to hear of it.
    pub application: Application,
    /// Who was signed in.
    pub user: UserId,
    /// The session, as clients know it.
    pub session: SessionId,
    /// How often it was tried, with this time.
    pub tries: u32,
}

/// When sessions end, and under which names what comes of it is kept.
#[derive(Clone, Debug)]
pub(crate) struct Moment {
    pub(crate) now: Timestamp,
    ids: ambient::Entropy,
}

impl Store {
    /// What clients still have to be told.
    pub fn logout_notices(&self) -> LogoutNotices<'_> {
        LogoutNotices(self)
    }

    pub(crate) fn moment(&self) -> Moment {
        Moment { now: self.now(), ids: self.entropy().clone() }
    }

    /// There may be something to tell.
    pub(crate) fn announce_logouts(&self) {
        self.0.logouts.notify_one();
    }
}

impl LogoutNotices<'_> {
    /// Takes those that are due, `most` at a time. Each comes to one caller alone, on whatever node; it is due again after
    /// `lease`, in case that caller is never heard of again.
    pub async fn take_due(
        self,
        most: u64,
        lease: Duration,
    ) -> Result<Vec<LogoutNotice>, StoreError> {
        let now = self.0.now();
        let rows = logout_notice::Entity::find()
            .filter(logout_notice::Column::NextAt.lte(now.as_millis()))
            .filter(logout_notice::Column::ExpiresAt.gt(now.as_millis()))
            .order_by_asc(logout_notice::Column::NextAt)
            .limit(most)
            .find_also_related(application::Entity)
            .all(self.0.database().read())
            .await?;
        let mut taken = Vec::with_capacity(rows.len());
        for (row, application) in rows {
            let Some(application) = application else { continue };
            let next_at = (now + lease).as_millis();
            let take = Sql::new(TAKE, [row.id.into(), row.next_at.into(), next_at.into()]);
            if self.0.database().execute_write(&take).await? == 0 {
                continue;
            }
            taken.push(LogoutNotice {
                id: row.id,
                application: application.try_into()?,
                user: row.user_id.into(),
                session: row.sid.into(),
                tries: epoch_from(row.tries)?.saturating_add(1),
            });
        }
        Ok(taken)
    }

    /// It need not be told any more.
    pub async fn done(self, id: Uuid) -> Result<(), StoreError> {
        let sql = "DELETE FROM grantwell_logout_notice WHERE id = $1";
        self.0.database().execute_write(&Sql::new(sql, [id.into()])).await?;
        Ok(())
    }

    /// It is tried again after `wait`.
    pub async fn postpone(self, id: Uuid, wait: Duration) -> Result<(), StoreError> {
        let next_at = (self.0.now() + wait).as_millis();
        let sql = "UPDATE grantwell_logout_notice SET next_at = $2 WHERE id = $1";
        self.0.database().execute_write(&Sql::new(sql, [id.into(), next_at.into()])).await?;
        Ok(())
    }

    /// Waits until a session has ended on this node that clients have to be told of.
    pub async fn announced(self) {
        self.0.0.logouts.notified().await;
    }
}

/// Whether the session lives, and keeps it alive until the transaction is over: what is approved in it is never overtaken by
/// its end.
pub(crate) async fn hold(
    tx: &impl ConnectionTrait,
    session: SessionId,
) -> Result<bool, StoreError> {
    Ok(tx.execute(&Sql::new(HOLD, [session.as_uuid().into()])).await?.rows_affected() > 0)
}

/// The client is told of the session, and so of its end.
pub(crate) async fn know(
    tx: &impl ConnectionTrait,
    session: SessionId,
    application: ApplicationId,
) -> Result<(), StoreError> {
    let values = [session.as_uuid().into(), application.as_uuid().into()];
    tx.execute(&Sql::new(KNOW, values)).await?;
    Ok(())
}

/// Draws all conclusions from the end of a session whose row is gone: what a client got in it in order to know who is there
/// dies, and the clients that want to hear of it will. What a client may do while the person is away (`offline_access`), and
/// what has nothing to do with signing in, lives on (§2.7).
pub(crate) async fn conclude(
    tx: &impl ConnectionTrait,
    moment: &Moment,
    user: UserId,
    session: SessionId,
) -> Result<(EndedSession, Vec<Entry>), StoreError> {
    let clients = clients_of(tx, session).await?;
    let mut notices = Vec::new();
    for client in &clients {
        if client.client.metadata.backchannel_logout_uri.is_some() {
            notices.push(logout_notice::ActiveModel {
                id: Set(moment.ids.uuid(moment.now)?),
                application_id: Set(client.id.as_uuid()),
                user_id: Set(user.as_uuid()),
                sid: Set(session.as_uuid()),
                tries: Set(0),
                next_at: Set(moment.now.as_millis()),
                expires_at: Set((moment.now + KEEP_TRYING).as_millis()),
            });
        }
    }
    if !notices.is_empty() {
        logout_notice::Entity::insert_many(notices).exec_without_returning(tx).await?;
    }
    session_client::Entity::delete_many()
        .filter(session_client::Column::Sid.eq(session.as_uuid()))
        .exec(tx)
        .await?;
    let entries = revoke_in(tx, moment.now, session).await?;
    Ok((EndedSession { user, id: session, clients }, entries))
}

async fn clients_of(
    tx: &impl ConnectionTrait,
    session: SessionId,
) -> Result<Vec<Application>, StoreError> {
    let rows = session_client::Entity::find()
        .filter(session_client::Column::Sid.eq(session.as_uuid()))
        .limit(MOST)
        .find_also_related(application::Entity)
        .all(tx)
        .await?;
    rows.into_iter().filter_map(|(_, client)| client).map(Application::try_from).collect()
}

async fn revoke_in(
    tx: &impl ConnectionTrait,
    now: Timestamp,
    session: SessionId,
) -> Result<Vec<Entry>, StoreError> {
    let revocation = Revocation { reason: Reason::SignedOut, at: now, delete_at: forget_at(now) };
    let rows = revocation
        .update()
        .filter(authorization::Column::SessionId.eq(session.as_uuid()))
        .filter(authorization::Column::DeleteAt.gt(now.as_millis()))
        .filter(Expr::cust("' ' || scope || ' ' LIKE '% openid %'"))
        .filter(Expr::cust("' ' || scope || ' ' NOT LIKE '% offline_access %'"))
        .exec_with_returning(tx)
        .await?;
    let dead = |row: authorization::Model| Subject::Authorization(row.id.into());
    Ok(rows.into_iter().map(|row| Entry::revoked(dead(row), revocation.delete_at)).collect())
}
