//! The only room that holds key material.
