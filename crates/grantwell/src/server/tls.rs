//! The server's own TLS: how a connection becomes one, and how the certificate is exchanged while others stay open.

mod identity;
mod validity;

pub(crate) use identity::Identity;
pub(crate) use validity::Validity;

use std::io;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::error::Result;
use crate::settings::Server;

/// The first byte of every TLS connection (RFC 8446 §5.1: a handshake record).
const HANDSHAKE: u8 = 22;
/// What somebody is told who speaks plain HTTP here. Without it their program says no more than "empty reply".
const NOT_TLS: &[u8] = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-type: text/plain; charset=utf-8\r\n\
    content-length: 70\r\n\r\nThis port speaks https only: begin the address with https:// instead.\n";

/// The TLS of a server. Cheap to clone; clones are the same.
#[derive(Clone, Debug)]
pub struct Tls(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    settings: Server,
    config: RwLock<Arc<ServerConfig>>,
}

impl Tls {
    /// Reads certificate and key of the settings; `None` if they name none.
    ///
    /// # Errors
    /// When a file cannot be read, holds something else, or the two do not belong together.
    pub fn open(settings: &Server) -> Result<Option<Self>> {
        let Some(identity) = Identity::read(settings)? else { return Ok(None) };
        let shared =
            Shared { settings: settings.clone(), config: RwLock::new(identity.into_config()?) };
        Ok(Some(Self(Arc::new(shared))))
    }

    /// Reads both again. Connections that are open stay as they are; the next ones get the new certificate.
    ///
    /// # Errors
    /// As [`Tls::open`]; the server then goes on with the certificate that it has.
    pub fn reload(&self) -> Result<()> {
        if let Some(identity) = Identity::read(&self.0.settings)? {
            let config = identity.into_config()?;
            *self.0.config.write().unwrap_or_else(PoisonError::into_inner) = config;
        }
        Ok(())
    }

    /// Reads both again whenever the process gets SIGHUP, and writes to the log how that went.
    ///
    /// # Errors
    /// When the signal cannot be listened to.
    pub fn reload_on_hangup(&self) -> io::Result<()> {
        use tokio::signal::unix::{SignalKind, signal};
        let mut hangup = signal(SignalKind::hangup())?;
        let tls = self.clone();
        tokio::spawn(async move {
            while hangup.recv().await.is_some() {
                let tls = tls.clone();
                // Files are read on a thread that may wait for them.
                let reloaded = tokio::task::spawn_blocking(move || tls.reload()).await;
                match reloaded {
                    Ok(Ok(())) => tracing::info!("the TLS certificate was read again"),
                    Ok(Err(error)) => tracing::error!(
                        %error,
                        "the new TLS certificate cannot be used: the one before stays in use"
                    ),
                    Err(error) => {
                        tracing::error!(%error, "reading the TLS certificate ended early");
                    }
                }
            }
        });
        Ok(())
    }

    /// How the next connection begins.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        let config = self.0.config.read().unwrap_or_else(PoisonError::into_inner);
        TlsAcceptor::from(Arc::clone(&config))
    }
}

/// Makes a connection one of TLS within this time. `None` if it does not become one.
pub(super) async fn handshake(
    mut stream: TcpStream,
    acceptor: TlsAcceptor,
    within: Duration,
) -> Option<TlsStream<TcpStream>> {
    let shake = async {
        let mut first = [0];
        if stream.peek(&mut first).await? > 0 && first != [HANDSHAKE] {
            stream.write_all(NOT_TLS).await?;
            stream.shutdown().await?;
            return Err(io::Error::other("the client speaks no TLS"));
        }
        acceptor.accept(stream).await
    };
    match tokio::time::timeout(within, shake).await {
        Ok(Ok(stream)) => Some(stream),
        Ok(Err(error)) => {
            tracing::debug!(%error, "a TLS handshake failed");
            None
        }
        Err(_) => {
            tracing::debug!("a TLS handshake was not done in time");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hint_for_plain_http_has_the_length_that_it_says() {
        let text = std::str::from_utf8(NOT_TLS).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let length = head.rsplit_once("content-length: ").unwrap().1;
        assert_eq!(length, body.len().to_string());
    }
}
