//! Attacks as tables over HTTP: each row says what is tried, each test what must come of it.

mod nodes;
mod redirect_uris;
mod slots;
