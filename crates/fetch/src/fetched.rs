//! What came back.

use bytes::Bytes;

use crate::error::FetchError;
use crate::freshness::Freshness;

/// An answer, whatever its status. A redirect is an answer like any other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The status code.
    pub status: u16,
    /// The media type in lower case and without parameters; `None` if it is missing or none.
    pub content_type: Option<String>,
    /// The body, which is not larger than was allowed.
    pub body: Bytes,
    /// How long the answer says that it may be kept.
    pub freshness: Freshness,
}

impl Fetched {
    /// The answer if its status is 200.
    ///
    /// # Errors
    /// [`FetchError::Status`] otherwise.
    pub fn ok(self) -> Result<Self, FetchError> {
        if self.status == 200 { Ok(self) } else { Err(FetchError::Status(self.status)) }
    }

    /// Whether the media type says JSON: `application/json`, or a type that ends in `+json` (RFC 6839 §3.1).
    pub fn is_json(&self) -> bool {
        self.content_type
            .as_deref()
            .is_some_and(|kind| kind == "application/json" || kind.ends_with("+json"))
    }
}
