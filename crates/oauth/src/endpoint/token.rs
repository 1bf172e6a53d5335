//! The token endpoint: which grant is it, and may this client use it (RFC 6749 §3.2, §5.2).
//!
//! ```text
//! form ── grant_type known and offered ── client registered for it ──▶ the grant's own file
//! ```

use crate::client::Client;
use crate::error::OAuthError;
use crate::form::Form;
use crate::grant::{GrantType, TokenRequest, UNAUTHORIZED, UNSUPPORTED};
use crate::policy::Policy;

/// Which grant is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The grant; `None` for a word that nobody has registered.
    pub grant_type: Option<GrantType>,
}

impl Request {
    /// Parse `grant_type`; without it the request is `invalid_request`.
    pub fn parse(form: &Form) -> Result<Self, OAuthError> {
        Ok(Self { grant_type: GrantType::parse(form.required("grant_type")?).ok() })
    }
}

/// The client that authenticated.
pub type Facts<'a> = &'a Client;

/// What is to be done.
#[derive(Debug)]
pub enum Decision {
    /// Let the grant decide.
    Proceed(TokenRequest),
    /// Refuse; write nothing.
    Refuse(OAuthError),
}

/// Decide whether this client may use this grant here, and parse the grant's own parameters.
pub fn decide(request: &Request, facts: Facts<'_>, form: &Form, policy: &Policy) -> Decision {
    let offered = request.grant_type.as_ref().filter(|grant| policy.capabilities.offers(grant));
    let Some(grant) = offered else { return Decision::Refuse(UNSUPPORTED) };
    if !facts.may_use(grant) {
        return Decision::Refuse(UNAUTHORIZED);
    }
    match TokenRequest::parse(grant, form) {
        Ok(request) => Decision::Proceed(request),
        Err(error) => Decision::Refuse(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::metadata;
    use crate::error::ErrorCode;
    use crate::fixtures::{client, policy};

    fn check(body: &str, client: &Client, policy: &Policy, expected: &str) {
        let form = Form::parse(body.as_bytes()).unwrap();
        let actual = match Request::parse(&form) {
            Ok(request) => match decide(&request, client, &form, policy) {
                Decision::Proceed(request) => format!("proceed {}", request.grant_type()),
                Decision::Refuse(error) => error.code().to_string(),
            },
            Err(error) => error.code().to_string(),
        };
        assert_eq!(actual, expected, "{body}");
    }

    /// R6749-5.2-c
    #[test]
    fn the_grant_must_be_known_offered_and_registered() {
        check("grant_type=client_credentials", &client(), &policy(), "proceed client_credentials");
        check("grant_type=magic", &client(), &policy(), "unsupported_grant_type");
        check("grant_type=Password", &client(), &policy(), "unsupported_grant_type");
        check("grant_type=", &client(), &policy(), "invalid_request");
        check("scope=read", &client(), &policy(), "invalid_request");
        let mut without = client();
        without.grant_types.clear();
        check("grant_type=client_credentials", &without, &policy(), "unauthorized_client");
    }

    /// R9700-2.4-a
    #[test]
    fn the_password_grant_is_not_offered_by_default() {
        let safe = Policy::new(policy().issuer);
        check(
            "grant_type=password&username=u&password=p",
            &client(),
            &safe,
            "unsupported_grant_type",
        );
    }

    /// R8414-2-b
    #[test]
    fn what_is_advertised_works_and_what_is_not_is_refused() {
        for policy in [policy(), Policy::new(policy().issuer)] {
            let advertised = metadata::decide(&policy, &[]).grant_types_supported;
            for grant in GrantType::BUILT_IN {
                let body = format!("grant_type={grant}");
                let form = Form::parse(body.as_bytes()).unwrap();
                let request = Request::parse(&form).unwrap();
                let refused = match decide(&request, &client(), &form, &policy) {
                    Decision::Proceed(_) => false,
                    Decision::Refuse(error) => error.code() == ErrorCode::UnsupportedGrantType,
                };
                assert_eq!(refused, !advertised.contains(&grant.to_string()), "{grant}");
            }
        }
    }
}
