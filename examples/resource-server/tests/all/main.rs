//! The resource server as a process of its own, and Grantwell as its authorization server, over HTTP.
#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "helpers of tests")]

mod stories;
mod world;
