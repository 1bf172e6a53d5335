//! The protocol endpoints: each reads a form, authenticates the client, loads facts, lets the rule of the same name in the
//! `oauth` crate decide, applies and answers.

pub mod client;
pub mod introspect;
pub mod metadata;
pub mod request;
pub mod revoke;
pub mod token;
