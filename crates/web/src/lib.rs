//! The protocol endpoints and the pages for people.
//!
//! [`routes`] is the table of contents. Each endpoint reads the request, loads facts from the store, lets a rule of
//! `oauth` or `accounts` decide, applies the decision and answers; there is no SQL and no protocol rule in this room.

mod back_channel;
pub mod bearer;
mod client_documents;
mod client_keys;
mod cors;
mod credentials;
mod extension;
mod extract;
mod first_party;
mod grant;
mod hashing;
mod id_token;
mod issue;
pub mod limits;
mod oauth;
mod origins;
mod pages;
mod rates;
mod respond;
pub mod routes;
mod sector;
pub mod state;
mod subject;
mod throttle;
pub mod urls;
mod visit;

pub use back_channel::{tell_clients, tell_due_clients};
pub use bearer::Verifier;
pub use extension::{Asked, Extension, ExtensionGrant};
pub use extract::address::Network;
pub use limits::Limits;
pub use origins::ClientOrigins;
pub use rates::SharedCounter;
pub use routes::router;
pub use state::{Hook, Settings, State};
pub use urls::Urls;

/// The templates of this room, for [`::pages::Builder::templates`].
pub const TEMPLATES: &[(&str, &str)] = &[
    ("applications/detail.html", include_str!("../templates/applications/detail.html")),
    ("applications/list.html", include_str!("../templates/applications/list.html")),
    ("authorize/choose.html", include_str!("../templates/authorize/choose.html")),
    ("authorize/consent.html", include_str!("../templates/authorize/consent.html")),
    ("authorize/wish.html", include_str!("../templates/authorize/wish.html")),
    ("authorize/form_post.html", include_str!("../templates/authorize/form_post.html")),
    ("authorized.html", include_str!("../templates/authorized.html")),
    ("device/confirm.html", include_str!("../templates/device/confirm.html")),
    ("errors/detail.html", include_str!("../templates/errors/detail.html")),
    ("errors/list.html", include_str!("../templates/errors/list.html")),
    ("first_party.html", include_str!("../templates/first_party.html")),
    ("home.html", include_str!("../templates/home.html")),
    ("profile.html", include_str!("../templates/profile.html")),
    ("signed_out.html", include_str!("../templates/signed_out.html")),
];
