//! Which scripts of other sites may read answers: those of the origins of the client whose token they bring (OAuth 2.0 for
//! Browser-Based Applications §6.3), told to browsers by the CORS protocol (Fetch §3.3).
//!
//! A cookie never counts: `Access-Control-Allow-Credentials` is not sent, so a script of another site acts by a token that it
//! was given, and by nothing that the browser adds on its own.
use std::{
    collections::BTreeSet,
    future::Future,
    sync::{Arc, OnceLock},
};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use futures_util::future::BoxFuture;
use http::{
    Extensions, HeaderMap, HeaderValue, Method, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD,
        ORIGIN, VARY,
    },
};
use oauth::{
    id::ClientId,
    principal::{Principal, Via},
};

use crate::state::RestState;

/// What scripts may send to resources.
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");
const HEADERS: HeaderValue = HeaderValue::from_static(
    "Accept, Accept-Version, Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match",
);
/// What they may read of an answer besides its body and the few headers that are open to all (Fetch §3.3.3).
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "Accept-Patch, Accept-Post, Allow, Content-Disposition, Deprecation, ETag, Idempotent-Replayed, Link, Location, RateLimit, \
     RateLimit-Policy, Retry-After, Sunset, WWW-Authenticate, X-Estimated-Count, X-Request-Id, X-Total-Count",
);

/// Who knows the origins of clients.
pub trait Origins: Send + Sync + 'static {
    /// Whether scripts of this origin may read what this client is answered.
    fn of_client<'a>(&'a self, client: &'a ClientId, origin: &'a str) -> BoxFuture<'a, bool>;

    /// Whether it is the origin of some client. Asked where no client is known: by a preflight, which only lets the browser send
    /// the request, and where no good credential came, so that a script can read that its token has expired.
    fn of_any<'a>(&'a self, origin: &'a str) -> BoxFuture<'a, bool>;
}

/// Origins in a list, for all clients alike: for a program that does not know the clients of its callers.
#[derive(Clone, Debug, Default)]
pub struct OriginList(BTreeSet<String>);

/// A text that is no origin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no origin: write scheme, host and, unless it is the usual one, port, such as https://app.example.com"
)]
pub struct WrongOrigin(pub String);

impl OriginList {
    /// These origins, each as browsers write it: `https://app.example.com`, `http://localhost:3000`.
    ///
    /// # Errors
    /// For a text with a path or without a scheme, which no browser would ever send.
    pub fn parse<T: Into<String>>(
        origins: impl IntoIterator<Item = T>,
    ) -> Result<Self, WrongOrigin> {
        let one = |text: T| {
            let text = text.into();
            let host = ["https://", "http://"].iter().find_map(|scheme| text.strip_prefix(scheme));
            let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b':' | b'[' | b']');
            if host.is_some_and(|host| !host.is_empty() && host.bytes().all(plain)) {
                Ok(text)
            } else {
                Err(WrongOrigin(text))
            }
        };
        origins.into_iter().map(one).collect::<Result<_, _>>().map(Self)
    }
}

impl Origins for OriginList {
    fn of_client<'a>(&'a self, _: &'a ClientId, origin: &'a str) -> BoxFuture<'a, bool> {
        self.of_any(origin)
    }

    fn of_any<'a>(&'a self, origin: &'a str) -> BoxFuture<'a, bool> {
        Box::pin(std::future::ready(self.0.contains(origin)))
    }
}

/// Where a request notes whose it is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asker(Arc<OnceLock<Option<ClientId>>>);

impl Asker {
    /// Notes the caller. A browser's session is nobody's who may read answers from another site.
    pub(crate) fn note(extensions: &Extensions, principal: &Principal) {
        if let Some(asker) = extensions.get::<Self>() {
            let client = (principal.via == Via::Bearer).then(|| principal.client.clone());
            let _ = asker.0.set(client);
        }
    }
}

/// Answers a request, and says to the browser whether a script of another site may read the answer.
pub(crate) async fn around<F>(
    state: &RestState,
    mut request: Request,
    answer: impl FnOnce(Request) -> F,
) -> Response
where
    F: Future<Output = Response>,
{
    let (Some(origins), Some(origin)) = (state.origins(), origin(request.headers())) else {
        return answer(request).await;
    };
    let named = origin.to_str().unwrap_or_default();
    let is_preflight = is_preflight(request.method(), request.headers());
    if is_preflight && origins.of_any(named).await {
        return preflight(origin, METHODS, HEADERS);
    }
    let asker = Asker::default();
    request.extensions_mut().insert(asker.clone());
    let mut response = answer(request).await;
    response.headers_mut().append(VARY, HeaderValue::from_static("Origin"));
    let may_read = match asker.0.get() {
        _ if is_preflight => false,
        Some(Some(client)) => origins.of_client(client, named).await,
        Some(None) => false,
        None => origins.of_any(named).await,
    };
    if may_read {
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
    response
}

/// The same as a layer, for routes of the author's own.
pub(crate) async fn layer(
    State(state): State<RestState>,
    request: Request,
    next: Next,
) -> Response {
    around(&state, request, |request| next.run(request)).await
}

/// The origin of the script that sends a request. `null` stands for many documents that have nothing to do with each other, so
/// it is nobody's origin.
pub fn origin(headers: &HeaderMap) -> Option<HeaderValue> {
    headers.get(ORIGIN).filter(|origin| *origin != "null").cloned()
}

/// Whether a browser asks what a script may send.
pub fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// The answer that lets the browser send the request.
pub fn preflight(origin: HeaderValue, methods: HeaderValue, allowed: HeaderValue) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, allowed);
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    headers.insert(VARY, HeaderValue::from_static("Origin"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_as_browsers_write_it() {
        for good in ["https://app.example", "http://localhost:3000", "http://[::1]:8080"] {
            assert!(OriginList::parse([good]).is_ok(), "{good}");
        }
        for bad in ["", "*", "null", "app.example", "https://", "https://a/", "https://A.example"] {
            assert_eq!(OriginList::parse([bad]).unwrap_err(), WrongOrigin(bad.to_owned()));
        }
    }
}
