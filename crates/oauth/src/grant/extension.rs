//! A grant that the program brings itself, named by an absolute URI: RFC 6749 §4.5.
//!
//! ```text
//! what the client brings ── the program's own rule ──▶ Permit │ its error
//! Permit, the account, the client ──▶ terms of an access token, for a person an authorization too
//! ```
//!
//! The program says who is meant and how much they may have at most. Everything that all grants have in common stays here:
//! whether the client may, whether it and the account are active, that no scope grows, and that what may be used once is.

use crate::access_token::Terms;
use crate::active;
use crate::authorization::New;
use crate::client::{Client, ClientType};
use crate::error::{ErrorCode, Malformed, OAuthError};
use crate::form::Form;
use crate::grant::jwt_bearer::Subject;
use crate::grant::password::Verified;
use crate::grant::{GrantType, UNAUTHORIZED};
use crate::id::UserId;
use crate::policy::Policy;
use crate::refresh_token::RefreshToken;
use crate::scope::ScopeSet;
use crate::time::Timestamp;
use std::fmt;
use std::sync::Arc;

/// The name of an extension grant: an absolute URI without a fragment, of 255 printable ASCII characters at most, and not the
/// name of a grant that this server has itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExtensionName(Arc<str>);

impl ExtensionName {
    /// The longest name, in bytes.
    pub const MAX_BYTES: usize = 255;

    /// Read a name.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        if GrantType::BUILT_IN.iter().any(|grant| grant.as_str() == text) {
            return Err(Malformed("this server has a grant of this name itself"));
        }
        let printable = text.bytes().all(|byte| byte.is_ascii_graphic());
        let absolute = url::Url::parse(text).is_ok_and(|url| url.fragment().is_none());
        if printable && absolute && text.len() <= Self::MAX_BYTES {
            Ok(Self(Arc::from(text)))
        } else {
            Err(Malformed(
                "no such grant type is known; one that is an extension is an absolute URI",
            ))
        }
    }

    /// The text of it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ExtensionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The parameters that every extension grant has; the program reads its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Which grant it is.
    pub name: ExtensionName,
    /// What the client asks for; the default if it does not say.
    pub scope: Option<ScopeSet>,
    /// The resources that the tokens are to be for; those of the policy if it does not say (RFC 8707 §2.2).
    pub resources: Vec<String>,
}

impl Request {
    /// Parse the parameters.
    pub fn parse(name: ExtensionName, form: &Form) -> Result<Self, OAuthError> {
        let scope = form.optional("scope").map(ScopeSet::parse).transpose()?;
        Ok(Self { name, scope, resources: form.all("resource").map(str::to_owned).collect() })
    }
}

/// What the program's rule gives: who is meant, and how much at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permit {
    /// For whom the token is to be.
    pub whom: Whom,
    /// The most that may be had; `None` for all that the client may have.
    pub most: Option<ScopeSet>,
    /// Whether the person has proved just now who they are.
    pub signed_in: bool,
    /// Whether a refresh token goes with it, if the client is registered for refreshing. Only for a person.
    pub refreshes: bool,
    /// What the client has brought and may bring once only.
    pub once: Option<Once>,
}

/// For whom a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// The client itself, which has to be able to prove who it is.
    Client,
    /// A person with an account here.
    Person(Subject),
}

/// What may be used once only, on all nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    /// Its name, which only this grant has to understand; not a secret.
    pub id: String,
    /// When it would lapse anyway, so that it may be forgotten.
    pub expires_at: Timestamp,
}

impl Permit {
    /// For the client itself.
    pub const fn for_client() -> Self {
        Self::new(Whom::Client)
    }

    /// For the person with this account.
    pub const fn for_user(id: UserId) -> Self {
        Self::new(Whom::Person(Subject::UserId(id)))
    }

    /// For the person with exactly this username.
    pub fn for_username(name: impl Into<String>) -> Self {
        Self::new(Whom::Person(Subject::Username(name.into())))
    }

    const fn new(whom: Whom) -> Self {
        Self { whom, most: None, signed_in: false, refreshes: false, once: None }
    }

    /// With this scope at most.
    #[must_use]
    pub fn within(mut self, most: ScopeSet) -> Self {
        self.most = Some(most);
        self
    }

    /// By somebody who has proved just now who they are.
    #[must_use]
    pub const fn signed_in(mut self) -> Self {
        self.signed_in = true;
        self
    }

    /// With a refresh token, if the client is registered for refreshing.
    #[must_use]
    pub const fn refreshing(mut self) -> Self {
        self.refreshes = true;
        self
    }

    /// Only if nobody has brought `id` for this grant before, on any node; it may be forgotten at `expires_at`.
    #[must_use]
    pub fn once(mut self, id: impl Into<String>, expires_at: Timestamp) -> Self {
        self.once = Some(Once { id: id.into(), expires_at });
        self
    }
}

/// What was found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// What the program's rule says.
    pub permit: Result<Permit, OAuthError>,
    /// The account that it names; `None` if it names none or there is none.
    pub user: Option<Verified>,
    /// How the client is doing.
    pub client: active::Standing,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Take what may be used once and make the authorization, both or neither; then issue. What has been taken before is
    /// answered [`INVALID`].
    Issue(Box<Issue>),
    /// Refuse; write nothing.
    Refuse(OAuthError),
}

/// What is to be issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// What is used up.
    pub once: Option<Once>,
    /// The row to make, by which the person sees and ends it; nothing where the client acts for itself.
    pub authorization: Option<New>,
    /// The access token.
    pub access: Terms,
    /// The generation of the refresh token; `None` if there is none.
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
    match check(request, client, facts, policy, now) {
        Ok((permit, access)) => {
            let user = access.user;
            let refreshes = permit.refreshes && policy.refreshes(client);
            let grant = GrantType::Extension(request.name.clone());
            let authorization = user.map(|user| New {
                // What nothing can be refreshed from lives as long as its one access token.
                expires_at: if refreshes {
                    policy.refresh_absolute.map(|span| now + span)
                } else {
                    Some(access.expires_at)
                },
                ..New::live(user.id, grant, &access)
            });
            let refresh = (refreshes && user.is_some()).then_some(RefreshToken::FIRST_GENERATION);
            Decision::Issue(Box::new(Issue {
                once: permit.once.clone(),
                authorization,
                access,
                refresh,
            }))
        }
        Err(error) => Decision::Refuse(error),
    }
}

fn check<'a>(
    request: &Request,
    client: &Client,
    facts: &'a Facts,
    policy: &Policy,
    now: Timestamp,
) -> Result<(&'a Permit, Terms), OAuthError> {
    if !client.may_use(&GrantType::Extension(request.name.clone())) {
        return Err(UNAUTHORIZED);
    }
    let permit = facts.permit.as_ref().map_err(OAuthError::clone)?;
    let user = match permit.whom {
        Whom::Client if client.client_type == ClientType::Public => return Err(PUBLIC),
        Whom::Client => {
            active::admit(&active::Facts::of_client(facts.client)).map_err(|_| INVALID)?;
            None
        }
        // Whatever is wrong with the account, the words are the same: the client must not learn who has one here.
        Whom::Person(_) => {
            let user = facts.user.ok_or(INVALID)?;
            active::admit(&active::Facts::of_user(user.standing, facts.client))
                .map_err(|_| INVALID)?;
            Some(user.bearer)
        }
    };
    let mut allowed = policy.scope_allowed_to(client);
    if let Some(most) = &permit.most {
        allowed = allowed.intersection(most);
    }
    let scope = policy.grant_scope_of(request.scope.as_ref(), &allowed)?;
    let audience = policy.audience_for(&request.resources)?;
    let authenticated_at = (permit.signed_in && user.is_some()).then_some(now);
    let own = Terms::of_client(client, scope, policy, now);
    Ok((permit, Terms { user, audience, authenticated_at, ..own }))
}

/// What is answered whatever is wrong with the account, and where something is brought a second time.
pub const INVALID: OAuthError = OAuthError::new(
    ErrorCode::InvalidGrant,
    "what was sent for this grant is not valid here, has been used before, or is for an account that cannot be used",
);
const PUBLIC: OAuthError = OAuthError::new(
    ErrorCode::UnauthorizedClient,
    "a public client cannot prove who it is, so it gets no token for itself",
);

#[cfg(test)]
mod tests;
