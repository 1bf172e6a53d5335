//! How any HTML is rendered and any form guarded: templates, static files, security headers, CSRF, cookies, safe redirects.

pub mod accept;
pub mod asset;
pub mod cookie;
pub mod csrf;
pub mod flash;
pub mod form;
pub mod headers;
pub mod json;
mod keyed;
#[cfg(test)]
mod look;
pub mod page;
mod problem;
pub mod redirect;
pub mod refusal;
pub mod template;

pub use cookie::CookieKind;
pub use csrf::Csrf;
pub use flash::Flash;
pub use form::{Field, Form};
pub use minijinja::value::Serde;
pub use minijinja::{Value, context};
pub use page::{Brand, ConfirmPage, FormPage, Link, Message, MessagePage, Page, SignedIn, Tone};
pub use problem::Problem;
pub use refusal::Refusal;
pub use template::{BuildError, Builder, Pages, RenderError};
