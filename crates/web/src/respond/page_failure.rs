//! Failures of the pages for people, as the refusal that `pages` shows them.

use axum::response::{IntoResponse, Response};
use pages::Refusal;
use pages::csrf::CsrfError;
use pages::redirect::{LocalPath, see_other};

use super::stop::Stop;

/// Why a page is not shown or a form not accepted.
#[derive(Debug)]
pub(crate) enum PageFailure {
    /// It is refused.
    Refused(Box<Refusal>),
    /// Another page has to come first, such as signing in.
    Elsewhere(LocalPath),
}

impl PageFailure {
    /// Another page of ours has to come first.
    pub(crate) fn elsewhere(to: &str) -> Self {
        Self::Elsewhere(LocalPath::or(Some(to), "/"))
    }
}

impl From<Refusal> for PageFailure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

impl From<CsrfError> for PageFailure {
    fn from(error: CsrfError) -> Self {
        tracing::info!(target: "audit", code = error.code(), "a form was refused: it may come from another site");
        Refusal::from(error).into()
    }
}

impl From<Stop> for PageFailure {
    fn from(stop: Stop) -> Self {
        let seconds = stop.retry_after();
        let refusal = match stop {
            Stop::Unavailable | Stop::Busy => {
                Refusal::unavailable().retry_after(seconds.unwrap_or(1))
            }
            Stop::Internal => Refusal::internal(),
            Stop::TooManyTries { .. } => Refusal::too_many_requests(seconds.unwrap_or(1)),
        };
        refusal.into()
    }
}

impl From<store::StoreError> for PageFailure {
    fn from(error: store::StoreError) -> Self {
        match error {
            store::StoreError::NotFound(_) => Refusal::not_found().into(),
            error => Stop::from(error).into(),
        }
    }
}

impl From<ambient::EntropyError> for PageFailure {
    fn from(error: ambient::EntropyError) -> Self {
        Stop::from(error).into()
    }
}

impl IntoResponse for PageFailure {
    fn into_response(self) -> Response {
        match self {
            Self::Refused(refusal) => refusal.into_response(),
            Self::Elsewhere(to) => see_other(&to),
        }
    }
}
