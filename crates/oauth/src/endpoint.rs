//! The endpoints, one file each.

pub mod authorize;
pub mod client_id_document;
pub mod device;
pub mod device_authorization;
pub mod end_session;
pub mod introspect;
pub mod metadata;
pub mod pushed_authorization_request;
pub mod registration;
pub mod revoke;
pub mod token;
pub mod userinfo;
