//! Where a URL leads, and whether it may be fetched at all.

use std::fmt;

use url::{Host, Url};

use crate::policy::Policy;

/// Longer URLs are not sent; RFC 9110 §4.1 asks for 8000 octets at least from those who take any URL, which we do not.
const LONGEST: usize = 4096;

/// Why a URL is not fetched, whatever its host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlFault {
    /// Another scheme than https.
    NotHttps,
    /// A user name or a password before the host.
    UserInfo,
    /// No host.
    NoHost,
    /// Longer than 4096 bytes.
    TooLong,
}

impl fmt::Display for UrlFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotHttps => "it has to begin with https://",
            Self::UserInfo => "it may not hold a user name or a password",
            Self::NoHost => "it names no host",
            Self::TooLong => "it is longer than 4096 bytes",
        })
    }
}

impl std::error::Error for UrlFault {}

/// A URL that may be fetched if its addresses are public.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) https: bool,
    pub(crate) host: Host,
    pub(crate) port: u16,
    /// Host and port as in the `Host` header (RFC 9110 §7.2).
    pub(crate) authority: String,
    /// Path and query.
    pub(crate) path: String,
}

impl Target {
    pub(crate) fn of(url: &Url, policy: &Policy) -> Result<Self, UrlFault> {
        let https = url.scheme() == "https";
        let plain = url.scheme() == "http" && policy.allow_http;
        if !https && !plain {
            return Err(UrlFault::NotHttps);
        }
        if url.as_str().len() > LONGEST {
            return Err(UrlFault::TooLong);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlFault::UserInfo);
        }
        let (host, port) = match (url.host(), url.port_or_known_default()) {
            (Some(host), Some(port)) if port != 0 => (host.to_owned(), port),
            _ => return Err(UrlFault::NoHost),
        };
        let authority = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_string(),
        };
        let path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        Ok(Self { https, host, port, authority, path })
    }

    /// The name under which the host is counted: a dot at the end makes no other host.
    pub(crate) fn host_name(&self) -> String {
        match &self.host {
            Host::Domain(name) => name.trim_end_matches('.').to_owned(),
            address => address.to_string(),
        }
    }

    /// The name under which the URL is counted: a query makes no other one.
    pub(crate) fn place(&self) -> String {
        let path = self.path.split('?').next().unwrap_or_default();
        format!("{}:{}{path}", self.host_name(), self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str, policy: &Policy) -> Result<Target, UrlFault> {
        Target::of(&Url::parse(url).unwrap(), policy)
    }

    #[test]
    fn only_plain_https_urls_are_fetched() {
        let long = format!("https://a.example/{}", "x".repeat(LONGEST));
        for (url, fault) in [
            ("http://a.example/", UrlFault::NotHttps),
            ("ftp://a.example/", UrlFault::NotHttps),
            ("file:///etc/passwd", UrlFault::NotHttps),
            ("gopher://a.example/", UrlFault::NotHttps),
            ("unix:/run/x.sock", UrlFault::NotHttps),
            ("data:,x", UrlFault::NotHttps),
            ("wss://a.example/", UrlFault::NotHttps),
            ("https://me@a.example/", UrlFault::UserInfo),
            ("https://:secret@a.example/", UrlFault::UserInfo),
            ("https://a.example:0/", UrlFault::NoHost),
            (long.as_str(), UrlFault::TooLong),
        ] {
            assert_eq!(target(url, &Policy::default()).unwrap_err(), fault, "{url}");
        }
        let loose = Policy { allow_http: true, ..Policy::default() };
        assert!(!target("http://a.example/", &loose).unwrap().https);
        assert!(target("ftp://a.example/", &loose).is_err());
    }

    #[test]
    fn a_url_is_taken_apart_as_it_is_sent() {
        for (url, authority, path, name) in [
            ("https://A.example", "a.example", "/", "a.example"),
            ("https://a.example.:8443/x?y=1#z", "a.example.:8443", "/x?y=1", "a.example"),
            ("https://[2001:DB8::1]/x", "[2001:db8::1]", "/x", "[2001:db8::1]"),
            ("https://2130706433/", "127.0.0.1", "/", "127.0.0.1"),
        ] {
            let target = target(url, &Policy::default()).unwrap();
            let parts = (target.authority.as_str(), target.path.as_str(), target.host_name());
            assert_eq!(parts, (authority, path, name.to_owned()), "{url}");
        }
    }
}
