//! The first-party API of the guide: register, sign in, refresh, sign out; as JSON or form, and as a page in a browser.
//!
//! It acts through the built-in first-party client, in this process: nobody pastes a client secret into code, and no
//! endpoint calls another over HTTP.

mod endpoint;
mod fields;
mod problem;
mod refresh;
mod register;
mod revoke;
mod token;

pub(crate) use endpoint::{Endpoint, other_method, show, take};
