//! Cookies, written and read with the safe attributes as the only choice (RFC 6265bis §4.1.3, §5.6).

use std::net::IpAddr;
use std::time::Duration;

use http::{HeaderMap, HeaderValue, header};

/// Which cookies this server may set; decided once, from the URL that people reach it at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CookieKind {
    /// https: `__Host-` prefix and `Secure`, so that no other host and no plain connection can set or read it.
    Secure,
    /// Plain http on the own machine, for development: no prefix, no `Secure`.
    Plain,
}

/// Cookies were wanted on a plain http address that other machines can reach.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "sign-in cookies cannot be protected at http://{host}: anybody on the way could read them. \
     Serve it over https, or use a loopback address such as http://localhost for development"
)]
pub struct PlainHttp {
    /// The host that was asked for.
    pub host: String,
}

impl CookieKind {
    /// The kind for a scheme and a host (no port): https is [`CookieKind::Secure`]; http is [`CookieKind::Plain`] on
    /// loopback only.
    ///
    /// The unspecified address (`0.0.0.0`, `[::]`) counts as loopback: a browser that opens it reaches its own machine.
    pub fn for_host(scheme: &str, host: &str) -> Result<Self, PlainHttp> {
        if scheme.eq_ignore_ascii_case("https") {
            return Ok(Self::Secure);
        }
        let name = host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        let own = match name.parse::<IpAddr>() {
            Ok(address) => address.is_loopback() || address.is_unspecified(),
            Err(_) => name == "localhost" || name.ends_with(".localhost"),
        };
        if own { Ok(Self::Plain) } else { Err(PlainHttp { host: host.to_owned() }) }
    }

    /// The full name of a cookie of this kind: `__Host-name` or `name`.
    pub fn name(self, name: &str) -> String {
        match self {
            Self::Secure => format!("__Host-{name}"),
            Self::Plain => name.to_owned(),
        }
    }

    /// A `Set-Cookie` value: `HttpOnly`, `SameSite=Lax`, `Path=/`, no `Domain`.
    ///
    /// Without `max_age` the cookie ends with the browser session. Fails when the name or the value has characters that
    /// RFC 6265 §4.1.1 does not allow, or when both together are longer than 4000 bytes (browsers drop those silently).
    pub fn set(
        self,
        name: &str,
        value: &str,
        max_age: Option<Duration>,
    ) -> Result<HeaderValue, BadCookie> {
        self.write(name, value, max_age, "HttpOnly; SameSite=Lax")
    }

    /// A `Set-Cookie` value that our own scripts can read, also in a frame of another site: only for what may be known to
    /// everybody. Over plain http browsers keep such a cookie on the own site (`SameSite=Lax`).
    ///
    /// # Errors
    /// As [`CookieKind::set`].
    pub fn set_readable(
        self,
        name: &str,
        value: &str,
        max_age: Option<Duration>,
    ) -> Result<HeaderValue, BadCookie> {
        let reach = if self == Self::Secure { "SameSite=None" } else { "SameSite=Lax" };
        self.write(name, value, max_age, reach)
    }

    fn write(
        self,
        name: &str,
        value: &str,
        max_age: Option<Duration>,
        reach: &str,
    ) -> Result<HeaderValue, BadCookie> {
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if name.is_empty() || !name.bytes().all(token) {
            return Err(BadCookie::Name);
        }
        let octet =
            |byte: u8| matches!(byte, 0x21 | 0x23..=0x2B | 0x2D..=0x3A | 0x3C..=0x5B | 0x5D..=0x7E);
        if !value.bytes().all(octet) {
            return Err(BadCookie::Value);
        }
        if name.len() + value.len() > MOST_BYTES {
            return Err(BadCookie::TooLong);
        }
        let mut text = format!("{}={value}; Path=/; {reach}", self.name(name));
        if self == Self::Secure {
            text.push_str("; Secure");
        }
        if let Some(age) = max_age {
            text.push_str("; Max-Age=");
            text.push_str(&age.as_secs().to_string());
        }
        HeaderValue::from_str(&text).map_err(|_| BadCookie::Value)
    }

    /// A `Set-Cookie` value that makes the browser forget the cookie.
    pub fn clear(self, name: &str) -> Result<HeaderValue, BadCookie> {
        self.set(name, "", Some(Duration::ZERO))
    }

    /// The value that the browser sent for this cookie.
    ///
    /// `None` when it is absent, empty, or given twice with different values: then somebody planted a second one, and
    /// guessing which is ours would let them choose.
    pub fn read<'a>(self, headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
        let name = self.name(name);
        let mut found = None;
        for header in headers.get_all(header::COOKIE) {
            // A browser may send bytes that are not ASCII in *another* cookie; ours is still readable.
            for pair in header.as_bytes().split(|byte| *byte == b';') {
                let Ok(pair) = std::str::from_utf8(pair) else { continue };
                let Some((key, value)) = pair.trim_matches([' ', '\t']).split_once('=') else {
                    continue;
                };
                if key != name || value.is_empty() {
                    continue;
                }
                if found.is_some_and(|found| found != value) {
                    return None;
                }
                found = Some(value);
            }
        }
        found
    }
}

/// Longest name and value together.
const MOST_BYTES: usize = 4000;

/// A cookie that cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadCookie {
    /// The name is empty or not a token (RFC 9110 §5.6.2).
    #[error("a cookie name must be a non-empty token")]
    Name,
    /// The value has a character outside `cookie-octet` (RFC 6265 §4.1.1); encode it, for example as base64url.
    #[error(
        "a cookie value must not have spaces, quotes, commas, semicolons, backslashes or control characters"
    )]
    Value,
    /// Browsers drop cookies of more than about 4 kB.
    #[error("a cookie must be at most 4000 bytes long")]
    TooLong,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::COOKIE, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    #[test]
    fn a_secure_cookie_has_every_protection() {
        assert_eq!(
            CookieKind::Secure.set("sid", "abc", Some(Duration::from_mins(1))).unwrap(),
            "__Host-sid=abc; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=60"
        );
        assert_eq!(
            CookieKind::Plain.set("sid", "abc", None).unwrap(),
            "sid=abc; Path=/; HttpOnly; SameSite=Lax"
        );
        assert_eq!(
            CookieKind::Plain.clear("sid").unwrap(),
            "sid=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"
        );
    }

    #[test]
    fn a_readable_cookie_goes_where_frames_are() {
        let set = |kind: CookieKind| kind.set_readable("state", "abc", None).unwrap();
        assert_eq!(set(CookieKind::Secure), "__Host-state=abc; Path=/; SameSite=None; Secure");
        assert_eq!(set(CookieKind::Plain), "state=abc; Path=/; SameSite=Lax");
        assert_eq!(CookieKind::Secure.set_readable("a", "b c", None), Err(BadCookie::Value));
    }

    #[test]
    fn a_value_cannot_smuggle_attributes_or_headers() {
        for value in ["a;Domain=x", "a b", "a\"b", "a,b", "a\\b", "a\r\nX: y", "a\0", "ä"] {
            assert_eq!(
                CookieKind::Secure.set("sid", value, None),
                Err(BadCookie::Value),
                "{value:?}"
            );
        }
        for name in ["", "a b", "a=b", "a;b", "ä"] {
            assert_eq!(CookieKind::Secure.set(name, "x", None), Err(BadCookie::Name), "{name:?}");
        }
        assert_eq!(CookieKind::Secure.set("sid", &"x".repeat(4000), None), Err(BadCookie::TooLong));
        assert!(CookieKind::Secure.set("sid", &"x".repeat(3997), None).is_ok());
    }

    #[test]
    fn reading_finds_exactly_our_cookie() {
        for (headers, expected) in [
            (vec!["sid=1"], Some("1")),
            (vec!["a=0; sid=1; b=2"], Some("1")),
            (vec!["a=0", "sid=1"], Some("1")),
            (vec!["sid=a=b"], Some("a=b")),
            (vec!["sid=1; sid=1"], Some("1")),
            (vec!["sid=1; sid=2"], None),
            (vec!["sid=1", "sid=2"], None),
            (vec!["sid="], None),
            (vec!["SID=1"], None),
            (vec!["xsid=1; sid"], None),
            (vec![], None),
        ] {
            assert_eq!(CookieKind::Plain.read(&sent(&headers), "sid"), expected, "{headers:?}");
        }
        assert_eq!(
            CookieKind::Secure.read(&sent(&["sid=planted; __Host-sid=real"]), "sid"),
            Some("real")
        );
        assert_eq!(CookieKind::Secure.read(&sent(&["sid=planted"]), "sid"), None);
    }

    #[test]
    fn another_cookie_with_odd_bytes_does_not_hide_ours() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_bytes(b"odd=\xff\xfe; sid=1").unwrap());
        assert_eq!(CookieKind::Plain.read(&headers, "sid"), Some("1"));
    }

    #[test]
    fn plain_cookies_stay_on_the_own_machine() {
        for (scheme, host, expected) in [
            ("https", "example.com", Some(CookieKind::Secure)),
            ("http", "localhost", Some(CookieKind::Plain)),
            ("http", "shop.localhost", Some(CookieKind::Plain)),
            ("http", "127.0.0.1", Some(CookieKind::Plain)),
            ("http", "127.9.9.9", Some(CookieKind::Plain)),
            ("http", "0.0.0.0", Some(CookieKind::Plain)),
            ("http", "[::1]", Some(CookieKind::Plain)),
            ("http", "example.com", None),
            ("http", "localhost.example.com", None),
            ("http", "192.168.1.5", None),
        ] {
            assert_eq!(CookieKind::for_host(scheme, host).ok(), expected, "{scheme}://{host}");
        }
    }
}
