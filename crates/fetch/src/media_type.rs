//! The media type of an answer, without its parameters.

/// The type and subtype of a `Content-Type` in lower case, such as `application/json` (RFC 9110 §8.3.1); `None` for what
/// is no media type.
pub fn essence(content_type: &str) -> Option<String> {
    let essence = content_type.split(';').next()?.trim_matches([' ', '\t']);
    let (kind, subtype) = essence.split_once('/')?;
    (is_token(kind) && is_token(subtype)).then(|| essence.to_ascii_lowercase())
}

/// RFC 9110 §5.6.2.
fn is_token(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_and_case_make_no_other_type() {
        for (text, expected) in [
            ("application/json", Some("application/json")),
            ("Application/JWK-Set+JSON; charset=\"utf-8\"", Some("application/jwk-set+json")),
            ("image/png;", Some("image/png")),
            (" text/html ;a=b", Some("text/html")),
            ("", None),
            ("json", None),
            ("/json", None),
            ("application/", None),
            ("a b/c", None),
            ("a/b/c", None),
            ("a/\u{e9}", None),
        ] {
            assert_eq!(essence(text).as_deref(), expected, "{text}");
        }
    }
}
