//! How often callers of resources have asked, counted for all nodes in one place.

use oauth::time::Timestamp;
use sea_orm::ConnectionTrait as _;
use vault::Purpose;

use crate::row::Sql;
use crate::{Store, StoreError};

/// `$2` is now, `$3` what one request uses, `$4` the window. What lies further ahead than clocks of nodes disagree comes from a
/// clock that was set back; it starts anew. The row is changed where the request may pass, and only there: of all that ask at
/// once, the last of the allowance goes to one.
const TAKE: &str = "INSERT INTO grantwell_rate AS r (digest, full_at) VALUES ($1, $2 + $3) \
     ON CONFLICT (digest) DO UPDATE SET full_at = $3 + CASE WHEN r.full_at BETWEEN $2 AND $2 + $4 + $4 \
       THEN r.full_at ELSE $2 END \
     WHERE r.full_at NOT BETWEEN $2 AND $2 + $4 + $4 OR r.full_at + $3 <= $2 + $4 \
     RETURNING full_at";

const LOOK: &str = "SELECT full_at FROM grantwell_rate WHERE digest = $1";

/// What became of one request, and when the allowance is whole again (microseconds since 1970, UTC).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// It may pass.
    Passed(i64),
    /// It may not; nothing was used.
    Refused(i64),
}

/// The counts; from [`Store::rates`].
#[derive(Clone, Copy, Debug)]
pub struct Rates<'a>(&'a Store);

impl Store {
    /// How often callers of resources have asked.
    pub fn rates(&self) -> Rates<'_> {
        Rates(self)
    }
}

impl Rates<'_> {
    /// Counts a request under this name, of which each uses `step` of the `window` (microseconds both), or refuses it.
    pub async fn take(
        self,
        name: &str,
        step: i64,
        window: i64,
        now: Timestamp,
    ) -> Result<Counted, StoreError> {
        let now = now.as_millis().saturating_mul(1000);
        let name = format!("rate\n{name}");
        let digest = self.0.vault().digest(Purpose::Throttle, name.as_bytes()).to_vec();
        let take = Sql::new(TAKE, [digest.clone().into(), now.into(), step.into(), window.into()]);
        if let Some(row) = self.0.database().query_write(&take).await? {
            return Ok(Counted::Passed(row.try_get_by_index(0)?));
        }
        let look = Sql::new(LOOK, [digest.into()]);
        let row = self.0.database().read().query_one(&look).await?;
        let full_at = row.map(|row| row.try_get_by_index(0)).transpose()?;
        // Swept away in between: then it would pass a moment later.
        Ok(Counted::Refused(full_at.unwrap_or(now)))
    }
}
