//! A server on this machine that answers as a test wants, over TLS, under any name.
//!
//! ```no_run
//! # async fn example() {
//! use grantwell_fetch::testing::{Answer, Peer};
//! use grantwell_fetch::{Fetcher, Limits};
//!
//! let peer = Peer::start(&["client.example"], |asked| match asked.path.as_str() {
//!     "/jwks.json" => Answer::json(r#"{"keys":[]}"#),
//!     _ => Answer::status(404),
//! })
//! .await;
//! // Every name leads to the peer, and its certificate is believed.
//! let fetcher = Fetcher::new(peer.policy());
//! let url = "https://client.example/jwks.json".parse().unwrap();
//! let fetched = fetcher.get(&url, Limits::json(64 * 1024)).await.unwrap();
//! assert_eq!(peer.asked()[0].method, "GET");
//! # }
//! ```
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test that cannot set up its server has failed"
)]

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::policy::Policy;
use crate::resolve::Resolve;
use crate::roots::ExtraRoots;

/// A certificate authority of one test, and certificates that it has signed.
#[derive(Debug)]
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A request as it came in.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The method.
    pub method: String,
    /// The `Host` header.
    pub host: String,
    /// Path and query.
    pub path: String,
    /// All headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: String,
}

/// What to answer.
#[derive(Clone, Debug)]
pub struct Answer {
    status: u16,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
}

/// A running server.
#[derive(Debug)]
pub struct Peer {
    address: SocketAddr,
    authority: Authority,
    asked: Arc<Mutex<Vec<Asked>>>,
    task: JoinHandle<()>,
}

impl Authority {
    /// A new authority.
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("an authority"))
    }

    /// Its certificate as PEM.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// Certificate and key as PEM, for these names and addresses.
    pub fn issue(&self, names: &[&str]) -> (String, String) {
        self.issue_with(names, |_| {})
    }

    /// The same, good from the first day of one year until that of another.
    pub fn issue_between(&self, names: &[&str], from: i32, until: i32) -> (String, String) {
        self.issue_with(names, |params| {
            params.not_before = date_time_ymd(from, 1, 1);
            params.not_after = date_time_ymd(until, 1, 1);
        })
    }

    fn issue_with(
        &self,
        names: &[&str],
        change: impl FnOnce(&mut CertificateParams),
    ) -> (String, String) {
        let names = names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let mut params = CertificateParams::new(names).expect("names");
        change(&mut params);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.0).expect("a certificate");
        (certificate.pem(), key.serialize_pem())
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl Answer {
    /// An empty answer of this status.
    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new() }
    }

    /// Some JSON.
    pub fn json(body: impl Into<Bytes>) -> Self {
        Self::status(200).body(body).header("content-type", "application/json")
    }

    /// The same with this body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// The same with one header more.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name = name.parse().expect("the name of a header");
        self.headers.push((name, value.parse().expect("the value of a header")));
        self
    }
}

impl Peer {
    /// Starts a server with a certificate for these names. It notes each request before it answers it.
    pub async fn start(
        names: &[&str],
        answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (noted, answer) = (Arc::clone(&asked), Arc::new(answer));
        let mut peer = Self::raw(names, move |stream| {
            let (noted, answer) = (Arc::clone(&noted), Arc::clone(&answer));
            Box::pin(async move {
                let service = service_fn(move |request| {
                    let (noted, answer) = (Arc::clone(&noted), Arc::clone(&answer));
                    async move {
                        let asked = asked_by(request).await?;
                        let answer = answer(&asked);
                        noted.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
                        Ok::<_, hyper::Error>(response(answer))
                    }
                });
                // A caller that goes away early is what a test may want.
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            })
        })
        .await;
        peer.asked = asked;
        peer
    }

    /// Starts a server that does what it likes with each connection.
    pub async fn raw(
        names: &[&str],
        serve: impl Fn(TlsStream<TcpStream>) -> BoxFuture<'static, ()> + Send + Sync + 'static,
    ) -> Self {
        let authority = Authority::new();
        let identity = authority.issue(names);
        Self::raw_as(authority, identity, serve).await
    }

    /// The same with this certificate and key, as PEM.
    pub async fn raw_as(
        authority: Authority,
        identity: (String, String),
        serve: impl Fn(TlsStream<TcpStream>) -> BoxFuture<'static, ()> + Send + Sync + 'static,
    ) -> Self {
        let acceptor = TlsAcceptor::from(server(&identity));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("its address");
        let serve = Arc::new(serve);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, serve) = (acceptor.clone(), Arc::clone(&serve));
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        serve(stream).await;
                    }
                });
            }
        });
        Self { address, authority, asked: Arc::default(), task }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The authority that has signed its certificate.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The requests that came in so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Rules under which every name leads to this server.
    pub fn policy(&self) -> Policy {
        Policy {
            allow_private_networks: true,
            extra_roots: ExtraRoots::parse(self.authority.pem().as_bytes()).expect("an authority"),
            resolver: Arc::new(EverythingAt(self.address)),
            ..Policy::default()
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// How a server with this certificate and key speaks TLS.
fn server((certificate, key): &(String, String)) -> Arc<ServerConfig> {
    let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).expect("PEM");
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("PEM");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("protocol versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("a certificate and its key");
    Arc::new(config)
}

/// Every name and every port is this address.
#[derive(Debug)]
struct EverythingAt(SocketAddr);

impl Resolve for EverythingAt {
    fn resolve<'a>(&'a self, _: &'a str, _: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async move { Ok(vec![self.0]) })
    }
}

async fn asked_by(request: Request<Incoming>) -> Result<Asked, hyper::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let host = head.headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
    Ok(Asked {
        method: head.method.to_string(),
        host: host.to_owned(),
        path: head.uri.to_string(),
        headers: head.headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}

fn response(answer: Answer) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(answer.body));
    *response.status_mut() = answer.status.try_into().expect("a status");
    response.headers_mut().extend(answer.headers);
    response
}
