//! The body of a request: one JSON object, read strictly and within a limit.

use axum::extract::{FromRequest, Request};
use http::{HeaderMap, Method, StatusCode, header};
use oauth::json::{self, Limits};
use rest::Problem;
use serde_json::{Map, Value};

use crate::problem::of_json;
use crate::state::State;

/// How much of a body is read.
const LIMITS: Limits = Limits { bytes: 64 * 1024, depth: 12, values: 2000 };

/// The members of the object. A request that may go without a body has none then.
pub(crate) struct Members(pub(crate) Map<String, Value>);

impl FromRequest<State> for Members {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &State) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = rest::read_body(&parts.headers, body, LIMITS.bytes).await?;
        if bytes.is_empty() && parts.method == Method::POST {
            return Ok(Self(Map::new()));
        }
        check_type(&parts.headers)?;
        json::read_object(&bytes, LIMITS).map(Self).map_err(|error| of_json(&error))
    }
}

/// JSON, also as a merge patch (RFC 7396 §4), as it is.
fn check_type(headers: &HeaderMap) -> Result<(), Problem> {
    let unsupported = |detail: &'static str| {
        Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail))
    };
    let encoded = headers.get(header::CONTENT_ENCODING).is_some_and(|coding| coding != "identity");
    if encoded {
        return unsupported("Send the body as it is, without a Content-Encoding.");
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let known = ["application/json", "application/merge-patch+json"];
    if known.iter().any(|known| kind.eq_ignore_ascii_case(known)) {
        return Ok(());
    }
    unsupported("Send a JSON object with `Content-Type: application/json`.")
}
