//! What a handler takes out of a request: the body, the caller's address and who is signed in.

pub mod address;
pub mod body;
pub mod page_form;
