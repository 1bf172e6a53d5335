//! The front door from outside: its commands as processes, its server over real HTTP.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod admin;
mod admin_conditions;
mod admin_place;
mod applications;
mod apply;
mod commands;
mod fake;
mod house;
mod log;
mod migrations;
mod outer;
mod postgres;
mod shutdown;
mod testing_profile;
mod tls;
mod tokens;
mod users;
