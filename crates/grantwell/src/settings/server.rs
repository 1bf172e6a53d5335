//! The section `[server]`: where the server listens, its names, its TLS, its limits.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Private, Size, Span};

/// Where the server listens, under which name the world sees it, and its limits.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// Address and port to listen on. `0.0.0.0:8000` listens on every interface; port 0 takes a free one.
    pub listen: String,
    /// The address under which people and clients reach the server, without a path, such as
    /// `https://id.example.org`. When it is not set: `http://` and the address listened on.
    pub public_url: Option<Url>,
    /// Host names, besides that of `public_url`, to which the server answers, such as `api.example.org`;
    /// `.example.org` stands for every name below it. Any other `Host` is answered with 421. The loopback
    /// names are accepted by themselves as long as `public_url` is on this machine.
    pub allowed_hosts: Vec<String>,
    /// Answer to every `Host`, so that links may be made with a name that an attacker chose. Only behind a
    /// proxy that checks the name.
    pub allow_any_host: bool,
    /// The proxies in front of this server, as addresses or networks such as `10.0.0.0/8`. Only what comes from them
    /// may name another address as its sender (`X-Forwarded-For`), by which tries are counted.
    pub trusted_proxies: Vec<String>,
    /// A PEM file with the server's certificate, followed by those that lead to its authority. With it the server speaks
    /// https itself (TLS 1.2 and 1.3) and needs no proxy in front. On SIGHUP it reads certificate and key again.
    pub tls_certificate: Option<PathBuf>,
    /// The file with the private key of `tls_certificate`, in PEM form and without a passphrase.
    pub tls_key_file: Option<PathBuf>,
    /// The private key itself, in PEM form, if it does not stand in a file.
    #[serde(skip_serializing)]
    pub tls_key: Option<Private>,
    /// The largest request body that is read; a larger one is answered with 413.
    pub body_limit: Size,
    /// Compress answers by brotli or gzip for those who take it: rows, exports, documents, static files. What holds a
    /// token or a form is never compressed. Turn it off where a proxy in front does it.
    pub compression: bool,
    /// How long one request may take; then it is answered with 503.
    pub request_timeout: Span,
    /// How long a client may take to send the head of a request; then its connection is closed.
    pub header_timeout: Span,
    /// How many connections may be open at once; more wait in the system's queue.
    pub max_connections: usize,
    /// How long requests in flight may still take once the server was told to stop.
    pub shutdown_grace: Span,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8000".to_owned(),
            public_url: None,
            allowed_hosts: Vec::new(),
            allow_any_host: false,
            trusted_proxies: Vec::new(),
            tls_certificate: None,
            tls_key_file: None,
            tls_key: None,
            body_limit: Size::bytes(1024 * 1024),
            compression: true,
            request_timeout: Span::seconds(30),
            header_timeout: Span::seconds(10),
            max_connections: 4096,
            shutdown_grace: Span::seconds(30),
        }
    }
}

impl Server {
    /// Whether the server speaks https itself.
    pub fn speaks_tls(&self) -> bool {
        self.tls_certificate.is_some()
    }

    /// What does not fit each other about its own TLS. Each text names its keys.
    pub(super) fn contradictions_of_tls(&self) -> Vec<String> {
        let mut found = Vec::new();
        let keys = [self.tls_key.is_some(), self.tls_key_file.is_some()];
        match (self.speaks_tls(), keys) {
            (_, [true, true]) => found.push(
                "server.tls_key and server.tls_key_file are both set: keep one of them".to_owned(),
            ),
            (true, [false, false]) => found.push(
                "server.tls_certificate is set without its key: set server.tls_key_file".to_owned(),
            ),
            (false, [true, _] | [_, true]) => found.push(
                "server.tls_key_file or server.tls_key is set without a certificate: set server.tls_certificate"
                    .to_owned(),
            ),
            _ => {}
        }
        if let Some(url) = self.public_url.as_ref().filter(|url| url.scheme() == "http")
            && self.speaks_tls()
        {
            found.push(format!(
                "server.public_url is {url}, but with server.tls_certificate the server speaks https: begin it with \
                 https://"
            ));
        }
        found
    }
}
