//! What is left of a request's body when its answer is ready: read away, so that the answer arrives.
//!
//! A connection that is closed while its client still writes is reset, and the reset may overtake the answer: the client
//! then sees a broken connection in place of the refusal that says what was wrong. What is read away has a bound; a client
//! that wants to send more than that has to live with the reset.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use http::{Request, header};
use http_body_util::BodyExt as _;
use hyper::body::{Frame, Incoming, SizeHint};

/// The most bytes that are read away.
const BYTES: u64 = 16 * 1024 * 1024;
/// The longest time that is spent on it.
const TIME: Duration = Duration::from_secs(2);

/// Where an unread body is put when its handler drops it; nothing for a request without a body.
pub(super) struct Leftover(Option<Slot>);

type Slot = Arc<Mutex<Option<Incoming>>>;

/// The request with a body that does not vanish when it is dropped half read.
pub(super) fn watch(request: Request<Incoming>) -> (Request<Body>, Leftover) {
    let (parts, body) = request.into_parts();
    if body.is_end_stream() {
        return (Request::from_parts(parts, Body::empty()), Leftover(None));
    }
    let slot = Slot::default();
    // Such a client sends only after it is told to, and a body that nobody asks for is never sent.
    let unasked = parts.headers.contains_key(header::EXPECT);
    let body = Watched { body: Some(body), slot: Arc::clone(&slot), unasked };
    (Request::from_parts(parts, Body::new(body)), Leftover(Some(slot)))
}

impl Leftover {
    /// Reads the rest of the body away, within the bound.
    pub(super) async fn drain(self) {
        let Some(slot) = self.0 else { return };
        let rest = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut rest) = rest.filter(|rest| rest.size_hint().lower() <= BYTES) else { return };
        let read_away = async {
            let mut left = BYTES;
            while let Some(Ok(frame)) = rest.frame().await {
                let size = frame.data_ref().map_or(0, |data| data.len() as u64);
                match left.checked_sub(size) {
                    Some(less) => left = less,
                    None => return,
                }
            }
        };
        // Whether it came to an end or not, the answer goes out now.
        let _ = tokio::time::timeout(TIME, read_away).await;
    }
}

struct Watched {
    body: Option<Incoming>,
    slot: Slot,
    unasked: bool,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        self.unasked = false;
        match &mut self.body {
            Some(body) => Pin::new(body).poll_frame(context),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let rest = self.body.take().filter(|rest| !self.unasked && !rest.is_end_stream());
        *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = rest;
    }
}
