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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    let offered = request.grant_type.filter(|grant| policy.capabilities.offers(*grant));
    let Some(grant) = offered else { return Decision::Refuse(UNSUPPORTED) };
    if !facts.may_use(grant) {
        return Decision::Refuse(UNAUTHORIZED);
    }
    match TokenRequest::parse(grant, form) {
        Ok(request) => Decision::Proceed(request),
        Err(error) => Decision::Refuse(error),
    }
}
