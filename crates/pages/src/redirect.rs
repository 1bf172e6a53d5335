//! Redirects that stay on this site: `next` and `return_to` are accepted only as plain local paths.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use percent_encoding::percent_decode_str;

/// A path on this site (with query), proven safe to send a browser to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalPath(String);

/// The text cannot be used as a local path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("only a path on this site can be returned to, such as /o/applications/")]
pub struct NotLocal;

/// Longest local path, in bytes: an authorization request with all its parameters fits.
const MOST_BYTES: usize = 8192;

impl LocalPath {
    /// Accepts `/path?query#fragment` of this site, and nothing that any browser could read as another one.
    ///
    /// Refused: other schemes and hosts (`https:…`, `//host`, `/\host`), backslashes, control characters and spaces,
    /// also when percent-encoded in the path, empty and dot segments (`/..//host`), text that is not ASCII.
    pub fn parse(text: &str) -> Result<Self, NotLocal> {
        let path = text.split(['?', '#']).next().unwrap_or_default();
        let plain = |byte: u8| (0x21..=0x7E).contains(&byte) && !b"\\\"<>^`{|}".contains(&byte);
        if text.len() > MOST_BYTES || !text.bytes().all(plain) || !is_local(path) {
            return Err(NotLocal);
        }
        let decoded: Vec<u8> = percent_decode_str(path).collect();
        // Decoded twice, because some proxies decode once on the way.
        let twice: Vec<u8> = percent_encoding::percent_decode(&decoded).collect();
        for bytes in [decoded, twice] {
            let inner = std::str::from_utf8(&bytes).map_err(|_| NotLocal)?;
            if inner.chars().any(|c| c.is_control() || c == '\\') || !is_local(inner) {
                return Err(NotLocal);
            }
        }
        Ok(Self(text.to_owned()))
    }

    /// `next` when it is a local path, otherwise `fallback`.
    ///
    /// `fallback` is one of our own paths; should it be wrong as well, the front page is used.
    pub fn or(next: Option<&str>, fallback: &str) -> Self {
        next.and_then(|next| Self::parse(next).ok())
            .or_else(|| Self::parse(fallback).ok())
            .unwrap_or_else(|| Self("/".to_owned()))
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Starts with one slash, and has no empty segment and no dot segment.
fn is_local(path: &str) -> bool {
    let Some(rest) = path.strip_prefix('/') else { return false };
    let body = rest.strip_suffix('/').unwrap_or(rest);
    (body.is_empty() && rest.is_empty())
        || (!body.is_empty() && body.split('/').all(|segment| !matches!(segment, "" | "." | "..")))
}

/// `303 See Other` to a local path: the browser follows with GET, whatever the method was. Never stored.
pub fn see_other(to: &LocalPath) -> Response {
    let Ok(location) = HeaderValue::from_str(to.as_str()) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let headers = [
        (header::LOCATION, location),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_this_site_are_accepted() {
        for path in [
            "/",
            "/o/applications/",
            "/o/authorize?response_type=code&redirect_uri=https://app.example/cb&state=a%20b",
            "/o/authorize?x=%0d%0a",
            "/search?q=a//b",
            "/v1/unicorn/1#raw",
            "/caf%C3%A9/",
            "/a..b/.well-known/x",
            "/?next=//evil",
        ] {
            assert_eq!(LocalPath::parse(path).map(|path| path.0).as_deref(), Ok(path), "{path}");
        }
    }

    #[test]
    fn everything_that_could_leave_this_site_is_refused() {
        for path in [
            "",
            "evil",
            "?next=/",
            "//evil",
            "///evil",
            "/\\evil",
            "\\\\evil",
            "\\/evil",
            "/a\\b",
            "/%09/evil",
            "/%5cevil",
            "/%5Cevil",
            "/%2fevil",
            "/%2Fevil",
            "/%252fevil",
            "/%255cevil",
            "/..//evil",
            "/../evil",
            "/./x",
            "/%2e%2e/x",
            "/a//b",
            "/a//",
            "//",
            "/\tevil",
            "/ evil",
            " /evil",
            "/ev\nil",
            "/ev\ril",
            "/a\0b",
            "/a%00b",
            "/a%0ab",
            "/a%7f",
            "https://evil",
            "https:evil",
            "http:///evil",
            "javascript:alert(1)",
            "data:text/html,x",
            "/ä",
            "/%ff",
            "user@evil",
            "/\u{2028}evil",
            "/a\"b",
            "/<x>",
        ] {
            assert_eq!(LocalPath::parse(path), Err(NotLocal), "{path:?}");
        }
        assert_eq!(LocalPath::parse(&format!("/{}", "a".repeat(MOST_BYTES))), Err(NotLocal));
    }

    #[test]
    fn a_bad_next_falls_back() {
        assert_eq!(
            LocalPath::or(Some("//evil"), "/accounts/profile/").as_str(),
            "/accounts/profile/"
        );
        assert_eq!(LocalPath::or(Some("/ok"), "/x").as_str(), "/ok");
        assert_eq!(LocalPath::or(None, "//evil").as_str(), "/");
    }

    #[test]
    fn the_answer_is_a_303_that_is_not_stored() {
        let answer = see_other(&LocalPath::or(Some("/a?b=c"), "/"));
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        assert_eq!(answer.headers()["location"], "/a?b=c");
        assert_eq!(answer.headers()["cache-control"], "no-store");
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_accepted_a_browser_stays_here(text in r"[/\\?#:@.%a-f0259 \t\r\n&=;-]{0,24}") {
            if let Ok(path) = LocalPath::parse(&text) {
                // The `url` crate resolves references as browsers do (WHATWG URL).
                let here = url::Url::parse("https://here.example/o/").unwrap();
                let there = here.join(path.as_str()).unwrap();
                assert_eq!(there.origin(), here.origin(), "{text:?}");
                assert!(!there.path().starts_with("//"), "{text:?}");
                assert!(there.username().is_empty() && there.password().is_none(), "{text:?}");
            }
        }
    }
}
