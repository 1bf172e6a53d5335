//! The protocol endpoints: each reads a form, authenticates the client, loads facts, lets the rule of the same name in the
//! `oauth` crate decide, applies and answers.

pub(crate) mod authorize;
pub(crate) mod check_session;
mod client;
pub(crate) mod device_authorization;
pub(crate) mod end_session;
pub(crate) mod introspect;
pub(crate) mod jwks;
pub(crate) mod metadata;
pub(crate) mod par;
pub(crate) mod registration;
pub(crate) mod request;
mod request_object;
pub(crate) mod revoke;
pub(crate) mod token;
pub(crate) mod userinfo;
