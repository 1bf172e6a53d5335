//! Finds the addresses of a name. Whoever asks has to look at every one of them before it is used.

use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::sync::{Semaphore, oneshot};

/// How many names are looked up at once. The system's lookup cannot be called off, so each one holds its place until it
/// ends, also when nobody waits for it any more.
const LOOKUPS: usize = 16;

/// Finds the addresses of a name.
pub trait Resolve: Send + Sync + fmt::Debug {
    /// The addresses of a host, with the port to connect to.
    ///
    /// # Errors
    /// What the system says; its text ends up in the log.
    fn resolve<'a>(
        &'a self,
        host: &'a str,
        port: u16,
    ) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>>;
}

/// Asks the system, as every other program on this machine does.
#[derive(Debug)]
pub struct SystemResolver {
    places: Arc<Semaphore>,
}

impl Default for SystemResolver {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(LOOKUPS)) }
    }
}

impl Resolve for SystemResolver {
    fn resolve<'a>(
        &'a self,
        host: &'a str,
        port: u16,
    ) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async move {
            let place = Arc::clone(&self.places).acquire_owned().await.map_err(io::Error::other)?;
            let (answer, answered) = oneshot::channel();
            let host = host.to_owned();
            // A thread of its own: in the runtime's pool, slow name servers would hold up the hashing of passwords, and
            // the end of the program.
            std::thread::Builder::new().name("lookup".to_owned()).spawn(move || {
                let found = (host.as_str(), port).to_socket_addrs().map(Iterator::collect);
                drop(place);
                // Nobody may wait for it any more.
                let _ = answer.send(found);
            })?;
            answered.await.map_err(io::Error::other)?
        })
    }
}
