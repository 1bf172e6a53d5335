//! The body of a request, read whole within a bound, with every way it can be malformed told apart.

use axum::body::Body;
use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

/// The media types a body may have here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Media {
    /// `application/x-www-form-urlencoded`.
    Form,
    /// `application/json`.
    Json,
}

/// Why a body could not be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyError {
    /// No `Content-Type`, or one this endpoint does not read.
    #[error("the request body has a Content-Type that this endpoint does not read")]
    UnsupportedMedia,
    /// More bytes than allowed.
    #[error("the request body is larger than this endpoint reads")]
    TooLarge,
    /// The connection ended before the announced length, or the framing is broken.
    #[error("the request body ended too early or could not be read")]
    Truncated,
}

/// The media type that `headers` name, if it is one we read.
///
/// Parameters are ignored except a `charset` other than UTF-8, which is refused; so is any `Content-Encoding`, because
/// a compressed body would defeat the bound.
pub(crate) fn media(headers: &HeaderMap) -> Result<Media, BodyError> {
    if headers.contains_key(CONTENT_ENCODING) || headers.get_all(CONTENT_TYPE).iter().count() != 1 {
        return Err(BodyError::UnsupportedMedia);
    }
    let text = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .ok_or(BodyError::UnsupportedMedia)?;
    let mut parts = text.split(';');
    let essence = parts.next().unwrap_or_default().trim();
    for parameter in parts {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let value = value.trim().trim_matches('"');
        if name.trim().eq_ignore_ascii_case("charset") && !value.eq_ignore_ascii_case("utf-8") {
            return Err(BodyError::UnsupportedMedia);
        }
    }
    if essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        Ok(Media::Form)
    } else if essence.eq_ignore_ascii_case("application/json") {
        Ok(Media::Json)
    } else {
        Err(BodyError::UnsupportedMedia)
    }
}

/// Read at most `limit` bytes.
pub(crate) async fn read(body: Body, limit: usize) -> Result<Bytes, BodyError> {
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if is_length_limit(error.as_ref()) => Err(BodyError::TooLarge),
        Err(_) => Err(BodyError::Truncated),
    }
}

/// A limit set by a layer further out arrives wrapped, so the whole chain of causes is searched.
fn is_length_limit(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut current = Some(error);
    while let Some(cause) = current {
        if cause.is::<LengthLimitError>() {
            return true;
        }
        current = cause.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn media_types_are_told_apart() {
        let table = [
            ("application/x-www-form-urlencoded", Ok(Media::Form)),
            ("Application/X-WWW-Form-Urlencoded; charset=UTF-8", Ok(Media::Form)),
            ("application/json", Ok(Media::Json)),
            ("application/json;charset=\"utf-8\"", Ok(Media::Json)),
            ("application/json; charset=latin1", Err(BodyError::UnsupportedMedia)),
            ("text/plain", Err(BodyError::UnsupportedMedia)),
            ("multipart/form-data; boundary=x", Err(BodyError::UnsupportedMedia)),
            ("", Err(BodyError::UnsupportedMedia)),
        ];
        for (value, expected) in table {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(value));
            assert_eq!(media(&headers), expected, "{value}");
        }
        assert_eq!(media(&HeaderMap::new()), Err(BodyError::UnsupportedMedia));
    }

    #[test]
    fn a_compressed_body_is_refused() {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        assert_eq!(media(&headers), Err(BodyError::UnsupportedMedia));
    }

    #[tokio::test]
    async fn the_bound_holds_at_the_byte() {
        assert_eq!(read(Body::from("12345"), 5).await.map(|b| b.len()), Ok(5));
        assert_eq!(read(Body::from("123456"), 5).await, Err(BodyError::TooLarge));
    }
}
