//! The tables of this room, one file each; times are milliseconds since 1970 (UTC), text ids are UTF-8.

pub mod answer;
pub mod application;
pub mod authorization;
pub mod client_registration;
pub mod consent;
pub mod device_code;
pub mod logout_notice;
pub mod pushed_request;
pub mod rate;
pub mod registration_token;
pub mod replay;
pub mod revocation;
pub mod session;
pub mod session_client;
pub mod setting;
pub mod setup_link;
pub mod signing_key;
pub mod throttle;
pub mod user;

/// All of them, for comparing with the migrations.
pub fn all() -> database::migration::Entities {
    database::migration::Entities::new()
        .add::<user::Entity>()
        .add::<session::Entity>()
        .add::<application::Entity>()
        .add::<authorization::Entity>()
        .add::<signing_key::Entity>()
        .add::<revocation::Entity>()
        .add::<throttle::Entity>()
        .add::<setup_link::Entity>()
        .add::<setting::Entity>()
        .add::<consent::Entity>()
        .add::<pushed_request::Entity>()
        .add::<replay::Entity>()
        .add::<registration_token::Entity>()
        .add::<client_registration::Entity>()
        .add::<device_code::Entity>()
        .add::<session_client::Entity>()
        .add::<logout_notice::Entity>()
        .add::<rate::Entity>()
        .add::<answer::Entity>()
}
