//! One request and its answer over one connection, both bounded.

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;

use crate::connect::Stream;
use crate::error::FetchError;
use crate::fetched::Fetched;
use crate::freshness::Freshness;
use crate::media_type::essence;

/// How many header lines an answer may have.
const MOST_HEADERS: usize = 100;
/// The smallest buffer that the HTTP library takes.
const SMALLEST_BUFFER: usize = 8192;

/// What bounds an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) head: usize,
    pub(crate) body: usize,
}

/// Sends a request and reads the whole answer.
pub(crate) async fn exchange(
    stream: Box<dyn Stream>,
    request: Request<Full<Bytes>>,
    bounds: Bounds,
    host: &str,
) -> Result<Fetched, FetchError> {
    let fault = |error: hyper::Error| fault(&error, host);
    let (mut sender, connection) = http1::Builder::new()
        .max_headers(MOST_HEADERS)
        .max_header_size(bounds.head)
        .max_buf_size(bounds.head.max(SMALLEST_BUFFER))
        .handshake(TokioIo::new(stream))
        .await
        .map_err(fault)?;
    let asked = async {
        let response = sender.send_request(request).await.map_err(fault)?;
        read(response, bounds.body, host).await
    };
    tokio::pin!(asked, connection);
    // The connection has to be driven for the answer to come in, and ends with this call whatever happens.
    tokio::select! {
        biased;
        fetched = &mut asked => return fetched,
        _ = &mut connection => {}
    }
    asked.await
}

async fn read(
    response: Response<Incoming>,
    limit: usize,
    host: &str,
) -> Result<Fetched, FetchError> {
    let too_large = || FetchError::BodyTooLarge { host: host.to_owned(), limit };
    let (head, mut body) = response.into_parts();
    if is_encoded(&head.headers) {
        return Err(FetchError::Encoded { host: host.to_owned() });
    }
    // What says itself that it is too large need not be read.
    if usize::try_from(body.size_hint().lower()).map_or(true, |length| length > limit) {
        return Err(too_large());
    }
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| fault(&error, host))?;
        if let Ok(data) = frame.into_data() {
            if data.len() > limit - bytes.len() {
                return Err(too_large());
            }
            bytes.extend_from_slice(&data);
        }
    }
    let content_type = head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    Ok(Fetched {
        status: head.status.as_u16(),
        content_type: content_type.and_then(essence),
        body: bytes.freeze(),
        freshness: Freshness::of(&head.headers),
    })
}

fn is_encoded(headers: &HeaderMap) -> bool {
    let plain = |coding: &[u8]| coding.trim_ascii().eq_ignore_ascii_case(b"identity");
    headers.get_all(CONTENT_ENCODING).iter().any(|value| !plain(value.as_bytes()))
}

fn fault(error: &hyper::Error, host: &str) -> FetchError {
    let host = host.to_owned();
    if error.is_parse_too_large() {
        return FetchError::HeadTooLarge { host };
    }
    // The library's own words, which quote nothing of the answer.
    FetchError::Answer { host, why: error.to_string() }
}
