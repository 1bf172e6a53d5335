//! The device authorization endpoint: may this client ask for that, and how long does it wait (RFC 8628 §3.1, §3.2).

use crate::client::Client;
use crate::device::{INTERVAL, New};
use crate::error::{ErrorCode, OAuthError};
use crate::form::Form;
use crate::grant::{GrantType, UNAUTHORIZED, UNSUPPORTED};
use crate::policy::Policy;
use crate::scope::ScopeSet;
use crate::time::Timestamp;

/// How many requests of one client may wait at once. Of a public client anybody can make some.
pub const MOST_PENDING: u64 = 10_000;

/// The parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What the device asks for; the default if it does not say.
    pub scope: Option<ScopeSet>,
    /// The resources that it names (RFC 8707 §2).
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

/// What is known.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The client that authenticated.
    pub client: &'a Client,
    /// How many of its requests wait for a person.
    pub pending: u64,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Keep the request and give its two codes.
    Begin(Box<New>),
    /// Refuse; write nothing.
    Refuse(OAuthError),
}

/// Decide one request.
pub fn decide(request: &Request, facts: Facts<'_>, policy: &Policy, now: Timestamp) -> Decision {
    match begin(request, facts, policy, now) {
        Ok(new) => Decision::Begin(Box::new(new)),
        Err(error) => Decision::Refuse(error),
    }
}

fn begin(
    request: &Request,
    Facts { client, pending }: Facts<'_>,
    policy: &Policy,
    now: Timestamp,
) -> Result<New, OAuthError> {
    if !policy.capabilities.offers(&GrantType::DeviceCode) {
        return Err(UNSUPPORTED);
    }
    if !client.may_use(&GrantType::DeviceCode) {
        return Err(UNAUTHORIZED);
    }
    let scope = policy.grant_scope_to_person(request.scope.as_ref(), client)?;
    let audience = policy.audience_for(&request.resources)?;
    if pending >= MOST_PENDING {
        return Err(TOO_MANY);
    }
    Ok(New {
        client: client.id.clone(),
        scope,
        audience,
        created_at: now,
        expires_at: now + policy.device_code_lifetime,
        interval: INTERVAL,
    })
}

const TOO_MANY: OAuthError = OAuthError::new(
    ErrorCode::TemporarilyUnavailable,
    "too many devices of this client wait for an answer; try again in a few minutes",
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{NOW, client, policy, scope};
    use std::time::Duration;

    fn ask(body: &str, client: &Client, pending: u64, policy: &Policy) -> Decision {
        let form = Form::parse(body.as_bytes()).unwrap();
        match Request::parse(&form) {
            Ok(request) => decide(&request, Facts { client, pending }, policy, NOW),
            Err(error) => Decision::Refuse(error),
        }
    }

    /// R8628-3.1-a
    #[test]
    fn a_device_gets_what_its_client_may_have_for_ten_minutes() {
        let Decision::Begin(new) = ask("scope=read", &client(), 0, &policy()) else { panic!() };
        assert_eq!((new.scope, new.interval), (scope("read"), Duration::from_secs(5)));
        assert_eq!((new.created_at, new.expires_at), (NOW, NOW + Duration::from_mins(10)));
        let Decision::Begin(new) = ask("", &client(), 0, &policy()) else { panic!() };
        assert_eq!(new.scope, scope("read write"), "the default");
        let Decision::Begin(new) = ask("scope=openid+read", &client(), 0, &policy()) else {
            panic!()
        };
        assert_eq!(new.scope, scope("openid read"), "a person is asked, so there is one to know");
    }

    /// R8628-3.1-a, R8628-5.4-a, R8707-2-a
    #[test]
    fn what_is_refused() {
        let mut policy = policy();
        policy.resources = vec!["https://api.example".to_owned()];
        let mut narrow = client();
        narrow.scope = Some(scope("read"));
        let mut without = client();
        without.grant_types.remove(&GrantType::DeviceCode);
        let mut closed = policy.clone();
        closed.capabilities.withdraw(&GrantType::DeviceCode);
        let table: [(&str, &Client, u64, &Policy, &str); 7] = [
            ("scope=read", &without, 0, &policy, "unauthorized_client"),
            ("scope=read", &client(), 0, &closed, "unsupported_grant_type"),
            ("scope=sudo", &client(), 0, &policy, "invalid_scope"),
            ("scope=write", &narrow, 0, &policy, "invalid_scope"),
            ("scope=re%22ad", &client(), 0, &policy, "invalid_scope"),
            ("resource=https://elsewhere.example", &client(), 0, &policy, "invalid_target"),
            ("scope=read", &client(), MOST_PENDING, &policy, "temporarily_unavailable"),
        ];
        for (body, client, pending, policy, expected) in table {
            match ask(body, client, pending, policy) {
                Decision::Refuse(error) => assert_eq!(error.code().as_str(), expected, "{body}"),
                begun @ Decision::Begin(_) => panic!("{body}: {begun:?}"),
            }
        }
        let one_less = ask("scope=read", &client(), MOST_PENDING - 1, &policy);
        assert!(matches!(one_less, Decision::Begin(_)));
        let Decision::Begin(new) = ask("resource=https://api.example/", &client(), 0, &policy)
        else {
            panic!()
        };
        assert_eq!(new.audience, policy.resources);
    }
}
