//! The resource server as a process of its own, and Grantwell as its authorization server, over HTTP.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "helpers of tests"
)]

mod stories;
mod world;
