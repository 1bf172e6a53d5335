//! The answer of RFC 9457 to a program: its members and their order stand here, for every room that refuses.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::{Serialize, Serializer};

use crate::headers::no_store;

/// A problem: the members of RFC 9457 §3.1, then ours.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Problem<'a, E = ()> {
    /// The address of the page about this kind of problem; `about:blank` for none.
    pub r#type: &'a str,
    /// What all problems of this kind have in common.
    pub title: &'a str,
    /// The status of the answer.
    #[serde(serialize_with = "number")]
    pub status: StatusCode,
    /// What happened this time, and what to do about it.
    pub detail: &'a str,
    /// The address that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<&'a str>,
    /// A stable word for programs.
    pub code: &'a str,
    /// The number under which the log speaks of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<&'a str>,
    /// What is wrong with single fields.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub errors: &'a [E],
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn number<S: Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

impl<E: Serialize> IntoResponse for Problem<'_, E> {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (self.status, body).into_response();
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        no_store(&mut response);
        response
    }
}
