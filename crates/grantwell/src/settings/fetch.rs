//! The section `[fetch]`: outgoing requests.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Span;

/// Outgoing requests: what clients keep on servers of their own, such as their keys, is fetched from there.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Fetch {
    /// How long one request may take, from the name to the last byte; an hour at most.
    pub timeout: Span,
    /// A PEM file with certificate authorities that are trusted besides those of the system, for a closed network that
    /// has its own.
    pub extra_ca_file: Option<PathBuf>,
    /// Fetch `http://` as well. What comes back can then have been written by anybody on the way, keys included: only
    /// on a closed network.
    pub allow_http: bool,
    /// Let outgoing requests go to this machine and to private networks. Whoever may name a URL can then make this server
    /// ask what only it can reach. Link-local addresses and the metadata services of clouds stay closed.
    pub allow_private_networks: bool,
}

impl Default for Fetch {
    fn default() -> Self {
        Self {
            timeout: Span::seconds(5),
            extra_ca_file: None,
            allow_http: false,
            allow_private_networks: false,
        }
    }
}
