//! A client acting for itself: RFC 6749 §4.4; for which resources: RFC 8707 §2.2.
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
    /// The resources that the token is to be for; those of the policy if it does not say.
    pub resources: Vec<String>,
}

impl Request {
    /// Parse the parameters.
    pub fn parse(form: &Form) -> Result<Self, OAuthError> {
        Ok(Self {
            scope: form.optional("scope").map(ScopeSet::parse).transpose()?,
            resources: form.all("resource").map(str::to_owned).collect(),
        })
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
        Ok((scope, audience)) => {
            Decision::Issue(Terms { audience, ..Terms::of_client(client, scope, policy, now) })
        }
        Err(error) => Decision::Refuse(error),
    }
}

fn check(
    request: &Request,
    client: &Client,
    facts: Facts,
    policy: &Policy,
) -> Result<(ScopeSet, Vec<String>), OAuthError> {
    if client.client_type == ClientType::Public {
        return Err(PUBLIC);
    }
    if !client.may_use(&GrantType::ClientCredentials) {
        return Err(UNAUTHORIZED);
    }
    active::admit(&active::Facts::of_client(facts)).map_err(|_| INACTIVE)?;
    let audience = policy.audience_for(&request.resources)?;
    Ok((policy.grant_scope(request.scope.as_ref(), client)?, audience))
}

const PUBLIC: OAuthError = OAuthError::new(
    ErrorCode::UnauthorizedClient,
    "a public client has no credentials, so it cannot use client_credentials",
);
const INACTIVE: OAuthError =
    OAuthError::new(ErrorCode::InvalidClient, "client authentication failed");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::active::Standing;
    use crate::fixtures::{BAD, NOW, client, policy, public_client, scope};

    fn check(asked: Option<&str>, client: &Client, facts: Facts, expected: &str) {
        let request = Request { scope: asked.map(scope), resources: Vec::new() };
        let actual = match decide(&request, client, facts, &policy(), NOW) {
            Decision::Issue(terms) => {
                // R6749-4.4-c: the token carries no user.
                assert_eq!((terms.user, terms.authenticated_at), (None, None));
                assert_eq!((terms.client_epoch, terms.expires_in()), (client.epoch, 3600));
                format!("issue {}", terms.scope)
            }
            Decision::Refuse(error) => error.code().to_string(),
        };
        assert_eq!(actual, expected);
    }

    /// R8707-2-b
    #[test]
    fn the_token_is_for_the_resources_that_are_named() {
        let mut policy = policy();
        policy.resources = vec!["https://id.example/v1".to_owned()];
        policy.audience = vec!["https://id.example/all".to_owned()];
        let audience = |named: &[&str]| {
            let resources = named.iter().map(|&name| name.to_owned()).collect();
            let request = Request { scope: None, resources };
            match decide(&request, &client(), Standing::Good, &policy, NOW) {
                Decision::Issue(terms) => terms.audience.join(" "),
                Decision::Refuse(error) => error.code().to_string(),
            }
        };
        assert_eq!(audience(&[]), "https://id.example/all");
        assert_eq!(audience(&["https://id.example/v1/"]), "https://id.example/v1");
        assert_eq!(
            audience(&["https://id.example/v1", "https://elsewhere.example"]),
            "invalid_target"
        );
        assert_eq!(audience(&["/v1"]), "invalid_target");
    }

    /// R6749-3.3-b
    #[test]
    fn a_client_gets_what_it_may_have() {
        check(None, &client(), Standing::Good, "issue read write");
        check(Some("admin"), &client(), Standing::Good, "issue admin");
        check(Some("sudo"), &client(), Standing::Good, "invalid_scope");
        let limited = Client { scope: Some(scope("read")), ..client() };
        check(None, &limited, Standing::Good, "issue read");
        check(Some("write"), &limited, Standing::Good, "invalid_scope");
        let none = Client { scope: Some(scope("admin")), ..client() };
        check(None, &none, Standing::Good, "invalid_scope");
    }

    /// R6749-4.4-a
    #[test]
    fn a_public_client_may_not() {
        check(None, &public_client(), Standing::Good, "unauthorized_client");
    }

    /// R6749-5.2-c
    #[test]
    fn a_client_without_the_grant_may_not() {
        let mut without = client();
        without.grant_types.remove(&GrantType::ClientCredentials);
        check(None, &without, Standing::Good, "unauthorized_client");
    }

    #[test]
    fn a_client_that_does_not_stand_may_not() {
        for bad in BAD {
            check(None, &client(), bad, "invalid_client");
        }
    }
}
