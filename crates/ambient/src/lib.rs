//! Where time and randomness enter, and nowhere else.
