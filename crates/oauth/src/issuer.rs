//! The name of this authorization server (RFC 8414 §2), the origin of every URL it publishes.

use crate::error::Malformed;
use std::fmt;
use std::str::FromStr;
use url::{Host, Url};

/// An `https` URL with no query, fragment, user or trailing slash; published byte for byte.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Issuer(String);

impl Issuer {
    /// Read an issuer: `https`, or `http` on this machine (loopback, `localhost`, `0.0.0.0`) so
    /// that one can develop without a certificate.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let url = well_formed(text)?;
        let local = match url.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback() || address.is_unspecified(),
            Some(Host::Ipv6(address)) => address.is_loopback() || address.is_unspecified(),
            None => false,
        };
        match url.scheme() {
            "https" => Ok(Self(text.to_owned())),
            "http" if local => Ok(Self(text.to_owned())),
            _ => Err(Malformed(
                "the issuer must be an https URL; plain http is for this machine only",
            )),
        }
    }

    /// Read an issuer and let plain `http` pass for any host: for a closed network whose operator
    /// says so. Tokens and passwords travel readable there.
    pub fn parse_allowing_http(text: &str) -> Result<Self, Malformed> {
        well_formed(text).map(|_| Self(text.to_owned()))
    }

    /// The text, exactly as configured.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The absolute URL of a path on the issuer's host; `path` starts with a slash.
    pub fn url(&self, path: &str) -> String {
        let host_at = self.0.find("://").map_or(0, |at| at + 3);
        let origin = match self.0.get(host_at..).and_then(|rest| rest.find('/')) {
            Some(length) => self.0.get(..host_at + length).unwrap_or(&self.0),
            None => &self.0,
        };
        format!("{origin}{path}")
    }
}

fn well_formed(text: &str) -> Result<Url, Malformed> {
    let url = Url::parse(text).map_err(|_| {
        Malformed("the issuer must be an absolute URL, such as https://id.example.com")
    })?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Malformed("the issuer must be an https URL"));
    }
    if text.contains(['?', '#']) || text.contains('@') {
        return Err(Malformed("the issuer has no query, no fragment and no user name"));
    }
    if text.ends_with('/') {
        return Err(Malformed("write the issuer without a slash at its end"));
    }
    if url.as_str().trim_end_matches('/') != text {
        return Err(Malformed(
            "write the issuer in its plain form: lower-case scheme and host, no default port",
        ));
    }
    Ok(url)
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Issuer {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R8414-2-a
    #[test]
    fn only_a_plain_https_url_is_an_issuer() {
        for text in [
            "https://id.example",
            "https://id.example:8443",
            "https://h.example/t1",
            "http://127.0.0.1:8000",
            "http://0.0.0.0:8000",
            "http://localhost:8000",
            "http://[::1]:8000",
        ] {
            assert_eq!(Issuer::parse(text).unwrap().as_str(), text);
        }
        for text in [
            "http://id.example",
            "https://id.example/",
            "https://id.example?x",
            "https://id.example#",
            "https://u@id.example",
            "https://ID.example",
            "https://id.example:443",
            "ftp://id.example",
            "id.example",
            "https://id.example/a/../b",
            " https://id.example",
            "",
        ] {
            assert!(Issuer::parse(text).is_err(), "{text}");
        }
        assert!(Issuer::parse_allowing_http("http://id.example").is_ok());
    }

    #[test]
    fn urls_start_at_the_host_of_the_issuer() {
        let of = |issuer, path| Issuer::parse(issuer).unwrap().url(path);
        assert_eq!(of("https://id.example:8443", "/o/token/"), "https://id.example:8443/o/token/");
        assert_eq!(of("https://h.example/t1", "/o/token/"), "https://h.example/o/token/");
    }

    #[test]
    fn a_short_host_is_told_from_a_path() {
        let issuer = Issuer::parse("https://a.b/tenant/x").unwrap();
        assert_eq!(issuer.url("/o/token/"), "https://a.b/o/token/");
    }
}
