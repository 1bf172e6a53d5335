//! The OpenAPI document at its addresses, and the interactive page about it, which loads nothing from elsewhere.
use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, ETAG, VARY, WWW_AUTHENTICATE,
    },
    request::Parts,
};
use pages::Pages;
use serde::Serialize;
use serde_json::Value as Json;

use crate::{Problem, Result, browse::Frame, exchange::precondition, guard, state::RestState};

/// Where the document is as JSON.
pub const JSON: &str = "/openapi.json";
/// Where it is as YAML (RFC 9512).
pub const YAML: &str = "/openapi.yaml";
/// Where the page is.
pub const PAGE: &str = "/docs";
/// Where the page's client is sent back to with an authorization code.
pub const REDIRECT: &str = "/docs/oauth2-redirect.html";

/// The static files of the page, for `Pages::builder().static_files(…)`. `vendor/swagger-ui/README.md` says where they are from.
pub const STATIC_FILES: &[(&str, &[u8])] = &[
    ("docs.css", include_bytes!("../static/docs.css")),
    ("docs.js", include_bytes!("../static/docs.js")),
    ("swagger-ui-bundle.js.gz", include_bytes!("../vendor/swagger-ui/swagger-ui-bundle.js.gz")),
    ("swagger-ui.css.gz", include_bytes!("../vendor/swagger-ui/swagger-ui.css.gz")),
    ("swagger-ui-redirect.js", include_bytes!("../vendor/swagger-ui/oauth2-redirect.js")),
];

/// Who may read pages: those about the API, or those of its resources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Readers {
    /// Everybody.
    #[default]
    Everybody,
    /// Those who may open the administration.
    Staff,
}

/// What is served.
#[derive(Clone, Debug)]
pub struct Docs {
    /// The document.
    pub document: Json,
    /// Who may read it.
    pub readers: Readers,
    /// The pages; without them there is only the document.
    pub pages: Option<Pages>,
    /// The public client with which the page gets its tokens; its redirect URI is the server's address and [`REDIRECT`].
    pub client: Option<String>,
    /// The scopes that the page asks for.
    pub scopes: Vec<String>,
}

/// The document in both forms, ready to be sent.
struct Served {
    json: Form,
    yaml: Form,
    pages: Option<Pages>,
    readers: Readers,
    content: Content,
    state: RestState,
}

/// One form of the document.
struct Form {
    bytes: Bytes,
    tag: HeaderValue,
    kind: &'static str,
}

/// What the page's script needs to know.
#[derive(Serialize)]
struct Content {
    title: String,
    json: &'static str,
    yaml: &'static str,
    redirect: &'static str,
    server: String,
    client: String,
    scopes: String,
}

/// The document as YAML 1.2.
///
/// # Errors
/// None that a document of ours can give; the text says what it was.
pub fn yaml(document: &Json) -> std::result::Result<String, String> {
    serde_saphyr::to_string(document).map_err(|error| error.to_string())
}

/// The routes `/openapi.json`, `/openapi.yaml`, `/docs` and the page that the authorization server sends back to.
///
/// # Errors
/// As [`yaml`].
pub fn router(docs: Docs, state: RestState) -> std::result::Result<Router, String> {
    let served = Arc::new(Served::new(docs, state)?);
    let mut router = Router::new().route(JSON, get(json)).route(YAML, get(yaml_form));
    if served.pages.is_some() {
        router = router
            .route(PAGE, get(page))
            .route(&format!("{PAGE}/"), get(page))
            .route(REDIRECT, get(redirect));
    }
    Ok(router.with_state(served))
}

async fn json(State(served): State<Arc<Served>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    served.form(&served.json, &parts).await
}

async fn yaml_form(State(served): State<Arc<Served>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    served.form(&served.yaml, &parts).await
}

async fn page(State(served): State<Arc<Served>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let frame = Frame::of(&served.state, &parts, Vec::new()).await;
    match served.admit(&parts).await {
        Err(problem) if problem.status() == StatusCode::UNAUTHORIZED => frame.to_sign_in(),
        Err(problem) => problem.into_response(),
        Ok(()) => served.show("rest/docs.html", frame),
    }
}

/// The authorization code is in the address: the script of the page hands it to the window that asked for it.
async fn redirect(State(served): State<Arc<Served>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let frame = Frame::of(&served.state, &parts, Vec::new()).await;
    served.show("rest/docs_redirect.html", frame)
}

impl Served {
    fn new(docs: Docs, state: RestState) -> std::result::Result<Self, String> {
        let text = |place: &str| {
            docs.document.pointer(place).and_then(Json::as_str).unwrap_or_default().to_owned()
        };
        let content = Content {
            title: text("/info/title"),
            json: JSON,
            yaml: YAML,
            redirect: REDIRECT,
            server: text("/servers/0/url"),
            client: docs.client.unwrap_or_default(),
            scopes: docs.scopes.join(" "),
        };
        let written = yaml(&docs.document)?;
        Ok(Self {
            json: Form::new(docs.document.to_string(), "application/json"),
            yaml: Form::new(written, "application/yaml"),
            pages: docs.pages,
            readers: docs.readers,
            content,
            state,
        })
    }

    async fn admit(&self, parts: &Parts) -> Result<()> {
        if self.readers == Readers::Everybody {
            return Ok(());
        }
        let principal = guard::authenticate(&self.state, parts, "").await?;
        let Some(principal) = principal else {
            return Err(Problem::new(
                StatusCode::UNAUTHORIZED,
                "missing_token",
                "The documentation of this API is for its staff: sign in first.",
            )
            .with_header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")));
        };
        if guard::is_staff(&self.state, &principal).await? {
            return Ok(());
        }
        Err(Problem::forbidden("The documentation of this API is for its staff."))
    }

    async fn form(&self, form: &Form, parts: &Parts) -> Response {
        let mut response = match self.admit(parts).await {
            Err(problem) => problem.into_response(),
            Ok(()) if precondition::has_already(&parts.headers, &form.tag) => {
                StatusCode::NOT_MODIFIED.into_response()
            }
            Ok(()) => {
                let kind = (CONTENT_TYPE, HeaderValue::from_static(form.kind));
                ([kind], form.bytes.clone()).into_response()
            }
        };
        let good = !response.status().is_client_error() && !response.status().is_server_error();
        let headers = response.headers_mut();
        if good {
            headers.insert(ETAG, form.tag.clone());
        }
        if self.readers == Readers::Everybody {
            // The same for whoever asks; tools on other sites may read it.
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, no-cache"));
        } else {
            headers.insert(VARY, HeaderValue::from_static("Authorization, Cookie"));
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        }
        response
    }

    fn show(&self, template: &str, frame: Frame) -> Response {
        let Some(pages) = &self.pages else { return Problem::not_found().into_response() };
        let response = pages.respond(StatusCode::OK, template, frame.page(), &self.content);
        frame.finish(response, &HeaderMap::new())
    }
}

impl Form {
    fn new(text: String, kind: &'static str) -> Self {
        let tag = precondition::etag(text.as_bytes());
        Self { bytes: text.into(), tag, kind }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::io::Read as _;

    use sha2::{Digest as _, Sha256};

    use super::STATIC_FILES;

    #[test]
    fn the_vendored_files_are_those_of_the_page_about_them() {
        let page = include_str!("../vendor/swagger-ui/README.md");
        let packed = STATIC_FILES.iter().filter(|(_, bytes)| bytes.starts_with(&[0x1f, 0x8b]));
        for (name, bytes) in packed {
            let mut plain = Vec::new();
            flate2::read::GzDecoder::new(*bytes).read_to_end(&mut plain).unwrap();
            let digest = Sha256::digest(&plain);
            let mut hash = String::new();
            for byte in digest {
                write!(hash, "{byte:02x}").unwrap();
            }
            assert!(page.contains(&format!("| `{name}` | `{hash}` |")), "{name} has {hash}");
        }
    }

    #[test]
    fn our_own_files_of_the_page_name_no_other_host() {
        for (name, bytes) in STATIC_FILES.iter().filter(|(name, _)| name.starts_with("docs.")) {
            let text = std::str::from_utf8(bytes).unwrap();
            for never in ["http:", "https:", "url(//", "@import", "eval(", "innerHTML"] {
                assert!(!text.contains(never), "{name} has {never}");
            }
        }
    }
}
