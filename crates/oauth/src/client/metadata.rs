//! What a client has registered beyond its name, type, grants and redirect URIs: RFC 7591 §2, OpenID Connect Dynamic Client
//! Registration §2 and the logout specifications; and what only an operator may say about it.

mod check;
mod uri;

pub(super) use check::Surroundings;

use crate::access_token::TokenFormat;
use crate::pkce::Pkce;
use crate::response::ResponseType;
use crate::subject::SubjectType;
use jose::Algorithm;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The registered metadata. Members are named as in the registries; one that is not there has its default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a member of the registries, independent of the others"
)]
pub struct ClientMetadata {
    /// Whether it is a site or an app on a device (OIDC Registration §2).
    pub application_type: ApplicationType,
    /// Its home page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_uri: Option<String>,
    /// Its logo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo_uri: Option<String>,
    /// Its terms of service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tos_uri: Option<String>,
    /// What it does with data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_uri: Option<String>,
    /// Who answers for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<String>,
    /// Which software it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software_id: Option<String>,
    /// Which version of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software_version: Option<String>,
    /// What it may ask the authorization endpoint for.
    pub response_types: BTreeSet<ResponseType>,
    /// How recently the person must have signed in, in seconds, unless a request says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_max_age: Option<u32>,
    /// Whether its ID tokens always say when the person signed in.
    pub require_auth_time: bool,
    /// How strongly the person should have signed in, unless a request says.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub default_acr_values: Vec<String>,
    /// Where others may have a sign-in begun (OIDC Core §4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initiate_login_uri: Option<String>,
    /// Whether it must push its requests (RFC 9126 §6).
    pub require_pushed_authorization_requests: bool,
    /// Whether its requests must be signed (RFC 9101 §10.5).
    pub require_signed_request_object: bool,
    /// Where its request objects may be fetched from (OIDC Core §6.2).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub request_uris: Vec<String>,
    /// How it may sign what it asks for; every algorithm of signatures if it does not say (RFC 9101 §10.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_object_signing_alg: Option<String>,
    /// How it may sign that it is who it says; every algorithm of signatures if it does not say (OIDC Registration §2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_signing_alg: Option<String>,
    /// Its public keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<serde_json::Value>,
    /// Where its keys are, if it has not registered them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// With what its ID tokens are signed; RS256 if it does not say (OIDC Registration §2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token_signed_response_alg: Option<Algorithm>,
    /// With what the answers of the userinfo endpoint are signed; they are not if it does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo_signed_response_alg: Option<Algorithm>,
    /// Whether each sector of clients knows the person by another name (OIDC Core §8).
    pub subject_type: SubjectType,
    /// The document that names the redirect URIs of its sector.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sector_identifier_uri: Option<String>,
    /// Where a person may be sent after signing out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub post_logout_redirect_uris: Vec<String>,
    /// Where it is told, server to server, that a person has signed out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_uri: Option<String>,
    /// Whether it has to be told of which session.
    pub backchannel_logout_session_required: bool,
    /// What is loaded in the browser when a person signs out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frontchannel_logout_uri: Option<String>,
    /// Whether that has to say which session.
    pub frontchannel_logout_session_required: bool,
    /// The origins whose scripts may call the token endpoint for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_origins: Vec<String>,
    /// The form of its access tokens; that of the server if it does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token_format: Option<TokenFormat>,
    /// How long its access tokens live, in seconds; as long as the server says if it does not. Only an operator may say longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token_lifetime: Option<u32>,
    /// How long its ID tokens may be relied on, in the same way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token_lifetime: Option<u32>,
    /// When a person is asked. Only an operator may say that they never are.
    pub consent: ConsentRule,
    /// What it has to do about PKCE; the server's rule if it does not say. Only an operator may loosen it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pkce: Option<Pkce>,
    /// How it came to be registered.
    pub origin: Origin,
}

impl Default for ClientMetadata {
    fn default() -> Self {
        Self {
            application_type: ApplicationType::Web,
            client_uri: None,
            logo_uri: None,
            tos_uri: None,
            policy_uri: None,
            contacts: Vec::new(),
            software_id: None,
            software_version: None,
            response_types: BTreeSet::from([ResponseType::Code]),
            default_max_age: None,
            require_auth_time: false,
            default_acr_values: Vec::new(),
            initiate_login_uri: None,
            require_pushed_authorization_requests: false,
            require_signed_request_object: false,
            request_uris: Vec::new(),
            request_object_signing_alg: None,
            token_endpoint_auth_signing_alg: None,
            jwks: None,
            jwks_uri: None,
            id_token_signed_response_alg: None,
            userinfo_signed_response_alg: None,
            subject_type: SubjectType::Public,
            sector_identifier_uri: None,
            post_logout_redirect_uris: Vec::new(),
            backchannel_logout_uri: None,
            backchannel_logout_session_required: false,
            frontchannel_logout_uri: None,
            frontchannel_logout_session_required: false,
            allowed_origins: Vec::new(),
            access_token_format: None,
            access_token_lifetime: None,
            id_token_lifetime: None,
            consent: ConsentRule::Remember,
            pkce: None,
            origin: Origin::Developer,
        }
    }
}

impl ClientMetadata {
    /// Whether it has registered keys, or where they are.
    pub const fn has_keys(&self) -> bool {
        self.jwks.is_some() || self.jwks_uri.is_some()
    }
}

/// Whether a client is a site or an app on a device (OIDC Registration §2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ApplicationType {
    /// A site: its redirect URIs are https.
    #[default]
    Web,
    /// An app: loopback addresses and schemes of its own are allowed (RFC 8252).
    Native,
}

/// When a person is asked whether the client may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentRule {
    /// Each time.
    Always,
    /// When it wants something that it has not been allowed before.
    #[default]
    Remember,
    /// Never: it is the operator's own.
    Trusted,
}

/// How a client came to be registered. What strangers registered is not trusted as far as what a developer or an operator
/// did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// By an operator: a command, a file, the admin API.
    Operator,
    /// By a signed-in developer on the pages.
    #[default]
    Developer,
    /// By itself (RFC 7591).
    Dynamic,
    /// By a document at the address that is its name (client ID metadata documents).
    Document,
}

impl Origin {
    /// Whether nobody whom the operator knows answers for it.
    pub const fn is_unverified(self) -> bool {
        matches!(self, Self::Dynamic | Self::Document)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_reads_back_and_what_is_not_there_has_its_default() {
        let nothing: ClientMetadata = serde_json::from_str("{}").unwrap();
        assert_eq!(nothing, ClientMetadata::default());
        let full = ClientMetadata {
            response_types: ResponseType::ALL.into(),
            pkce: Some(Pkce::AllowNone),
            consent: ConsentRule::Trusted,
            origin: Origin::Dynamic,
            tos_uri: Some("https://app.example/terms".to_owned()),
            ..ClientMetadata::default()
        };
        let json = serde_json::to_string(&full).unwrap();
        assert_eq!(serde_json::from_str::<ClientMetadata>(&json).unwrap(), full);
    }
}
