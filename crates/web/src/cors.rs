//! Which scripts of other sites may read the answers of the protocol endpoints: those of the origins of the client that
//! asks (OAuth 2.0 for Browser-Based Applications §6.3). The authorization endpoint is not among them.

use std::sync::{Arc, OnceLock};

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
    VARY,
};
use http::{Extensions, HeaderMap, HeaderValue, Method, StatusCode};
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
    let preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    if preflight {
        return allow_request(origin);
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

/// `null` stands for many documents that have nothing to do with each other, so it is nobody's origin.
fn origin(headers: &HeaderMap) -> Option<HeaderValue> {
    headers.get(ORIGIN).filter(|origin| *origin != "null").cloned()
}

fn allow_request(origin: HeaderValue) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
    let allowed = HeaderValue::from_static("Authorization, Content-Type");
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, allowed);
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    headers.insert(VARY, HeaderValue::from_static("Origin"));
    response
}
