//! What may leave, whereto, and how much of it.

use std::sync::Arc;
use std::time::Duration;

use crate::resolve::{Resolve, SystemResolver};
use crate::roots::ExtraRoots;

/// The rules of a [`Fetcher`](crate::Fetcher). [`Policy::default`] is for the internet.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Fetch `http://` as well: what comes back can then have been written by anybody on the way.
    pub allow_http: bool,
    /// Let requests go to this machine and to private networks (loopback, RFC 1918, RFC 6598, RFC 4193), though never to
    /// link-local addresses and metadata services.
    pub allow_private_networks: bool,
    /// Let requests to these hosts, and to no others, go to such networks: names or addresses as they stand in a URL, without
    /// a port. For a server of one's own that has no public address.
    pub allow_private_hosts: Vec<String>,
    /// The longest that one fetch takes, from the call to the last byte. Default 5 s.
    pub timeout: Duration,
    /// The longest that name, connection and TLS handshake take together. Default 3 s.
    pub connect_timeout: Duration,
    /// Fetches under way at once. Default 64.
    pub at_once: usize,
    /// Fetches under way at once to one host name. Default 8.
    pub at_once_per_host: usize,
    /// Fetches that may wait for others to end; more are refused as [`Busy`](crate::FetchError::Busy). Default 256.
    pub waiting: usize,
    /// How many of those may wait for one host name, so that a slow one does not take all places. Default 32.
    pub waiting_per_host: usize,
    /// The largest head of an answer, in bytes. Default 16 KiB.
    pub max_head: usize,
    /// Certificate authorities that are trusted besides those of the system.
    pub extra_roots: ExtraRoots,
    /// Who finds the addresses of a name. What it answers is checked all the same.
    pub resolver: Arc<dyn Resolve>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            allow_http: false,
            allow_private_networks: false,
            allow_private_hosts: Vec::new(),
            timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(3),
            at_once: 64,
            at_once_per_host: 8,
            waiting: 256,
            waiting_per_host: 32,
            max_head: 16 * 1024,
            extra_roots: ExtraRoots::default(),
            resolver: Arc::new(SystemResolver::default()),
        }
    }
}

impl Policy {
    /// Whether requests to this host may go to private networks.
    pub(crate) fn opens_private_networks_to(&self, host: &str) -> bool {
        let is_named = |named: &String| named.trim_end_matches('.').eq_ignore_ascii_case(host);
        self.allow_private_networks || self.allow_private_hosts.iter().any(is_named)
    }
}

/// What one caller allows for one fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limits {
    /// The largest body, in bytes. It is counted while it comes in, whatever `Content-Length` says.
    pub max_bytes: usize,
    /// The longest that it may take; the policy's `timeout` if that is shorter.
    pub timeout: Duration,
    /// The media types that are asked for, as in the `Accept` header.
    pub accept: &'static str,
}

impl Limits {
    /// JSON of at most this many bytes, within the time of the policy.
    pub const fn json(max_bytes: usize) -> Self {
        Self { max_bytes, timeout: Duration::MAX, accept: "application/json" }
    }

    /// The same for other media types.
    #[must_use]
    pub const fn accepting(mut self, accept: &'static str) -> Self {
        self.accept = accept;
        self
    }

    /// The same within a shorter time.
    #[must_use]
    pub const fn within(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}
