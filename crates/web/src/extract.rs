//! What a handler takes out of a request: the body, the caller's address and who is signed in.

pub(crate) mod address;
pub(crate) mod body;
pub(crate) mod page_form;
pub(crate) mod segment;
