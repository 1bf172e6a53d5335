//! What this room must read, what it must refuse, and what holds for everything.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what tests share is not inside a test function"
)]

mod keys;
mod mutations;
mod properties;
mod rfc;
mod signer;
