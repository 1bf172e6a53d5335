//! The settings of resources: what counts for all of them, whatever they are.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Span;

/// The API: what counts for all resources.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Resources {
    /// How long the answer to a request with an `Idempotency-Key` is remembered: so long the same request is not done
    /// again, and is answered as it was the first time.
    pub remember_answers: Span,
}

impl Default for Resources {
    fn default() -> Self {
        Self { remember_answers: Span::days(1) }
    }
}
