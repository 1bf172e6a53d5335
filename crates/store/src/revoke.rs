//! Facts and effects of [`oauth::endpoint::revoke`] (RFC 7009).

use oauth::authorization::Reason;
use oauth::endpoint::revoke::{Decision, Facts, Request};
use oauth::issuer::Issuer;
use oauth::revocation::Subject;

use crate::revocations::Entry;
use crate::{Store, StoreError};

/// Giving tokens back; from [`Store::revoke`].
#[derive(Clone, Copy, Debug)]
pub struct Revoke<'a>(&'a Store);

impl Store {
    /// Giving tokens back.
    pub fn revoke(&self) -> Revoke<'_> {
        Revoke(self)
    }
}

impl Revoke<'_> {
    /// What a presented token turns out to be.
    pub async fn load(self, request: &Request, issuer: &Issuer) -> Result<Facts, StoreError> {
        let Some(token) = request.refresh_token() else {
            let opened = self.0.open_access_token(request.token.expose(), issuer).await?;
            return Ok(opened.map_or(Facts::Nothing, |token| Facts::Access(Box::new(token))));
        };
        let found = self.0.refresh_token().find(&token).await?.filter(|(_, matches)| *matches);
        Ok(found.map_or(Facts::Nothing, |(found, _)| Facts::Refresh(Box::new(found.authorization))))
    }

    /// Writes down what was decided. When this returns, the token is dead on this node; on the others within
    /// [`crate::Options::max_staleness`].
    pub async fn apply(self, decision: &Decision) -> Result<(), StoreError> {
        // Whoever gives the same token back again and again adds nothing to the feed.
        let knows = |subject: &Subject| self.0.0.view.knows(subject);
        match decision {
            Decision::Nothing => Ok(()),
            Decision::RevokeAuthorization(id) if knows(&Subject::Authorization(*id)) => Ok(()),
            Decision::RevokeToken { token, .. } if knows(token) => Ok(()),
            Decision::RevokeAuthorization(id) => {
                self.0.authorizations().revoke(*id, Reason::Client).await.map(|_| ())
            }
            Decision::RevokeToken { token, expires_at } => {
                let entry = Entry::revoked(token.clone(), *expires_at);
                self.0.write_and_tell(move |_| Box::pin(async move { Ok(((), vec![entry])) })).await
            }
        }
    }
}
