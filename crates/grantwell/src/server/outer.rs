//! What surrounds every request: its id, its line in the log, the name check, the limits, and what happens on a panic.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ambient::Entropy;
use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use http::{HeaderValue, StatusCode, header};
use http_body_util::Limited;
use pages::headers::SecurityHeaders;
use pages::refusal::accept_of_a_person;
use pages::{Pages, Refusal};
use tracing::{Instrument as _, field};

use super::compress::Asked;
use super::health::PATHS;
use super::request_id::{HEADER, RequestId};
use super::{Hosts, Shutdown};

/// What the layers around every request need to know.
#[derive(Clone)]
pub struct Outer {
    /// The names this server answers to.
    pub hosts: Hosts,
    /// The largest body, in bytes.
    pub body_limit: usize,
    /// How long one request may take.
    pub request_timeout: Duration,
    /// The order to stop.
    pub shutdown: Shutdown,
    /// Renders refusals for people.
    pub pages: Pages,
    /// The headers that every answer has.
    pub headers: SecurityHeaders,
    /// Whether answers are compressed for those who take that.
    pub compress: bool,
    /// Draws request ids.
    pub entropy: Entropy,
}

/// Puts the layers around a router.
pub fn wrap(router: Router, outer: Outer) -> Router {
    router
        .layer(DefaultBodyLimit::max(outer.body_limit))
        // One layer for everything, since each costs every request a copy of the route below it.
        .layer(from_fn_with_state(Arc::new(outer), recorded))
}

/// Gives the request its id and its span, and writes one line about it.
async fn recorded(State(outer): State<Arc<Outer>>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = RequestId::of(request.headers(), &outer.entropy);
    let accept = accept_of_a_person(request.headers());
    // The pattern of the route, never the path itself: a path or a query may hold what nobody should read.
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("-", MatchedPath::as_str);
    // Whoever accepts a credential records whose it is.
    let span = tracing::info_span!(
        "request", request_id = %id, method = %request.method(), route,
        user = field::Empty, client_id = field::Empty
    );
    // The other rooms find it there.
    request.headers_mut().insert(HEADER, id.header());
    request.extensions_mut().insert(id.clone());
    let compress = outer.compress.then(|| {
        let method = request.method().clone();
        Asked::of(&method, request.headers_mut())
    });
    let response = within_limits(&outer, request, next).instrument(span.clone()).await;
    let mut response = Refusal::number(response, id.as_str());
    if let Some(accept) = accept {
        response = outer.pages.for_a_person(response, &accept);
    }
    response.headers_mut().insert(HEADER, id.header());
    outer.headers.apply(response.headers_mut());
    // A body that was too large is not read to its end, so nothing more can come over this connection.
    if outer.shutdown.has_begun() || response.status() == StatusCode::PAYLOAD_TOO_LARGE {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    if let Some(asked) = compress {
        response = asked.answer(response).await;
    }
    span.in_scope(|| write_line(response.status(), started.elapsed(), PATHS.contains(&route)));
    response
}

/// What is known only at the end stands in the line itself: a span would be read and written anew for each of it.
fn write_line(status: StatusCode, latency: Duration, is_probe: bool) {
    let latency_ms = (latency.as_secs_f64() * 1000.0 * 100.0).round() / 100.0;
    let code = status.as_u16();
    // A probe each second would drown everything else.
    if is_probe && status.is_success() {
        tracing::debug!(status = code, latency_ms, "answered");
    } else if status.is_server_error() {
        tracing::error!(status = code, latency_ms, "answered");
    } else {
        tracing::info!(status = code, latency_ms, "answered");
    }
}

/// Refuses what is not for this server or too large, ends what takes too long, and survives a panic.
async fn within_limits(outer: &Outer, request: Request, next: Next) -> Response {
    match admitted(outer, request) {
        Err(refusal) => refusal.into_response(),
        Ok(request) => in_our_form(run(outer, request, next).await, outer.body_limit),
    }
}

/// A handler that reads its body through axum's extractors says in plain text, or not at all, that it is too large.
fn in_our_form(response: Response, limit: usize) -> Response {
    let kind = response.headers().get(header::CONTENT_TYPE);
    let is_plain = kind.is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    if response.status() == StatusCode::PAYLOAD_TOO_LARGE && is_plain {
        return too_large(limit).into_response();
    }
    response
}

fn admitted(outer: &Outer, request: Request) -> Result<Request, Box<Refusal>> {
    let (parts, body) = request.into_parts();
    if !PATHS.contains(&parts.uri.path()) && !outer.hosts.admits(&parts) {
        return Err(Box::new(misdirected(super::host::asked_host(&parts))));
    }
    // Whoever reads the body refuses it, in the form of its own errors.
    Ok(Request::from_parts(parts, Body::new(Limited::new(body, outer.body_limit))))
}

async fn run(outer: &Outer, request: Request, next: Next) -> Response {
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(outer.request_timeout, answer).await {
        Ok(Ok(response)) => response,
        // What the panic said is in the log already, by the panic hook.
        Ok(Err(_)) => Refusal::internal().into_response(),
        Err(_) => timed_out(outer.request_timeout).into_response(),
    }
}

fn misdirected(host: Option<String>) -> Refusal {
    let asked = host.unwrap_or_else(|| "no single name".to_owned());
    Refusal::new(StatusCode::MISDIRECTED_REQUEST, "misdirected", "Not this server")
        .because(format!("The request asked for the host {asked}, which is not a name of this server."))
        .advise("If it should be one: set server.public_url to the address people use, or add the name to server.allowed_hosts.")
}

fn too_large(limit: usize) -> Refusal {
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "Too large")
        .because(format!("The body of the request is larger than {limit} bytes."))
        .advise("Send less at once. The limit is the setting server.body_limit.")
}

fn timed_out(limit: Duration) -> Refusal {
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "timeout", "That took too long")
        .because(format!(
            "The request was not done within {} seconds and was given up.",
            limit.as_secs()
        ))
        .advise("Try again in a moment.")
        .retry_after(5)
}
