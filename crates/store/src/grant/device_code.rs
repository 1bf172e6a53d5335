//! Facts and effects of [`oauth::grant::device_code`]: what a device is told when it asks, and the one update by which it gets
//! its tokens.

use oauth::active::Standing;
use oauth::authorization::Reason;
use oauth::client::Client;
use oauth::device::{DeviceCode, SLOWER};
use oauth::grant::device_code::{Facts, Redeem};
use oauth::id::AuthorizationId;
use oauth::policy::Policy;
use oauth::time::Timestamp;
use sea_orm::{ConnectionTrait as _, FromQueryResult as _, StatementBuilder as _};

use super::password::Issued;
use crate::device_codes::{DeviceCodes, of_row};
use crate::entity::device_code;
use crate::row::{Sql, epoch_from};
use crate::{Store, StoreError};

const LOAD: &str = "SELECT d.*, u.active AS user_active, u.epoch AS user_epoch_now, \
     p.client_id AS client_id, p.active AS client_active, p.epoch AS client_epoch \
     FROM grantwell_device_code d \
     JOIN grantwell_application p ON p.id = d.application_id \
     LEFT JOIN grantwell_user u ON u.id = d.user_id \
     WHERE d.digest = $1";

/// Single use: of all that present the same code, one hits the row.
const REDEEM: &str = "UPDATE grantwell_device_code SET state = 'redeemed', authorization_id = $2 \
     WHERE digest = $1 AND state = 'approved' AND expires_at > $3";

/// Of all that ask in the same moment, one hits the row.
const POLLED: &str = "UPDATE grantwell_device_code SET last_polled_at = $2 \
     WHERE digest = $1 AND COALESCE(last_polled_at, 0) = $3";

/// Nobody waits longer than a code lives.
const SLOWED: &str = "UPDATE grantwell_device_code SET last_polled_at = $2, \
     interval_seconds = CASE WHEN interval_seconds < 1800 THEN interval_seconds + $3 ELSE interval_seconds END \
     WHERE digest = $1";

/// How a request of a device goes on; from [`Store::device_code`].
#[derive(Clone, Copy, Debug)]
pub struct DeviceCodeGrant<'a>(&'a Store);

impl Store {
    /// The device grant.
    pub fn device_code(&self) -> DeviceCodeGrant<'_> {
        DeviceCodeGrant(self)
    }
}

impl DeviceCodeGrant<'_> {
    /// What is known about a presented code and the client that presents it, in one query.
    pub async fn load(self, code: &DeviceCode, client: &Client) -> Result<Facts, StoreError> {
        let read = self.0.database().read();
        let question = Sql::new(LOAD, [self.digest(code).into()]);
        let row = read.query_one_raw(question.build(&read.get_database_backend())).await?;
        let own = client.standing();
        let nothing = Facts { device: None, user: Standing::Missing, client: own };
        let Some(row) = row else { return Ok(nothing) };
        let model = device_code::Model::from_query_result(&row, "")?;
        let user = match (model.user_epoch, row.try_get("", "user_active")?) {
            (Some(allowed_under), Some(active)) => {
                let now = epoch_from(row.try_get("", "user_epoch_now")?)?;
                Standing::of(active, now, epoch_from(allowed_under)?)
            }
            _ => Standing::Missing,
        };
        let named: String = row.try_get("", "client_id")?;
        let named = named.parse().map_err(|_| StoreError::Corrupt("application.client_id"))?;
        // The row may be newer than the client in memory; of another client it says nothing about the one that asks.
        let client = if named == client.id {
            let now = epoch_from(row.try_get("", "client_epoch")?)?;
            Standing::of(row.try_get("", "client_active")?, now, client.epoch)
        } else {
            own
        };
        Ok(Facts { device: Some(of_row(&model, named)?), user, client })
    }

    /// Writes down that the device asked at `now`. `false`: it has asked since `before` as well, or nothing is there any more.
    pub async fn polled(
        self,
        code: &DeviceCode,
        before: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let values = [
            self.digest(code).into(),
            now.as_millis().into(),
            before.map_or(0, Timestamp::as_millis).into(),
        ];
        Ok(self.0.database().execute_write(&Sql::new(POLLED, values)).await? > 0)
    }

    /// Writes down that the device asked at `now` and has to wait [`SLOWER`] from then on.
    pub async fn slowed(self, code: &DeviceCode, now: Timestamp) -> Result<(), StoreError> {
        let values = [
            self.digest(code).into(),
            now.as_millis().into(),
            SLOWER.as_secs().cast_signed().into(),
        ];
        self.0.database().execute_write(&Sql::new(SLOWED, values)).await?;
        Ok(())
    }

    /// Uses the code up and makes the authorization, both or neither. `None`: somebody was faster; load and decide again.
    pub async fn redeem(
        self,
        code: &DeviceCode,
        step: &Redeem,
        policy: &Policy,
    ) -> Result<Option<Issued>, StoreError> {
        let new = &step.authorization;
        let drawn = self.0.authorizations().draw(new, step.user_epoch, policy).await?;
        let compose =
            |generation| self.0.refresh_token().compose(drawn.id, generation, &drawn.seed);
        let issued = Issued { authorization: drawn.id, refresh_token: step.refresh.map(compose) };
        let used = [
            self.digest(code).into(),
            drawn.id.as_uuid().into(),
            new.created_at.as_millis().into(),
        ];
        let done = self
            .0
            .write(move |tx| {
                Box::pin(async move {
                    if tx.execute(&Sql::new(REDEEM, used)).await?.rows_affected() == 0 {
                        return Ok(false);
                    }
                    drawn.insert(tx).await?;
                    Ok(true)
                })
            })
            .await?;
        Ok(done.then_some(issued))
    }

    /// Revokes what came of a code that was redeemed and came back; every token of it dies at once.
    pub async fn revoke_replayed(self, id: AuthorizationId) -> Result<(), StoreError> {
        self.0.authorizations().revoke(id, Reason::Replay).await.map(|_| ())
    }

    fn digest(self, code: &DeviceCode) -> Vec<u8> {
        DeviceCodes::digest(self.0, code)
    }
}
