//! What a text looks like: an e-mail address, an address on the web, a slug, or a pattern of the author's own.
use std::sync::LazyLock;

use regex::Regex;
use sea_orm::Value;

use super::coerce::Refusal;

/// An author's own check of one value: `Ok`, or the sentence that the caller reads.
pub type Check = fn(&Value) -> Result<(), String>;

/// What a text looks like.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Shape {
    /// An e-mail address, as browsers check it (HTML, "valid e-mail address").
    Email,
    /// An absolute `http` or `https` address.
    Url,
    /// Letters, digits, `-` and `_`, as in the last part of a readable address.
    Slug,
    /// A regular expression for the whole text; it is compiled at its first use and then kept.
    Pattern {
        /// As the author wrote it; the same text stands in descriptions of the resource.
        source: &'static str,
        /// The compiled form.
        regex: &'static LazyLock<Regex>,
    },
}

static EMAIL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$",
    )
    .ok()
});

impl Shape {
    /// The word for it in descriptions: `email`, `uri`, `slug`, `pattern`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Url => "uri",
            Self::Slug => "slug",
            Self::Pattern { .. } => "pattern",
        }
    }

    /// The regular expression that describes it to others, where there is one.
    pub fn pattern(self) -> Option<&'static str> {
        match self {
            Self::Email | Self::Url => None,
            Self::Slug => Some("^[-a-zA-Z0-9_]+$"),
            Self::Pattern { source, .. } => Some(source),
        }
    }

    /// Whether a text looks like this.
    pub(crate) fn check(self, text: &str) -> Result<(), Refusal> {
        let (good, wanted) = match self {
            Self::Email => (
                EMAIL.as_ref().is_some_and(|pattern| pattern.is_match(text)),
                "This must be an e-mail address, for example ann@example.com.",
            ),
            Self::Url => (
                is_web_address(text),
                "This must be an address on the web, for example https://example.com/.",
            ),
            Self::Slug => (
                !text.is_empty()
                    && text
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')),
                "This must be letters, digits, hyphens and underscores only.",
            ),
            Self::Pattern { source, regex } => {
                return if regex.is_match(text) {
                    Ok(())
                } else {
                    Err(Refusal::new("pattern", format!("This must match the pattern {source}")))
                };
            }
        };
        if good { Ok(()) } else { Err(Refusal::new(self.word(), wanted)) }
    }
}

fn is_web_address(text: &str) -> bool {
    url::Url::parse(text)
        .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

#[cfg(test)]
mod tests {
    use super::*;

    static PLATE: LazyLock<Regex> = LazyLock::new(|| Regex::new("^[A-Z]{2}-[0-9]+$").unwrap());

    #[test]
    fn texts_look_as_they_must() {
        let plate = Shape::Pattern { source: "^[A-Z]{2}-[0-9]+$", regex: &PLATE };
        for (shape, text, good) in [
            (Shape::Email, "ann@example.com", true),
            (Shape::Email, "ann+tag@localhost", true),
            (Shape::Email, "ann@", false),
            (Shape::Email, "ann@example.com\n", false),
            (Shape::Email, "ann@-example.com", false),
            (Shape::Url, "https://example.com/a?b=c", true),
            (Shape::Url, "http://[::1]:8080/", true),
            (Shape::Url, "ftp://example.com/", false),
            (Shape::Url, "javascript:alert(1)", false),
            (Shape::Url, "example.com", false),
            (Shape::Slug, "a-b_C9", true),
            (Shape::Slug, "a b", false),
            (Shape::Slug, "ä", false),
            (plate, "AB-12", true),
            (plate, "AB-", false),
        ] {
            assert_eq!(shape.check(text).is_ok(), good, "{shape:?} {text:?}");
        }
    }
}
