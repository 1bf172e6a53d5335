//! Several versions of an API beside each other: each at an address of its own, and all of them at one, where a header chooses.
use std::sync::Arc;

use axum::{Json, Router, extract::Request, response::Response, routing::any};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header, uri::PathAndQuery};
use serde_json::{Map, Value, json};
use tower::ServiceExt as _;

use crate::{Problem, Resources, RestState, Result, dialect, resources::normal};

/// The header that names nothing but the version.
const ACCEPT_VERSION: &str = "accept-version";

/// Versions of an API: `Versions::new().add("v1", Resources::new()…).add("v2", Resources::new()…)`.
#[derive(Debug, Default)]
pub struct Versions {
    list: Vec<(String, Resources)>,
    default: Option<String>,
}

impl Versions {
    /// No versions.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one; its name, such as `v2`, is a segment of its address.
    #[must_use]
    pub fn add(mut self, name: impl Into<String>, resources: Resources) -> Self {
        self.list.push((name.into(), resources));
        self
    }

    /// Which one answers who names none: the one that was added first, unless said otherwise, so that old clients find what they
    /// know.
    #[must_use]
    pub fn default_version(mut self, name: impl Into<String>) -> Self {
        self.default = Some(name.into());
        self
    }

    /// The resources of each version with the prefix that it has below this one, and what chooses among them at the prefix itself.
    pub fn mount(self, prefix: &str) -> (Vec<(String, Resources)>, Chooser) {
        let prefix = normal(prefix);
        let names: Vec<String> = self.list.iter().map(|(name, _)| name.clone()).collect();
        let place = |name: &String| names.iter().position(|known| known == name);
        let default = self.default.as_ref().and_then(place).unwrap_or_default();
        let mounted = self.list.into_iter();
        let mounted = mounted.map(|(name, resources)| (format!("{prefix}/{name}"), resources));
        (mounted.collect(), Chooser(Arc::new(Inner { prefix, names, default })))
    }

    /// The router: each version below `prefix/name`, and what chooses among them at the prefix.
    ///
    /// # Panics
    /// As axum's `Router::route` does, when two routes have the same path.
    pub fn router(self, prefix: &str, state: &RestState) -> Router {
        let (mounted, chooser) = self.mount(prefix);
        let mut api = Router::new();
        for (prefix, resources) in mounted {
            api = api.merge(resources.router(&prefix, state.clone()));
        }
        api.clone().merge(chooser.router(api, state))
    }
}

/// Chooses among versions by what a request says.
#[derive(Clone, Debug)]
pub struct Chooser(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    prefix: String,
    names: Vec<String>,
    default: usize,
}

impl Chooser {
    /// Everything below the prefix that has no version in its address. `api` has the versions.
    ///
    /// There is nothing without a prefix: every address of the program would be below it.
    pub fn router(self, api: Router, state: &RestState) -> Router {
        let Inner { prefix, names, .. } = &*self.0;
        if prefix.is_empty() || names.is_empty() {
            return Router::new();
        }
        let (root, below) = (format!("{prefix}/"), format!("{prefix}/{{*below}}"));
        let (bare, state) = (prefix.clone(), state.clone());
        let list = self.list();
        let choose = any(move |request: Request| {
            let (chooser, api, state) = (self.clone(), api.clone(), state.clone());
            async move { chooser.answer(request, api, &state).await }
        });
        let root_page = any(async move || Json(list));
        let router = Router::new().route(&bare, root_page.clone()).route(&root, root_page);
        router.route(&below, choose)
    }

    /// What the document of the API says about it.
    pub fn text(&self) -> String {
        let Inner { prefix, names, default } = &*self.0;
        let listed: Vec<String> = names.iter().map(|name| format!("`{prefix}/{name}/`")).collect();
        let default = names.get(*default).map(String::as_str).unwrap_or_default();
        format!(
            "Versions: {}. An address below `{prefix}/` without a version is that of the version which `Accept: application/json; version=…` or `Accept-Version` names, of {default} where none is named.",
            listed.join(", ")
        )
    }

    /// The prefix at which it chooses.
    pub fn prefix(&self) -> &str {
        &self.0.prefix
    }

    /// `{"v1": "/api/v1/"}`.
    fn list(&self) -> Value {
        let Inner { prefix, names, .. } = &*self.0;
        let entries = names.iter().map(|name| (name.clone(), format!("{prefix}/{name}/").into()));
        entries.collect::<Map<_, _>>().into()
    }

    async fn answer(&self, request: Request, api: Router, state: &RestState) -> Response {
        let path = request.uri().path().to_owned();
        let mut response = match self.at_its_version(request) {
            Ok((request, address)) => {
                let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
                let Ok(mut response) = api.oneshot(request).await;
                // RFC 9110 §8.7: the same representation has this address of its own.
                if is_read && response.status().is_success() {
                    response.headers_mut().insert(header::CONTENT_LOCATION, address);
                }
                response
            }
            Err(problem) => dialect::alone(problem.about(&path, None), state.dialect()),
        };
        response
            .headers_mut()
            .append(header::VARY, HeaderValue::from_static("Accept, Accept-Version"));
        response
    }

    /// The request at the address that it has in the version which it names.
    fn at_its_version(&self, mut request: Request) -> Result<(Request, HeaderValue)> {
        let Inner { prefix, names, .. } = &*self.0;
        let path = request.uri().path();
        let below = path.strip_prefix(prefix).unwrap_or(path);
        let first = below.trim_start_matches('/').split('/').next().unwrap_or_default();
        if is_version(first) && !names.iter().any(|name| name == first) {
            return Err(self.unknown(StatusCode::NOT_FOUND, "not_found", first, "URL path"));
        }
        let name = self.named(request.headers())?;
        let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
        let address = format!("{prefix}/{name}{below}{query}");
        let (target, value) = (PathAndQuery::try_from(&address), HeaderValue::try_from(&address));
        let (Ok(target), Ok(value)) = (target, value) else { return Err(Problem::not_found()) };
        *request.uri_mut() = Uri::from(target);
        Ok((request, value))
    }

    /// The version that the headers name.
    ///
    /// # Errors
    /// 406 for one that there is not, 400 for two at once.
    fn named(&self, headers: &HeaderMap) -> Result<&str> {
        let Inner { names, default, .. } = &*self.0;
        let known = |wanted: &str| names.iter().find(|name| same(name, wanted));
        let alone = headers.get(ACCEPT_VERSION).map(|value| value.to_str().unwrap_or_default());
        let liked = pages::accept::parameter(headers, "version");
        let by_accept = liked.iter().find_map(|wanted| known(wanted));
        let refused = |wanted: &str| {
            self.unknown(StatusCode::NOT_ACCEPTABLE, "not_acceptable", wanted, "\"Accept\" header")
        };
        match (alone, liked.first()) {
            (None, None) => Ok(names.get(*default).map(String::as_str).unwrap_or_default()),
            (None, Some(first)) => by_accept.map(String::as_str).ok_or_else(|| refused(first)),
            (Some(alone), liked) => {
                let name = known(alone.trim()).ok_or_else(|| refused(alone))?;
                if liked.is_some() && by_accept != Some(name) {
                    return Err(Problem::malformed(
                        "`Accept` and `Accept-Version` name two different versions; name one.",
                    ));
                }
                Ok(name)
            }
        }
    }

    fn unknown(
        &self,
        status: StatusCode,
        code: &'static str,
        wanted: &str,
        place: &str,
    ) -> Problem {
        let names = self.0.names.join(", ");
        let told =
            format!("There is no version `{}`. There are: {names}.", wanted.escape_default());
        let django = json!({ "detail": format!("Invalid version in {place}.") });
        Problem::new(status, code, told).in_django(django)
    }
}

/// `v2`, `v2.1`.
fn is_version(segment: &str) -> bool {
    segment.strip_prefix('v').is_some_and(|number| {
        number.starts_with(|first: char| first.is_ascii_digit())
            && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    })
}

/// In headers a version may be called without its `v`.
fn same(name: &str, wanted: &str) -> bool {
    name == wanted || name.strip_prefix('v') == Some(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chooser() -> Chooser {
        let versions = Versions::new().add("v1", Resources::new()).add("v2", Resources::new());
        versions.mount("api/").1
    }

    #[test]
    fn a_header_names_a_version_that_there_is() {
        for (accept, alone, expected) in [
            ("", "", Ok("v1")),
            ("application/json", "", Ok("v1")),
            ("application/json; version=2", "", Ok("v2")),
            ("application/json;version=\"v2\"", "", Ok("v2")),
            ("text/html, application/json;q=0.5;version=1", "", Ok("v1")),
            ("application/json;version=1;q=0.5, application/json;version=2", "", Ok("v2")),
            ("application/json;version=9, application/json;version=1;q=0.1", "", Ok("v1")),
            ("application/json;version=9", "", Err(406)),
            ("application/json;version=", "", Err(406)),
            ("", "2", Ok("v2")),
            ("", "v2", Ok("v2")),
            ("", "9", Err(406)),
            ("application/json;version=2", "2", Ok("v2")),
            ("application/json;version=1", "2", Err(400)),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in [("accept", accept), (ACCEPT_VERSION, alone)] {
                if !value.is_empty() {
                    headers.insert(name, HeaderValue::from_static(value));
                }
            }
            let chooser = chooser();
            let named = chooser.named(&headers).map_err(|problem| problem.status().as_u16());
            assert_eq!(named, expected, "{accept:?} {alone:?}");
        }
    }

    #[test]
    fn what_looks_like_a_version_is_one() {
        for (segment, expected) in [
            ("v1", true),
            ("v2.1", true),
            ("v", false),
            ("vases", false),
            ("v1a", false),
            ("1", false),
        ] {
            assert_eq!(is_version(segment), expected, "{segment}");
        }
        let versions = Versions::new().add("v1", Resources::new()).default_version("v9");
        assert_eq!(versions.mount("/api").1.named(&HeaderMap::new()).unwrap(), "v1");
    }
}
