//! Facts and effects of the authorization endpoint and of [`oauth::grant::authorization_code`]: one row is made, read, and
//! redeemed by one guarded update.

use oauth::authorization::Reason;
use oauth::client::Client;
use oauth::code::Code;
use oauth::endpoint::authorize::Issue;
use oauth::grant::authorization_code::{Facts, Redeem};
use oauth::id::AuthorizationId;
use oauth::policy::Policy;
use oauth::secret::Secret;
use oauth::time::Timestamp;

use super::refresh_token::Found;
use crate::consents::remember;
use crate::logout::{hold, know};
use crate::pushed_requests::{PushedRequest, use_up};
use crate::row::Sql;
use crate::{Store, StoreError};

/// The code grant; from [`Store::authorization_code`].
#[derive(Clone, Copy, Debug)]
pub struct AuthorizationCodes<'a>(&'a Store);

/// Single use: of all that present the same code, one hits the row.
const REDEEM: &str = "UPDATE grantwell_authorization SET state = 'live', generation = $2, \
     last_used_at = $3, delete_at = CASE WHEN expires_at < $4 THEN expires_at ELSE $4 END \
     WHERE id = $1 AND state = 'granted' AND revoked_at IS NULL";

/// What an approval gives.
#[derive(Debug)]
pub struct Approved {
    /// The authorization, which goes into tokens that are given through the browser.
    pub authorization: AuthorizationId,
    /// The code.
    pub code: Secret,
}

/// What became of an approval.
#[derive(Debug)]
pub enum Approval {
    /// It is kept.
    Made(Approved),
    /// The pushed request that it answers has been answered already.
    Answered,
    /// The session in which it was decided has ended meanwhile.
    SignedOut,
}

impl Store {
    /// The code grant.
    pub fn authorization_code(&self) -> AuthorizationCodes<'_> {
        AuthorizationCodes(self)
    }
}

impl AuthorizationCodes<'_> {
    /// Makes the authorization that was decided on, remembers the consent, and uses up the pushed request that it answers;
    /// all or nothing.
    pub async fn approve(
        self,
        issue: &Issue,
        pushed: Option<&PushedRequest>,
        policy: &Policy,
    ) -> Result<Approval, StoreError> {
        let new = &issue.authorization;
        let drawn = self.0.authorizations().draw(new, issue.user.epoch, policy).await?;
        let (authorization, application) = (drawn.id, drawn.application);
        let code = self.compose(authorization, &drawn.seed.0);
        let (user, at, consent) = (new.user, new.created_at, issue.consent.clone());
        let (session, signs_in) =
            (new.details.session, new.scope.iter().any(|scope| scope.as_str() == "openid"));
        let pushed = pushed.map(|pushed| pushed.digest.clone());
        self.0
            .write(move |tx| {
                Box::pin(async move {
                    if let Some(session) = session {
                        if !hold(tx, session).await? {
                            return Ok(Approval::SignedOut);
                        }
                        if signs_in {
                            know(tx, session, application).await?;
                        }
                    }
                    if let Some(digest) = pushed
                        && !use_up(tx, &digest, at.as_millis()).await?
                    {
                        return Ok(Approval::Answered);
                    }
                    if let Some(given) = &consent {
                        remember(tx, (user, application), given, at).await?;
                    }
                    drawn.insert(tx).await?;
                    Ok(Approval::Made(Approved { authorization, code }))
                })
            })
            .await
    }

    /// What is known about a presented code and the client that presents it, in one query.
    pub async fn load(self, code: &Code, client: &Client) -> Result<Facts, StoreError> {
        let found = self.0.refresh_token().find_authorization(code.authorization).await?;
        let matches = found.as_ref().is_some_and(|found| {
            let seed = &found.authorization.seed.0;
            self.0.vault().code_mac_matches(code.authorization, seed, &code.mac)
        });
        Ok(Found::facts(found, matches, client))
    }

    /// Makes the row live. `false`: the facts have changed since they were loaded; load and decide again.
    pub async fn redeem(
        self,
        step: &Redeem,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        // Without a refresh token it has nothing to say once its access token has lapsed.
        let end = if step.refreshes { now + policy.refresh_idle } else { step.access.expires_at };
        let values = [
            step.authorization.as_uuid().into(),
            i64::from(step.generation).into(),
            now.as_millis().into(),
            end.as_millis().into(),
        ];
        Ok(self.0.database().execute_write(&Sql::new(REDEEM, values)).await? > 0)
    }

    /// Revokes the authorization whose used code came back (RFC 9700 §4.5); every token of it dies at once.
    pub async fn revoke_replayed(self, id: AuthorizationId) -> Result<(), StoreError> {
        self.0.authorizations().revoke(id, Reason::Replay).await.map(|_| ())
    }

    fn compose(self, authorization: AuthorizationId, seed: &[u8; 16]) -> Secret {
        let mac = self.0.vault().code_mac(authorization, seed);
        Code { authorization, mac }.compose()
    }
}
