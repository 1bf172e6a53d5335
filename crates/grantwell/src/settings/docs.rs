//! The settings of the OpenAPI document and of the interactive page about it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the API says about itself: the OpenAPI document and the interactive page.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Docs {
    /// Who may read `/openapi.json`, `/openapi.yaml` and `/docs`: `everybody`, `staff` (those who may open the
    /// administration), or `nobody`, which also switches the page's application off.
    pub readers: Readers,
    /// The name of the API. When it is not set: the name on the pages.
    pub title: Option<String>,
    /// The version of the API, which is not that of the program.
    pub version: String,
    /// What the API is for, in Markdown.
    pub description: Option<String>,
}

impl Default for Docs {
    fn default() -> Self {
        Self {
            readers: Readers::Everybody,
            title: None,
            version: "1".to_owned(),
            description: None,
        }
    }
}

/// Who may read what the API says about itself, or the pages of its resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Readers {
    /// Whoever asks.
    Everybody,
    /// Those who may open the administration.
    Staff,
    /// It is not served.
    Nobody,
}

impl Readers {
    /// As the pages know them; `None` where there is nothing to read.
    pub(crate) fn of_pages(self) -> Option<rest::docs::Readers> {
        match self {
            Self::Everybody => Some(rest::docs::Readers::Everybody),
            Self::Staff => Some(rest::docs::Readers::Staff),
            Self::Nobody => None,
        }
    }
}
