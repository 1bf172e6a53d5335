//! A user's name and password, given to the client: RFC 6749 §4.3; registering and signing in
//! through our own application use the same rule.
//!
//! ```text
//! password verified ──▶ new authorization (live, generation 1) ──▶ access + refresh token
//! ```
//!
//! Whether the token endpoint offers this grant is for [`crate::endpoint::token`] to say; by
//! default it does not (RFC 9700 §2.4).

use crate::access_token::{Bearer, Terms};
use crate::active::{self, Standing};
use crate::authorization::{New, State};
use crate::client::Client;
use crate::error::{ErrorCode, OAuthError};
use crate::form::Form;
use crate::grant::{GrantType, UNAUTHORIZED};
use crate::policy::Policy;
use crate::refresh_token::RefreshToken;
use crate::scope::ScopeSet;
use crate::secret::Secret;
use crate::time::Timestamp;

/// The parameters of this grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Whose account, as typed.
    pub username: String,
    /// Their password.
    pub password: Secret,
    /// What the client asks for; the default if it does not say.
    pub scope: Option<ScopeSet>,
}

impl Request {
    /// Parse the parameters.
    pub fn parse(form: &Form) -> Result<Self, OAuthError> {
        Ok(Self {
            username: form.required("username")?.to_owned(),
            password: Secret::from(form.required("password")?),
            scope: form.optional("scope").map(ScopeSet::parse).transpose()?,
        })
    }
}

/// What the accounts room found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Whose password it is; `None` for an unknown user and a wrong password alike.
    pub user: Option<Verified>,
    /// How the client is doing.
    pub client: Standing,
}

/// A user who has just proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The account and its epoch now.
    pub bearer: Bearer,
    /// How the account is doing.
    pub standing: Standing,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Make an authorization and issue from it.
    Issue(Box<Issue>),
    /// Refuse; write nothing but the failed try.
    Refuse(OAuthError),
}

/// What is to be issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// The row to make.
    pub authorization: New,
    /// The access token.
    pub access: Terms,
    /// The generation of the refresh token; `None` if this client gets none.
    pub refresh: Option<u32>,
}

/// Decide one request of an authenticated client.
pub fn decide(
    request: &Request,
    client: &Client,
    facts: &Facts,
    policy: &Policy,
    now: Timestamp,
) -> Decision {
    match check(request, client, facts, policy) {
        Ok((bearer, scope)) => Decision::Issue(Box::new(issue(bearer, scope, client, policy, now))),
        Err(error) => Decision::Refuse(error),
    }
}

fn check(
    request: &Request,
    client: &Client,
    facts: &Facts,
    policy: &Policy,
) -> Result<(Bearer, ScopeSet), OAuthError> {
    if !client.may_use(GrantType::Password) {
        return Err(UNAUTHORIZED);
    }
    let verified = facts.user.ok_or(WRONG)?;
    // A disabled account gets the answer of a wrong password: who guesses a password must not
    // learn that it was right.
    active::admit(&active::Facts::of_user(verified.standing, facts.client)).map_err(|_| WRONG)?;
    let scope = policy.grant_scope(request.scope.as_ref(), client)?;
    Ok((verified.bearer, scope))
}

fn issue(
    bearer: Bearer,
    scope: ScopeSet,
    client: &Client,
    policy: &Policy,
    now: Timestamp,
) -> Issue {
    let refreshes = client.may_use(GrantType::RefreshToken)
        && policy.capabilities.offers(GrantType::RefreshToken);
    let generation = RefreshToken::FIRST_GENERATION;
    Issue {
        authorization: New {
            user: bearer.id,
            client: client.id.clone(),
            grant: GrantType::Password,
            scope: scope.clone(),
            audience: policy.audience.clone(),
            state: State::Live { generation, rotated_at: None },
            created_at: now,
            expires_at: policy.refresh_absolute.map(|span| now + span),
            authenticated_at: Some(now),
        },
        access: Terms {
            user: Some(bearer),
            client: client.id.clone(),
            client_epoch: client.epoch,
            scope,
            audience: policy.audience.clone(),
            issued_at: now,
            expires_at: now + policy.access_token_lifetime,
            authenticated_at: Some(now),
        },
        refresh: refreshes.then_some(generation),
    }
}

const WRONG: OAuthError =
    OAuthError::new(ErrorCode::InvalidGrant, "the username or the password is wrong");
