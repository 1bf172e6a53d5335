//! Attacks as tables over HTTP: each row says what is tried, each test what must come of it.

mod front_channel;
mod jwts;
mod nodes;
mod outbound;
mod redirect_uris;
mod slots;
mod standing;
