//! What an access token says; the sealed form holds exactly this, as compact JSON.

use crate::client::Client;
use crate::error::Malformed;
use crate::id::{AuthorizationId, ClientId, TokenId, UserId};
use crate::policy::Policy;
use crate::scope::ScopeSet;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// How an access token is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenFormat {
    /// Encrypted: only this server reads it, others ask (RFC 7662).
    #[default]
    Sealed,
    /// A signed JWT, which any resource server can check by itself (RFC 9068).
    Jwt,
}

/// The contents of one access token. Nothing about it is stored.
///
/// User and client are named together with the epoch they were in; whoever raises the epoch
/// kills every token issued before, on every node, whatever the clocks say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessToken {
    /// Its name, the `jti`.
    #[serde(rename = "jti")]
    pub id: TokenId,
    /// The approval it stems from; none for `client_credentials`.
    #[serde(rename = "aid", default, skip_serializing_if = "Option::is_none")]
    pub authorization: Option<AuthorizationId>,
    /// On whose behalf; none when the client acts for itself.
    #[serde(rename = "usr", default, skip_serializing_if = "Option::is_none")]
    pub user: Option<Bearer>,
    /// To whom it was issued.
    #[serde(rename = "cid")]
    pub client: ClientId,
    /// The client's epoch when it was issued.
    #[serde(rename = "cep")]
    pub client_epoch: u32,
    /// What it may do.
    #[serde(rename = "scp")]
    pub scope: ScopeSet,
    /// Which resources it is for; empty means any resource of this server.
    #[serde(rename = "aud", default, skip_serializing_if = "Vec::is_empty")]
    pub audience: Vec<String>,
    /// When it was issued.
    #[serde(rename = "iat")]
    pub issued_at: Timestamp,
    /// From this moment on it is dead.
    #[serde(rename = "exp")]
    pub expires_at: Timestamp,
    /// When the user last proved who they are.
    #[serde(rename = "atm", default, skip_serializing_if = "Option::is_none")]
    pub authenticated_at: Option<Timestamp>,
    /// How strongly they did (OIDC Core §2); none where nobody signed in here.
    #[serde(rename = "acr", default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// The key its bearer must prove to hold.
    #[serde(rename = "cnf", default, skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<Confirmation>,
}

/// The user of a token and the epoch the account was in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bearer {
    /// The account.
    pub id: UserId,
    /// Its epoch when the token was issued.
    #[serde(rename = "ep")]
    pub epoch: u32,
}

/// How the presenter proves possession (RFC 7800 `cnf`). No method is offered, so there is no
/// value; a token that claims one does not parse and is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Confirmation {}

impl AccessToken {
    /// The compact JSON that is sealed.
    pub fn to_json(&self) -> Result<Vec<u8>, Malformed> {
        serde_json::to_vec(self).map_err(|_| NOT_A_TOKEN)
    }

    /// Read what was sealed. A missing or unknown member is refused: a token of a newer version
    /// that this one does not fully understand must not be half obeyed.
    pub fn from_json(json: &[u8]) -> Result<Self, Malformed> {
        serde_json::from_slice(json).map_err(|_| NOT_A_TOKEN)
    }
}

const NOT_A_TOKEN: Malformed = Malformed("these are not the contents of an access token");

/// Everything about an access token that a rule decides. What is drawn at random comes later:
/// see [`into_token`](Self::into_token).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// On whose behalf.
    pub user: Option<Bearer>,
    /// To whom.
    pub client: ClientId,
    /// The client's epoch now.
    pub client_epoch: u32,
    /// What it may do.
    pub scope: ScopeSet,
    /// Which resources it is for.
    pub audience: Vec<String>,
    /// Now.
    pub issued_at: Timestamp,
    /// When it lapses.
    pub expires_at: Timestamp,
    /// When the user last proved who they are.
    pub authenticated_at: Option<Timestamp>,
    /// How strongly they did.
    pub acr: Option<String>,
}

impl Terms {
    /// What this client gets now with this scope, for itself. For a person, say for whom.
    pub fn of_client(client: &Client, scope: ScopeSet, policy: &Policy, now: Timestamp) -> Self {
        Self {
            user: None,
            client: client.id.clone(),
            client_epoch: client.epoch,
            scope,
            audience: policy.audience.clone(),
            issued_at: now,
            expires_at: policy.access_token_expiry(client, now),
            authenticated_at: None,
            acr: None,
        }
    }

    /// The token itself, once its name is drawn and its authorization has one.
    pub fn into_token(self, id: TokenId, authorization: Option<AuthorizationId>) -> AccessToken {
        AccessToken {
            id,
            authorization,
            user: self.user,
            client: self.client,
            client_epoch: self.client_epoch,
            scope: self.scope,
            audience: self.audience,
            issued_at: self.issued_at,
            expires_at: self.expires_at,
            authenticated_at: self.authenticated_at,
            acr: self.acr,
            confirmation: None,
        }
    }

    /// How long the token lives, in whole seconds: `expires_in`.
    pub fn expires_in(&self) -> u64 {
        self.expires_at.since(self.issued_at).as_secs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> AccessToken {
        AccessToken {
            id: TokenId::from_bits(7),
            authorization: None,
            user: None,
            client: ClientId::parse("cli").unwrap(),
            client_epoch: 2,
            scope: ScopeSet::parse("read write").unwrap(),
            audience: Vec::new(),
            issued_at: Timestamp::from_millis(1_000),
            expires_at: Timestamp::from_millis(2_000),
            authenticated_at: None,
            acr: None,
            confirmation: None,
        }
    }

    #[test]
    fn the_json_is_compact_and_reads_back() {
        let json = String::from_utf8(token().to_json().unwrap()).unwrap();
        assert_eq!(
            json,
            r#"{"jti":"AAAAAAAAAAAAAAAAAAAABw","cid":"cli","cep":2,"scp":"read write","iat":1000,"exp":2000}"#
        );
        assert_eq!(AccessToken::from_json(json.as_bytes()).unwrap(), token());
    }

    #[test]
    fn a_full_token_reads_back() {
        let full = AccessToken {
            authorization: Some(AuthorizationId::from_uuid(uuid::Uuid::from_u128(5))),
            user: Some(Bearer { id: UserId::from_uuid(uuid::Uuid::from_u128(6)), epoch: 9 }),
            audience: vec!["https://api.example".to_owned()],
            authenticated_at: Some(Timestamp::from_millis(900)),
            acr: Some("1".to_owned()),
            ..token()
        };
        assert_eq!(AccessToken::from_json(&full.to_json().unwrap()).unwrap(), full);
    }

    #[test]
    fn what_is_not_fully_understood_is_refused() {
        let json = String::from_utf8(token().to_json().unwrap()).unwrap();
        for (from, to) in [
            ("\"cep\":2", "\"cep\":2,\"extra\":1"),
            ("\"cep\":2", "\"cep\":2,\"cnf\":{\"jkt\":\"x\"}"),
            ("\"cep\":2,", ""),
            ("\"cep\":2", "\"cep\":-1"),
            ("read write", "read\\twrite"),
            ("\"cli\"", "\"0190a6f2-7b2c-7d31-8c4e-5a1f6b2d3e4c\""),
            ("\"exp\":2000", "\"exp\":2000,\"exp\":9000"),
        ] {
            let changed = json.replace(from, to);
            assert_ne!(changed, json);
            assert!(AccessToken::from_json(changed.as_bytes()).is_err(), "{changed}");
        }
    }
}
