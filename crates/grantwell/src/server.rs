//! The HTTP server: the accept loop, what surrounds every request, and the health of the process.

mod accept;
mod health;
mod host;
mod shutdown;

pub use accept::{Limits, accept};
pub use health::{Health, PATHS, Probe};
pub use host::Hosts;
pub use shutdown::Shutdown;
