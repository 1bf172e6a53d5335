//! The store on real SQLite and real PostgreSQL: each pair of load and apply, alone and in parallel, on one node
//! and on two.

mod applications;
mod feed;
mod keys;
mod open;
mod refresh;
mod secrets;
mod sweep;
mod users;
mod world;
