//! Who is asking, once a credential has been accepted.

use crate::access_token::{AccessToken, Confirmation};
use crate::id::{ClientId, TokenId, UserId};
use crate::scope::{ScopeSet, ScopeToken};
use crate::time::Timestamp;

/// Who is asking a protected resource, and what they may do there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The user; none when a client acts for itself, or when a server elsewhere names its users in its own way.
    pub user: Option<UserId>,
    /// What the issuer calls whoever the token is about, its `sub`: the user, or the client that acts for itself. Rows that
    /// belong to users of a server elsewhere are kept under this name.
    pub subject: String,
    /// The client that asks.
    pub client: ClientId,
    /// What they may do.
    pub scopes: ScopeSet,
    /// Which resources the token is for; empty means any of this server.
    pub audience: Vec<String>,
    /// The key the presenter proved to hold.
    pub confirmation: Option<Confirmation>,
    /// When the user last proved who they are.
    pub authenticated_at: Option<Timestamp>,
    /// How strongly they did, in the issuer's own words (`acr`, OIDC Core §2).
    pub acr: Option<String>,
    /// The token that was accepted.
    pub token: TokenId,
    /// When it lapses.
    pub expires_at: Timestamp,
    /// How the credential arrived.
    pub via: Via,
}

/// How a credential arrived. A browser sends cookies by itself, so a request that came
/// [`Via::Session`] needs a CSRF check before it may change anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// An `Authorization: Bearer` header or a form field.
    Bearer,
    /// A browser's session cookie, traded for a short first-party token.
    Session,
}

impl Principal {
    /// The principal of a token that has been accepted.
    pub fn of(token: AccessToken, via: Via) -> Self {
        let user = token.user.map(|bearer| bearer.id);
        Self {
            user,
            subject: user.map_or_else(|| token.client.to_string(), |user| user.to_string()),
            client: token.client,
            scopes: token.scope,
            audience: token.audience,
            confirmation: token.confirmation,
            authenticated_at: token.authenticated_at,
            acr: token.acr,
            token: token.id,
            expires_at: token.expires_at,
            via,
        }
    }

    /// Whether a client acts for itself, and for no user.
    pub fn is_client(&self) -> bool {
        self.subject == self.client.as_str()
    }

    /// Whether they have this scope.
    pub fn may(&self, scope: &ScopeToken) -> bool {
        self.scopes.contains(scope)
    }
}
