//! Static files under `/static/grantwell/<content hash>/<name>`: kept for ever by browsers, replaced by a new address.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Read as _;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use flate2::read::GzDecoder;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};

use crate::accept;
use crate::template::Pages;

/// Where static files are served.
pub const PREFIX: &str = "/static/grantwell";

const EMBEDDED: &[(&str, &[u8])] = &[
    ("grantwell.css", include_bytes!("../static/grantwell.css")),
    ("grantwell.js", include_bytes!("../static/grantwell.js")),
    ("icon.svg", include_bytes!("../static/icon.svg")),
    ("suggest.js", include_bytes!("../static/suggest.js")),
];

/// The static files of one server, by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Assets(BTreeMap<String, Asset>);

#[derive(Debug, Clone)]
struct Asset {
    bytes: Bytes,
    kind: &'static str,
    hash: String,
    /// Whether the bytes are compressed by gzip (RFC 1952).
    compressed: bool,
}

impl Assets {
    /// Our own files.
    pub(crate) fn embedded() -> Self {
        let mut assets = Self::default();
        for (name, bytes) in EMBEDDED {
            assets.insert(name, Bytes::from_static(bytes));
        }
        assets
    }

    /// Adds or replaces a file; `false` when the name or its ending is not one that is served.
    pub(crate) fn insert(&mut self, name: &str, bytes: Bytes) -> bool {
        let plain = !name.starts_with('.')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        // A file of another room may be kept compressed; its name is the one without the ending.
        let (name, compressed) =
            name.strip_suffix(".gz").map_or((name, false), |name| (name, true));
        let Some(kind) = content_type(name).filter(|_| plain) else { return false };
        let mut hash = String::with_capacity(16);
        for byte in Sha256::digest(&bytes).iter().take(8) {
            let _ = write!(hash, "{byte:02x}");
        }
        self.0.insert(name.to_owned(), Asset { bytes, kind, hash, compressed });
        true
    }

    /// The address of a file.
    pub(crate) fn address(&self, name: &str) -> Option<String> {
        self.0.get(name).map(|asset| format!("{PREFIX}/{}/{name}", asset.hash))
    }

    fn respond(&self, hash: &str, name: &str, request: &HeaderMap) -> Response {
        let Some(asset) = self.0.get(name) else { return StatusCode::NOT_FOUND.into_response() };
        // A page from before an update asks for the old hash: it gets the new file, but may not keep it under that name.
        let keep =
            if asset.hash == hash { "public, max-age=31536000, immutable" } else { "no-cache" };
        let packed = asset.compressed && accept::takes_gzip(request);
        let Some(bytes) = (if packed { Some(asset.bytes.clone()) } else { asset.plain() }) else {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        };
        let tag = format!("\"{}{}\"", asset.hash, if packed { "-gzip" } else { "" });
        let known = request
            .get_all(header::IF_NONE_MATCH)
            .iter()
            .any(|value| value.as_bytes() == tag.as_bytes());
        let mut response = if known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            Body::from(bytes).into_response()
        };
        let headers = response.headers_mut();
        if asset.compressed {
            headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
        }
        if packed && !known {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.kind));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(
            HeaderName::from_static("cross-origin-resource-policy"),
            HeaderValue::from_static("same-origin"),
        );
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            headers.insert(header::ETAG, tag);
        }
        response
    }
}

impl Asset {
    /// The bytes as they were before they were compressed; `None` for what was never compressed well.
    fn plain(&self) -> Option<Bytes> {
        if !self.compressed {
            return Some(self.bytes.clone());
        }
        let mut plain = Vec::new();
        GzDecoder::new(self.bytes.as_ref()).take(LARGEST).read_to_end(&mut plain).ok()?;
        Some(plain.into())
    }
}

/// Bytes of an uncompressed file at most.
const LARGEST: u64 = 16 * 1024 * 1024;

/// The types that are served; anything else in a folder is left alone.
fn content_type(name: &str) -> Option<&'static str> {
    Some(match name.rsplit_once('.')?.1 {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => return None,
    })
}

impl Pages {
    /// The router that serves the static files; merge it into the whole.
    pub fn static_router(&self) -> Router {
        Router::new()
            .route(&format!("{PREFIX}/{{hash}}/{{name}}"), get(serve))
            .with_state(self.clone())
    }
}

async fn serve(
    State(pages): State<Pages>,
    Path((hash, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    pages.assets().respond(&hash, &name, &headers)
}

#[cfg(test)]
mod tests {
    use http::Request;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;

    async fn fetch(pages: &Pages, path: &str, tag: &str) -> (StatusCode, HeaderMap, Bytes) {
        let request =
            Request::builder().uri(path).header("if-none-match", tag).body(Body::empty()).unwrap();
        let (parts, body) = pages.static_router().oneshot(request).await.unwrap().into_parts();
        (parts.status, parts.headers, body.collect().await.unwrap().to_bytes())
    }

    #[tokio::test]
    async fn a_file_is_served_for_ever_under_its_hash() {
        let pages = Pages::builder().build().unwrap();
        for (name, kind) in [
            ("grantwell.css", "text/css; charset=utf-8"),
            ("grantwell.js", "text/javascript; charset=utf-8"),
            ("icon.svg", "image/svg+xml"),
        ] {
            let path = pages.assets().address(name).unwrap();
            let (status, headers, body) = fetch(&pages, &path, "").await;
            assert_eq!(status, 200);
            assert_eq!(headers["content-type"], kind);
            assert_eq!(headers["cache-control"], "public, max-age=31536000, immutable");
            assert_eq!(headers["x-content-type-options"], "nosniff");
            assert!(!body.is_empty());
            let (status, _, body) = fetch(&pages, &path, headers["etag"].to_str().unwrap()).await;
            assert_eq!((status, body.len()), (StatusCode::NOT_MODIFIED, 0));
        }
    }

    #[tokio::test]
    async fn an_old_hash_gets_the_new_file_but_may_not_keep_it() {
        let pages = Pages::builder().build().unwrap();
        let (status, headers, _) =
            fetch(&pages, "/static/grantwell/0000000000000000/grantwell.css", "").await;
        assert_eq!(status, 200);
        assert_eq!(headers["cache-control"], "no-cache");
    }

    #[tokio::test]
    async fn only_known_names_are_served() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("static")).unwrap();
        for name in ["logo.png", ".secret.png", "notes.sqlite3", "run.sh"] {
            std::fs::write(folder.path().join("static").join(name), "x").unwrap();
        }
        let pages = Pages::builder().override_folder(folder.path()).build().unwrap();
        for (name, expected) in [
            ("logo.png", 200),
            (".secret.png", 404),
            ("notes.sqlite3", 404),
            ("run.sh", 404),
            ("..%2f..%2fCargo.toml", 404),
            ("%2e%2e", 404),
            ("grantwell.css%00", 404),
            ("GRANTWELL.CSS", 404),
            ("", 404),
        ] {
            let (status, _, _) = fetch(&pages, &format!("/static/grantwell/x/{name}"), "").await;
            assert_eq!(status.as_u16(), expected, "{name}");
        }
    }

    #[tokio::test]
    async fn a_compressed_file_is_sent_as_the_browser_takes_it() {
        let packed: &'static [u8] = {
            let mut encoder =
                flate2::GzBuilder::new().read(&b"alert(1)"[..], flate2::Compression::best());
            let mut packed = Vec::new();
            encoder.read_to_end(&mut packed).unwrap();
            packed.leak()
        };
        let pages = Pages::builder().static_files(&[("docs.js.gz", packed)]).build().unwrap();
        let path = pages.asset("docs.js").unwrap();
        let mut tags = Vec::new();
        for (accepted, coding, body) in [
            ("gzip, br", Some("gzip"), packed),
            ("", None, &b"alert(1)"[..]),
            ("br", None, b"alert(1)"),
            ("gzip;q=0", None, b"alert(1)"),
            ("*", Some("gzip"), packed),
        ] {
            let request = Request::builder().uri(&path).header("accept-encoding", accepted);
            let request = request.body(Body::empty()).unwrap();
            let (parts, sent) = pages.static_router().oneshot(request).await.unwrap().into_parts();
            let given = parts.headers.get("content-encoding").map(|one| one.to_str().unwrap());
            assert_eq!(given, coding, "{accepted}");
            assert_eq!(parts.headers["vary"], "Accept-Encoding");
            assert_eq!(parts.headers["content-type"], "text/javascript; charset=utf-8");
            assert_eq!(sent.collect().await.unwrap().to_bytes(), body, "{accepted}");
            tags.push((coding, parts.headers["etag"].clone()));
        }
        let differ =
            tags.iter().all(|(coding, tag)| (*tag == tags[0].1) == (*coding == Some("gzip")));
        assert!(differ, "each form has a tag of its own: {tags:?}");
    }

    #[test]
    fn a_file_that_would_not_be_served_is_refused_at_the_start() {
        for name in [".hidden.css", "a/b.css", "..", "x.sh", "ä.css", "css"] {
            assert!(Pages::builder().static_files(&[(name, b"x")]).build().is_err(), "{name}");
        }
        assert!(
            Pages::builder()
                .static_files(&[("docs.css", b"x")])
                .build()
                .unwrap()
                .asset("docs.css")
                .is_some()
        );
    }

    #[test]
    fn style_and_script_name_no_other_host() {
        for (name, bytes) in EMBEDDED {
            let text =
                std::str::from_utf8(bytes).unwrap().replace("http://www.w3.org/2000/svg", "");
            for never in ["http:", "https:", "url(//", "@import", "eval(", "innerHTML"] {
                assert!(!text.contains(never), "{name} has {never}");
            }
        }
    }
}
