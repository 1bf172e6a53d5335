//! What a project's `main.rs` needs: `use grantwell::prelude::*;`.

pub use crate::Project;
pub use crate::settings::{Settings, Span};
pub use rest::{
    Action, Actions, Ctx, Deprecation, FieldError, Input, Permission, Principal, Problem, Public,
    Rate, Resource, Resources, Scoped, Throttle, Versions, ViewSet, scopes, viewset,
};
