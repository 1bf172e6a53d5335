//! The grants: their names, and one file for each that is offered.

pub mod authorization_code;
pub mod client_credentials;
pub mod device_code;
pub mod extension;
pub mod jwt_bearer;
pub mod password;
pub mod presented;
pub mod refresh_token;

use crate::error::{ErrorCode, Malformed, OAuthError};
use crate::form::Form;
use extension::ExtensionName;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The names of `grant_type`, with the spelling of the RFC that registers each.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum GrantType {
    /// RFC 6749 §4.1.
    AuthorizationCode,
    /// RFC 6749 §4.4.
    ClientCredentials,
    /// RFC 8628 §3.4.
    DeviceCode,
    /// RFC 7523 §2.1.
    JwtBearer,
    /// RFC 6749 §4.3.
    Password,
    /// RFC 6749 §6.
    RefreshToken,
    /// RFC 6749 §4.5: a grant that the program brings itself, named by an absolute URI.
    Extension(ExtensionName),
}

impl GrantType {
    /// The grants that have a rule in this crate.
    pub const BUILT_IN: [Self; 6] = [
        Self::AuthorizationCode,
        Self::ClientCredentials,
        Self::Password,
        Self::RefreshToken,
        Self::DeviceCode,
        Self::JwtBearer,
    ];

    /// The spelling on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::ClientCredentials => "client_credentials",
            Self::DeviceCode => "urn:ietf:params:oauth:grant-type:device_code",
            Self::JwtBearer => "urn:ietf:params:oauth:grant-type:jwt-bearer",
            Self::Password => "password",
            Self::RefreshToken => "refresh_token",
            Self::Extension(name) => name.as_str(),
        }
    }

    /// Read the spelling on the wire; case matters. An absolute URI that is none of ours names an extension, whether or
    /// not anybody offers it.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        match Self::BUILT_IN.into_iter().find(|grant| grant.as_str() == text) {
            Some(grant) => Ok(grant),
            None => ExtensionName::parse(text).map(Self::Extension),
        }
    }
}

impl fmt::Display for GrantType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for GrantType {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        Self::parse(text)
    }
}

impl TryFrom<String> for GrantType {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        Self::parse(&text)
    }
}

impl From<GrantType> for String {
    fn from(grant: GrantType) -> Self {
        grant.as_str().to_owned()
    }
}

/// A token request, parsed for its grant.
#[derive(Debug)]
pub enum TokenRequest {
    /// RFC 6749 §4.1.
    AuthorizationCode(authorization_code::Request),
    /// RFC 6749 §4.3.
    Password(password::Request),
    /// RFC 6749 §4.4.
    ClientCredentials(client_credentials::Request),
    /// RFC 8628 §3.4.
    DeviceCode(device_code::Request),
    /// RFC 7523 §2.1.
    JwtBearer(Box<jwt_bearer::Request>),
    /// RFC 6749 §6.
    RefreshToken(refresh_token::Request),
    /// RFC 6749 §4.5.
    Extension(extension::Request),
}

impl TokenRequest {
    /// Parse the parameters of this grant.
    pub fn parse(grant: &GrantType, form: &Form) -> Result<Self, OAuthError> {
        match grant {
            GrantType::AuthorizationCode => {
                authorization_code::Request::parse(form).map(Self::AuthorizationCode)
            }
            GrantType::Password => password::Request::parse(form).map(Self::Password),
            GrantType::ClientCredentials => {
                client_credentials::Request::parse(form).map(Self::ClientCredentials)
            }
            GrantType::RefreshToken => refresh_token::Request::parse(form).map(Self::RefreshToken),
            GrantType::DeviceCode => device_code::Request::parse(form).map(Self::DeviceCode),
            GrantType::JwtBearer => {
                jwt_bearer::Request::parse(form).map(Box::new).map(Self::JwtBearer)
            }
            GrantType::Extension(name) => {
                extension::Request::parse(name.clone(), form).map(Self::Extension)
            }
        }
    }

    /// Which grant it is.
    pub fn grant_type(&self) -> GrantType {
        match self {
            Self::AuthorizationCode(_) => GrantType::AuthorizationCode,
            Self::Password(_) => GrantType::Password,
            Self::ClientCredentials(_) => GrantType::ClientCredentials,
            Self::DeviceCode(_) => GrantType::DeviceCode,
            Self::JwtBearer(_) => GrantType::JwtBearer,
            Self::RefreshToken(_) => GrantType::RefreshToken,
            Self::Extension(request) => GrantType::Extension(request.name.clone()),
        }
    }
}

/// What is answered when the server does not offer the grant (RFC 6749 §5.2).
pub const UNSUPPORTED: OAuthError = OAuthError::new(
    ErrorCode::UnsupportedGrantType,
    "this server does not offer that grant_type; its metadata lists the ones it offers",
);

/// What is answered when the client may not use the grant (RFC 6749 §5.2).
pub const UNAUTHORIZED: OAuthError = OAuthError::new(
    ErrorCode::UnauthorizedClient,
    "this client is not registered for that grant_type; add it to the client's grant types",
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refresh_token::RefreshToken;

    #[test]
    fn every_grant_reads_back_and_case_matters() {
        let extension = GrantType::parse("urn:stable:grant-type:badge").unwrap();
        assert!(matches!(extension, GrantType::Extension(_)));
        for grant in GrantType::BUILT_IN.into_iter().chain([extension]) {
            assert_eq!(GrantType::parse(grant.as_str()).unwrap(), grant);
        }
        for text in ["", "Password", "refresh-token", "implicit", " password"] {
            assert!(GrantType::parse(text).is_err(), "{text}");
        }
    }

    fn refresh_token_text() -> String {
        use crate::id::AuthorizationId;
        let authorization = AuthorizationId::from_uuid(uuid::Uuid::from_u128(1));
        let token = RefreshToken { authorization, generation: 1, mac: [0; 32] };
        token.compose().expose().to_owned()
    }

    #[test]
    fn every_grant_parses_to_its_own_request() {
        let refresh = refresh_token_text();
        let code = crate::code::Code {
            authorization: crate::id::AuthorizationId::from_uuid(uuid::Uuid::from_u128(1)),
            mac: [0; 32],
        };
        let code = code.compose();
        let device = crate::device::DeviceCode::from_random([1; 32]).compose();
        let (code, device) = (code.expose(), device.expose());
        let body = format!(
            "username=u&password=p&refresh_token={refresh}&code={code}&device_code={device}&assertion=x"
        );
        let form = Form::parse(body.as_bytes()).unwrap();
        let extension = GrantType::parse("https://stable.example/badge").unwrap();
        for grant in GrantType::BUILT_IN.into_iter().chain([extension]) {
            assert_eq!(TokenRequest::parse(&grant, &form).unwrap().grant_type(), grant);
        }
    }
}
