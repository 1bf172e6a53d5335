//! Authorization requests that wait here while the browser carries only their name (RFC 9126).

use std::time::Duration;

use oauth::endpoint::authorize::{Channel, Parameters};
use oauth::id::ApplicationId;
use oauth::secret::Secret;
use oauth::time::Timestamp;
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait, EntityTrait, PaginatorTrait as _,
    QueryFilter as _,
};
use vault::Purpose;

use crate::entity::pushed_request;
use crate::row::Sql;
use crate::{Store, StoreError};

/// What a name begins with (RFC 9126 §2.2).
pub const PREFIX: &str = "urn:ietf:params:oauth:request_uri:";

/// Single use: of all that complete the same request, one hits the row.
const USE: &str = "UPDATE grantwell_pushed_request SET used_at = $2 \
     WHERE digest = $1 AND used_at IS NULL AND expires_at > $2";

/// Once only, so that nobody keeps a request alive for ever by opening it.
const HOLD: &str = "UPDATE grantwell_pushed_request SET expires_at = $2 \
     WHERE digest = $1 AND used_at IS NULL AND expires_at < $2 AND expires_at > $3";

/// The pushed requests; from [`Store::pushed_requests`].
#[derive(Clone, Copy, Debug)]
pub struct PushedRequests<'a>(&'a Store);

/// A request that waits.
#[derive(Clone, Debug)]
pub struct PushedRequest {
    /// Names it here; it opens nothing.
    pub digest: Vec<u8>,
    /// Whose it is.
    pub application: ApplicationId,
    /// What was asked.
    pub parameters: Parameters,
    /// How it reached us.
    pub channel: Channel,
    /// When it was pushed.
    pub created_at: Timestamp,
    /// When it is forgotten.
    pub expires_at: Timestamp,
}

impl Store {
    /// The pushed requests.
    pub fn pushed_requests(&self) -> PushedRequests<'_> {
        PushedRequests(self)
    }
}

impl PushedRequests<'_> {
    /// Keeps a request for `lifetime` and gives the `request_uri` that names it.
    pub async fn push(
        self,
        application: ApplicationId,
        parameters: &Parameters,
        channel: Channel,
        lifetime: Duration,
    ) -> Result<Secret, StoreError> {
        let name = self.0.entropy().text(32)?;
        let now = self.0.now();
        let pairs: Vec<(&str, &str)> = parameters.pairs().collect();
        let row = pushed_request::ActiveModel {
            digest: Set(self.digest(name.expose())),
            application_id: Set(application.as_uuid()),
            parameters: Set(serde_json::to_string(&pairs)
                .map_err(|_| StoreError::Corrupt("pushed_request.parameters"))?),
            channel: Set(word(channel).to_owned()),
            created_at: Set(now.as_millis()),
            expires_at: Set((now + lifetime).as_millis()),
            used_at: Set(None),
        };
        self.0
            .write(move |tx| {
                Box::pin(async move {
                    pushed_request::Entity::insert(row).exec_without_returning(tx).await?;
                    Ok(())
                })
            })
            .await?;
        Ok(Secret::new(format!("{PREFIX}{}", name.expose())))
    }

    /// The request that a `request_uri` names: `None` if there is none, if it is too old, or has been answered with a code.
    pub async fn find(self, request_uri: &str) -> Result<Option<PushedRequest>, StoreError> {
        let Some(name) = request_uri.strip_prefix(PREFIX).filter(|name| name.len() <= 64) else {
            return Ok(None);
        };
        let row = pushed_request::Entity::find_by_id(self.digest(name));
        let row = row.one(self.0.database().read()).await?;
        let now = self.0.now().as_millis();
        let row = row.filter(|row| row.used_at.is_none() && row.expires_at > now);
        row.map(PushedRequest::try_from).transpose()
    }

    /// Lets a request that has been opened in time wait for as long as the person needs: `lifetime`, counted from when it
    /// was pushed.
    pub async fn hold(self, request: &PushedRequest, lifetime: Duration) -> Result<(), StoreError> {
        let until = request.created_at + lifetime;
        if request.expires_at >= until {
            return Ok(());
        }
        let digest = request.digest.clone().into();
        let values = [digest, until.as_millis().into(), self.0.now().as_millis().into()];
        self.0.database().execute_write(&Sql::new(HOLD, values)).await?;
        Ok(())
    }

    /// How many requests of this client wait that reached us in the way of `channel`: pushed by it, or posted by browsers.
    pub async fn waiting(
        self,
        application: ApplicationId,
        channel: Channel,
    ) -> Result<u64, StoreError> {
        let kind = if matches!(channel, Channel::Pushed { .. }) { "pushed" } else { "kept" };
        let rows = pushed_request::Entity::find()
            .filter(pushed_request::Column::ApplicationId.eq(application.as_uuid()))
            .filter(pushed_request::Column::Channel.starts_with(kind))
            .filter(pushed_request::Column::UsedAt.is_null())
            .filter(pushed_request::Column::ExpiresAt.gt(self.0.now().as_millis()));
        Ok(rows.count(self.0.database().read()).await?)
    }

    fn digest(self, name: &str) -> Vec<u8> {
        self.0.vault().digest(Purpose::PushedRequest, name.as_bytes()).to_vec()
    }
}

/// Uses a request up as part of the transaction that answers it. `false`: somebody was faster, or it is too old.
pub(crate) async fn use_up(
    tx: &impl ConnectionTrait,
    digest: &[u8],
    now: i64,
) -> Result<bool, StoreError> {
    let taken = Sql::new(USE, [digest.to_vec().into(), now.into()]);
    Ok(tx.execute(&taken).await?.rows_affected() > 0)
}

const fn word(channel: Channel) -> &'static str {
    match channel {
        Channel::Front => "kept",
        Channel::Signed => "kept signed",
        Channel::Pushed { signed: false } => "pushed",
        Channel::Pushed { signed: true } => "pushed signed",
    }
}

impl TryFrom<pushed_request::Model> for PushedRequest {
    type Error = StoreError;

    fn try_from(row: pushed_request::Model) -> Result<Self, StoreError> {
        let pairs: Vec<(String, String)> = serde_json::from_str(&row.parameters)
            .map_err(|_| StoreError::Corrupt("pushed_request.parameters"))?;
        let channel = match row.channel.as_str() {
            "kept" => Channel::Front,
            "kept signed" => Channel::Signed,
            "pushed" => Channel::Pushed { signed: false },
            "pushed signed" => Channel::Pushed { signed: true },
            _ => return Err(StoreError::Corrupt("pushed_request.channel")),
        };
        Ok(Self {
            digest: row.digest,
            application: ApplicationId::from(row.application_id),
            parameters: Parameters::from_pairs(pairs)
                .map_err(|_| StoreError::Corrupt("pushed_request.parameters"))?,
            channel,
            created_at: Timestamp::from_millis(row.created_at),
            expires_at: Timestamp::from_millis(row.expires_at),
        })
    }
}
