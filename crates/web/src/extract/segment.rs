//! The last part of a path, as text; what is no text names nothing that is here.

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use pages::Refusal;

use crate::respond::page_failure::PageFailure;

/// The one variable part of a route's path, decoded.
pub(crate) struct Segment(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = PageFailure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageFailure> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.map(|Path(text)| Self(text)).map_err(|_| Refusal::not_found().into())
    }
}
