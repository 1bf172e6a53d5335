//! The addresses in a client's metadata: which schemes and hosts they may have, by what is done with them.

use crate::error::Malformed;
use crate::redirect_uri::RedirectUri;
use url::{Host, Url};

/// Read an address that a person follows or that is asked for: https, with a host, in full. `local` lets `http` on this
/// machine pass as well, for those who develop an application.
pub(super) fn web(text: &str, local: bool) -> Result<Url, Malformed> {
    if text.len() > RedirectUri::MAX_BYTES {
        return Err(Malformed("an address has at most 2048 characters"));
    }
    let in_uri = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
    let url = Url::parse(text).ok().filter(|_| text.bytes().all(in_uri)).ok_or(NO_ADDRESS)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Malformed("an address here has no user name or password before its host"));
    }
    match url.scheme() {
        "https" if url.has_host() => Ok(url),
        "http" if local && is_this_machine(&url) => Ok(url),
        "http" if local => Err(Malformed(
            "the address begins with https://; http:// is for 127.0.0.1, [::1] and localhost",
        )),
        _ => Err(NO_ADDRESS),
    }
}

/// Whether the host of an address is the machine of whoever opens it.
pub(super) fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Read an origin as a browser sends it (RFC 6454 §6.1): scheme, host and port if it is not the usual one, nothing else.
pub(super) fn origin(text: &str, local: bool) -> Result<(), Malformed> {
    let url = web(text, local).map_err(|_| NO_ORIGIN)?;
    let exact = url.origin().ascii_serialization() == text && !text.contains('*');
    if exact { Ok(()) } else { Err(NO_ORIGIN) }
}

/// Whether two addresses have scheme, host and port in common.
pub(super) fn same_origin(url: &Url, other: &RedirectUri) -> bool {
    Url::parse(other.as_str()).is_ok_and(|other| other.origin() == url.origin())
}

const NO_ADDRESS: Malformed =
    Malformed("write the address in full, beginning with https:// and with a host");
const NO_ORIGIN: Malformed = Malformed(
    "an origin is https://host, or https://host:port if the port is not 443; without a path, and in lower case",
);

#[cfg(test)]
mod tests {
    use super::*;

    /// ROIDR-2-b
    #[test]
    fn only_web_addresses_pass() {
        for (text, strict, local) in [
            ("https://app.example/terms?x=1#part", true, true),
            ("https://app.example", true, true),
            ("http://localhost:3000/", false, true),
            ("http://127.0.0.1/", false, true),
            ("http://[::1]:80/", false, true),
            ("http://app.example/", false, false),
            ("http://localhost.evil.example/", false, false),
            ("javascript:alert(1)", false, false),
            ("java\tscript:alert(1)", false, false),
            (" javascript:alert(1)", false, false),
            ("data:text/html,x", false, false),
            ("file:///etc/passwd", false, false),
            ("https://user@app.example/", false, false),
            ("https://app.example/ x", false, false),
            ("https://app.example/\"onload=x", false, false),
            ("https:", false, false),
            ("//app.example/", false, false),
            ("/terms", false, false),
            ("", false, false),
        ] {
            assert_eq!(web(text, false).is_ok(), strict, "{text}");
            assert_eq!(web(text, true).is_ok(), local, "{text}");
        }
        assert!(web(&format!("https://app.example/{}", "x".repeat(2048)), true).is_err());
    }

    #[test]
    fn an_origin_is_exactly_that() {
        for (text, passes) in [
            ("https://app.example", true),
            ("https://app.example:8443", true),
            ("http://localhost:5173", true),
            ("https://app.example:443", false),
            ("https://app.example/", false),
            ("https://APP.example", false),
            ("https://app.example?x", false),
            ("https://*.example", false),
            ("http://app.example", false),
            ("null", false),
            ("*", false),
            ("", false),
        ] {
            assert_eq!(origin(text, true).is_ok(), passes, "{text}");
        }
        assert!(origin("http://localhost:5173", false).is_err());
    }
}
