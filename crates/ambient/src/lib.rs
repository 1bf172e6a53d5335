//! Where time and randomness enter, and nowhere else.
//!
//! Everything else in the workspace takes `now` and fresh identifiers as arguments, so a rule can be tested
//! at any instant and with any draw. A [`Clock`] and an [`Entropy`] are made once at start and handed down.

mod clock;
mod entropy;

pub use clock::Clock;
pub use entropy::{Entropy, EntropyError};
