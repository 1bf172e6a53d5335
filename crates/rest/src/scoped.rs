//! The extractor for plain axum handlers: a caller whose token carries a scope.
use std::{fmt, marker::PhantomData, ops::Deref};

use axum::extract::{FromRef, FromRequestParts};
use http::request::Parts;
use oauth::principal::Principal;

use crate::{Access, Problem, Scope, guard, state::RestState};

/// A caller with the scope `S`: `async fn oldest(caller: Scoped<Read>) -> …`. Without it the handler is not called, and the
/// answer is the 401 or 403 that a resource would give.
///
/// Works with every router state from which [`RestState`] can be taken (`FromRef`). Use it in handlers that only read, or
/// that are called with a bearer token: a form of a browser's session is guarded by `pages`' CSRF check.
pub struct Scoped<S: Scope> {
    principal: Principal,
    scope: PhantomData<fn() -> S>,
}

impl<S: Scope> Scoped<S> {
    /// Who is asking.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Who is asking, to keep.
    pub fn into_principal(self) -> Principal {
        self.principal
    }
}

impl<S: Scope> Deref for Scoped<S> {
    type Target = Principal;

    fn deref(&self) -> &Principal {
        &self.principal
    }
}

impl<S: Scope> fmt::Debug for Scoped<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Scoped")
            .field("scope", &S::NAME)
            .field("principal", &self.principal)
            .finish()
    }
}

impl<T, S> FromRequestParts<T> for Scoped<S>
where
    T: Send + Sync,
    S: Scope,
    RestState: FromRef<T>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &T) -> Result<Self, Problem> {
        let state = RestState::from_ref(state);
        let metadata = guard::metadata_url(&state, state.prefix());
        let principal = guard::authenticate(&state, parts, &metadata).await?;
        guard::require(<S as Access>::REQUIREMENT, principal.as_ref(), &metadata)?;
        // The requirement of a scope cannot be met by nobody.
        let principal = principal.ok_or_else(Problem::not_found)?;
        Ok(Self { principal, scope: PhantomData })
    }
}
