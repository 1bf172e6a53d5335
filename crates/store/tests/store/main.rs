//! The store on real SQLite and real PostgreSQL: each pair of load and apply, alone and in parallel, on one node
//! and on two.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "what tests share is not inside a test function"
)]

mod answers;
mod applications;
mod apply;
mod bounds;
mod claims;
mod device;
mod feed;
mod jwt_bearer;
mod keys;
mod logout;
mod open;
mod rates;
mod refresh;
mod replays;
mod schema;
mod secrets;
mod signing_keys;
mod sweep;
mod users;
mod world;
