//! A client acting for itself: RFC 6749 §4.4.
//!
//! ```text
//! authenticated confidential client ──▶ access token; no user, no refresh token, no row
//! ```

use crate::access_token::Terms;
use crate::active;
use crate::client::{Client, ClientType};
use crate::error::{ErrorCode, OAuthError};
use crate::form::Form;
use crate::grant::{GrantType, UNAUTHORIZED};
use crate::policy::Policy;
use crate::scope::ScopeSet;
use crate::time::Timestamp;

/// The parameters of this grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What the client asks for; the default if it does not say.
    pub scope: Option<ScopeSet>,
}

impl Request {
    /// Parse the parameters.
    pub fn parse(form: &Form) -> Result<Self, OAuthError> {
        Ok(Self { scope: form.optional("scope").map(ScopeSet::parse).transpose()? })
    }
}

/// How the client is doing.
pub type Facts = active::Standing;

/// What is to be done. Nothing is written down either way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Issue an access token on these terms.
    Issue(Terms),
    /// Refuse; write nothing.
    Refuse(OAuthError),
}

/// Decide one request of an authenticated client.
pub fn decide(
    request: &Request,
    client: &Client,
    facts: Facts,
    policy: &Policy,
    now: Timestamp,
) -> Decision {
    match check(request, client, facts, policy) {
        Ok(scope) => Decision::Issue(Terms {
            user: None,
            client: client.id.clone(),
            client_epoch: client.epoch,
            scope,
            audience: policy.audience.clone(),
            issued_at: now,
            expires_at: now + policy.access_token_lifetime,
            authenticated_at: None,
        }),
        Err(error) => Decision::Refuse(error),
    }
}

fn check(
    request: &Request,
    client: &Client,
    facts: Facts,
    policy: &Policy,
) -> Result<ScopeSet, OAuthError> {
    if client.client_type == ClientType::Public {
        return Err(PUBLIC);
    }
    if !client.may_use(GrantType::ClientCredentials) {
        return Err(UNAUTHORIZED);
    }
    active::admit(&active::Facts::of_client(facts)).map_err(|_| INACTIVE)?;
    policy.grant_scope(request.scope.as_ref(), client)
}

const PUBLIC: OAuthError = OAuthError::new(
    ErrorCode::UnauthorizedClient,
    "a public client has no credentials, so it cannot use client_credentials",
);
const INACTIVE: OAuthError =
    OAuthError::new(ErrorCode::InvalidClient, "client authentication failed");
