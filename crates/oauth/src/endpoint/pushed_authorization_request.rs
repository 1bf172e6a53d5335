//! Pushed authorization requests: the client leaves its request here and the browser carries only its name (RFC 9126).
//!
//! ```text
//! form ── no request_uri, no credentials ──▶ Request ── all checks of an authorization request ──▶ Keep │ Refuse
//! ```

use super::authorize::{self, Channel, Parameters, locate};
use crate::client::Client;
use crate::error::{ErrorCode, OAuthError};
use crate::form::Form;
use crate::policy::Policy;
use serde::Serialize;
use std::time::Duration;

/// By what a client authenticates: no part of what it asks for, so it is not kept with it.
const CREDENTIALS: [&str; 3] = ["client_secret", "client_assertion", "client_assertion_type"];

/// What was pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The parameters, without those that only authenticate the client.
    pub parameters: Parameters,
    /// Whether they stood in a signed request object.
    pub signed: bool,
}

impl Request {
    /// Read the form. A name of another request in it is refused (RFC 9126 §2.1).
    pub fn parse(form: &Form) -> Result<Self, OAuthError> {
        let pairs = form.pairs().map(|(name, value)| (name.to_owned(), value.to_owned()));
        let asked = pairs.filter(|(name, _)| !CREDENTIALS.contains(&name.as_str()));
        let parameters = Parameters::from_pairs(asked)?;
        match parameters.one("request_uri")? {
            Some(_) => Err(NESTED),
            None => Ok(Self { parameters, signed: false }),
        }
    }

    /// The same, once its request object has been opened: what stood beside it is not used (RFC 9126 §3).
    #[must_use]
    pub fn opened(inside: &Parameters) -> Self {
        Self { parameters: inside.without(&CREDENTIALS), signed: true }
    }
}

/// What is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// How many requests of this client wait here already.
    pub waiting: u64,
    /// How many may.
    pub most: u64,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Keep it and give it a name.
    Keep {
        /// What was asked for.
        parameters: Parameters,
        /// How it reached us.
        channel: Channel,
        /// For how long.
        lifetime: Duration,
    },
    /// The authorization endpoint would refuse it, so it is refused now.
    Refuse(OAuthError),
    /// The client lets too many wait; none lives longer than this.
    TooMany(Duration),
}

/// What the client is told (RFC 9126 §2.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pushed {
    /// Names the request at the authorization endpoint.
    pub request_uri: String,
    /// For how many seconds.
    pub expires_in: u64,
}

/// Decide one request of an authenticated client.
pub fn decide(request: Request, client: &Client, facts: Facts, policy: &Policy) -> Decision {
    let channel = Channel::Pushed { signed: request.signed };
    let lifetime = policy.pushed_request_lifetime;
    let parameters = request.parameters;
    let destination = match locate(&parameters, Some(client)) {
        Ok(destination) => destination,
        Err(error) => return Decision::Refuse(here(error)),
    };
    match authorize::Request::parse(&parameters, destination, channel, client, policy) {
        Err(error) => Decision::Refuse(error),
        Ok(_) if facts.waiting >= facts.most => Decision::TooMany(lifetime),
        Ok(_) => Decision::Keep { parameters, channel, lifetime },
    }
}

/// The client has authenticated; a `client_id` that names another one is its mistake and no failed authentication.
fn here(error: OAuthError) -> OAuthError {
    if error.code() == ErrorCode::InvalidClient { OTHER_CLIENT } else { error }
}

const NESTED: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    "what is pushed is the request itself, so it cannot name another one by request_uri",
);
const OTHER_CLIENT: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    "client_id is not the client that authenticated; a client pushes its own requests",
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::RedirectUri;
    use crate::fixtures::{client, policy};

    const GOOD: &str = "client_id=cli&response_type=code&redirect_uri=https://app.example/cb&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";
    const ROOM: Facts = Facts { waiting: 9, most: 10 };

    fn site() -> Client {
        let redirect_uris = vec![RedirectUri::parse("https://app.example/cb").unwrap()];
        Client { redirect_uris, ..client() }
    }

    fn parse(body: &str) -> Result<Request, OAuthError> {
        Request::parse(&Form::parse(body.as_bytes()).unwrap())
    }

    fn run(body: &str, facts: Facts) -> Decision {
        decide(parse(body).unwrap(), &site(), facts, &policy())
    }

    #[test]
    fn a_good_request_is_kept_without_what_authenticates_the_client() {
        let secrets =
            "&client_secret=s3cret&client_assertion=a.b.c&client_assertion_type=urn%3Ax&state=s";
        let Decision::Keep { parameters, channel, lifetime } =
            run(&format!("{GOOD}{secrets}"), ROOM)
        else {
            panic!("refused")
        };
        assert_eq!(channel, Channel::Pushed { signed: false });
        assert_eq!(lifetime, Duration::from_mins(1));
        let names: Vec<_> = parameters.pairs().map(|(name, _)| name).collect();
        assert!(names.contains(&"state") && !names.iter().any(|name| name.contains("secret")));
        assert!(!names.iter().any(|name| name.contains("assertion")), "{names:?}");
    }

    /// R9126-2.1-a
    #[test]
    fn a_request_does_not_name_another_one() {
        let error = parse(&format!("{GOOD}&request_uri=urn:x")).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidRequest);
    }

    /// R9126-2.1-b
    #[test]
    fn what_the_authorization_endpoint_would_refuse_is_refused_now() {
        let changes = [
            ("client_id=cli&", "", ErrorCode::InvalidRequest),
            ("client_id=cli", "client_id=other", ErrorCode::InvalidRequest),
            ("app.example", "evil.example", ErrorCode::InvalidRequest),
            ("S256", "plain", ErrorCode::InvalidRequest),
            ("&code_challenge=", "&was=", ErrorCode::InvalidRequest),
            ("type=code", "type=token", ErrorCode::UnsupportedResponseType),
            ("client_id=cli", "client_id=cli&scope=sudo", ErrorCode::InvalidScope),
            (
                "client_id=cli",
                "client_id=cli&resource=https://other.example",
                ErrorCode::InvalidTarget,
            ),
            ("client_id=cli", "client_id=cli&prompt=none+login", ErrorCode::InvalidRequest),
            ("client_id=cli", "client_id=cli&max_age=-1", ErrorCode::InvalidRequest),
        ];
        for (from, to, code) in changes {
            match run(&GOOD.replace(from, to), ROOM) {
                Decision::Refuse(error) => assert_eq!(error.code(), code, "{to}: {error}"),
                other => panic!("{to}: {other:?}"),
            }
        }
    }

    /// R9126-2.3-a
    #[test]
    fn a_client_lets_only_so_many_wait() {
        let full = Facts { waiting: 10, ..ROOM };
        assert_eq!(run(GOOD, full), Decision::TooMany(Duration::from_mins(1)));
        assert!(matches!(run(GOOD, ROOM), Decision::Keep { .. }));
    }
}
