//! The id under which a request is found again in the log: the caller's, if it is a sane one, else our own.

use std::fmt::{self, Write as _};

use ambient::Entropy;
use http::{HeaderMap, HeaderName, HeaderValue};

/// The header that carries it, in both directions.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id that is taken from a caller.
const LONGEST: usize = 64;

/// A request's id: 1 to 64 letters, digits, `-`, `_` and `.`. In the extensions of every request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// The caller's id if it has only harmless characters, else a new one.
    pub(crate) fn of(headers: &HeaderMap, entropy: &Entropy) -> Self {
        Self::sane(headers).unwrap_or_else(|| Self::draw(entropy))
    }

    fn sane(headers: &HeaderMap) -> Option<Self> {
        let text = headers.get(HEADER)?.to_str().ok()?;
        let harmless =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let sane = !text.is_empty() && text.len() <= LONGEST && text.bytes().all(harmless);
        sane.then(|| Self(text.to_owned()))
    }

    fn draw(entropy: &Entropy) -> Self {
        // Without randomness nothing else works either, but the request still deserves a line in the log.
        let bytes = entropy.fill::<12>().unwrap_or_default();
        let mut text = String::with_capacity(24);
        for byte in bytes {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        Self(text)
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id as a header.
    pub(crate) fn header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).unwrap_or(HeaderValue::from_static("-"))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callers_id_is_taken_only_if_it_is_harmless() {
        let long = "a".repeat(65);
        for (given, taken) in [
            ("01HX-abc_1.2", true),
            ("a", true),
            (&long[..64], true),
            (long.as_str(), false),
            ("", false),
            ("a b", false),
            ("a\"b", false),
            ("<script>", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HEADER, HeaderValue::from_str(given).unwrap());
            let id = RequestId::of(&headers, &Entropy::system());
            assert_eq!(id.as_str() == given, taken, "{given}");
        }
    }

    #[test]
    fn two_requests_do_not_share_an_id() {
        let of = || RequestId::of(&HeaderMap::new(), &Entropy::system());
        assert_ne!(of(), of());
    }
}
