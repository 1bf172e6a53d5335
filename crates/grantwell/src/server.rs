//! The HTTP server: the accept loop, what surrounds every request, and the health of the process.

mod accept;
mod compress;
mod health;
mod host;
mod leftover;
mod outer;
mod request_id;
mod shutdown;
mod tls;

pub use accept::{Limits, accept};
pub use health::{Health, PATHS, Probe};
pub use host::Hosts;
pub(crate) use host::is_loopback;
pub use outer::{Outer, wrap};
pub use request_id::RequestId;
pub use shutdown::Shutdown;
pub use tls::Tls;
pub(crate) use tls::{Identity, Validity};
