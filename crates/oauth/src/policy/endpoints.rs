//! Where the endpoints are.

/// The paths of the endpoints; each starts with a slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// RFC 6749 §3.1.
    pub authorization: Option<String>,
    /// RFC 9126 §2.
    pub pushed_authorization_request: Option<String>,
    /// RFC 6749 §3.2.
    pub token: Option<String>,
    /// RFC 8628 §3.1.
    pub device_authorization: Option<String>,
    /// OIDC Core §5.3.
    pub userinfo: Option<String>,
    /// OpenID Connect RP-Initiated Logout §2.
    pub end_session: Option<String>,
    /// OpenID Connect Session Management §3.3. Default: nowhere.
    pub check_session: Option<String>,
    /// RFC 7517 §5.
    pub jwks: Option<String>,
    /// RFC 7009 §2.
    pub revocation: Option<String>,
    /// RFC 7662 §2.
    pub introspection: Option<String>,
    /// RFC 7591 §3; served only when clients may register themselves.
    pub registration: Option<String>,
}

impl Default for Endpoints {
    fn default() -> Self {
        Self {
            authorization: Some("/o/authorize/".to_owned()),
            pushed_authorization_request: Some("/o/par/".to_owned()),
            token: Some("/o/token/".to_owned()),
            device_authorization: Some("/o/device-authorization/".to_owned()),
            userinfo: Some("/o/userinfo/".to_owned()),
            end_session: Some("/o/logout/".to_owned()),
            check_session: None,
            jwks: Some("/.well-known/jwks.json".to_owned()),
            revocation: Some("/o/revoke_token/".to_owned()),
            introspection: Some("/o/introspect/".to_owned()),
            registration: Some("/o/register/".to_owned()),
        }
    }
}
