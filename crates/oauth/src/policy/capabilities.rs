//! What this server offers.

use super::{Endpoints, TrustedIssuer};
use crate::client::AuthMethod;
use crate::grant::GrantType;
use crate::response::{ResponseMode, ResponseType};
use jose::Algorithm;
use std::collections::BTreeSet;

/// What the server offers: the one list behind the token endpoint, registration and metadata.
///
/// An endpoint that has no path is neither served nor advertised.
#[derive(Clone, Debug)]
pub struct Capabilities {
    grants: BTreeSet<GrantType>,
    responses: BTreeSet<ResponseType>,
    /// Whether OpenID Connect is offered: ID tokens, its scopes, the userinfo endpoint.
    pub openid: bool,
    /// With what this server signs ID tokens and access tokens; each has a key.
    pub signing_algorithms: Vec<Algorithm>,
    /// Whose assertions about people count (RFC 7523 §2.1). Default: nobody's.
    pub trusted_issuers: Vec<TrustedIssuer>,
    /// Where the endpoints are, as paths on the issuer's host.
    pub endpoints: Endpoints,
}

impl Default for Capabilities {
    /// Everything that is safe; the password grant is not (RFC 9700 §2.4).
    fn default() -> Self {
        Self {
            grants: BTreeSet::from([
                GrantType::AuthorizationCode,
                GrantType::ClientCredentials,
                GrantType::DeviceCode,
                GrantType::JwtBearer,
                GrantType::RefreshToken,
            ]),
            responses: BTreeSet::from([ResponseType::Code]),
            openid: true,
            // RS256 is mandatory for OpenID Connect (Core §15.1); the others are faster and shorter.
            signing_algorithms: vec![Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa],
            trusted_issuers: Vec::new(),
            endpoints: Endpoints::default(),
        }
    }
}

impl Capabilities {
    /// Offer a grant. One that is an extension needs the program that knows its rule.
    pub fn offer(&mut self, grant: GrantType) {
        self.grants.insert(grant);
    }

    /// Offer the password grant at the token endpoint. It hands the user's password to the client
    /// and cannot carry a second factor: OAuth 2.1 has dropped it, RFC 9700 §2.4 forbids it. It is
    /// for one's own clients and for those who follow an older guide.
    #[must_use]
    pub fn allowing_password_grant(mut self) -> Self {
        self.grants.insert(GrantType::Password);
        self
    }

    /// The trusted issuer of exactly this name.
    pub fn trusted_issuer(&self, name: &str) -> Option<&TrustedIssuer> {
        self.trusted_issuers.iter().find(|trusted| trusted.issuer == name)
    }

    /// Stop offering a grant.
    pub fn withdraw(&mut self, grant: &GrantType) {
        self.grants.remove(grant);
    }

    /// Whether this grant is offered. That of devices is nothing without the endpoint where they begin, and that of
    /// assertions nothing without somebody who is trusted to make them.
    pub fn offers(&self, grant: &GrantType) -> bool {
        let has_beginning = match grant {
            GrantType::DeviceCode => self.endpoints.device_authorization.is_some(),
            GrantType::JwtBearer => !self.trusted_issuers.is_empty(),
            _ => true,
        };
        has_beginning && self.grants.contains(grant)
    }

    /// What is offered.
    pub fn grants(&self) -> impl Iterator<Item = &GrantType> {
        self.grants.iter().filter(|grant| self.offers(grant))
    }

    /// Offer a response type beside `code`, for clients that register it. What it gives passes through the browser, where
    /// histories, scripts and referrers see it: RFC 9700 §2.1.2 advises against it.
    #[must_use]
    pub fn allowing_response(mut self, kind: ResponseType) -> Self {
        self.responses.insert(kind);
        self
    }

    /// With what is signed for a client that does not say: RS256 where it is offered (OIDC Registration §2), else the first.
    pub fn default_algorithm(&self) -> Option<Algorithm> {
        let offered = &self.signing_algorithms;
        let rs256 = offered.iter().find(|algorithm| **algorithm == Algorithm::Rs256);
        rs256.or(offered.first()).copied()
    }

    /// Whether this response type is offered.
    pub fn offers_response(&self, kind: ResponseType) -> bool {
        let has_grant = !kind.has_code() || self.offers(&GrantType::AuthorizationCode);
        let has_openid = !kind.has_id_token() || self.openid;
        self.endpoints.authorization.is_some()
            && has_grant
            && has_openid
            && self.responses.contains(&kind)
    }

    /// What the authorization endpoint offers.
    pub fn responses(&self) -> impl Iterator<Item = ResponseType> {
        ResponseType::ALL.into_iter().filter(|kind| self.offers_response(*kind))
    }

    /// Where requests for the authorization endpoint may be pushed; nowhere without that endpoint (RFC 9126).
    pub fn pushes(&self) -> Option<&str> {
        let path = self.endpoints.pushed_authorization_request.as_deref();
        path.filter(|_| self.responses().next().is_some())
    }

    /// Where clients may have a person signed out; nowhere without OpenID Connect at the authorization endpoint, where sessions
    /// are told to clients.
    pub fn ends_sessions(&self) -> Option<&str> {
        let path = self.endpoints.end_session.as_deref();
        path.filter(|_| self.openid && self.responses().next().is_some())
    }

    /// Where pages of clients ask the browser about its session; nowhere without OpenID Connect at the authorization endpoint
    /// (Session Management §2, §3.3).
    pub fn checks_sessions(&self) -> Option<&str> {
        let path = self.endpoints.check_session.as_deref();
        path.filter(|_| self.openid && self.responses().next().is_some())
    }

    /// Where the public keys are; nowhere without one (RFC 8414 §2).
    pub fn publishes_keys(&self) -> Option<&str> {
        self.endpoints.jwks.as_deref().filter(|_| !self.signing_algorithms.is_empty())
    }

    /// The ways by which it answers.
    pub fn response_modes(&self) -> &'static [ResponseMode] {
        if self.responses().next().is_some() { &ResponseMode::ALL } else { &[] }
    }

    /// How clients may authenticate.
    pub const fn client_auth_methods(&self) -> &'static [AuthMethod] {
        &[
            AuthMethod::ClientSecretBasic,
            AuthMethod::ClientSecretPost,
            AuthMethod::ClientSecretJwt,
            AuthMethod::PrivateKeyJwt,
            AuthMethod::None,
        ]
    }
}
