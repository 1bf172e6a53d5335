//! A resource at its address, with everything that does not change between requests made ready.
use std::sync::Arc;

use http::HeaderValue;

use crate::{
    access::Declaration,
    core::{Core, Facts},
    relation::{Nested, Registry},
    state::RestState,
    throttle::Throttle,
};

/// A resource at its address.
#[derive(Clone)]
pub(crate) struct Mounted {
    pub(crate) facts: Facts,
    pub(crate) core: Arc<dyn Core>,
    /// `/v1/unicorn/`.
    pub(crate) path: String,
    /// `/v1/`, the API root.
    pub(crate) root: String,
    /// Where RFC 9728 metadata is.
    pub(crate) metadata: Arc<str>,
    /// The other resources.
    pub(crate) registry: Arc<Registry>,
    /// Every scope that is asked for below the prefix.
    pub(crate) scopes: Arc<[Declaration]>,
    /// How often callers may ask.
    pub(crate) throttles: Vec<Throttle>,
    /// The resources whose rows are written along with these.
    pub(crate) nested: Vec<Nested>,
    pub(crate) state: RestState,
}

pub(crate) const ALLOW_LIST: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, OPTIONS");
pub(crate) const ALLOW_BULK: HeaderValue =
    HeaderValue::from_static("GET, HEAD, POST, PATCH, DELETE, OPTIONS");
pub(crate) const ALLOW_ITEM: HeaderValue =
    HeaderValue::from_static("GET, HEAD, PUT, PATCH, DELETE, OPTIONS");
pub(crate) const ALLOW_ROOT: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS");

impl Mounted {
    /// What the list's `Allow` says.
    pub(crate) fn allow_list(&self) -> HeaderValue {
        if self.facts.bulk > 0 { ALLOW_BULK } else { ALLOW_LIST }
    }

    /// The address of a row.
    pub(crate) fn item_path(&self, key: &str) -> String {
        format!("{}{}/", self.path, percent_encoding::utf8_percent_encode(key, SEGMENT))
    }
}

/// What RFC 3986 §3.3 lets stand in a path segment stays as it is.
const SEGMENT: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The API root: which resources there are.
pub(crate) struct Root {
    /// `/v1/`.
    pub(crate) path: String,
    /// Name and address of each.
    pub(crate) entries: Vec<(&'static str, String)>,
    /// Every scope that is asked for below the prefix.
    pub(crate) scopes: Arc<[Declaration]>,
    pub(crate) state: RestState,
}

impl Root {
    pub(crate) fn new<'a>(
        prefix: &str,
        facts: impl Iterator<Item = &'a Facts>,
        scopes: Arc<[Declaration]>,
        state: RestState,
    ) -> Self {
        let entries =
            facts.map(|facts| (facts.path, format!("{prefix}/{}/", facts.path))).collect();
        Self { path: format!("{prefix}/"), entries, scopes, state }
    }

    /// `{"unicorn": "/v1/unicorn/"}`.
    pub(crate) fn json(&self) -> Vec<u8> {
        let map: serde_json::Map<String, serde_json::Value> = self
            .entries
            .iter()
            .map(|(name, path)| ((*name).to_owned(), path.as_str().into()))
            .collect();
        serde_json::to_vec(&map).unwrap_or_default()
    }
}
