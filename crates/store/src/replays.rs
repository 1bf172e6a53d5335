//! What may be used once only, remembered for all nodes until it lapses by itself (RFC 7523 §3, `jti`).

use oauth::client_assertion::Once;
use oauth::grant::extension::{self, ExtensionName};
use oauth::grant::jwt_bearer;
use oauth::time::Timestamp;
use sea_orm::ConnectionTrait as _;
use vault::Purpose;

use crate::authorizations::Drawn;
use crate::row::Sql;
use crate::{Store, StoreError};

/// Single use: of all that bring the same, on any node, one makes the row.
const TAKE: &str = "INSERT INTO grantwell_replay (digest, expires_at) VALUES ($1, $2) \
     ON CONFLICT (digest) DO NOTHING";

/// The memory of what has been used; from [`Store::replays`].
#[derive(Clone, Copy, Debug)]
pub struct Replays<'a>(&'a Store);

impl Store {
    /// The memory of what has been used.
    pub fn replays(&self) -> Replays<'_> {
        Replays(self)
    }
}

impl Replays<'_> {
    /// Takes a client's assertion. `false`: it has been used before.
    pub async fn take_assertion(self, once: &Once) -> Result<bool, StoreError> {
        // A client id has no line break, so two pairs never read the same.
        let name = format!("client assertion\n{}\n{}", once.client, once.id);
        let row = self.row(&name, once.expires_at);
        Ok(self.0.database().execute_write(&row).await? == 1)
    }

    /// What takes an assertion about a person, in the transaction that makes something of it.
    pub(crate) fn grant(self, once: &jwt_bearer::Once) -> Sql {
        // The name of an issuer has no line break either.
        self.row(&format!("jwt bearer\n{}\n{}", once.issuer, once.id), once.expires_at)
    }

    /// What takes something that an extension grant takes once, in the same way.
    pub(crate) fn extension(self, name: &ExtensionName, once: &extension::Once) -> Sql {
        self.row(&format!("extension grant\n{name}\n{}", once.id), once.expires_at)
    }

    /// Takes something that may be used once and makes an authorization of it, both or neither. `false`: it has been used
    /// before.
    pub(crate) async fn take_and_make(
        self,
        take: Option<Sql>,
        drawn: Option<Drawn>,
    ) -> Result<bool, StoreError> {
        if take.is_none() && drawn.is_none() {
            return Ok(true);
        }
        self.0
            .write(move |tx| {
                Box::pin(async move {
                    if let Some(take) = &take
                        && tx.execute(take).await?.rows_affected() == 0
                    {
                        return Ok(false);
                    }
                    if let Some(drawn) = drawn {
                        drawn.insert(tx).await?;
                    }
                    Ok(true)
                })
            })
            .await
    }

    fn row(self, name: &str, expires_at: Timestamp) -> Sql {
        let digest = self.0.vault().digest(Purpose::Replay, name.as_bytes()).to_vec();
        Sql::new(TAKE, [digest.into(), expires_at.as_millis().into()])
    }
}
