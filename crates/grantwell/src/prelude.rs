//! What a project's `main.rs` needs: `use grantwell::prelude::*;`.

pub use crate::Project;
pub use crate::settings::{Settings, Span};
pub use rest::{Ctx, Principal, Problem, Public, Resource, Resources, Scoped, ViewSet, scopes};
