//! The accept loop: bounded connections, a bounded time for the head of a request, and an end that drops no request.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceExt as _;

use super::tls::{Tls, handshake};
use super::{Shutdown, leftover};
use crate::settings::Server;

/// How long connections are left open after the order to stop, so that a request that is already on its way still
/// meets somebody. Each answer in that time says `Connection: close`.
const LINGER: Duration = Duration::from_millis(500);
/// How long connections that wait in the system's queue are still taken after the order to stop.
const LAST_CALL: Duration = Duration::from_millis(50);
/// The most connections that can wait there: whoever comes faster than they are taken does not hold up the end.
const QUEUE: usize = 1024;
/// The pause after a failed `accept`, which is nearly always a lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The limits of the loop.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections that may be open at once.
    pub connections: usize,
    /// Time for the head of a request, counted from the end of the one before it; and for the TLS handshake.
    pub header_timeout: Duration,
    /// Time for what is in flight when the order to stop comes.
    pub shutdown_grace: Duration,
}

impl From<&Server> for Limits {
    fn from(settings: &Server) -> Self {
        Self {
            connections: settings.max_connections,
            header_timeout: settings.header_timeout.duration(),
            shutdown_grace: settings.shutdown_grace.duration(),
        }
    }
}

/// Serves until the order to stop, over TLS if that is given, then lets requests in flight end. Returns how many
/// connections had to be cut because they were not done within the grace period.
pub async fn accept(
    listener: TcpListener,
    tls: Option<Tls>,
    router: Router,
    limits: Limits,
    shutdown: &Shutdown,
) -> usize {
    let graceful = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(limits.connections));
    let serve = |stream, peer, permit| {
        let held = Held {
            permit,
            watcher: graceful.watcher(),
            header_timeout: limits.header_timeout,
            shutdown: shutdown.clone(),
        };
        spawn_connection(stream, peer, held, tls.as_ref(), &router);
    };
    loop {
        let next = async {
            let permit = Arc::clone(&room).acquire_owned().await.map_err(io::Error::other)?;
            let (stream, peer) = listener.accept().await?;
            io::Result::Ok((stream, peer, permit))
        };
        tokio::select! {
            biased;
            () = shutdown.begun() => break,
            accepted = next => match accepted {
                Ok((stream, peer, permit)) => serve(stream, peer, permit),
                // The client went away before it was accepted.
                Err(error) if is_of_connection(&error) => {}
                Err(error) => {
                    tracing::error!(%error, "no connection can be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    // Whoever was let in by the system before the order still gets an answer.
    let last_call = tokio::time::Instant::now() + LAST_CALL;
    while let Ok(permit) = Arc::clone(&room).try_acquire_owned() {
        match tokio::time::timeout_at(last_call, listener.accept()).await {
            Ok(Ok((stream, peer))) => serve(stream, peer, permit),
            _ => break,
        }
    }
    // What comes between the last look and the end of the socket is reset by the system, so these are next to each other.
    if let Ok(listener) = listener.into_std() {
        for _ in 0..QUEUE {
            let Ok(permit) = Arc::clone(&room).try_acquire_owned() else { break };
            let Ok((stream, peer)) = listener.accept() else { break };
            if stream.set_nonblocking(true).is_ok()
                && let Ok(stream) = TcpStream::from_std(stream)
            {
                serve(stream, peer, permit);
            }
        }
    }
    finish(graceful, limits.shutdown_grace).await
}

async fn finish(graceful: GracefulShutdown, grace: Duration) -> usize {
    let end = tokio::time::Instant::now() + grace;
    let linger_end = (tokio::time::Instant::now() + LINGER).min(end);
    while graceful.count() > 0 && tokio::time::Instant::now() < linger_end {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // The count is taken by a watcher of its own, since `shutdown` takes the original.
    let open = graceful.count();
    match tokio::time::timeout_at(end, graceful.shutdown()).await {
        Ok(()) => 0,
        Err(_) => open,
    }
}

/// What a connection holds as long as it lives.
struct Held {
    permit: OwnedSemaphorePermit,
    watcher: Watcher,
    header_timeout: Duration,
    shutdown: Shutdown,
}

fn spawn_connection(
    stream: TcpStream,
    peer: SocketAddr,
    held: Held,
    tls: Option<&Tls>,
    router: &Router,
) {
    // Without this, small answers wait for the peer's delayed acknowledgement.
    let _ = stream.set_nodelay(true);
    let router = router.clone();
    let Some(acceptor) = tls.map(Tls::acceptor) else {
        tokio::spawn(serve_connection(stream, peer, held, router));
        return;
    };
    tokio::spawn(async move {
        // A handshake that has not ended soon after the order to stop holds no request, so it is not waited for.
        let given_up = async {
            held.shutdown.begun().await;
            tokio::time::sleep(LINGER).await;
        };
        let stream = tokio::select! {
            stream = handshake(stream, acceptor, held.header_timeout) => stream,
            () = given_up => None,
        };
        if let Some(stream) = stream {
            serve_connection(stream, peer, held, router).await;
        }
    });
}

async fn serve_connection<S>(stream: S, peer: SocketAddr, held: Held, router: Router)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let Held { permit, watcher, header_timeout, .. } = held;
    let service = tower::service_fn(move |request: Request<Incoming>| {
        let router = router.clone();
        async move {
            let (mut request, leftover) = leftover::watch(request);
            request.extensions_mut().insert(ConnectInfo(peer));
            let response = router.oneshot(request).await;
            leftover.drain().await;
            response
        }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(header_timeout);
    let connection =
        builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "connection ended early");
    }
    drop(permit);
}

fn is_of_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
