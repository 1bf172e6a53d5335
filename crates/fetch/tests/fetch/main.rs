//! The way out against real listeners on this machine, with TLS.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod bounds;
mod cache;
mod guard;
mod sharing;
mod tls;
mod world;
