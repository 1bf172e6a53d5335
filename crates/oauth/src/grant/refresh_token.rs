//! Trading in a refresh token: RFC 6749 §6, rotation and replay detection per RFC 9700 §4.14.
//!
//! ```text
//! presented = row's generation         ──▶ Rotate         row: generation + 1
//! presented = row's generation − 1     ──▶ Repeat         within the grace: the same successor
//! anything older, or after the grace   ──▶ RevokeReplayed the whole authorization
//! ```
//!
//! Only the newest refresh token and the one before it can ever be good. Using the successor moves
//! the row on by one, so "the successor has been used" and "two generations behind" are the same
//! statement, and no token needs a row of its own.
//!
//! Optimistic: load once, decide, apply with one `UPDATE … WHERE id = ? AND generation = ? AND
//! revoked_at IS NULL`. If no row is hit, the facts have changed: load and decide again. Fifty
//! parallel refreshes so give one `Rotate` and forty-nine `Repeat`s of its successor.

use crate::access_token::Terms;
use crate::active;
use crate::authorization::{Authorization, State};
use crate::client::Client;
use crate::error::{ErrorCode, OAuthError};
use crate::form::Form;
use crate::grant::authorization_code::narrow_audience;
use crate::grant::{GrantType, UNAUTHORIZED};
use crate::id::AuthorizationId;
use crate::policy::Policy;
use crate::refresh_token::RefreshToken;
use crate::scope::ScopeSet;
use crate::time::Timestamp;

/// The parameters of this grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The token to trade in.
    pub refresh_token: RefreshToken,
    /// A narrower scope for the access token, if the client wants less this time.
    pub scope: Option<ScopeSet>,
    /// The resources that the access token is to be for; all that were approved if it does not say (RFC 8707 §2.2).
    pub resources: Vec<String>,
}

impl Request {
    /// Parse the parameters. What is not a refresh token at all is `invalid_grant`, in the same
    /// words as one that is not known.
    pub fn parse(form: &Form) -> Result<Self, OAuthError> {
        let text = form.required("refresh_token")?;
        Ok(Self {
            scope: form.optional("scope").map(ScopeSet::parse).transpose()?,
            resources: form.all("resource").map(str::to_owned).collect(),
            refresh_token: RefreshToken::parse(text).map_err(|_| INVALID)?,
        })
    }
}

pub use super::presented::{Facts, Known};

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Move the row from one generation to the next; if it is still there, issue both tokens.
    Rotate(Rotate),
    /// Write nothing; issue an access token and the same successor once more.
    Repeat(Repeat),
    /// A used token came back: revoke the authorization, then answer [`INVALID`].
    RevokeReplayed(AuthorizationId),
    /// Refuse; write nothing.
    Refuse(OAuthError),
}

/// A step from one generation to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotate {
    /// The row.
    pub authorization: AuthorizationId,
    /// The generation it must still have.
    pub from: u32,
    /// The generation it gets, and that of the new refresh token.
    pub to: u32,
    /// The access token.
    pub access: Terms,
}

/// The answer of a step that has been made already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeat {
    /// The row.
    pub authorization: AuthorizationId,
    /// The generation of the refresh token to answer: the row's own.
    pub generation: u32,
    /// The access token.
    pub access: Terms,
}

/// Decide one request of an authenticated client.
pub fn decide(
    request: &Request,
    client: &Client,
    facts: &Facts,
    policy: &Policy,
    now: Timestamp,
) -> Decision {
    let known = match standing(client, facts, policy, now) {
        Ok(known) => known,
        Err(error) => return Decision::Refuse(error),
    };
    let authorization = &known.authorization;
    let State::Live { generation, rotated_at } = authorization.state else {
        return Decision::Refuse(INVALID);
    };
    let step = compare(request.refresh_token.generation, generation, rotated_at, policy, now);
    if step == Step::Replayed {
        return Decision::RevokeReplayed(authorization.id);
    }
    // After the replay check: a replay with a bad scope is still a replay.
    let access = match narrow(request, client, authorization, policy) {
        Ok((scope, audience)) => Terms {
            user: Some(known.user),
            audience,
            authenticated_at: authorization.authenticated_at,
            acr: authorization.details.acr.clone(),
            ..Terms::of_client(client, scope, policy, now)
        },
        Err(error) => return Decision::Refuse(error),
    };
    match step {
        Step::Newest { next } => Decision::Rotate(Rotate {
            authorization: authorization.id,
            from: generation,
            to: next,
            access,
        }),
        Step::Before => {
            Decision::Repeat(Repeat { authorization: authorization.id, generation, access })
        }
        Step::Replayed | Step::Impossible => Decision::Refuse(INVALID),
    }
}

/// The checks that come before the generation is looked at: nothing that fails here may change
/// anything, so that neither a forger nor another client can shut an authorization.
fn standing<'a>(
    client: &Client,
    facts: &'a Facts,
    policy: &Policy,
    now: Timestamp,
) -> Result<&'a Known, OAuthError> {
    if !client.may_use(&GrantType::RefreshToken) {
        return Err(UNAUTHORIZED);
    }
    let known = facts.known.as_ref().ok_or(INVALID)?;
    if !known.mac_matches || known.authorization.client != client.id {
        return Err(INVALID);
    }
    let gate = active::Facts {
        user: Some(known.user_standing),
        client: facts.client,
        authorization: Some(known.authorization.standing(policy, now)),
        token: None,
    };
    active::admit(&gate).map_err(|_| INVALID)?;
    Ok(known)
}

/// How the presented generation stands to the row's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// It is the newest.
    Newest { next: u32 },
    /// It is the one before, and its answer may have been lost a moment ago.
    Before,
    /// It has been traded in, and not just now or its successor has been used as well.
    Replayed,
    /// We made it, but the row has not got there: the database was set back to an older backup,
    /// or the numbers have run out. Nobody has done wrong, and nothing can be issued.
    Impossible,
}

fn compare(
    presented: u32,
    current: u32,
    rotated_at: Option<Timestamp>,
    policy: &Policy,
    now: Timestamp,
) -> Step {
    if presented == current {
        return current.checked_add(1).map_or(Step::Impossible, |next| Step::Newest { next });
    }
    if presented > current {
        return Step::Impossible;
    }
    let recent = rotated_at.is_some_and(|at| now.since(at) < policy.refresh_grace);
    if current - presented == 1 && recent { Step::Before } else { Step::Replayed }
}

/// The scope and the resources of the access token: no more than was approved, and no more than this client may
/// still have. The approval itself keeps its scope, so that the next refresh can have all of it
/// again.
fn narrow(
    request: &Request,
    client: &Client,
    authorization: &Authorization,
    policy: &Policy,
) -> Result<(ScopeSet, Vec<String>), OAuthError> {
    let scope = request.scope.as_ref().unwrap_or(&authorization.scope);
    if !scope.within(&authorization.scope) {
        return Err(WIDER);
    }
    let audience = narrow_audience(&request.resources, &authorization.audience, policy)?;
    Ok((scope.intersection(&policy.person_scope_allowed_to(client)), audience))
}

/// What every refused refresh token is answered, whatever is wrong with it: unknown, forged,
/// another client's, used, revoked, expired.
pub const INVALID: OAuthError = OAuthError::new(
    ErrorCode::InvalidGrant,
    "the refresh token is not valid; ask the user to sign in again",
);
const WIDER: OAuthError = OAuthError::new(
    ErrorCode::InvalidScope,
    "a refresh cannot get more scope than was approved; leave scope out to get all of it",
);

#[cfg(test)]
mod tests;
