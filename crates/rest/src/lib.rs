//! Protected resources: who may ask, what they get.
mod access;
mod browse;
mod core;
mod ctx;
mod describe;
#[doc(hidden)]
pub mod doors;
mod exchange;
pub mod field;
mod guard;
mod input;
mod list;
mod listing;
mod metadata;
mod mounted;
mod nearest;
mod negotiate;
mod pairs;
pub mod parameter;
pub mod problem;
pub mod remote;
mod resource;
mod resources;
mod scoped;
mod state;
mod verifier;

pub use self::core::Facts;
pub use access::{Access, Declaration, Public, Requirement, Scope};
pub use browse::{TEMPLATES, problem_pages};
pub use ctx::Ctx;
pub use input::read as read_body;
pub use list::Ordered;
pub use listing::{Listing, Pagination, Shape, Total};
pub use macros::{Resource, migrations, scopes};
pub use metadata::{ProtectedResource, metadata, public};
pub use nearest::nearest;
pub use oauth::principal::{Principal, Via};
pub use parameter::Parameter;
pub use problem::{FieldError, Problem, Result};
pub use resource::{Action, ActiveModelOf, ModelOf, Resource, ViewSet};
pub use resources::Resources;
pub use scoped::Scoped;
pub use state::{DEFAULT_BODY_LIMIT, Navigation, RestState};
pub use verifier::{BrowserSession, Verifier, VerifyFailure};

// The rooms that a resource server of its own needs besides.
pub use ambient;
pub use database;
pub use fetch;
pub use oauth;

// For the code that `#[derive(Resource)]` writes.
#[doc(hidden)]
pub use sea_orm;
