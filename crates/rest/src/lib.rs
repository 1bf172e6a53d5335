//! Protected resources: who may ask, what they get.
mod access;
mod acting;
pub mod action;
mod browse;
mod core;
pub mod cors;
mod ctx;
mod deprecation;
mod describe;
mod dialect;
pub mod docs;
#[doc(hidden)]
pub mod doors;
mod exchange;
pub mod field;
mod guard;
pub mod idempotency;
mod input;
mod list;
mod listing;
mod metadata;
mod mounted;
mod nearest;
mod negotiate;
pub mod openapi;
mod pairs;
pub mod parameter;
pub mod permission;
pub mod problem;
pub mod relation;
pub mod remote;
mod resource;
mod resources;
mod scoped;
mod state;
pub mod throttle;
mod verifier;
mod versions;

pub use self::core::Facts;
pub use access::{Access, AnyOf, Declaration, Public, Requirement, Requirements, Scope, Scopes};
pub use action::{Actions, Input};
pub use browse::{TEMPLATES, problem_pages};
pub use ctx::Ctx;
pub use deprecation::Deprecation;
pub use dialect::Dialect;
pub use idempotency::Idempotency;
pub use input::read as read_body;
pub use list::Ordered;
pub use listing::{Listing, Pagination, Shape, Total};
pub use macros::{Input, Resource, migrations, scopes, viewset};
pub use metadata::{ProtectedResource, metadata, public};
pub use nearest::nearest;
pub use oauth::principal::{Principal, Via};
pub use parameter::Parameter;
pub use permission::{Permission, Verdict};
pub use problem::{FieldError, Problem, Result};
pub use resource::{Action, ActiveModelOf, ModelOf, Resource, ViewSet};
pub use resources::Resources;
pub use scoped::Scoped;
pub use state::{Address, DEFAULT_BODY_LIMIT, Navigation, RestState};
pub use throttle::{Rate, Throttle};
pub use verifier::{BrowserSession, Person, Verifier, VerifyFailure};
pub use versions::{Chooser, Versions};

// The rooms that a resource server of its own needs besides.
pub use ambient;
pub use database;
pub use fetch;
pub use oauth;

// For the code that `#[derive(Resource)]` writes.
#[doc(hidden)]
pub use http;
#[doc(hidden)]
pub use regex;
#[doc(hidden)]
pub use sea_orm;
