//! Asking about a token: RFC 7662.
//!
//! ```text
//! confidential client ── token is meant for it, and alive ──▶ what it says
//!                     └─ anything else ──▶ {"active":false}
//! ```

use crate::access_token::AccessToken;
use crate::active;
use crate::authorization::{Authorization, State};
use crate::client::{Client, ClientType};
use crate::error::{ErrorCode, OAuthError};
use crate::id::{ClientId, TokenId, UserId};
use crate::policy::Policy;
use crate::scope::ScopeSet;
use crate::time::Timestamp;
use crate::token_response::TokenType;
use serde::Serialize;

pub use crate::endpoint::revoke::Request;

/// What the token turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Facts {
    /// An access token that opens.
    Access {
        /// Its contents.
        token: Box<AccessToken>,
        /// How the things it rests on are doing.
        standing: active::Facts,
        /// The name of its user.
        username: Option<String>,
    },
    /// A refresh token whose MAC is right.
    Refresh {
        /// Its authorization.
        authorization: Box<Authorization>,
        /// The generation it names.
        generation: u32,
        /// How the things it rests on are doing.
        standing: active::Facts,
        /// The name of its user.
        username: Option<String>,
    },
    /// Nothing that we made.
    Nothing,
}

/// What is to be done; nothing is written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Answer 200 with this.
    Answer(Answer),
    /// The caller may not ask at all.
    Refuse(OAuthError),
}

/// The JSON of an introspection (RFC 7662 §2.2). Of a token that is not active it says nothing
/// else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    active: bool,
    #[serde(flatten)]
    description: Option<Box<Description>>,
}

impl Answer {
    /// `{"active":false}`, and no more.
    pub const INACTIVE: Self = Self { active: false, description: None };

    /// What an active token says; `None` of one that is not.
    pub fn description(&self) -> Option<&Description> {
        self.description.as_deref()
    }
}

/// What an active token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Description {
    /// What it may do.
    pub scope: ScopeSet,
    /// To whom it was issued.
    pub client_id: ClientId,
    /// The name of its user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// How it is presented; refresh tokens are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_type: Option<TokenType>,
    /// When it lapses, in seconds.
    pub exp: i64,
    /// When it was issued, in seconds.
    pub iat: i64,
    /// When the user last proved who they are, in seconds (RFC 9470 §6.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// How strongly they did (RFC 9470 §6.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// Its user; a client that acts for itself has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<UserId>,
    /// Which resources it is for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aud: Vec<String>,
    /// Who issued it.
    pub iss: String,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jti: Option<TokenId>,
}

/// Decide one request of an authenticated client.
///
/// A public client proves nothing, so anybody could ask in its name: it may not (RFC 7662 §2.1).
pub fn decide(client: &Client, facts: Facts, policy: &Policy, now: Timestamp) -> Decision {
    if client.client_type == ClientType::Public {
        return Decision::Refuse(PUBLIC);
    }
    let description = match facts {
        Facts::Access { token, standing, username } => {
            describe_access(*token, standing, username, (client, policy, now))
        }
        Facts::Refresh { authorization, generation, standing, username } => {
            let newest = matches!(
                authorization.state_at(policy, now),
                State::Live { generation: current, .. } if current == generation
            );
            let own = authorization.client == client.id;
            (newest && own && active::admit(&standing).is_ok())
                .then(|| describe_refresh(*authorization, username, policy))
        }
        Facts::Nothing => None,
    };
    let description = description.map(Box::new);
    Decision::Answer(Answer { active: description.is_some(), description })
}

fn describe_access(
    token: AccessToken,
    standing: active::Facts,
    username: Option<String>,
    (client, policy, now): (&Client, &Policy, Timestamp),
) -> Option<Description> {
    let alive = now < token.expires_at && active::admit(&standing).is_ok();
    (alive && is_meant_for(client, &token)).then(|| Description {
        scope: token.scope,
        client_id: token.client,
        username,
        token_type: Some(TokenType::Bearer),
        exp: token.expires_at.as_seconds(),
        iat: token.issued_at.as_seconds(),
        auth_time: token.authenticated_at.map(Timestamp::as_seconds),
        acr: token.acr,
        sub: token.user.map(|bearer| bearer.id),
        aud: token.audience,
        iss: policy.issuer.to_string(),
        jti: Some(token.id),
    })
}

/// Whether this client may learn about the token: it is its own, or its audience names the client
/// or a resource that the client serves, or the client is part of this installation.
fn is_meant_for(client: &Client, token: &AccessToken) -> bool {
    let serves =
        |audience: &String| audience == client.id.as_str() || client.resources.contains(audience);
    client.first_party || token.client == client.id || token.audience.iter().any(serves)
}

fn describe_refresh(
    authorization: Authorization,
    username: Option<String>,
    policy: &Policy,
) -> Description {
    Description {
        exp: authorization.ends_at(policy).as_seconds(),
        scope: authorization.scope,
        client_id: authorization.client,
        username,
        token_type: None,
        iat: authorization.last_used_at.as_seconds(),
        auth_time: authorization.authenticated_at.map(Timestamp::as_seconds),
        acr: authorization.details.acr,
        sub: Some(authorization.user),
        aud: authorization.audience,
        iss: policy.issuer.to_string(),
        jti: None,
    }
}

const PUBLIC: OAuthError = OAuthError::new(
    ErrorCode::InvalidClient,
    "introspection is for confidential clients, which prove who they are",
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::active::Standing;
    use crate::fixtures::{
        BAD, GOOD, NOW, access_token, authorization, client, client_id, policy, public_client,
    };

    fn access(change: impl FnOnce(&mut AccessToken)) -> Facts {
        let mut token = access_token();
        change(&mut token);
        let username = Some("halfspring".to_owned());
        Facts::Access { token: Box::new(token), standing: GOOD, username }
    }

    fn json(client: &Client, facts: Facts) -> String {
        match decide(client, facts, &policy(), NOW) {
            Decision::Answer(answer) => serde_json::to_string(&answer).unwrap(),
            Decision::Refuse(error) => error.code().to_string(),
        }
    }

    fn is_active(client: &Client, facts: Facts) -> bool {
        let json = json(client, facts);
        assert!(json.starts_with(r#"{"active":true,"#) || json == r#"{"active":false}"#, "{json}");
        json != r#"{"active":false}"#
    }

    fn other(id: &str) -> Client {
        Client { id: client_id(id), ..client() }
    }

    #[test]
    fn an_active_token_tells_what_it_says() {
        let answer = json(
            &client(),
            access(|t| {
                t.audience = vec!["https://api".to_owned()];
                t.acr = Some("1".to_owned());
            }),
        );
        assert_eq!(
            answer,
            r#"{"active":true,"scope":"read write","client_id":"cli","username":"halfspring","token_type":"Bearer","exp":1800003540,"iat":1799999940,"auth_time":1799996400,"acr":"1","sub":"00000000-0000-0000-0000-00000000000a","aud":["https://api"],"iss":"https://id.example","jti":"AAAAAAAAAAAAAAAAAAAADA"}"#
        );
    }

    #[test]
    fn what_it_says_is_there_to_be_read_and_nothing_of_a_dead_token() {
        for (token, said) in [(access(|_| {}), Some("cli")), (Facts::Nothing, None)] {
            let Decision::Answer(answer) = decide(&client(), token, &policy(), NOW) else {
                panic!("a confidential client may ask");
            };
            let client = answer.description().map(|described| described.client_id.as_str());
            assert_eq!(client, said);
        }
    }

    /// R7662-2.2-a, R7662-2.2-b
    #[test]
    fn of_anything_else_it_says_exactly_that_it_is_not_active() {
        assert!(!is_active(&client(), Facts::Nothing));
        assert!(!is_active(&client(), access(|t| t.expires_at = NOW)));
        for bad in BAD {
            for standing in [
                active::Facts { user: Some(bad), ..GOOD },
                active::Facts { client: bad, ..GOOD },
                active::Facts { authorization: Some(bad), ..GOOD },
                active::Facts { token: Some(bad), ..GOOD },
            ] {
                let facts =
                    Facts::Access { token: Box::new(access_token()), standing, username: None };
                assert!(!is_active(&client(), facts));
            }
        }
    }

    /// R7662-4-a
    #[test]
    fn a_client_learns_only_about_tokens_that_are_meant_for_it() {
        let meant = |audience: &'static str| access(|t| t.audience = vec![audience.to_owned()]);
        assert!(!is_active(&other("rs"), access(|_| {})));
        assert!(!is_active(&other("rs"), meant("https://b.example")));
        assert!(is_active(&other("rs"), meant("rs")));
        let serving = Client { resources: vec!["https://b.example".to_owned()], ..other("rs") };
        assert!(is_active(&serving, meant("https://b.example")));
        assert!(!is_active(&serving, meant("https://c.example")));
        assert!(!is_active(&serving, access(|_| {})));
        let own = Client { first_party: true, ..other("rs") };
        assert!(is_active(&own, meant("https://b.example")));
    }

    /// R7662-2.1-a
    #[test]
    fn a_public_client_may_not_ask() {
        assert_eq!(json(&public_client(), access(|_| {})), "invalid_client");
    }

    /// R7662-2.2-e
    #[test]
    fn a_refresh_token_is_told_to_its_own_client_and_only_the_newest() {
        let refresh = |generation, standing| Facts::Refresh {
            authorization: Box::new(authorization()),
            generation,
            standing,
            username: None,
        };
        let answer = json(&client(), refresh(5, GOOD));
        assert_eq!(
            answer,
            r#"{"active":true,"scope":"read write","client_id":"cli","exp":1802591941,"iat":1799999941,"auth_time":1799996400,"sub":"00000000-0000-0000-0000-00000000000a","iss":"https://id.example"}"#
        );
        assert!(!is_active(&client(), refresh(4, GOOD)));
        assert!(!is_active(&client(), refresh(6, GOOD)));
        let serving = Client { first_party: true, ..other("rs") };
        assert!(!is_active(&serving, refresh(5, GOOD)));
        let gone = active::Facts { user: Some(Standing::Disabled), ..GOOD };
        assert!(!is_active(&client(), refresh(5, gone)));
    }
}
