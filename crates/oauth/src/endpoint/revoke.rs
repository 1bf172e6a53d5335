//! Giving a token back: RFC 7009.
//!
//! ```text
//! own refresh token ──▶ the whole authorization     own access token ──▶ that token
//! anything else     ──▶ untouched, and the same 200
//! ```

use crate::access_token::AccessToken;
use crate::authorization::{Authorization, State};
use crate::client::Client;
use crate::error::OAuthError;
use crate::form::Form;
use crate::id::AuthorizationId;
use crate::policy::Policy;
use crate::refresh_token::RefreshToken;
use crate::revocation::{CLOCK_SKEW, Subject};
use crate::secret::Secret;
use crate::time::Timestamp;

/// The parameters of this endpoint, and of introspection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The token, of whatever kind.
    pub token: Secret,
}

impl Request {
    /// Parse the parameters. `token_type_hint` is not read: every kind of token says itself what
    /// it is, so a wrong hint cannot hide one (RFC 7009 §2.1).
    pub fn parse(form: &Form) -> Result<Self, OAuthError> {
        Ok(Self { token: Secret::from(form.required("token")?) })
    }

    /// The refresh token, if that is what it is; otherwise it can only be an access token.
    pub fn refresh_token(&self) -> Option<RefreshToken> {
        RefreshToken::parse(self.token.expose()).ok()
    }
}

/// What the token turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Facts {
    /// A refresh token whose MAC is right, and its authorization.
    Refresh(Box<Authorization>),
    /// An access token that opens.
    Access(Box<AccessToken>),
    /// Nothing that we made: it does not open, its MAC is wrong, or its authorization is gone.
    Nothing,
}

/// What is to be done. The answer is 200 in every case (RFC 7009 §2.2), unless the storage fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Revoke the authorization and with it every token that stems from it.
    RevokeAuthorization(AuthorizationId),
    /// Record that this access token is dead, until it would have been anyway.
    RevokeToken {
        /// The token.
        token: Subject,
        /// When its record may be forgotten.
        expires_at: Timestamp,
    },
    /// Change nothing.
    Nothing,
}

/// Decide one request of an authenticated client.
pub fn decide(client: &Client, facts: &Facts, policy: &Policy, now: Timestamp) -> Decision {
    match facts {
        Facts::Refresh(authorization) if authorization.client == client.id => {
            match authorization.state_at(policy, now) {
                // Access tokens may outlive an expired authorization for a while.
                State::Granted | State::Live { .. } | State::Expired => {
                    Decision::RevokeAuthorization(authorization.id)
                }
                State::Revoked { .. } => Decision::Nothing,
            }
        }
        Facts::Access(token) if token.client == client.id && now < token.expires_at => {
            let expires_at = token.expires_at + CLOCK_SKEW;
            Decision::RevokeToken { token: Subject::Token(token.id), expires_at }
        }
        Facts::Refresh(_) | Facts::Access(_) | Facts::Nothing => Decision::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorization::Reason;
    use crate::fixtures::{
        NOW, access_token, authorization, client, client_id, policy, public_client,
    };

    fn check(client: &Client, facts: &Facts, expected: &Decision) {
        assert_eq!(&decide(client, facts, &policy(), NOW), expected, "{facts:?}");
    }

    fn refresh(state: State) -> Facts {
        Facts::Refresh(Box::new(Authorization { state, ..authorization() }))
    }

    /// R7009-2.1-a, R7009-2.1-c
    #[test]
    fn its_own_refresh_token_ends_the_whole_authorization() {
        let whole = Decision::RevokeAuthorization(authorization().id);
        for client in [client(), public_client()] {
            check(&client, &refresh(authorization().state), &whole);
            check(&client, &refresh(State::Expired), &whole);
        }
    }

    #[test]
    fn its_own_access_token_alone_dies() {
        let expires_at = access_token().expires_at + CLOCK_SKEW;
        let token = Subject::Token(access_token().id);
        let dead = Decision::RevokeToken { token, expires_at };
        check(&client(), &Facts::Access(Box::new(access_token())), &dead);
    }

    /// R7009-2.1-b
    #[test]
    fn the_tokens_of_another_client_stay_alive() {
        let eve = Client { id: client_id("eve"), first_party: true, ..client() };
        check(&eve, &refresh(authorization().state), &Decision::Nothing);
        check(&eve, &Facts::Access(Box::new(access_token())), &Decision::Nothing);
    }

    /// R7009-2.2-a
    #[test]
    fn what_is_unknown_revoked_or_expired_changes_nothing() {
        check(&client(), &Facts::Nothing, &Decision::Nothing);
        let revoked = State::Revoked { at: NOW, reason: Reason::User };
        check(&client(), &refresh(revoked), &Decision::Nothing);
        let expired = AccessToken { expires_at: NOW, ..access_token() };
        check(&client(), &Facts::Access(Box::new(expired)), &Decision::Nothing);
    }

    /// R7009-2.1-d
    #[test]
    fn a_wrong_hint_does_not_hide_a_token() {
        let text = RefreshToken { authorization: authorization().id, generation: 1, mac: [0; 32] };
        let body = format!("token={}&token_type_hint=access_token", text.compose().expose());
        let request = Request::parse(&Form::parse(body.as_bytes()).unwrap()).unwrap();
        assert_eq!(request.refresh_token(), Some(text));
        assert!(Request::parse(&Form::parse(b"token_type_hint=refresh_token").unwrap()).is_err());
    }
}
