//! From a name to a connection: resolved once, every address looked at, connected to those addresses and no others.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::Host;

use crate::address::special_use;
use crate::error::FetchError;
use crate::policy::Policy;
use crate::roots::Tls;
use crate::target::Target;

/// How many addresses of one name are tried.
const MOST_TRIED: usize = 4;
/// How long one address is tried alone before the next is tried beside it (RFC 8305 §5).
const HEAD_START: Duration = Duration::from_millis(250);

/// A connection, plain or over TLS.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Opens a connection to a target whose addresses may be asked.
pub(crate) async fn connect(
    target: &Target,
    policy: &Policy,
    tls: &Tls,
) -> Result<Box<dyn Stream>, FetchError> {
    let addresses = addresses(target, policy).await?;
    let host = target.host_name();
    let stream = open(&addresses)
        .await
        .map_err(|error| FetchError::Connect { host: host.clone(), why: error.to_string() })?;
    // The request is one small write, which need not wait for another.
    let _ = stream.set_nodelay(true);
    if !target.https {
        return Ok(Box::new(stream));
    }
    let failed = |why: String| FetchError::Tls { host: host.clone(), why };
    let name = match &target.host {
        Host::Domain(_) => {
            ServerName::try_from(host.clone()).map_err(|error| failed(error.to_string()))?
        }
        Host::Ipv4(address) => ServerName::from(IpAddr::V4(*address)),
        Host::Ipv6(address) => ServerName::from(IpAddr::V6(*address)),
    };
    let config = tls.config(&policy.extra_roots).await?;
    let stream = TlsConnector::from(config)
        .connect(name, stream)
        .await
        .map_err(|error| failed(error.to_string()))?;
    Ok(Box::new(stream))
}

/// What the host leads to. One address that may not be asked is enough to refuse the name: nobody honest has such a
/// mixture.
async fn addresses(target: &Target, policy: &Policy) -> Result<Vec<SocketAddr>, FetchError> {
    let found = match &target.host {
        Host::Domain(name) => {
            let unresolved = |why: String| FetchError::Unresolved { host: target.host_name(), why };
            let found = policy.resolver.resolve(name, target.port).await;
            let found = found.map_err(|error| unresolved(error.to_string()))?;
            if found.is_empty() {
                return Err(unresolved("it has no address".to_owned()));
            }
            found
        }
        Host::Ipv4(address) => vec![SocketAddr::new(IpAddr::V4(*address), target.port)],
        Host::Ipv6(address) => vec![SocketAddr::new(IpAddr::V6(*address), target.port)],
    };
    for address in &found {
        check(target, address.ip(), policy)?;
    }
    Ok(found)
}

/// Refuses an address that outgoing requests may not go to.
pub(crate) fn check(target: &Target, address: IpAddr, policy: &Policy) -> Result<(), FetchError> {
    match special_use(address) {
        None => Ok(()),
        Some(meant)
            if meant.is_private_network()
                && policy.opens_private_networks_to(&target.host_name()) =>
        {
            Ok(())
        }
        Some(meant) => Err(FetchError::Address { host: target.host_name(), meant }),
    }
}

/// Connects to the first address that answers. Each gets a head start, so that a broken one costs little time.
async fn open(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let order = alternating(addresses);
    let mut waiting = order.into_iter().take(MOST_TRIED).peekable();
    let mut trying = FuturesUnordered::new();
    let mut failed = io::Error::from(io::ErrorKind::NotFound);
    loop {
        if let Some(address) = waiting.next() {
            trying.push(TcpStream::connect(address));
        }
        let more = waiting.peek().is_some();
        tokio::select! {
            tried = trying.next() => match tried {
                Some(Ok(stream)) => return Ok(stream),
                Some(Err(error)) => failed = error,
                None => return Err(failed),
            },
            () = tokio::time::sleep(HEAD_START), if more => {}
        }
    }
}

/// The addresses with the families in turn, beginning with that of the first (RFC 8305 §4).
fn alternating(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let first = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut ours, mut others): (Vec<_>, Vec<_>) =
        addresses.iter().partition(|address| address.is_ipv6() == first);
    ours.reverse();
    others.reverse();
    let mut order = Vec::with_capacity(addresses.len());
    while let Some(address) = ours.pop() {
        order.push(address);
        order.extend(others.pop());
    }
    others.reverse();
    order.extend(others);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns() {
        let parse = |texts: &[&str]| -> Vec<SocketAddr> {
            texts.iter().map(|text| text.parse().unwrap()).collect()
        };
        for (given, order) in [
            (
                vec!["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1"],
                vec!["[::1]:1", "1.1.1.1:1", "[::2]:1", "[::3]:1"],
            ),
            (vec!["1.1.1.1:1", "[::1]:1", "[::2]:1"], vec!["1.1.1.1:1", "[::1]:1", "[::2]:1"]),
            (vec![], vec![]),
        ] {
            assert_eq!(alternating(&parse(&given)), parse(&order));
        }
    }

    #[tokio::test]
    async fn the_next_address_is_tried_when_one_refuses() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let good = listener.local_addr().unwrap();
        let closed = {
            let other = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            other.local_addr().unwrap()
        };
        let stream = open(&[closed, closed, good]).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), good);
        assert!(open(&[closed]).await.is_err());
        assert!(open(&[closed, closed, closed, closed, good]).await.is_err(), "four are tried");
    }
}
