//! A change that is tried again when somebody else came before.

use axum::response::Response;
use rest::Problem;
use store::StoreError;

use crate::problem::{of_store, overtaken};

/// How often it is tried.
const TRIES: usize = 5;

/// The answer of the first attempt that nobody came before; each reads and decides anew.
pub(crate) async fn again<F>(attempt: impl Fn() -> F) -> Result<Response, Problem>
where
    F: Future<Output = Result<Option<Response>, Problem>>,
{
    for _ in 0..TRIES {
        if let Some(response) = attempt().await? {
            return Ok(response);
        }
    }
    Err(overtaken())
}

/// What was done; nothing if somebody else came before.
pub(crate) fn unless_overtaken<T>(done: Result<T, StoreError>) -> Result<Option<T>, Problem> {
    match done {
        Ok(done) => Ok(Some(done)),
        Err(StoreError::Conflict { .. } | StoreError::NotFound(_) | StoreError::Overtaken(_)) => {
            Ok(None)
        }
        Err(error) => Err(of_store(error)),
    }
}
