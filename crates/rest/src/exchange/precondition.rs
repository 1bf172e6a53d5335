//! Entity tags: what a caller has already, and what a change is about (RFC 9110 §8.8.3 and §13.1).
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};

use crate::{Problem, Result};

/// The strong tag of a representation.
pub(crate) fn etag(json: &[u8]) -> HeaderValue {
    let digest = Sha256::digest(json);
    let short = digest.first_chunk::<16>().map_or_else(Vec::new, |short| short.to_vec());
    let text = format!("\"{}\"", URL_SAFE_NO_PAD.encode(short));
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("\"\""))
}

/// Whether a caller has this representation already (RFC 9110 §13.1.2: weak comparison).
pub(crate) fn has_already(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    tags(headers, &header::IF_NONE_MATCH).is_some_and(|known| {
        known.any
            || known
                .tags
                .iter()
                .any(|one| one.trim_start_matches("W/").as_bytes() == tag.as_bytes())
    })
}

/// What a change is about, as `If-Match` says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Precondition(Option<Tags>);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Tags {
    any: bool,
    tags: Vec<String>,
}

impl Precondition {
    /// Reads `If-Match`.
    ///
    /// # Errors
    /// 428 (RFC 6585 §3) without it, where it must be there.
    pub(super) fn of(headers: &HeaderMap, required: bool) -> Result<Self> {
        let tags = tags(headers, &header::IF_MATCH);
        if required && tags.is_none() {
            return Err(Problem::new(
                StatusCode::PRECONDITION_REQUIRED,
                "precondition_required",
                "A change must say which state it is about: send the `ETag` of the row, as you read it, in `If-Match`.",
            ));
        }
        Ok(Self(tags))
    }

    /// Whether anything was said.
    pub(super) fn is_given(&self) -> bool {
        self.0.is_some()
    }

    /// Lets the change pass when the row still is what the caller saw.
    ///
    /// # Errors
    /// 412, with the present tag.
    pub(super) fn check(&self, json: &[u8]) -> Result<()> {
        let Some(wanted) = &self.0 else { return Ok(()) };
        let present = etag(json);
        // Strong comparison: a weak tag never matches (RFC 9110 §13.1.1).
        if wanted.any || wanted.tags.iter().any(|tag| tag.as_bytes() == present.as_bytes()) {
            return Ok(());
        }
        Err(Problem::new(
            StatusCode::PRECONDITION_FAILED,
            "precondition_failed",
            "Somebody has changed this row since you read it; nothing was changed. Read it again and decide anew.",
        )
        .with_header(header::ETAG, present))
    }
}

fn tags(headers: &HeaderMap, name: &HeaderName) -> Option<Tags> {
    let mut found: Option<Tags> = None;
    for value in headers.get_all(name) {
        let tags = found.get_or_insert_default();
        // A tag holds no comma that we made; one of somebody else's that does will match nothing.
        for tag in value.to_str().unwrap_or_default().split(',').map(str::trim) {
            tags.any |= tag == "*";
            tags.tags.push(tag.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn tags_are_compared_weakly_for_reading_and_strongly_for_changing() {
        let tag = etag(b"{}").to_str().unwrap().to_owned();
        for (sent, reads, changes) in [
            (tag.clone(), true, true),
            (format!("\"other\", {tag}"), true, true),
            (format!("W/{tag}"), true, false),
            ("*".to_owned(), true, true),
            ("\"other\"".to_owned(), false, false),
            (tag.trim_matches('"').to_owned(), false, false),
            (String::new(), false, false),
        ] {
            let read = headers(header::IF_NONE_MATCH, &sent);
            assert_eq!(has_already(&read, &etag(b"{}")), reads, "{sent}");
            let change = headers(header::IF_MATCH, &sent);
            let precondition = Precondition::of(&change, true).unwrap();
            assert_eq!(precondition.check(b"{}").is_ok(), changes, "{sent}");
        }
        assert!(!has_already(&HeaderMap::new(), &etag(b"{}")));
        assert!(Precondition::of(&HeaderMap::new(), false).unwrap().check(b"{}").is_ok());
        assert_eq!(Precondition::of(&HeaderMap::new(), true).unwrap_err().status(), 428);
    }

    #[test]
    fn other_bytes_have_another_tag() {
        assert_ne!(etag(b"{\"a\":1}"), etag(b"{\"a\":2}"));
    }
}
