//! How we show who we are to a server that we ask.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;

/// The value of an `Authorization` header. It does not show itself.
#[derive(Clone)]
pub struct Credentials(HeaderValue);

impl Credentials {
    /// A client's id and secret as HTTP Basic, each form-encoded first (RFC 6749 §2.3.1).
    pub fn basic(id: &str, secret: &str) -> Self {
        let encode =
            |text: &str| -> String { form_urlencoded::byte_serialize(text.as_bytes()).collect() };
        let pair = STANDARD.encode(format!("{}:{}", encode(id), encode(secret)));
        Self::sealed(&format!("Basic {pair}"))
    }

    /// A token as RFC 6750 §2.1 sends it; `None` for a text that is no `b64token`.
    pub fn bearer(token: &str) -> Option<Self> {
        let core = token.trim_end_matches('=');
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
        let is_token = !core.is_empty() && core.bytes().all(fits);
        is_token.then(|| Self::sealed(&format!("Bearer {token}")))
    }

    /// The header, marked so that nothing on its way prints it.
    pub(crate) fn header(&self) -> HeaderValue {
        self.0.clone()
    }

    fn sealed(text: &str) -> Self {
        // Both kinds consist of visible ASCII, so this cannot fail.
        let mut value = HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""));
        value.set_sensitive(true);
        Self(value)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6749 §2.3.1: a colon in an id and a character beyond ASCII come through.
    #[test]
    fn id_and_secret_are_encoded_before_they_are_joined() {
        let header = Credentials::basic("a:b", "p\u{e9} %").header();
        let pair = header.to_str().unwrap().strip_prefix("Basic ").unwrap().to_owned();
        let pair = String::from_utf8(STANDARD.decode(pair).unwrap()).unwrap();
        assert_eq!(pair, "a%3Ab:p%C3%A9+%25");
    }

    #[test]
    fn only_a_token_becomes_a_bearer() {
        for good in ["abc", "v4.local.A-b_~+/==", "a"] {
            assert!(Credentials::bearer(good).is_some(), "{good}");
        }
        for bad in ["", "=", "a b", "a\r\nX: y", "a=b", "\u{e9}"] {
            assert!(Credentials::bearer(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn credentials_do_not_show_themselves() {
        let credentials = Credentials::basic("id", "hunter2");
        let text = format!("{credentials:?} {:?}", credentials.header());
        assert!(!text.contains("hunter2") && !text.contains("Basic"), "{text}");
    }
}
