//! What another server says about itself, and where: RFC 8414 §3, OpenID Connect Discovery §4.

use crate::error::Malformed;
use serde_json::Value;
use url::Url;

/// The members that a resource server uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerMetadata {
    /// Where its public keys are.
    pub jwks_uri: Option<Url>,
    /// Where it answers about tokens.
    pub introspection_endpoint: Option<Url>,
}

impl ServerMetadata {
    /// Where the document of an issuer is, in the order in which to look: RFC 8414 §3.1, then OpenID Connect Discovery §4.1.
    pub fn addresses(issuer: &Url) -> [Url; 2] {
        let path = issuer.path().trim_end_matches('/');
        let at = |path: &str| {
            let mut url = issuer.clone();
            url.set_path(path);
            url
        };
        [
            at(&format!("/.well-known/oauth-authorization-server{path}")),
            at(&format!("{path}/.well-known/openid-configuration")),
        ]
    }

    /// Reads a document, which has to be about exactly this issuer (RFC 8414 §3.3).
    pub fn parse(document: &[u8], issuer: &str) -> Result<Self, Malformed> {
        let members = jose::json::object(document).map_err(|_| NOT_METADATA)?;
        if members.get("issuer").and_then(Value::as_str) != Some(issuer) {
            return Err(OTHER_ISSUER);
        }
        let url = |name: &str| match members.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Url::parse(text).map(Some).map_err(|_| NOT_METADATA),
            Some(_) => Err(NOT_METADATA),
        };
        Ok(Self {
            jwks_uri: url("jwks_uri")?,
            introspection_endpoint: url("introspection_endpoint")?,
        })
    }
}

const NOT_METADATA: Malformed = Malformed("it is no metadata of an authorization server");
const OTHER_ISSUER: Malformed = Malformed("it is the metadata of another issuer");
