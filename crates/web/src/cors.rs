//! Which scripts of other sites may read the answers of the protocol endpoints: those of the origins of the client that
//! asks (OAuth 2.0 for Browser-Based Applications §6.3). The authorization endpoint is not among them.

use std::sync::{Arc, OnceLock};

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, VARY};
use http::{Extensions, HeaderValue};
use rest::cors::{is_preflight, origin, preflight};
use store::Application;

/// Where an endpoint notes whose request it answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asker(Arc<OnceLock<Arc<Application>>>);

impl Asker {
    /// That of a request which came from another site.
    pub(crate) fn of(extensions: &Extensions) -> Option<Self> {
        extensions.get().cloned()
    }

    /// Note it.
    pub(crate) fn note(&self, application: &Arc<Application>) {
        let _ = self.0.set(Arc::clone(application));
    }
}

/// Middleware around the endpoints.
///
/// A preflight names no client, so it is answered for every origin: it only lets the browser send the request. Whether a
/// script may read the answer is decided when the client is known. No cookie counts here, so none is allowed.
pub(crate) async fn for_clients(mut request: Request, next: Next) -> Response {
    let Some(origin) = origin(request.headers()) else { return next.run(request).await };
    if is_preflight(request.method(), request.headers()) {
        let methods = HeaderValue::from_static("GET, POST");
        return preflight(origin, methods, HeaderValue::from_static("Authorization, Content-Type"));
    }
    let asker = Asker::default();
    request.extensions_mut().insert(asker.clone());
    let mut response = next.run(request).await;
    response.headers_mut().append(VARY, HeaderValue::from_static("Origin"));
    let named = origin.to_str().unwrap_or_default();
    if asker.0.get().is_some_and(|application| application.client.allows_origin(named)) {
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        let exposed = HeaderValue::from_static("WWW-Authenticate, Retry-After");
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    }
    response
}
