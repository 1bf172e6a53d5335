//! How answers look: the only files of this room that choose a status code.

pub mod oauth_failure;
pub mod page_failure;
pub mod stop;
