//! What a protected resource says about itself (RFC 9728 §2), as a document and as the routes that serve it.
use axum::{
    Json, Router,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{
    HeaderValue,
    header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL},
};
use serde::Serialize;

/// Where the documents are (RFC 9728 §3).
const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// The facts about the resources below one prefix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProtectedResource {
    /// The resource identifier: the public URL with the prefix.
    pub resource: String,
    /// Its name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_name: Option<String>,
    /// The scopes that its resources ask for.
    pub scopes_supported: Vec<String>,
    /// How a token may be sent (RFC 6750 §2): the header only.
    pub bearer_methods_supported: [&'static str; 1],
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    facts: &'a ProtectedResource,
    authorization_servers: [&'a str; 1],
}

impl ProtectedResource {
    /// The one of `resources` whose identifier has this path; without a path also the only one that there is.
    pub fn at<'r>(resources: &'r [Self], path: &str) -> Option<&'r Self> {
        let path = path.trim_matches('/');
        match (resources.iter().find(|resource| resource.path() == path), resources) {
            (None, [only]) if path.is_empty() => Some(only),
            (found, _) => found,
        }
    }

    /// The document about it, with the server that gives tokens for it.
    pub fn document(&self, issuer: &str) -> Response {
        public(Json(Document { facts: self, authorization_servers: [issuer] }))
    }

    /// The path of its identifier, without slashes at its ends.
    fn path(&self) -> &str {
        self.resource.splitn(4, '/').nth(3).unwrap_or_default().trim_matches('/')
    }
}

/// The documents about all these resources, whose tokens are given by `issuer`, at their addresses: for a resource server that
/// stands alone.
///
/// # Panics
/// When two of them have the same path.
pub fn metadata(resources: &[ProtectedResource], issuer: &str) -> Router {
    let paths = resources.iter().map(ProtectedResource::path).filter(|path| !path.is_empty());
    let mut router = Router::new();
    for path in paths.chain([""]) {
        let Some(resource) = ProtectedResource::at(resources, path) else { continue };
        let (resource, issuer) = (resource.clone(), issuer.to_owned());
        let address = format!("{WELL_KNOWN}/{path}");
        let address = address.trim_end_matches('/');
        router = router.route(address, get(async move || resource.document(&issuer)));
    }
    router
}

/// Public facts: any site may read them, and they change rarely.
pub fn public(document: impl IntoResponse) -> Response {
    let mut response = document.into_response();
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    response
}
