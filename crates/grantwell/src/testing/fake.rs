//! An authorization server that does what a test says: it starts in milliseconds, under a clock that the test moves.
#![expect(clippy::panic, reason = "these fail the test that calls them")]

mod endpoints;
mod state;
mod token;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ambient::{Clock, Entropy};
use axum::body::Body;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tower::ServiceExt as _;

use crate::error::Result;
use state::{Key, State};
pub use token::FakeToken;

/// An authorization server of the test's own, for programs that call one or take its tokens: metadata (RFC 8414 and OpenID
/// discovery), keys, `/authorize`, `/token` (code with PKCE, refresh, client credentials), `/userinfo`, `/introspect`,
/// `/revoke`. It takes every client with every secret, asks nobody anything, and keeps what it gave in memory.
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> grantwell::Result<()> {
/// use grantwell::testing::{FakeAuthorizationServer, FakeToken, Fault};
///
/// let server = FakeAuthorizationServer::start().await?;
/// let token = server.access_token(&FakeToken::of("ann").scopes("read").audience("https://api.example/v1"));
/// server.rotate_keys();                       // tokens from here on name another key
/// server.fail_next("/introspect", Fault::Lost); // asked and counted, never answered
/// server.clock().advance(std::time::Duration::from_secs(3600)); // and the token is over
/// # let _ = token;
/// # Ok(())
/// # }
/// ```
///
/// Clones are the same server; it stops when the last one is dropped.
#[derive(Clone, Debug)]
pub struct FakeAuthorizationServer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

/// What the endpoints work with.
#[derive(Debug)]
struct Shared {
    issuer: String,
    clock: Clock,
    entropy: Entropy,
    state: Mutex<State>,
}

/// What becomes of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The request is carried out, and the connection ends without an answer.
    Lost,
    /// The request is not carried out, and the connection ends without an answer.
    Refused,
    /// The request is not carried out; the answer has this status and nothing else.
    Status(u16),
    /// The request is carried out; the answer is no JSON.
    Garbled,
}

impl FakeAuthorizationServer {
    /// Starts a server on a free port of this machine.
    ///
    /// # Errors
    /// When no port is free, or no key can be made.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address: SocketAddr = listener.local_addr()?;
        let clock = Clock::manual(Clock::system().now());
        let entropy = Entropy::system();
        let state = Mutex::new(State::new(Key::generate(&entropy, clock.now())?));
        let shared =
            Arc::new(Shared { issuer: format!("http://{address}"), clock, entropy, state });
        let task = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self(Arc::new(Inner { shared, task })))
    }

    /// The issuer identifier, which is also where the server is reached: `http://127.0.0.1:` and a port.
    pub fn issuer(&self) -> &str {
        &self.0.shared.issuer
    }

    /// The clock, which stands still until the test moves it. Give it to the program that is tested, so that both agree.
    pub fn clock(&self) -> &Clock {
        &self.0.shared.clock
    }

    /// The clock of the server differs from [`clock`](Self::clock) by so many seconds from here on: what it issues is early or
    /// late for everybody else.
    pub fn skew(&self, seconds: i64) {
        self.state().skew = seconds;
    }

    /// How long access tokens are good that are given from here on; five minutes unless it is said.
    pub fn set_lifetime(&self, lifetime: Duration) {
        self.state().lifetime = lifetime;
    }

    /// Who is signed in at `/authorize`, and says yes to everything; `ann` unless it is said.
    pub fn sign_in(&self, subject: &str) {
        self.state().person = Ok(subject.to_owned());
    }

    /// From here on `/authorize` sends people back with this error, such as `access_denied`.
    pub fn refuse(&self, error: &str) {
        self.state().person = Err(error.to_owned());
    }

    /// A new key signs from here on; the ones before it stay published. A verifier that has just fetched the keys waits a
    /// little before it asks again, by tokio's clock: `tokio::time::advance` moves that.
    ///
    /// # Panics
    /// When no key can be made.
    pub fn rotate_keys(&self) {
        let shared = &self.0.shared;
        match Key::generate(&shared.entropy, shared.clock.now()) {
            Ok(key) => self.state().keys.push(key),
            Err(error) => panic!("no key can be made: {error}"),
        }
    }

    /// Only the key that signs stays published: what earlier ones signed can no longer be checked.
    pub fn withdraw_old_keys(&self) {
        let mut state = self.state();
        let old = state.keys.len().saturating_sub(1);
        state.keys.drain(..old);
    }

    /// An access token in the form of a JWT (RFC 9068).
    ///
    /// # Panics
    /// When it cannot be signed.
    pub fn access_token(&self, token: &FakeToken) -> String {
        token::issue(&self.0.shared, &mut self.state(), token)
    }

    /// An ID token for a client (OpenID Connect Core §2), whatever audience the token names: it must not open any resource.
    ///
    /// # Panics
    /// When it cannot be signed.
    pub fn id_token(&self, token: &FakeToken) -> String {
        token::id_token(&self.0.shared, &self.state(), token, None)
    }

    /// Introspection says no to this token from here on.
    pub fn revoke(&self, token: &str) {
        self.state().revoked.insert(token.to_owned());
    }

    /// What becomes of the next request at this path; said several times, of the ones after it.
    pub fn fail_next(&self, path: &str, fault: Fault) {
        self.state().faults.push((path.to_owned(), fault));
    }

    /// How many requests came to this path, those that failed included.
    pub fn asked(&self, path: &str) -> usize {
        self.state().asked.get(path).copied().unwrap_or_default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.shared.state()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    // Connections end with the server.
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(serve(stream, Arc::clone(&shared)));
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let router = endpoints::router(Arc::clone(&shared));
    let service = service_fn(move |request: Request<Incoming>| {
        let (router, shared) = (router.clone(), Arc::clone(&shared));
        async move {
            let fault = shared.state().meet(request.uri().path());
            let carried_out = matches!(fault, None | Some(Fault::Lost | Fault::Garbled));
            let answer = if carried_out {
                router.oneshot(request).await.map_err(io::Error::other)?
            } else {
                Response::new(Body::empty())
            };
            with_fault(answer, fault)
        }
    });
    // A connection that was cut on purpose ends with an error; nobody needs to hear of it.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

fn with_fault(mut answer: Response<Body>, fault: Option<Fault>) -> io::Result<Response<Body>> {
    match fault {
        None => Ok(answer),
        Some(Fault::Lost | Fault::Refused) => Err(io::ErrorKind::ConnectionAborted.into()),
        Some(Fault::Garbled) => {
            answer.headers_mut().remove(http::header::CONTENT_LENGTH);
            Ok(answer.map(|_| Body::from("<html>a gateway in between</html>")))
        }
        Some(Fault::Status(status)) => {
            let status = http::StatusCode::from_u16(status).map_err(io::Error::other)?;
            *answer.status_mut() = status;
            Ok(answer)
        }
    }
}
