//! The authorization endpoint: may this client do that for this person (RFC 6749 §3.1, §4.1; OIDC Core §3.1.2; RFC 9700).
//!
//! ```text
//! Parameters ── locate: client, redirect URI ──▶ Destination      an error is a page
//!                                   │
//!                      Request::parse: the list of checks          an error goes back to the client
//!                                   │
//!          session · consent · hint ▼
//!                                 decide ──▶ SignIn │ Consent │ Issue │ Refuse
//! ```
//!
//! The types keep the order: [`Request`] can only be made with a [`Destination`], and a [`Destination`] only by [`locate`].

mod destination;
mod parameters;
mod prompt;
mod request;
mod request_object;

pub use destination::{Destination, locate};
pub use parameters::Parameters;
pub use prompt::Prompt;
pub use request::{Channel, Request};
pub use request_object::{MEDIA_TYPE as REQUEST_OBJECT_TYPE, RequestObject};

use crate::access_token::{Bearer, Terms};
use crate::authorization::{Details, New, State};
use crate::client::{Client, ClientType};
use crate::consent::{self, Given};
use crate::error::{ErrorCode, OAuthError};
use crate::grant::GrantType;
use crate::id::SessionId;
use crate::policy::Policy;
use crate::scope::ScopeSet;
use crate::time::Timestamp;
use std::collections::BTreeSet;

/// How strongly somebody signed in who gave a password: one factor.
pub const ACR_PASSWORD: &str = "1";

/// How somebody signed in who gave a password (RFC 8176 §2).
pub const AMR_PASSWORD: &str = "pwd";

/// Who is signed in in the browser that sent the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Which session; the `sid` of ID and logout tokens.
    pub id: SessionId,
    /// Whose it is and the epoch of the account.
    pub user: Bearer,
    /// The name by which this client knows them, its `sub`.
    pub subject: String,
    /// When they last proved who they are.
    pub authenticated_at: Timestamp,
    /// How strongly.
    pub acr: String,
    /// By which means (RFC 8176).
    pub amr: Vec<String>,
}

/// Whom an `id_token_hint` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// There is none.
    Absent,
    /// The person whom this client knows by this `sub`.
    Of(String),
    /// It is not an ID token that we made for this client.
    Invalid,
}

/// What this interaction has come to already. It begins when the request arrives and survives sign-in and consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// When the request arrived: whoever signed in after that has signed in for it.
    pub begun_at: Timestamp,
    /// Whether the person has chosen this account, or to have none made.
    pub account_chosen: bool,
}

/// What the person answered on the consent page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Allowed, with this much of the scope.
    Allow(ScopeSet),
    /// Refused.
    Deny,
}

/// What is known.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// Who is signed in.
    pub session: Option<&'a Session>,
    /// What they have allowed this client before.
    pub consent: Option<&'a Given>,
    /// Whom the hint names.
    pub hint: Hint,
    /// What has happened in this interaction.
    pub progress: Progress,
    /// The answer to the question whether the client may, if this is it.
    pub answer: Option<Answer>,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Have the person sign in and come back.
    SignIn(SignIn),
    /// Ask whether the client may.
    Consent(Ask),
    /// Give what was asked for.
    Issue(Box<Issue>),
    /// Tell the client no.
    Refuse(OAuthError),
}

/// Why somebody has to sign in, or to say who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// Nobody has.
    First,
    /// The client wants it anew, or it was too long ago.
    Again,
    /// The client wants the person to choose the account.
    Choose,
    /// The client wants an account to be made.
    Create,
}

/// What the person is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// All that the client wants.
    pub scope: ScopeSet,
    /// What of it is new.
    pub new_scope: ScopeSet,
    /// Claims beyond those of the scope, by name.
    pub claims: BTreeSet<String>,
}

/// What is to be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// The row to make.
    pub authorization: New,
    /// Whose, with the epoch of the account.
    pub user: Bearer,
    /// What to remember of the consent, if the person was asked or it is new.
    pub consent: Option<Given>,
    /// The access token that is given through the browser, if the response type asks for one.
    pub access: Option<Terms>,
}

/// Decide one request.
pub fn decide(
    request: &Request,
    client: &Client,
    facts: &Facts<'_>,
    policy: &Policy,
    now: Timestamp,
) -> Decision {
    match steps(request, client, facts, policy, now) {
        Ok(issue) => Decision::Issue(Box::new(issue)),
        Err(stop) => stop.under(request.prompt),
    }
}

/// What stands between a request and its answer.
enum Stop {
    SignIn(SignIn),
    Consent(Ask),
    Refuse(OAuthError),
}

impl Stop {
    /// With `prompt=none` nothing is shown: what would be is an error (OIDC Core §3.1.2.6).
    fn under(self, prompt: Prompt) -> Decision {
        match self {
            Self::Refuse(error) => Decision::Refuse(error),
            Self::SignIn(_) if prompt.none => Decision::Refuse(LOGIN_REQUIRED),
            Self::Consent(_) if prompt.none => Decision::Refuse(CONSENT_REQUIRED),
            Self::SignIn(why) => Decision::SignIn(why),
            Self::Consent(ask) => Decision::Consent(ask),
        }
    }
}

fn steps(
    request: &Request,
    client: &Client,
    facts: &Facts<'_>,
    policy: &Policy,
    now: Timestamp,
) -> Result<Issue, Stop> {
    check_strength(request)?;
    let session = check_session(request, facts)?;
    check_freshness(request, session, facts, now)?;
    check_hint(request, session, facts)?;
    let asked = asked(request);
    let (scope, consent) = check_consent(request, client, facts, policy, asked)?;
    Ok(issue(request, client, session, (scope, consent), (policy, now)))
}

/// OIDC Core §5.5.1.1: an essential `acr` that nobody can reach is an error, not a lower one.
fn check_strength(request: &Request) -> Result<(), Stop> {
    let reachable = request.claims.acr().is_none_or(|wish| wish.admits(Some(ACR_PASSWORD)));
    if reachable { Ok(()) } else { Err(Stop::Refuse(UNMET)) }
}

/// Somebody is signed in, and it is the account that is meant.
fn check_session<'a>(request: &Request, facts: &Facts<'a>) -> Result<&'a Session, Stop> {
    let chosen = facts.progress.account_chosen;
    if request.prompt.create && !chosen {
        return Err(Stop::SignIn(SignIn::Create));
    }
    let session = facts.session.ok_or(Stop::SignIn(SignIn::First))?;
    let signed_in_for_this = session.authenticated_at >= facts.progress.begun_at;
    if request.prompt.select_account && !chosen && !signed_in_for_this {
        return Err(Stop::SignIn(SignIn::Choose));
    }
    Ok(session)
}

/// `prompt=login` and `max_age`: only who proves it after the request arrived has done so for it.
fn check_freshness(
    request: &Request,
    session: &Session,
    facts: &Facts<'_>,
    now: Timestamp,
) -> Result<(), Stop> {
    if session.authenticated_at >= facts.progress.begun_at {
        return Ok(());
    }
    let too_old = request.max_age.is_some_and(|age| now.since(session.authenticated_at) >= age);
    if request.prompt.login || too_old { Err(Stop::SignIn(SignIn::Again)) } else { Ok(()) }
}

/// OIDC Core §3.1.2.1, §3.1.2.2: the person whom the client means, or nobody.
fn check_hint(request: &Request, session: &Session, facts: &Facts<'_>) -> Result<(), Stop> {
    let meant = match &facts.hint {
        Hint::Invalid => return Err(Stop::Refuse(BAD_HINT)),
        Hint::Of(subject) => *subject == session.subject,
        Hint::Absent => true,
    };
    if meant && request.claims.admits_subject(&session.subject) {
        return Ok(());
    }
    // Who has just signed in as somebody else means it.
    let tried = session.authenticated_at >= facts.progress.begun_at;
    Err(if tried { Stop::Refuse(LOGIN_REQUIRED) } else { Stop::SignIn(SignIn::Again) })
}

fn asked(request: &Request) -> Given {
    Given {
        scope: request.scope.clone(),
        claims: request.claims.beyond(&request.scope).into_iter().map(str::to_owned).collect(),
        resources: request.resources.iter().cloned().collect(),
    }
}

/// Answers the scope to grant, and what to remember.
fn check_consent(
    request: &Request,
    client: &Client,
    facts: &Facts<'_>,
    policy: &Policy,
    asked: Given,
) -> Result<(ScopeSet, Option<Given>), Stop> {
    match &facts.answer {
        Some(Answer::Deny) => return Err(Stop::Refuse(DENIED)),
        Some(Answer::Allow(ticked)) => {
            let scope = chosen(&asked.scope, ticked, policy);
            let now = Given { scope: scope.clone(), ..asked };
            return Ok((scope, Some(now)));
        }
        None => {}
    }
    // Any program on the device could pass for this client (RFC 8252 §8.6), so the person has to see that it asks.
    let impersonable =
        client.client_type == ClientType::Public && request.destination.is_on_device();
    let again = request.prompt.consent || impersonable;
    match consent::decide(client, &asked, facts.consent, again) {
        consent::Decision::Covered => Ok((asked.scope, None)),
        consent::Decision::Ask { new_scope, new_claims } => {
            Err(Stop::Consent(Ask { scope: asked.scope, new_scope, claims: new_claims }))
        }
    }
}

/// What was asked for, less the optional scopes that the person left out. Nobody can tick more than was asked for.
pub(crate) fn chosen(asked: &ScopeSet, ticked: &ScopeSet, policy: &Policy) -> ScopeSet {
    let keeps =
        |scope: &&crate::scope::ScopeToken| !policy.is_optional(scope) || ticked.contains(scope);
    asked.iter().filter(keeps).cloned().collect()
}

fn issue(
    request: &Request,
    client: &Client,
    session: &Session,
    (scope, consent): (ScopeSet, Option<Given>),
    (policy, now): (&Policy, Timestamp),
) -> Issue {
    let destination = &request.destination;
    let audience = match request.resources.as_slice() {
        [] => policy.audience.clone(),
        named => named.to_vec(),
    };
    let access = request.response_type.has_token().then(|| Terms {
        user: Some(session.user),
        audience: audience.clone(),
        authenticated_at: Some(session.authenticated_at),
        acr: Some(session.acr.clone()),
        ..Terms::of_client(client, scope.clone(), policy, now)
    });
    Issue {
        user: session.user,
        consent,
        access,
        authorization: New {
            user: session.user.id,
            client: client.id.clone(),
            grant: GrantType::AuthorizationCode,
            scope,
            audience,
            state: State::Granted,
            created_at: now,
            expires_at: policy.refresh_absolute.map(|span| now + span),
            authenticated_at: Some(session.authenticated_at),
            details: Details {
                session: Some(session.id),
                redirect_uri: destination.is_named().then(|| destination.uri().to_owned()),
                challenge: request.challenge.clone(),
                nonce: request.nonce.clone(),
                claims: request.claims.clone(),
                acr: Some(session.acr.clone()),
                amr: session.amr.clone(),
            },
        },
    }
}

/// The person said no.
pub const DENIED: OAuthError =
    OAuthError::new(ErrorCode::AccessDenied, "the person refused what the application asked for");
const LOGIN_REQUIRED: OAuthError = OAuthError::new(
    ErrorCode::LoginRequired,
    "the person would have to sign in, and prompt=none or the hint does not allow that",
);
const CONSENT_REQUIRED: OAuthError = OAuthError::new(
    ErrorCode::ConsentRequired,
    "the person would have to be asked, and prompt=none does not allow that",
);
const UNMET: OAuthError = OAuthError::new(
    ErrorCode::UnmetAuthenticationRequirements,
    "nobody can sign in here as strongly as the essential claim acr asks",
);
const BAD_HINT: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    "id_token_hint is not an ID token that this server made for this client",
);

#[cfg(test)]
mod tests;
