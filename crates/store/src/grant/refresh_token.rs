//! Facts and effects of [`oauth::grant::refresh_token`]: one read, then one guarded update.

use oauth::access_token::Bearer;
use oauth::active::Standing;
use oauth::authorization::{Authorization, Reason, Seed};
use oauth::client::Client;
use oauth::grant::presented::{Facts, Known};
use oauth::grant::refresh_token::Rotate;
use oauth::id::AuthorizationId;
use oauth::policy::Policy;
use oauth::refresh_token::RefreshToken;
use oauth::secret::Secret;
use oauth::time::Timestamp;
use sea_orm::{ConnectionTrait as _, FromQueryResult as _, StatementBuilder as _};

use crate::authorizations::of_row;
use crate::entity::authorization;
use crate::row::{Sql, epoch_from};
use crate::{Store, StoreError};

/// The refresh grant; from [`Store::refresh_token`].
#[derive(Clone, Copy, Debug)]
pub struct RefreshTokens<'a>(&'a Store);

const LOAD: &str = "SELECT a.*, u.username AS username, \
     u.active AS user_active, u.epoch AS user_epoch_now, \
     p.client_id AS client_id, p.active AS client_active, p.epoch AS client_epoch \
     FROM grantwell_authorization a \
     JOIN grantwell_user u ON u.id = a.user_id \
     JOIN grantwell_application p ON p.id = a.application_id \
     WHERE a.id = $1";

/// Single use: of all that present the same generation, one hits the row. Where the row is kept for long enough already, its
/// `delete_at` stays: it is in an index, and PostgreSQL writes much less for an update that touches none.
const ROTATE: &str = "UPDATE grantwell_authorization SET generation = $3, rotated_at = $4, last_used_at = $4, \
     delete_at = CASE WHEN expires_at < $5 THEN expires_at WHEN delete_at >= $5 THEN delete_at ELSE $6 END \
     WHERE id = $1 AND generation = $2 AND revoked_at IS NULL AND state = 'live'";
/// By which part of the idle time a row is kept longer than it has to be.
const SLACK: u32 = 32;

/// An authorization that a refresh token names, and what goes with it.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) authorization: Authorization,
    pub(crate) username: String,
    /// The account's epoch now.
    pub(crate) user_epoch: u32,
    /// How the account is doing, for an authorization of the epoch that this one names.
    pub(crate) user_standing: Standing,
    pub(crate) client_active: bool,
    pub(crate) client_epoch: u32,
}

impl Found {
    /// What the rule is told about what `client` presents.
    pub(crate) fn facts(found: Option<Self>, mac_matches: bool, client: &Client) -> Facts {
        // The row may be newer than the client in memory. For another client's token it says nothing about
        // the one that asks; the decision refuses by the name.
        let standing = match found.as_ref().filter(|found| found.authorization.client == client.id)
        {
            Some(found) => Standing::of(found.client_active, found.client_epoch, client.epoch),
            None => client.standing(),
        };
        let known = found.map(|found| Known {
            mac_matches,
            user: Bearer { id: found.authorization.user, epoch: found.user_epoch },
            user_standing: found.user_standing,
            authorization: found.authorization,
        });
        Facts { known, client: standing }
    }
}

impl Store {
    /// The refresh grant.
    pub fn refresh_token(&self) -> RefreshTokens<'_> {
        RefreshTokens(self)
    }
}

impl RefreshTokens<'_> {
    /// What is known about a presented refresh token and the client that presents it.
    pub async fn load(self, token: &RefreshToken, client: &Client) -> Result<Facts, StoreError> {
        let (found, matches) = self.find(token).await?.unzip();
        Ok(Found::facts(found, matches.unwrap_or(false), client))
    }

    /// The authorization that a token names, with what goes with it, in one query. That of a code which is not redeemed
    /// has no refresh token, whatever the MAC.
    pub(crate) async fn find(
        self,
        token: &RefreshToken,
    ) -> Result<Option<(Found, bool)>, StoreError> {
        let found = self.find_authorization(token.authorization).await?;
        Ok(found.map(|found| {
            let seed = &found.authorization.seed.0;
            let matches = self.0.vault().refresh_mac_matches(
                token.authorization,
                token.generation,
                seed,
                &token.mac,
            );
            (found, matches)
        }))
    }

    /// An authorization with what goes with it, in one query.
    pub(crate) async fn find_authorization(
        self,
        id: AuthorizationId,
    ) -> Result<Option<Found>, StoreError> {
        let read = self.0.database().read();
        let question = Sql::new(LOAD, [id.as_uuid().into()]);
        let row = read.query_one_raw(question.build(&read.get_database_backend())).await?;
        let Some(row) = row else { return Ok(None) };
        let model = authorization::Model::from_query_result(&row, "")?;
        let user_epoch = epoch_from(row.try_get("", "user_epoch_now")?)?;
        let issued_under = epoch_from(model.user_epoch)?;
        let client: String = row.try_get("", "client_id")?;
        let client = client.try_into().map_err(|_| StoreError::Corrupt("application.client_id"))?;
        let authorization = of_row(model, client)?;
        Ok(Some(Found {
            authorization,
            username: row.try_get("", "username")?,
            user_epoch,
            user_standing: Standing::of(row.try_get("", "user_active")?, user_epoch, issued_under),
            client_active: row.try_get("", "client_active")?,
            client_epoch: epoch_from(row.try_get("", "client_epoch")?)?,
        }))
    }

    /// Moves the row on. `false`: the facts have changed since they were loaded; load and decide again.
    pub async fn rotate(
        self,
        step: &Rotate,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let values = [
            step.authorization.as_uuid().into(),
            i64::from(step.from).into(),
            i64::from(step.to).into(),
            now.as_millis().into(),
            (now + policy.refresh_idle).as_millis().into(),
            (now + policy.refresh_idle + policy.refresh_idle / SLACK).as_millis().into(),
        ];
        Ok(self.0.database().execute_write(&Sql::new(ROTATE, values)).await? > 0)
    }

    /// Revokes the authorization whose used token came back (RFC 9700 §4.14); every token of it dies at once.
    pub async fn revoke_replayed(self, id: AuthorizationId) -> Result<(), StoreError> {
        self.0.authorizations().revoke(id, Reason::Replay).await.map(|_| ())
    }

    /// The refresh token of a generation: always the same text for the same row.
    pub fn compose(self, id: AuthorizationId, generation: u32, seed: &Seed) -> Secret {
        let mac = self.0.vault().refresh_mac(id, generation, &seed.0);
        RefreshToken { authorization: id, generation, mac }.compose()
    }
}
