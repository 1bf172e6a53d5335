//! What this server tells about itself: RFC 8414 §2, derived from the policy and nothing else.

use crate::client::AuthMethod;
use crate::grant::GrantType;
use crate::policy::Policy;
use crate::scope::ScopeToken;
use serde::Serialize;

/// The authorization server metadata document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Metadata {
    /// The issuer, exactly as configured, whatever host was asked.
    pub issuer: String,
    /// RFC 6749 §3.2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_endpoint: Option<String>,
    /// RFC 7009.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revocation_endpoint: Option<String>,
    /// RFC 7662.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub introspection_endpoint: Option<String>,
    /// The declared scopes, in the order of their declaration.
    pub scopes_supported: Vec<ScopeToken>,
    /// Required by RFC 8414; empty, because no offered grant has an authorization endpoint.
    pub response_types_supported: Vec<&'static str>,
    /// The grants that the token endpoint offers.
    pub grant_types_supported: Vec<GrantType>,
    /// How a client may authenticate at the token endpoint.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub token_endpoint_auth_methods_supported: Vec<&'static str>,
    /// How a client may authenticate at the revocation endpoint.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub revocation_endpoint_auth_methods_supported: Vec<&'static str>,
    /// How a client may authenticate at the introspection endpoint: with a secret.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub introspection_endpoint_auth_methods_supported: Vec<&'static str>,
}

/// The document of this policy.
pub fn decide(policy: &Policy) -> Metadata {
    let capabilities = &policy.capabilities;
    let endpoints = &capabilities.endpoints;
    let url = |path: &Option<String>| path.as_deref().map(|path| policy.issuer.url(path));
    let methods = |path: &Option<String>, public: bool| match path {
        Some(_) => capabilities
            .client_auth_methods()
            .iter()
            .filter(|method| public || **method != AuthMethod::None)
            .map(|method| method.as_str())
            .collect(),
        None => Vec::new(),
    };
    Metadata {
        issuer: policy.issuer.to_string(),
        token_endpoint: url(&endpoints.token),
        revocation_endpoint: url(&endpoints.revocation),
        introspection_endpoint: url(&endpoints.introspection),
        scopes_supported: policy.scopes.iter().map(|scope| scope.name.clone()).collect(),
        response_types_supported: Vec::new(),
        grant_types_supported: match endpoints.token {
            Some(_) => capabilities.grants().collect(),
            None => Vec::new(),
        },
        token_endpoint_auth_methods_supported: methods(&endpoints.token, true),
        revocation_endpoint_auth_methods_supported: methods(&endpoints.revocation, true),
        introspection_endpoint_auth_methods_supported: methods(&endpoints.introspection, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::policy;

    /// R8414-3.3-a
    #[test]
    fn the_document_of_a_policy() {
        assert_eq!(
            serde_json::to_string(&decide(&policy())).unwrap(),
            concat!(
                r#"{"issuer":"https://id.example","#,
                r#""token_endpoint":"https://id.example/o/token/","#,
                r#""revocation_endpoint":"https://id.example/o/revoke_token/","#,
                r#""introspection_endpoint":"https://id.example/o/introspect/","#,
                r#""scopes_supported":["read","write","admin"],"#,
                r#""response_types_supported":[],"#,
                r#""grant_types_supported":["client_credentials","password","refresh_token"],"#,
                r#""token_endpoint_auth_methods_supported":["client_secret_basic","client_secret_post","none"],"#,
                r#""revocation_endpoint_auth_methods_supported":["client_secret_basic","client_secret_post","none"],"#,
                r#""introspection_endpoint_auth_methods_supported":["client_secret_basic","client_secret_post"]}"#
            )
        );
    }

    /// R8414-2-b
    #[test]
    fn what_is_not_there_is_not_advertised() {
        let mut policy = policy();
        policy.capabilities.endpoints.introspection = None;
        policy.capabilities.withdraw(GrantType::Password);
        let json = serde_json::to_string(&decide(&policy)).unwrap();
        assert!(!json.contains("introspection") && !json.contains("password"), "{json}");
    }
}
