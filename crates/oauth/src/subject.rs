//! Whom a client takes a person for: public and pairwise subject identifiers (OpenID Connect Core
//! 1.0 §8, Dynamic Client Registration 1.0 §5).

use crate::error::Malformed;
use crate::json::{self, Limits};
use crate::redirect_uri::RedirectUri;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;
use std::str::FromStr;
use url::{Host, Url};

/// The longest `sub`, in ASCII characters (§2).
pub const MAX_SUBJECT: usize = 255;

/// `subject_type` of a client (§8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SubjectType {
    /// Every client knows a person by the same `sub`.
    #[default]
    Public,
    /// Clients of different sectors know a person by different ones and cannot compare.
    Pairwise,
}

impl SubjectType {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Public, Self::Pairwise];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Pairwise => "pairwise",
        }
    }

    /// Read the word.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let known = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        known.ok_or(Malformed("a subject type is either public or pairwise"))
    }
}

impl fmt::Display for SubjectType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for SubjectType {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        Self::parse(text)
    }
}

/// The host that stands for a group of clients: they know a person by the same pairwise `sub`
/// (§8.1). In lower case, without port.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sector(String);

impl Sector {
    /// The sector of a client: the host of its `sector_identifier_uri`, or else the one host of
    /// all its redirect URIs.
    ///
    /// A client without such a host has to name one: its redirect URIs lie on several hosts, or
    /// on the user's own device, where every app of the world would share a sector.
    pub fn of(
        redirect_uris: &[RedirectUri],
        sector_identifier_uri: Option<&str>,
    ) -> Result<Self, Malformed> {
        if let Some(uri) = sector_identifier_uri {
            return web_host(uri, true).ok_or(BAD_SECTOR_URI);
        }
        let mut hosts = redirect_uris.iter().map(|uri| web_host(uri.as_str(), false));
        let first = hosts.next().flatten().ok_or(NO_SECTOR)?;
        if hosts.all(|host| host.as_ref() == Some(&first)) { Ok(first) } else { Err(NO_SECTOR) }
    }

    /// The host.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Sector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a host that many people's browsers reach: no device of the user's own. A
/// `sector_identifier_uri` is fetched, so it is plain as well: no user name, no fragment.
fn web_host(uri: &str, plain: bool) -> Option<Sector> {
    let url = Url::parse(uri).ok().filter(|url| url.scheme() == "https")?;
    let bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    if plain && (uri.len() > RedirectUri::MAX_BYTES || !bare) {
        return None;
    }
    match url.host()? {
        Host::Domain(name) => {
            let own = name == "localhost" || name.ends_with(".localhost") || name.ends_with('.');
            (!own).then(|| Sector(name.to_ascii_lowercase()))
        }
        Host::Ipv4(address) => (!address.is_loopback()).then(|| Sector(address.to_string())),
        Host::Ipv6(address) => (!address.is_loopback()).then(|| Sector(format!("[{address}]"))),
    }
}

/// The largest document behind a `sector_identifier_uri`.
pub const SECTOR_DOCUMENT: Limits = Limits { bytes: 256 * 1024, depth: 1, values: 2000 };

/// Whether the document behind a `sector_identifier_uri` speaks for this client: a JSON array that
/// holds each of its redirect URIs. Else anybody could join a sector and ask who is who in it.
pub fn sector_document_admits(
    document: &[u8],
    redirect_uris: &[RedirectUri],
) -> Result<(), Malformed> {
    let Ok(Value::Array(listed)) = json::read(document, SECTOR_DOCUMENT) else {
        return Err(Malformed(
            "the document at the sector_identifier_uri is not a JSON array of redirect URIs",
        ));
    };
    let lists = |uri: &RedirectUri| listed.iter().any(|text| text.as_str() == Some(uri.as_str()));
    if redirect_uris.iter().all(lists) {
        Ok(())
    } else {
        Err(Malformed(
            "the document at the sector_identifier_uri does not list every redirect URI of this \
             client; add those that are missing",
        ))
    }
}

const BAD_SECTOR_URI: Malformed = Malformed(
    "a sector_identifier_uri is an https URL with the name of a host, without user name and \
     fragment",
);
const NO_SECTOR: Malformed = Malformed(
    "a client with pairwise subjects has all its https redirect URIs on one host, or it names a \
     sector_identifier_uri that lists them",
);

#[cfg(test)]
mod tests {
    use super::*;

    fn uris(texts: &[&str]) -> Vec<RedirectUri> {
        texts.iter().map(|text| RedirectUri::parse(text).unwrap()).collect()
    }

    /// ROIDC-8.1-a
    #[test]
    fn the_sector_is_the_one_host_of_the_redirect_uris() {
        for (redirects, expected) in [
            (&["https://app.example/cb"][..], Some("app.example")),
            (&["https://app.example/cb", "https://app.example:8443/other"], Some("app.example")),
            (&["https://192.0.2.7/cb"], Some("192.0.2.7")),
            (&["https://[2001:db8::7]/cb"], Some("[2001:db8::7]")),
            (&["https://app.example/cb", "https://www.app.example/cb"], None),
            (&["https://app.example/cb", "com.example.app:/cb"], None),
            (&["com.example.app:/cb"], None),
            (&["http://127.0.0.1/cb"], None),
            (&["http://localhost:7777/cb"], None),
            (&["https://localhost/cb"], None),
            (&["https://app.localhost/cb"], None),
            (&["https://127.0.0.1/cb"], None),
            (&["https://[::1]/cb"], None),
            (&[], None),
        ] {
            let sector = Sector::of(&uris(redirects), None).ok();
            assert_eq!(sector.as_ref().map(Sector::as_str), expected, "{redirects:?}");
        }
    }

    /// ROIDC-8.1-a
    #[test]
    fn a_sector_identifier_uri_goes_before_the_redirect_uris() {
        let redirects = uris(&["https://a.example/cb", "https://b.example/cb", "com.example:/cb"]);
        for (uri, expected) in [
            ("https://sector.example/list.json", Some("sector.example")),
            ("https://SECTOR.example:8443/", Some("sector.example")),
            ("https://sector.example/list.json?x=1", Some("sector.example")),
            ("http://sector.example/list.json", None),
            ("https://user@sector.example/", None),
            ("https://:pw@sector.example/", None),
            ("https://sector.example/#x", None),
            ("https://localhost/list.json", None),
            ("https://127.0.0.1/list.json", None),
            ("https://sector.example./", None),
            ("sector.example", None),
            ("data:,[]", None),
            ("", None),
        ] {
            let sector = Sector::of(&redirects, Some(uri)).ok();
            assert_eq!(sector.as_ref().map(Sector::as_str), expected, "{uri}");
        }
    }

    #[test]
    fn a_document_speaks_for_the_redirect_uris_that_it_lists() {
        let redirects = uris(&["https://a.example/cb", "com.example.app:/cb"]);
        for (document, expected) in [
            (r#"["https://a.example/cb","com.example.app:/cb","https://c.example/"]"#, true),
            (r#"["https://a.example/cb"]"#, false),
            (r#"["https://a.example/cb/","com.example.app:/cb"]"#, false),
            (r#"["HTTPS://a.example/cb","com.example.app:/cb"]"#, false),
            (r#"{"redirect_uris":["https://a.example/cb","com.example.app:/cb"]}"#, false),
            (r#"[["https://a.example/cb","com.example.app:/cb"]]"#, false),
            ("[]", false),
            ("", false),
        ] {
            let admitted = sector_document_admits(document.as_bytes(), &redirects).is_ok();
            assert_eq!(admitted, expected, "{document}");
        }
    }

    #[test]
    fn what_is_fetched_for_a_sector_is_bounded() {
        let uri = |length: usize| format!("https://sector.example/{}", "x".repeat(length - 23));
        let sector = Sector::of(&[], Some(&uri(2048))).unwrap();
        assert_eq!(sector.to_string(), "sector.example");
        assert!(Sector::of(&[], Some(&uri(2049))).is_err());
        // The bound is of the address that is fetched; redirect URIs have one of their own.
        let document = |length: usize| format!("[{}]", " ".repeat(length - 2)).into_bytes();
        assert!(sector_document_admits(&document(262_144), &[]).is_ok());
        assert!(sector_document_admits(&document(262_145), &[]).is_err());
    }

    #[test]
    fn the_words_read_back() {
        for kind in SubjectType::ALL {
            assert_eq!(SubjectType::parse(kind.as_str()), Ok(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
        assert!(SubjectType::parse("Pairwise").is_err());
    }
}
