//! What this server tells about itself: RFC 8414 §2, OpenID Connect Discovery §3, derived from the policy and nothing else.

use crate::claims::StandardClaim;
use crate::client::{AuthMethod, IMPLICIT};
use crate::endpoint::authorize::{ACR_PASSWORD, Prompt};
use crate::grant::GrantType;
use crate::pkce::{Method, Pkce};
use crate::policy::{Capabilities, OPENID_SCOPES, Policy};
use crate::response::{ResponseMode, ResponseType};
use jose::MacAlgorithm;
use serde::Serialize;

/// The authorization server metadata document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a member of the registries, independent of the others"
)]
pub struct Metadata {
    /// The issuer, exactly as configured, whatever host was asked.
    pub issuer: String,
    /// RFC 6749 §3.1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_endpoint: Option<String>,
    /// RFC 9126 §5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pushed_authorization_request_endpoint: Option<String>,
    /// RFC 6749 §3.2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_endpoint: Option<String>,
    /// RFC 8628 §4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_authorization_endpoint: Option<String>,
    /// OIDC Core §5.3.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo_endpoint: Option<String>,
    /// The public keys that signatures of this server are checked with (RFC 7517 §5).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// RFC 7009.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revocation_endpoint: Option<String>,
    /// RFC 7662.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub introspection_endpoint: Option<String>,
    /// RFC 7591 §3.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registration_endpoint: Option<String>,
    /// Client ID Metadata Document §5.
    #[serde(skip_serializing_if = "is_false")]
    pub client_id_metadata_document_supported: bool,
    /// The scopes: those of OpenID Connect, then the declared ones in the order of their declaration.
    pub scopes_supported: Vec<String>,
    /// What the authorization endpoint gives; required by RFC 8414, so it is there even when it is empty.
    pub response_types_supported: Vec<ResponseType>,
    /// By which way it answers.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub response_modes_supported: &'static [ResponseMode],
    /// The grants that the token endpoint offers, and `implicit` where the authorization endpoint gives tokens.
    pub grant_types_supported: Vec<String>,
    /// How a client may authenticate at the token endpoint.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub token_endpoint_auth_methods_supported: Vec<&'static str>,
    /// How it may sign an assertion there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub token_endpoint_auth_signing_alg_values_supported: Vec<&'static str>,
    /// How a client may authenticate at the revocation endpoint.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub revocation_endpoint_auth_methods_supported: Vec<&'static str>,
    /// How it may sign an assertion there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub revocation_endpoint_auth_signing_alg_values_supported: Vec<&'static str>,
    /// How a client may authenticate at the introspection endpoint: with a secret.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub introspection_endpoint_auth_methods_supported: Vec<&'static str>,
    /// How it may sign an assertion there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub introspection_endpoint_auth_signing_alg_values_supported: Vec<&'static str>,
    /// RFC 7636: how a challenge may be made by a client that no switch loosens the rule for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub code_challenge_methods_supported: Vec<&'static str>,
    /// RFC 9207: answers of the authorization endpoint name the issuer.
    #[serde(skip_serializing_if = "is_false")]
    pub authorization_response_iss_parameter_supported: bool,
    /// RFC 9101 §10.5, OIDC Discovery §3: whether a request may be signed.
    #[serde(skip_serializing_if = "is_false")]
    pub request_parameter_supported: bool,
    /// Whether a signed request is fetched from its client; said, because OIDC Discovery §3 takes silence for yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_uri_parameter_supported: Option<bool>,
    /// Only from where the client has registered (OIDC Discovery §3).
    #[serde(skip_serializing_if = "is_false")]
    pub require_request_uri_registration: bool,
    /// With what it may be signed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub request_object_signing_alg_values_supported: Vec<&'static str>,
    /// RFC 9126 §5.
    #[serde(skip_serializing_if = "is_false")]
    pub require_pushed_authorization_requests: bool,
    /// What only a provider of OpenID Connect has to say.
    #[serde(flatten)]
    pub openid: Option<OpenId>,
}

/// What a provider of OpenID Connect says beyond that (Discovery §3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a member of the registries, independent of the others"
)]
pub struct OpenId {
    /// RP-Initiated Logout §2.1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_session_endpoint: Option<String>,
    /// Session Management §3.3.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check_session_iframe: Option<String>,
    /// Back-Channel Logout §2.1: clients are told, server to server, that a session has ended.
    pub backchannel_logout_supported: bool,
    /// And which.
    pub backchannel_logout_session_supported: bool,
    /// Front-Channel Logout §3: an address of theirs is loaded in the browser.
    pub frontchannel_logout_supported: bool,
    /// And told which.
    pub frontchannel_logout_session_supported: bool,
    /// With what ID tokens are signed.
    pub id_token_signing_alg_values_supported: Vec<&'static str>,
    /// With what answers of the userinfo endpoint are signed, where a client wants that.
    pub userinfo_signing_alg_values_supported: Vec<&'static str>,
    /// Whether each sector of clients may know a person by another name.
    pub subject_types_supported: [&'static str; 2],
    /// How strongly people sign in.
    pub acr_values_supported: [&'static str; 1],
    /// How pages may be shown; the one that adapts to its window.
    pub display_values_supported: [&'static str; 1],
    /// How claims are given.
    pub claim_types_supported: [&'static str; 1],
    /// The claims that may be told.
    pub claims_supported: Vec<&'static str>,
    /// Whether claims may be asked for one by one.
    pub claims_parameter_supported: bool,
    /// What a request may have the person asked.
    pub prompt_values_supported: [&'static str; 5],
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// The document of this policy, and of a program that tells `own_claims` besides the standard ones.
pub fn decide(policy: &Policy, own_claims: &[&'static str]) -> Metadata {
    let capabilities = &policy.capabilities;
    let endpoints = &capabilities.endpoints;
    let authorizes = capabilities.responses().next().is_some();
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
    let algorithms = |path: &Option<String>| match path {
        Some(_) => assertion_algorithms(),
        None => Vec::new(),
    };
    Metadata {
        issuer: policy.issuer.to_string(),
        authorization_endpoint: url(&endpoints.authorization).filter(|_| authorizes),
        device_authorization_endpoint: url(&endpoints.device_authorization)
            .filter(|_| capabilities.offers(&GrantType::DeviceCode)),
        userinfo_endpoint: url(&endpoints.userinfo).filter(|_| capabilities.openid),
        pushed_authorization_request_endpoint: capabilities
            .pushes()
            .map(|path| policy.issuer.url(path)),
        token_endpoint: url(&endpoints.token),
        jwks_uri: capabilities.publishes_keys().map(|path| policy.issuer.url(path)),
        revocation_endpoint: url(&endpoints.revocation),
        introspection_endpoint: url(&endpoints.introspection),
        registration_endpoint: policy.registration_path().map(|path| policy.issuer.url(path)),
        client_id_metadata_document_supported: authorizes && policy.client_id_documents,
        scopes_supported: scopes(policy),
        response_types_supported: capabilities.responses().collect(),
        response_modes_supported: capabilities.response_modes(),
        grant_types_supported: grants(capabilities),
        token_endpoint_auth_methods_supported: methods(&endpoints.token, true),
        token_endpoint_auth_signing_alg_values_supported: algorithms(&endpoints.token),
        revocation_endpoint_auth_methods_supported: methods(&endpoints.revocation, true),
        revocation_endpoint_auth_signing_alg_values_supported: algorithms(&endpoints.revocation),
        introspection_endpoint_auth_methods_supported: methods(&endpoints.introspection, false),
        introspection_endpoint_auth_signing_alg_values_supported: algorithms(
            &endpoints.introspection,
        ),
        code_challenge_methods_supported: challenge_methods(policy),
        authorization_response_iss_parameter_supported: authorizes,
        request_parameter_supported: authorizes,
        request_uri_parameter_supported: authorizes.then_some(true),
        require_request_uri_registration: authorizes,
        request_object_signing_alg_values_supported: if authorizes {
            jose::Algorithm::names()
        } else {
            Vec::new()
        },
        require_pushed_authorization_requests: authorizes && policy.require_pushed_requests,
        openid: (authorizes && capabilities.openid).then(|| openid(policy, own_claims)),
    }
}

/// With what a client may protect the assertion by which it authenticates.
fn assertion_algorithms() -> Vec<&'static str> {
    let macs = MacAlgorithm::ALL.into_iter().map(MacAlgorithm::as_str);
    jose::Algorithm::names().into_iter().chain(macs).collect()
}

fn grants(capabilities: &Capabilities) -> Vec<String> {
    let has_endpoint = capabilities.endpoints.token.is_some();
    let granted = capabilities.grants().filter(|_| has_endpoint).map(ToString::to_string);
    let implicit = capabilities.responses().any(ResponseType::is_implicit);
    granted.chain(implicit.then(|| IMPLICIT.to_owned())).collect()
}

fn scopes(policy: &Policy) -> Vec<String> {
    let openid = OPENID_SCOPES.iter().filter(|_| policy.capabilities.openid);
    let openid = openid.map(|(name, _)| (*name).to_owned());
    openid.chain(policy.scopes.iter().map(|scope| scope.name.to_string())).collect()
}

fn challenge_methods(policy: &Policy) -> Vec<&'static str> {
    match policy.pkce {
        _ if !policy.capabilities.offers(&GrantType::AuthorizationCode) => Vec::new(),
        Pkce::Required => vec![Method::S256.as_str()],
        Pkce::AllowPlain | Pkce::AllowNone => vec![Method::S256.as_str(), Method::Plain.as_str()],
    }
}

fn openid(policy: &Policy, own_claims: &[&'static str]) -> OpenId {
    const OF_THE_PROTOCOL: [&str; 10] =
        ["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid"];
    let signing =
        || policy.capabilities.signing_algorithms.iter().map(|one| one.as_str()).collect();
    let standard = StandardClaim::ALL.iter().map(|claim| claim.as_str());
    OpenId {
        end_session_endpoint: policy
            .capabilities
            .ends_sessions()
            .map(|path| policy.issuer.url(path)),
        check_session_iframe: policy
            .capabilities
            .checks_sessions()
            .map(|path| policy.issuer.url(path)),
        backchannel_logout_supported: true,
        backchannel_logout_session_supported: true,
        frontchannel_logout_supported: true,
        frontchannel_logout_session_supported: true,
        id_token_signing_alg_values_supported: signing(),
        userinfo_signing_alg_values_supported: signing(),
        subject_types_supported: ["public", "pairwise"],
        acr_values_supported: [ACR_PASSWORD],
        display_values_supported: ["page"],
        claim_types_supported: ["normal"],
        claims_supported: OF_THE_PROTOCOL
            .into_iter()
            .chain(standard)
            .chain(own_claims.iter().copied())
            .collect(),
        claims_parameter_supported: true,
        prompt_values_supported: Prompt::WORDS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::policy;

    /// R8414-3.3-a, RMCP-3, R9207-2-a
    #[test]
    fn the_document_of_a_policy() {
        let mut bare = policy();
        bare.capabilities.openid = false;
        assert_eq!(
            serde_json::to_string(&decide(&bare, &[])).unwrap(),
            concat!(
                r#"{"issuer":"https://id.example","#,
                r#""authorization_endpoint":"https://id.example/o/authorize/","#,
                r#""pushed_authorization_request_endpoint":"https://id.example/o/par/","#,
                r#""token_endpoint":"https://id.example/o/token/","#,
                r#""device_authorization_endpoint":"https://id.example/o/device-authorization/","#,
                r#""jwks_uri":"https://id.example/.well-known/jwks.json","#,
                r#""revocation_endpoint":"https://id.example/o/revoke_token/","#,
                r#""introspection_endpoint":"https://id.example/o/introspect/","#,
                r#""scopes_supported":["read","write","admin"],"#,
                r#""response_types_supported":["code"],"#,
                r#""response_modes_supported":["query","fragment","form_post"],"#,
                r#""grant_types_supported":["authorization_code","client_credentials","urn:ietf:params:oauth:grant-type:device_code","urn:ietf:params:oauth:grant-type:jwt-bearer","password","refresh_token"],"#,
                r#""token_endpoint_auth_methods_supported":["client_secret_basic","client_secret_post","client_secret_jwt","private_key_jwt","none"],"#,
                r#""token_endpoint_auth_signing_alg_values_supported":["RS256","RS384","RS512","PS256","PS384","PS512","ES256","ES384","ES512","EdDSA","Ed25519","HS256","HS384","HS512"],"#,
                r#""revocation_endpoint_auth_methods_supported":["client_secret_basic","client_secret_post","client_secret_jwt","private_key_jwt","none"],"#,
                r#""revocation_endpoint_auth_signing_alg_values_supported":["RS256","RS384","RS512","PS256","PS384","PS512","ES256","ES384","ES512","EdDSA","Ed25519","HS256","HS384","HS512"],"#,
                r#""introspection_endpoint_auth_methods_supported":["client_secret_basic","client_secret_post","client_secret_jwt","private_key_jwt"],"#,
                r#""introspection_endpoint_auth_signing_alg_values_supported":["RS256","RS384","RS512","PS256","PS384","PS512","ES256","ES384","ES512","EdDSA","Ed25519","HS256","HS384","HS512"],"#,
                r#""code_challenge_methods_supported":["S256"],"#,
                r#""authorization_response_iss_parameter_supported":true,"#,
                r#""request_parameter_supported":true,"request_uri_parameter_supported":true,"#,
                r#""require_request_uri_registration":true,"#,
                r#""request_object_signing_alg_values_supported":["RS256","RS384","RS512","PS256","PS384","PS512","ES256","ES384","ES512","EdDSA","Ed25519"]}"#
            )
        );
    }

    /// ROIDD-3-a
    #[test]
    fn a_provider_of_openid_connect_says_more() {
        let document = serde_json::to_value(decide(&policy(), &[])).unwrap();
        assert_eq!(document["userinfo_endpoint"], "https://id.example/o/userinfo/");
        assert_eq!(document["end_session_endpoint"], "https://id.example/o/logout/");
        assert_eq!(document["backchannel_logout_session_supported"], true);
        assert_eq!(document["subject_types_supported"][0], "public");
        assert_eq!(document["id_token_signing_alg_values_supported"][0], "RS256");
        assert_eq!(document["scopes_supported"][0], "openid");
        let claims = document["claims_supported"].as_array().unwrap();
        assert!(claims.contains(&"sub".into()) && claims.contains(&"email".into()));
        let own = serde_json::to_value(decide(&policy(), &["https://a.example/x"])).unwrap();
        assert!(
            own["claims_supported"].as_array().unwrap().contains(&"https://a.example/x".into())
        );
    }

    /// R7591-3.1-a
    #[test]
    fn the_registration_endpoint_is_told_only_where_it_is_served() {
        let mut policy = policy();
        assert_eq!(decide(&policy, &[]).registration_endpoint, None);
        policy.self_registration = crate::policy::SelfRegistration::WithToken;
        let url = decide(&policy, &[]).registration_endpoint.unwrap();
        assert_eq!(url, "https://id.example/o/register/");
    }

    #[test]
    fn without_the_code_grant_there_is_no_authorization_endpoint() {
        let mut policy = policy();
        policy.capabilities.withdraw(&GrantType::AuthorizationCode);
        let json = serde_json::to_string(&decide(&policy, &[])).unwrap();
        for word in [
            "\"authorization_endpoint",
            "pushed_",
            "code_challenge",
            "iss_parameter",
            "subject_types",
        ] {
            assert!(!json.contains(word), "{word}: {json}");
        }
    }

    /// R8414-2-b
    #[test]
    fn the_device_endpoint_is_there_exactly_with_its_grant() {
        let json = |policy: &Policy| serde_json::to_string(&decide(policy, &[])).unwrap();
        assert!(json(&policy()).contains("/o/device-authorization/"));
        let mut without = policy();
        without.capabilities.withdraw(&GrantType::DeviceCode);
        assert!(!json(&without).contains("device"), "{}", json(&without));
        let mut without = policy();
        without.capabilities.endpoints.device_authorization = None;
        assert!(!json(&without).contains("device"), "{}", json(&without));
    }

    /// R8414-2-b
    #[test]
    fn what_is_not_there_is_not_advertised() {
        let mut policy = policy();
        policy.capabilities.endpoints.introspection = None;
        policy.capabilities.withdraw(&GrantType::Password);
        let json = serde_json::to_string(&decide(&policy, &[])).unwrap();
        assert!(!json.contains("introspection") && !json.contains("password"), "{json}");
    }
}
