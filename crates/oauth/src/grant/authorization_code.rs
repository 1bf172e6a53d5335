//! Trading in an authorization code: RFC 6749 §4.1.3, PKCE per RFC 7636 §4.6, replay per RFC 9700 §4.5, resources per
//! RFC 8707 §2.2.
//!
//! ```text
//! granted, everything right  ──▶ Redeem          row: live, generation 1; in one guarded update
//! redeemed before            ──▶ RevokeReplayed  the whole authorization
//! anything else              ──▶ Refuse          the code stays good for whoever it belongs to
//! ```
//!
//! Optimistic: load once, decide, apply with one `UPDATE … WHERE state = 'granted'`. If no row is hit somebody was faster:
//! load and decide again, which finds the code redeemed.

use crate::access_token::Terms;
use crate::active;
use crate::authorization::{Details, State};
use crate::client::Client;
use crate::code::Code;
use crate::error::{ErrorCode, OAuthError};
use crate::form::Form;
use crate::grant::{GrantType, UNAUTHORIZED};
use crate::id::AuthorizationId;
use crate::policy::Policy;
use crate::refresh_token::RefreshToken;
use crate::secret::Secret;
use crate::time::Timestamp;

/// The parameters of this grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The code to trade in.
    pub code: Code,
    /// The redirect URI of the authorization request.
    pub redirect_uri: Option<String>,
    /// The secret behind the challenge of the authorization request.
    pub verifier: Option<Secret>,
    /// The resources that the access token is to be for; all that were approved if it does not say.
    pub resources: Vec<String>,
}

impl Request {
    /// Parse the parameters. What is not a code at all is `invalid_grant`, in the same words as one that is not known.
    pub fn parse(form: &Form) -> Result<Self, OAuthError> {
        let text = form.required("code")?;
        Ok(Self {
            redirect_uri: form.optional("redirect_uri").map(str::to_owned),
            verifier: form.optional("code_verifier").map(Secret::from),
            resources: form.all("resource").map(str::to_owned).collect(),
            code: Code::parse(text).map_err(|_| INVALID)?,
        })
    }
}

pub use super::presented::{Facts, Known};

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Make the authorization live, if it is still granted; then issue from it.
    Redeem(Box<Redeem>),
    /// A used code came back: revoke the authorization, then answer [`INVALID`].
    RevokeReplayed(AuthorizationId),
    /// Refuse; write nothing.
    Refuse(OAuthError),
}

/// What is to be issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redeem {
    /// The row.
    pub authorization: AuthorizationId,
    /// The generation it gets.
    pub generation: u32,
    /// The access token.
    pub access: Terms,
    /// Whether the client gets a refresh token, of that generation.
    pub refreshes: bool,
}

/// Decide one request of an authenticated client.
pub fn decide(
    request: &Request,
    client: &Client,
    facts: &Facts,
    policy: &Policy,
    now: Timestamp,
) -> Decision {
    let known = match check_owner(client, facts) {
        Ok(known) => known,
        Err(error) => return Decision::Refuse(error),
    };
    // Whoever holds a used code of this client has seen what the client saw: nothing that came of it is safe.
    if matches!(known.authorization.state, State::Live { .. }) {
        return Decision::RevokeReplayed(known.authorization.id);
    }
    match check(request, client, facts, known, (policy, now)) {
        Ok(audience) => Decision::Redeem(Box::new(redeem(audience, client, known, policy, now))),
        Err(error) => Decision::Refuse(error),
    }
}

/// The code is ours and was given to this client. Nothing that fails here may change anything, so that neither a forger
/// nor another client can shut an authorization.
fn check_owner<'a>(client: &Client, facts: &'a Facts) -> Result<&'a Known, OAuthError> {
    if !client.may_use(&GrantType::AuthorizationCode) {
        return Err(UNAUTHORIZED);
    }
    let known = facts.known.as_ref().ok_or(INVALID)?;
    let authorization = &known.authorization;
    let by_code = authorization.grant == GrantType::AuthorizationCode;
    if known.mac_matches && by_code && authorization.client == client.id {
        Ok(known)
    } else {
        Err(INVALID)
    }
}

/// Answers the audience of the access token.
fn check(
    request: &Request,
    client: &Client,
    facts: &Facts,
    known: &Known,
    (policy, now): (&Policy, Timestamp),
) -> Result<Vec<String>, OAuthError> {
    let authorization = &known.authorization;
    if authorization.state_at(policy, now) != State::Granted {
        return Err(INVALID);
    }
    active::admit(&active::Facts::of_user(known.user_standing, facts.client))
        .map_err(|_| INVALID)?;
    check_redirect_uri(request, &authorization.details)?;
    check_verifier(request, &authorization.details)?;
    // What the client may no longer have it does not get by an older approval.
    if !authorization.scope.within(&policy.person_scope_allowed_to(client)) {
        return Err(INVALID);
    }
    narrow_audience(&request.resources, &authorization.audience, policy)
}

/// RFC 6749 §4.1.3: named then, named now, and the same. OAuth 2.1 §10.2: one that is named now only is held to it too.
fn check_redirect_uri(request: &Request, details: &Details) -> Result<(), OAuthError> {
    match (&details.redirect_uri, &request.redirect_uri) {
        (Some(then), Some(now)) if then == now => Ok(()),
        (None, None) => Ok(()),
        // PKCE binds the code to its request better than the URI does.
        (Some(_), None) if details.challenge.is_some() => Ok(()),
        (Some(_), None) => Err(NO_REDIRECT_URI),
        _ => Err(OTHER_REDIRECT_URI),
    }
}

/// RFC 7636 §4.6; a verifier without a challenge is a downgrade that somebody tried (RFC 9700 §4.8.2).
fn check_verifier(request: &Request, details: &Details) -> Result<(), OAuthError> {
    match (&details.challenge, &request.verifier) {
        (Some(challenge), Some(verifier)) if challenge.admits(verifier.expose()) => Ok(()),
        (None, None) => Ok(()),
        (Some(_), None) => Err(NO_VERIFIER),
        (Some(_), Some(_)) => Err(WRONG_VERIFIER),
        (None, Some(_)) => Err(VERIFIER_ALONE),
    }
}

/// The resources named now, which were all approved; all approved ones if none is named (RFC 8707 §2.2).
pub(crate) fn narrow_audience(
    named: &[String],
    approved: &[String],
    policy: &Policy,
) -> Result<Vec<String>, OAuthError> {
    let targets = policy.targets(named.iter().map(String::as_str))?;
    // No audience stands for every resource of this server.
    let within = |target: &String| approved.is_empty() || approved.contains(target);
    match targets.as_slice() {
        [] => Ok(approved.to_vec()),
        _ if targets.iter().all(within) => Ok(targets),
        _ => Err(NOT_APPROVED),
    }
}

fn redeem(
    audience: Vec<String>,
    client: &Client,
    known: &Known,
    policy: &Policy,
    now: Timestamp,
) -> Redeem {
    let authorization = &known.authorization;
    Redeem {
        authorization: authorization.id,
        generation: RefreshToken::FIRST_GENERATION,
        access: Terms {
            user: Some(known.user),
            audience,
            authenticated_at: authorization.authenticated_at,
            acr: authorization.details.acr.clone(),
            ..Terms::of_client(client, authorization.scope.clone(), policy, now)
        },
        refreshes: policy.refreshes(client),
    }
}

/// What every refused code is answered, whatever is wrong with it: unknown, forged, another client's, used, too old.
pub const INVALID: OAuthError = OAuthError::new(
    ErrorCode::InvalidGrant,
    "the authorization code is not valid: it is unknown, too old, used already or another client's; ask for a new one",
);
const NO_REDIRECT_URI: OAuthError = OAuthError::new(
    ErrorCode::InvalidGrant,
    "the parameter redirect_uri is missing; the authorization request named it, so the token request has to",
);
const OTHER_REDIRECT_URI: OAuthError = OAuthError::new(
    ErrorCode::InvalidGrant,
    "redirect_uri is not the one of the authorization request",
);
const NO_VERIFIER: OAuthError = OAuthError::new(
    ErrorCode::InvalidGrant,
    "the parameter code_verifier is missing; the authorization request had a code_challenge",
);
const WRONG_VERIFIER: OAuthError = OAuthError::new(
    ErrorCode::InvalidGrant,
    "code_verifier does not belong to the code_challenge of the authorization request",
);
const VERIFIER_ALONE: OAuthError = OAuthError::new(
    ErrorCode::InvalidGrant,
    "code_verifier was sent, but the authorization request had no code_challenge",
);
const NOT_APPROVED: OAuthError = OAuthError::new(
    ErrorCode::InvalidTarget,
    "resource names a resource that was not approved; ask for it in the authorization request",
);

#[cfg(test)]
mod tests;
