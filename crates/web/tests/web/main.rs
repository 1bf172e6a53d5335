//! The endpoints and pages of this room over an in-process router, on SQLite and PostgreSQL.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "helpers of tests"
)]

mod application_members;
mod applications;
mod attacks;
mod authorize;
mod bad_input;
mod bearer;
mod browser;
mod capabilities;
mod client_assertion;
mod client_auth;
mod client_documents;
mod client_secret_jwt;
mod code;
mod consent;
mod cors;
mod device;
mod errors;
mod extension;
mod first_party;
mod inactive;
mod introspect;
mod jwks;
mod jwt;
mod jwt_bearer;
mod logout;
mod metadata;
mod openid;
mod par;
mod people;
mod profile;
mod refresh;
mod registration;
mod request_object;
mod revoke;
mod session_management;
mod setup;
mod sign_up;
mod signer;
mod throttle;
mod token;
mod world;
