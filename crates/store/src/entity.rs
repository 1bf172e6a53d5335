//! The tables of this room, one file each; times are milliseconds since 1970 (UTC), text ids are UTF-8.

pub mod application;
pub mod authorization;
pub mod revocation;
pub mod session;
pub mod setting;
pub mod setup_link;
pub mod signing_key;
pub mod throttle;
pub mod user;
