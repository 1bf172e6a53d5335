//! The example project as a black box: real processes, real HTTP, both databases.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod bad_input;
mod faults;
mod guide;
mod house;
mod migrations;
mod nodes;
mod secrets;
mod users;
