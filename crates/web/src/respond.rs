//! How answers look: the only files of this room that choose a status code.

pub(crate) mod oauth_failure;
pub(crate) mod page_failure;
pub(crate) mod registration;
pub(crate) mod stop;
