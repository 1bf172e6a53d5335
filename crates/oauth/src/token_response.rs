//! The successful answer of the token endpoint (RFC 6749 §5.1).

use crate::scope::ScopeSet;
use crate::secret::Secret;
use serde::{Serialize, Serializer};

/// The JSON of a successful token request, its members in the order that the guide shows. Send it
/// with `Cache-Control: no-store`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TokenResponse {
    /// The access token.
    #[serde(serialize_with = "exposed")]
    pub access_token: Secret,
    /// How long it lives, in seconds.
    pub expires_in: u64,
    /// How to present it; always `Bearer`.
    pub token_type: TokenType,
    /// What it may do; always told, also where the RFC leaves it out.
    pub scope: ScopeSet,
    /// What to trade in for the next one, if this grant gives any.
    #[serde(serialize_with = "exposed_if_any", skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<Secret>,
    /// Who the person is, for a client that asked with `openid` (OIDC Core §3.1.3.3).
    #[serde(serialize_with = "exposed_if_any", skip_serializing_if = "Option::is_none")]
    pub id_token: Option<Secret>,
}

/// How an access token is presented (RFC 6749 §7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum TokenType {
    /// RFC 6750.
    Bearer,
}

fn exposed<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose())
}

#[expect(clippy::ref_option, reason = "serde gives a reference to the field")]
fn exposed_if_any<S: Serializer>(secret: &Option<Secret>, out: S) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(Secret::expose).serialize(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_members_come_in_the_order_of_the_guide() {
        let mut response = TokenResponse {
            access_token: Secret::from("at"),
            expires_in: 36000,
            token_type: TokenType::Bearer,
            scope: ScopeSet::parse("write read").unwrap(),
            refresh_token: Some(Secret::from("rt")),
            id_token: None,
        };
        assert_eq!(
            serde_json::to_string(&response).unwrap(),
            r#"{"access_token":"at","expires_in":36000,"token_type":"Bearer","scope":"read write","refresh_token":"rt"}"#
        );
        response.refresh_token = None;
        assert!(!serde_json::to_string(&response).unwrap().contains("refresh_token"));
        assert!(!format!("{response:?}").contains("\"at\""));
    }
}
