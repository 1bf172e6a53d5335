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
use crate::authorization::{Details, New};
use crate::client::Client;
use crate::endpoint::authorize::ACR_PASSWORD;
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
    /// The resources that the tokens are to be for; those of the policy if it does not say (RFC 8707 §2.2).
    pub resources: Vec<String>,
}

impl Request {
    /// Parse the parameters.
    pub fn parse(form: &Form) -> Result<Self, OAuthError> {
        Ok(Self {
            username: form.required("username")?.to_owned(),
            password: Secret::from(form.required("password")?),
            scope: form.optional("scope").map(ScopeSet::parse).transpose()?,
            resources: form.all("resource").map(str::to_owned).collect(),
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
    match check(request, client, facts, policy, now) {
        Ok((bearer, access)) => Decision::Issue(Box::new(issue(bearer, access, client, policy))),
        Err(error) => Decision::Refuse(error),
    }
}

fn check(
    request: &Request,
    client: &Client,
    facts: &Facts,
    policy: &Policy,
    now: Timestamp,
) -> Result<(Bearer, Terms), OAuthError> {
    if !client.may_use(&GrantType::Password) {
        return Err(UNAUTHORIZED);
    }
    let verified = facts.user.ok_or(WRONG)?;
    // A disabled account gets the answer of a wrong password: who guesses a password must not
    // learn that it was right.
    active::admit(&active::Facts::of_user(verified.standing, facts.client)).map_err(|_| WRONG)?;
    let scope = policy.grant_scope(request.scope.as_ref(), client)?;
    let audience = policy.audience_for(&request.resources)?;
    let own = Terms::of_client(client, scope, policy, now);
    let bearer = verified.bearer;
    let terms = Terms {
        user: Some(bearer),
        authenticated_at: Some(now),
        acr: Some(ACR_PASSWORD.to_owned()),
        audience,
        ..own
    };
    Ok((bearer, terms))
}

fn issue(bearer: Bearer, access: Terms, client: &Client, policy: &Policy) -> Issue {
    let refreshes = policy.refreshes(client);
    Issue {
        authorization: New {
            expires_at: policy.refresh_absolute.map(|span| access.issued_at + span),
            details: Details::by_password(),
            ..New::live(bearer.id, GrantType::Password, &access)
        },
        access,
        refresh: refreshes.then_some(RefreshToken::FIRST_GENERATION),
    }
}

/// What every refused person is answered: unknown, disabled, or with another password.
pub const WRONG: OAuthError =
    OAuthError::new(ErrorCode::InvalidGrant, "the username or the password is wrong");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{BAD, NOW, bearer, client, client_id, policy, public_client, scope};

    fn facts() -> Facts {
        let user = Verified { bearer: bearer(), standing: Standing::Good };
        Facts { user: Some(user), client: Standing::Good }
    }

    fn check(asked: Option<&str>, client: &Client, facts: &Facts, expected: &str) {
        let request = Request {
            username: "halfspring".to_owned(),
            password: Secret::from("1234abcd"),
            scope: asked.map(scope),
            resources: Vec::new(),
        };
        let actual = match decide(&request, client, facts, &policy(), NOW) {
            Decision::Issue(issue) => {
                assert_eq!(issue.authorization.scope, issue.access.scope);
                assert_eq!(issue.access.user, Some(bearer()));
                assert_eq!(issue.access.authenticated_at, Some(NOW));
                assert_eq!(issue.access.acr.as_deref(), Some("1"));
                assert_eq!(issue.authorization.details.acr, issue.access.acr);
                format!("issue {} {:?}", issue.access.scope, issue.refresh)
            }
            Decision::Refuse(error) => error.code().to_string(),
        };
        assert_eq!(actual, expected);
    }

    #[test]
    fn a_verified_user_gets_what_is_asked_or_the_default() {
        check(None, &client(), &facts(), "issue read write Some(1)");
        check(Some("read"), &public_client(), &facts(), "issue read Some(1)");
        check(Some("read sudo"), &client(), &facts(), "invalid_scope");
    }

    #[test]
    fn our_own_application_signs_people_in_by_the_same_rule() {
        let own = Client::first_party(client_id("own"), "Unicorns");
        check(None, &own, &facts(), "issue read write Some(1)");
    }

    /// R6749-5.2-c
    #[test]
    fn only_a_client_that_has_the_grant_may_use_it_even_with_the_right_password() {
        let mut without = client();
        without.grant_types.remove(&GrantType::Password);
        check(None, &without, &facts(), "unauthorized_client");
    }

    #[test]
    fn a_client_that_may_not_refresh_gets_no_refresh_token() {
        let mut without = client();
        without.grant_types.remove(&GrantType::RefreshToken);
        check(None, &without, &facts(), "issue read write None");
    }

    /// R21-4.3.3-d
    #[test]
    fn unknown_wrong_and_disabled_read_alike() {
        let request = Request {
            username: "u".to_owned(),
            password: Secret::from("p"),
            scope: None,
            resources: Vec::new(),
        };
        let refused = Decision::Refuse(WRONG);
        let decide = |facts| decide(&request, &client(), &facts, &policy(), NOW);
        assert_eq!(decide(Facts { user: None, ..facts() }), refused);
        for standing in BAD {
            let user = Some(Verified { bearer: bearer(), standing });
            assert_eq!(decide(Facts { user, ..facts() }), refused);
            assert_eq!(decide(Facts { client: standing, ..facts() }), refused);
        }
    }

    #[test]
    fn name_and_password_are_needed() {
        for (body, missing) in [("username=u", "password"), ("password=p&username=", "username")] {
            let error = Request::parse(&Form::parse(body.as_bytes()).unwrap()).unwrap_err();
            assert_eq!(error.code(), ErrorCode::InvalidRequest);
            assert!(error.description().contains(missing));
        }
    }

    #[test]
    fn the_authorization_ends_at_its_absolute_lifetime() {
        let request = Request {
            username: "u".to_owned(),
            password: Secret::from("p"),
            scope: None,
            resources: Vec::new(),
        };
        let mut policy = policy();
        let Decision::Issue(issue) = decide(&request, &client(), &facts(), &policy, NOW) else {
            panic!("refused")
        };
        assert_eq!(issue.authorization.expires_at, policy.refresh_absolute.map(|s| NOW + s));
        policy.refresh_absolute = None;
        let Decision::Issue(issue) = decide(&request, &client(), &facts(), &policy, NOW) else {
            panic!("refused")
        };
        assert_eq!(issue.authorization.expires_at, None);
    }
}
