//! Tokens of an authorization server elsewhere, which is a server of these tests: what it says, how often it is asked.
#![expect(unreachable_pub, reason = "a test program")]
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "helpers of tests")]

#[path = "remote/introspection.rs"]
mod introspection;
#[path = "remote/jwks.rs"]
mod jwks;
#[path = "remote/mutations.rs"]
mod mutations;
#[path = "remote/server.rs"]
mod server;
#[path = "remote/step_up.rs"]
mod step_up;
#[path = "remote/world.rs"]
mod world;
