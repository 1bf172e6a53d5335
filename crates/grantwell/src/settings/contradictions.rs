//! What serde cannot see: settings that do not fit each other, or are outside of their range.

use std::net::SocketAddr;

use jose::Algorithm;
use url::Url;
use vault::RsaSize;

use super::{Profile, Settings};

impl Settings {
    /// What serde cannot see: values that do not fit each other. Each text names its keys.
    pub(crate) fn contradictions(&self) -> Vec<String> {
        let mut found = self.contradictions_of_keys();
        found.extend(self.server.contradictions_of_tls());
        found.extend(self.contradictions_of_testing());
        found.extend(self.contradictions_of_openid());
        if self.database.max_connections == 0 {
            found.push(
                "database.max_connections is 0: at least one connection is needed".to_owned(),
            );
        }
        if self.server.max_connections == 0 {
            found.push("server.max_connections is 0: nobody could connect".to_owned());
        }
        let remembered = self.api.remember_answers;
        for (name, span, consequence) in [
            (
                "server.request_timeout",
                self.server.request_timeout,
                "every request would be given up",
            ),
            (
                "server.header_timeout",
                self.server.header_timeout,
                "every connection would be closed",
            ),
            (
                "database.acquire_timeout",
                self.database.acquire_timeout,
                "no connection could be had",
            ),
            (
                "oauth.access_token_lifetime",
                self.oauth.access_token_lifetime,
                "no token could be used",
            ),
            ("api.remember_answers", remembered, "every answer would be forgotten at once"),
            ("oauth.refresh_idle", self.oauth.refresh_idle, "no token could be refreshed"),
            ("fetch.timeout", self.fetch.timeout, "nothing could be fetched"),
            ("accounts.session_idle", self.accounts.session_idle, "nobody could stay signed in"),
            (
                "accounts.session_absolute",
                self.accounts.session_absolute,
                "nobody could stay signed in",
            ),
        ] {
            if span.unless_zero().is_none() {
                found.push(format!("{name} is 0: {consequence}"));
            }
        }
        for (name, url) in
            [("server.public_url", &self.server.public_url), ("oauth.issuer", &self.oauth.issuer)]
        {
            if let Some(url) = url
                && let Some(fault) = fault_of_base(url)
            {
                found.push(format!("{name} is {url}: {fault}"));
            }
        }
        found
    }
    /// The profile for tests has no place where anybody else can reach it.
    fn contradictions_of_testing(&self) -> Option<String> {
        let listen = &self.server.listen;
        let alone = match listen.parse::<SocketAddr>() {
            Ok(address) => address.ip().is_loopback(),
            Err(_) => listen.rsplit_once(':').is_some_and(|(host, _)| host == "localhost"),
        };
        let open = self.oauth.profile == Profile::Testing && !alone;
        open.then(|| {
            format!(
                "oauth.profile is testing, which opens everything, and server.listen is {listen}: tests listen on 127.0.0.1 or [::1]"
            )
        })
    }

    fn contradictions_of_openid(&self) -> Option<String> {
        let lonely = self.oauth.session_management && !self.oauth.openid;
        lonely.then(|| {
            "oauth.session_management is on and oauth.openid is off: only clients that are told who signs in can ask about it"
                .to_owned()
        })
    }

    fn contradictions_of_keys(&self) -> Vec<String> {
        let mut found = Vec::new();
        if self.keys.master_key.is_some() && self.keys.master_key_file.is_some() {
            found.push(
                "keys.master_key and keys.master_key_file are both set: keep one of them"
                    .to_owned(),
            );
        }
        for name in &self.oauth.signing_algorithms {
            if Algorithm::parse(name).is_none() {
                let known = Algorithm::ALL.map(Algorithm::as_str).join(", ");
                found.push(format!(
                    "oauth.signing_algorithms names {name:?}, which is none of: {known}"
                ));
            }
        }
        let allow_http = self.fetch.allow_http;
        let trusted = &self.oauth.trusted_issuers;
        found.extend(trusted.iter().filter_map(|issuer| issuer.read(allow_http).err()));
        if RsaSize::from_bits(self.keys.rsa_bits).is_none() {
            found.push(format!(
                "keys.rsa_bits is {}: it can be 2048, 3072 or 4096",
                self.keys.rsa_bits
            ));
        }
        found
    }
}

/// Why a URL cannot be the base of others (RFC 8414 §2: no query, no fragment).
fn fault_of_base(url: &Url) -> Option<&'static str> {
    if !matches!(url.scheme(), "https" | "http") {
        Some("it has to begin with https:// (or http:// on a machine of your own)")
    } else if url.query().is_some() || url.fragment().is_some() {
        Some("it may have neither `?…` nor `#…`")
    } else if !url.username().is_empty() || url.password().is_some() {
        Some("it may not hold a user name or password")
    } else {
        None
    }
}
