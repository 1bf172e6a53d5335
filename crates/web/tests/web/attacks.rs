//! Attacks as tables over HTTP: each row says what is tried, each test what must come of it.

mod redirect_uris;
