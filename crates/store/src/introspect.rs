//! Facts of [`oauth::endpoint::introspect`] (RFC 7662); nothing is written.

use oauth::access_token::AccessToken;
use oauth::active::{self, Standing, admit};
use oauth::authorization::State;
use oauth::endpoint::introspect::{Facts, Request};
use oauth::issuer::Issuer;
use sea_orm::{EntityTrait, QuerySelect};

use crate::entity::user;
use crate::grant::refresh_token::Found;
use crate::{Store, StoreError};

/// Asking about tokens; from [`Store::introspect`].
#[derive(Clone, Copy, Debug)]
pub struct Introspect<'a>(&'a Store);

impl Store {
    /// Asking about tokens.
    pub fn introspect(&self) -> Introspect<'_> {
        Introspect(self)
    }
}

impl Introspect<'_> {
    /// What a presented token turns out to be. A client's own access token takes no query while the view of
    /// the feed is fresh; one that acts for a user takes one, for the name.
    pub async fn load(self, request: &Request, issuer: &Issuer) -> Result<Facts, StoreError> {
        if let Some(token) = request.refresh_token() {
            let found = self.0.refresh_token().find(&token).await?;
            return Ok(found
                .filter(|(_, mac_matches)| *mac_matches)
                .map_or(Facts::Nothing, |(found, _)| refresh(found, token.generation)));
        }
        match self.0.open_access_token(request.token.expose(), issuer).await? {
            Some(token) => self.access(token).await,
            None => Ok(Facts::Nothing),
        }
    }

    async fn access(self, token: AccessToken) -> Result<Facts, StoreError> {
        let standing = self.0.standing(&token).await?;
        let username = match token.user {
            Some(bearer) if admit(&standing).is_ok() => {
                user::Entity::find_by_id(bearer.id.as_uuid())
                    .select_only()
                    .column(user::Column::Username)
                    .into_tuple::<String>()
                    .one(self.0.database().read())
                    .await?
            }
            _ => None,
        };
        Ok(Facts::Access { token: Box::new(token), standing, username })
    }
}

fn refresh(found: Found, generation: u32) -> Facts {
    let authorization = match found.authorization.state {
        // Whether its time is over is for the decision, which has the time.
        State::Live { .. } => Standing::Good,
        State::Granted => Standing::Missing,
        State::Revoked { .. } => Standing::Revoked,
        State::Expired => Standing::Expired,
    };
    Facts::Refresh {
        standing: active::Facts {
            user: Some(found.user_standing),
            client: Standing::of(found.client_active, found.client_epoch, found.client_epoch),
            authorization: Some(authorization),
            token: None,
        },
        authorization: Box::new(found.authorization),
        generation,
        username: Some(found.username),
    }
}
