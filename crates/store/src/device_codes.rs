//! Requests of devices: made by the device, found by the code that a person typed, answered by that person (RFC 8628 §3.1 to
//! §3.3).

use std::net::IpAddr;
use std::time::Duration;

use oauth::access_token::Bearer;
use oauth::authorization::Details;
use oauth::device::{Approval, Device, DeviceCode, New, State};
use oauth::endpoint::device::Approve;
use oauth::id::{ApplicationId, AuthorizationId, ClientId, UserId};
use oauth::scope::ScopeSet;
use oauth::time::Timestamp;
use oauth::user_code::UserCode;
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryTrait as _, StatementBuilder as _,
};
use vault::Purpose;

use crate::applications::Application;
use crate::consents::remember;
use crate::entity::{application, device_code};
use crate::row::{Sql, epoch_from};
use crate::{Store, StoreError};

/// The longest description of a device that is kept, in characters.
const USER_AGENT: usize = 255;

/// How often a user code is drawn anew that is in use already. Among 20⁸ codes that hardly ever happens.
const DRAWS: usize = 4;

/// Counting stops where the bound is.
const PENDING: &str = "SELECT COUNT(*) AS count FROM (SELECT digest FROM grantwell_device_code \
     WHERE application_id = $1 AND state = 'pending' AND expires_at > $2 LIMIT $3) AS waiting";

/// Whoever types a code first has it.
const CLAIM: &str = "UPDATE grantwell_device_code SET user_id = $2 \
     WHERE digest = $1 AND state = 'pending' AND (user_id IS NULL OR user_id = $2) AND expires_at > $3";

const LEAVE: &str = "UPDATE grantwell_device_code SET user_id = NULL \
     WHERE digest = $1 AND state = 'pending' AND user_id = $2 AND expires_at > $3";

const DENY: &str = "UPDATE grantwell_device_code SET state = 'denied' \
     WHERE digest = $1 AND state = 'pending' AND user_id = $2 AND expires_at > $3";

const APPROVE: &str = "UPDATE grantwell_device_code SET state = 'approved', scope = $4, user_epoch = $5, \
     authenticated_at = $6, details = $7 \
     WHERE digest = $1 AND state = 'pending' AND user_id = $2 AND expires_at > $3";

const WITHDRAW: &str = "UPDATE grantwell_device_code SET state = 'denied' \
     WHERE user_id = $1 AND application_id = $2 AND state = 'approved'";

/// The requests of devices; from [`Store::device_codes`].
#[derive(Clone, Copy, Debug)]
pub struct DeviceCodes<'a>(&'a Store);

/// Where a request came from, as the person is told who has to recognise it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CameFrom {
    /// The address.
    pub address: IpAddr,
    /// The description that the device gave of itself.
    pub user_agent: String,
}

/// The two codes of a new request.
#[derive(Debug)]
pub struct Begun {
    /// For the device.
    pub device_code: DeviceCode,
    /// For the person.
    pub user_code: UserCode,
}

/// A request, found by its user code.
#[derive(Clone, Debug)]
pub struct FoundDevice {
    /// Names it here; it opens nothing.
    pub digest: Vec<u8>,
    /// What is known about it.
    pub device: Device,
    /// Whose device it is.
    pub application: Application,
    /// The address that the request came from.
    pub address: String,
    /// The description that the device gave of itself.
    pub user_agent: String,
}

impl Store {
    /// The requests of devices.
    pub fn device_codes(&self) -> DeviceCodes<'_> {
        DeviceCodes(self)
    }
}

impl DeviceCodes<'_> {
    /// How many requests of a client wait for a person; counting stops at `most`.
    pub async fn pending(self, application: ApplicationId, most: u64) -> Result<u64, StoreError> {
        let read = self.0.database().read();
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let values = [application.as_uuid().into(), self.0.now().as_millis().into(), most.into()];
        let question = Sql::new(PENDING, values);
        let row = read.query_one_raw(question.build(&read.get_database_backend())).await?;
        let count: i64 = row.ok_or(StoreError::Corrupt("count"))?.try_get("", "count")?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Keeps a request and gives its two codes.
    pub async fn begin(
        self,
        application: ApplicationId,
        new: &New,
        from: &CameFrom,
    ) -> Result<Begun, StoreError> {
        for _ in 0..DRAWS {
            let device_code = DeviceCode::from_random(self.0.entropy().fill()?);
            let user_code = UserCode::from_random(self.0.entropy().fill()?);
            let row = self.row(application, new, from, (&device_code, &user_code))?;
            let kept = self.0.write(move |tx| {
                Box::pin(async move {
                    device_code::Entity::insert(row).exec_without_returning(tx).await?;
                    Ok(())
                })
            });
            match kept.await {
                Err(StoreError::Conflict { .. }) => {}
                kept => return kept.map(|()| Begun { device_code, user_code }),
            }
        }
        Err(StoreError::Busy("every user code that was drawn is in use".to_owned()))
    }

    /// The request that a user code names, whatever has become of it.
    pub async fn find(self, code: &UserCode) -> Result<Option<FoundDevice>, StoreError> {
        self.look(code, None).await
    }

    /// The same if this person has typed the code before. Of any other it does not even tell by the time it takes whether it
    /// is there.
    pub async fn find_of(
        self,
        code: &UserCode,
        user: UserId,
    ) -> Result<Option<FoundDevice>, StoreError> {
        self.look(code, Some(user)).await
    }

    async fn look(
        self,
        code: &UserCode,
        of: Option<UserId>,
    ) -> Result<Option<FoundDevice>, StoreError> {
        let digest = self.0.vault().digest(Purpose::UserCode, code.as_bytes()).to_vec();
        let found = device_code::Entity::find()
            .filter(device_code::Column::UserCodeDigest.eq(digest))
            .apply_if(of, |select, user| {
                select.filter(device_code::Column::UserId.eq(user.as_uuid()))
            })
            .find_also_related(application::Entity)
            .one(self.0.database().read())
            .await?;
        let Some((row, application)) = found else { return Ok(None) };
        let application = application.ok_or(StoreError::Corrupt("device_code.application_id"))?;
        let application: Application = application.try_into()?;
        Ok(Some(FoundDevice {
            digest: row.digest.clone(),
            address: row.address.clone(),
            user_agent: row.user_agent.clone(),
            device: of_row(&row, application.client.id.clone())?,
            application,
        }))
    }

    /// Makes a request this person's. `false`: it is somebody else's, or not there any more.
    pub async fn claim(self, found: &FoundDevice, user: UserId) -> Result<bool, StoreError> {
        self.change(CLAIM, found, user).await
    }

    /// Makes a request of this person nobody's again, so that they can answer it with another account.
    pub async fn leave(self, found: &FoundDevice, user: UserId) -> Result<bool, StoreError> {
        self.change(LEAVE, found, user).await
    }

    /// Refuses a request of this person. `false`: it is not theirs, or has been answered.
    pub async fn deny(self, found: &FoundDevice, user: UserId) -> Result<bool, StoreError> {
        self.change(DENY, found, user).await
    }

    /// Allows a request of this person and remembers the consent, both or neither. `false`: it is not theirs, or has been
    /// answered.
    pub async fn approve(self, found: &FoundDevice, approve: &Approve) -> Result<bool, StoreError> {
        let approval = &approve.approval;
        let (now, user) = (self.0.now(), approval.user.id);
        let details = serde_json::to_string(&approval.details);
        let values = [
            found.digest.clone().into(),
            user.as_uuid().into(),
            now.as_millis().into(),
            approve.scope.to_string().into(),
            i64::from(approval.user.epoch).into(),
            approval.authenticated_at.as_millis().into(),
            details.map_err(|_| StoreError::Corrupt("device_code.details"))?.into(),
        ];
        let (application, consent) = (found.application.id, approve.consent.clone());
        self.0
            .write(move |tx| {
                Box::pin(async move {
                    if tx.execute(&Sql::new(APPROVE, values)).await?.rows_affected() == 0 {
                        return Ok(false);
                    }
                    remember(tx, (user, application), &consent, now).await?;
                    Ok(true)
                })
            })
            .await
    }

    async fn change(
        self,
        statement: &'static str,
        found: &FoundDevice,
        user: UserId,
    ) -> Result<bool, StoreError> {
        let values =
            [found.digest.clone().into(), user.as_uuid().into(), self.0.now().as_millis().into()];
        Ok(self.0.database().execute_write(&Sql::new(statement, values)).await? > 0)
    }

    pub(crate) fn digest(store: &Store, code: &DeviceCode) -> Vec<u8> {
        store.vault().digest(Purpose::DeviceCode, code.as_bytes()).to_vec()
    }

    fn row(
        self,
        application: ApplicationId,
        new: &New,
        from: &CameFrom,
        (device_code, user_code): (&DeviceCode, &UserCode),
    ) -> Result<device_code::ActiveModel, StoreError> {
        let user_code = self.0.vault().digest(Purpose::UserCode, user_code.as_bytes());
        let agent = from.user_agent.chars().filter(|letter| !letter.is_control());
        let audience = serde_json::to_string(&new.audience);
        Ok(device_code::ActiveModel {
            digest: Set(Self::digest(self.0, device_code)),
            user_code_digest: Set(user_code.to_vec()),
            application_id: Set(application.as_uuid()),
            scope: Set(new.scope.to_string()),
            audience: Set(audience.map_err(|_| StoreError::Corrupt("device_code.audience"))?),
            state: Set(State::Pending { by: None }.as_str().to_owned()),
            user_id: Set(None),
            user_epoch: Set(None),
            authenticated_at: Set(None),
            details: Set("{}".to_owned()),
            interval_seconds: Set(new.interval.as_secs().cast_signed()),
            last_polled_at: Set(None),
            address: Set(from.address.to_string()),
            user_agent: Set(agent.take(USER_AGENT).collect()),
            created_at: Set(new.created_at.as_millis()),
            expires_at: Set(new.expires_at.as_millis()),
            authorization_id: Set(None),
        })
    }
}

/// Takes back what this person has allowed devices of a client that have not fetched their tokens yet.
pub(crate) async fn withdraw(
    tx: &impl ConnectionTrait,
    user: UserId,
    application: ApplicationId,
) -> Result<(), StoreError> {
    let values = [user.as_uuid().into(), application.as_uuid().into()];
    tx.execute(&Sql::new(WITHDRAW, values)).await?;
    Ok(())
}

/// What is known about a request of `client`.
pub(crate) fn of_row(row: &device_code::Model, client: ClientId) -> Result<Device, StoreError> {
    let corrupt = StoreError::Corrupt;
    let seconds = u64::try_from(row.interval_seconds);
    let audience = serde_json::from_str(&row.audience);
    Ok(Device {
        state: state_of(row)?,
        last_polled_at: row.last_polled_at.map(Timestamp::from_millis),
        asked: New {
            client,
            scope: ScopeSet::parse(&row.scope).map_err(|_| corrupt("device_code.scope"))?,
            audience: audience.map_err(|_| corrupt("device_code.audience"))?,
            created_at: Timestamp::from_millis(row.created_at),
            expires_at: Timestamp::from_millis(row.expires_at),
            interval: Duration::from_secs(seconds.map_err(|_| corrupt("device_code.interval"))?),
        },
    })
}

fn state_of(row: &device_code::Model) -> Result<State, StoreError> {
    let corrupt = StoreError::Corrupt("device_code.state");
    let details = || -> Result<Details, StoreError> {
        serde_json::from_str(&row.details).map_err(|_| StoreError::Corrupt("device_code.details"))
    };
    match (row.state.as_str(), row.user_id, row.user_epoch, row.authenticated_at) {
        ("pending", by, ..) => Ok(State::Pending { by: by.map(UserId::from) }),
        ("denied", ..) => Ok(State::Denied),
        ("approved", Some(user), Some(epoch), Some(at)) => {
            Ok(State::Approved(Box::new(Approval {
                user: Bearer { id: UserId::from(user), epoch: epoch_from(epoch)? },
                authenticated_at: Timestamp::from_millis(at),
                details: details()?,
            })))
        }
        ("redeemed", ..) => {
            row.authorization_id.map(AuthorizationId::from).map(State::Redeemed).ok_or(corrupt)
        }
        _ => Err(corrupt),
    }
}
