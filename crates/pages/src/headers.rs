//! Security headers on every answer, as a tower layer; what a handler has set itself is never overwritten.

use std::time::Duration;

use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use sha2::{Digest as _, Sha256};
use tower::util::MapResponseLayer;

/// What a page may load and do: itself only, no inline script or style, not inside a frame, forms back to here only.
pub const PAGE: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; \
     connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
/// What anything else may load and do: nothing.
pub const DATA: &str = "default-src 'none'; frame-ancestors 'none'";

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS: HeaderValue = HeaderValue::from_static(
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), \
     midi=(), payment=(), publickey-credentials-create=(self), publickey-credentials-get=(self), usb=()",
);

/// The headers for one server.
#[derive(Debug, Clone)]
pub struct SecurityHeaders {
    transport: Option<HeaderValue>,
}

/// A year (RFC 6797; ASVS 3.4.1 asks for at least that).
const YEAR: Duration = Duration::from_hours(365 * 24);

impl SecurityHeaders {
    /// For a server that people reach over https: with `Strict-Transport-Security` for a year.
    ///
    /// Sister hosts are not included, because this server cannot know that all of them speak https.
    pub fn https() -> Self {
        Self::https_for(YEAR)
    }

    /// The same with another lifetime; zero tells browsers to forget the rule (RFC 6797 §6.1.1).
    pub fn https_for(max_age: Duration) -> Self {
        Self { transport: HeaderValue::from_str(&format!("max-age={}", max_age.as_secs())).ok() }
    }

    /// For development on plain http: the same without `Strict-Transport-Security`.
    pub fn plain_http() -> Self {
        Self { transport: None }
    }

    /// Adds what is missing.
    pub fn apply(&self, headers: &mut HeaderMap) {
        let html = headers.get(header::CONTENT_TYPE).is_some_and(|kind| {
            kind.as_bytes().starts_with(b"text/html")
                || kind.as_bytes().starts_with(b"application/xhtml")
        });
        let policy = if html { PAGE } else { DATA };
        absent(headers, header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
        absent(headers, header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if !may_be_framed(headers) {
            absent(headers, header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
        }
        // Not `no-referrer`: with it a browser sends `Origin: null` with our own forms (Fetch §3.2), which the CSRF
        // check must refuse. Nothing is sent to other sites with either.
        absent(headers, header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        // A redirect counts as a step of its own (HTML, "obtain a cross-origin opener policy"): without the header a window of
        // ours that goes through one on its way to a page of ours would lose the one that opened it.
        if html || headers.contains_key(header::LOCATION) {
            absent(headers, OPENER_POLICY, HeaderValue::from_static("same-origin"));
        }
        if html {
            absent(headers, RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
            absent(headers, PERMISSIONS_POLICY, PERMISSIONS);
        }
        if let Some(transport) = &self.transport {
            absent(headers, header::STRICT_TRANSPORT_SECURITY, transport.clone());
        }
    }

    /// The layer for an axum router: `router.layer(SecurityHeaders::https().layer())`. Put it outermost, so that
    /// refusals of other layers have the headers too.
    pub fn layer(self) -> MapResponseLayer<impl Fn(Response) -> Response + Clone> {
        MapResponseLayer::new(move |mut response: Response| {
            self.apply(response.headers_mut());
            response
        })
    }
}

/// Marks an answer as one that no cache may keep: everything that a signed-in person sees, and every token.
pub fn no_store(response: &mut Response) {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

/// A page policy whose forms may also lead to `origin` (as `scheme://host[:port]`, or `scheme:` for an app's own
/// scheme).
///
/// For the one page whose form ends in a redirect to a client, because Chromium applies `form-action` to the redirect
/// too. `None` when the text could add other rules to the policy.
pub fn page_with_form_action(origin: &str) -> Option<HeaderValue> {
    if !is_source(origin) {
        return None;
    }
    HeaderValue::from_str(
        &PAGE.replace("form-action 'self'", &format!("form-action 'self' {origin}")),
    )
    .ok()
}

/// A page policy that lets the page show frames of these origins (as `scheme://host[:port]`): for the one page on which
/// clients sign a person out. `None` when a text could add other rules to the policy.
pub fn page_with_frames(origins: &[String]) -> Option<HeaderValue> {
    if origins.is_empty() || !origins.iter().all(|origin| is_source(origin)) {
        return None;
    }
    HeaderValue::from_str(&format!("{PAGE}; frame-src {}", origins.join(" "))).ok()
}

/// Who may show the page of [`framed_script`] in a frame: a site, or one that is being made on this machine.
const FRAMING: &str = "frame-ancestors https: http://localhost:* http://127.0.0.1:*";

/// A policy for a page that is nothing but this one inline script, for other sites to show in a frame and to speak with: it can
/// load nothing, send nothing and be clicked on for nothing. `None` for a script that would end its own element.
pub fn framed_script(script: &str) -> Option<HeaderValue> {
    if script.contains("</") {
        return None;
    }
    let hash = STANDARD.encode(Sha256::digest(script));
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{hash}'; form-action 'none'; base-uri 'none'; {FRAMING}"
    );
    HeaderValue::from_str(&policy).ok()
}

/// Whether a handler has said itself that others may show the page in a frame.
fn may_be_framed(headers: &HeaderMap) -> bool {
    let policy = headers.get(header::CONTENT_SECURITY_POLICY);
    policy.and_then(|policy| policy.to_str().ok()).is_some_and(|policy| policy.ends_with(FRAMING))
}

/// Whether a text is one source of a content security policy and nothing else.
fn is_source(origin: &str) -> bool {
    let Some((scheme, _)) = origin.split_once(':') else { return false };
    let named = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte));
    let plain =
        origin.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.-:/[]_".contains(&byte));
    let script = ["javascript", "data", "blob", "filesystem"]
        .iter()
        .any(|name| scheme.eq_ignore_ascii_case(name));
    named && plain && !script
}

fn absent(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
    headers.entry(name).or_insert(value);
}

#[cfg(test)]
mod tests {
    use axum::response::{Html, IntoResponse, Json};
    use axum::{Router, body::Body, routing::get};
    use http::Request;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn a_window_keeps_its_opener_on_the_way_through_a_redirect() {
        let redirect = headers_of("/redirect", SecurityHeaders::https()).await;
        assert_eq!(redirect["cross-origin-opener-policy"], "same-origin");
        let json = headers_of("/json", SecurityHeaders::https()).await;
        assert!(!json.contains_key("cross-origin-opener-policy"));
    }

    async fn headers_of(path: &str, policy: SecurityHeaders) -> HeaderMap {
        let router: Router = Router::new()
            .route("/html", get(|| async { Html("x") }))
            .route("/json", get(|| async { Json(1) }))
            .route("/redirect", get(|| async { axum::response::Redirect::to("/html") }))
            .route(
                "/own",
                get(|| async {
                    let own = [
                        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
                        (header::REFERRER_POLICY, "no-referrer"),
                    ];
                    (own, Html("x")).into_response()
                }),
            )
            .layer(policy.layer());
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        router.oneshot(request).await.unwrap().headers().clone()
    }

    #[tokio::test]
    async fn pages_get_the_page_policy_and_everything_else_the_empty_one() {
        let html = headers_of("/html", SecurityHeaders::https()).await;
        assert_eq!(html["content-security-policy"], PAGE);
        assert_eq!(html["x-frame-options"], "DENY");
        assert_eq!(html["x-content-type-options"], "nosniff");
        assert_eq!(html["referrer-policy"], "same-origin");
        assert_eq!(html["cross-origin-opener-policy"], "same-origin");
        assert_eq!(html["strict-transport-security"], "max-age=31536000");
        assert!(html.contains_key("permissions-policy"));
        for path in ["/json", "/missing"] {
            let data = headers_of(path, SecurityHeaders::https()).await;
            assert_eq!(data["content-security-policy"], DATA, "{path}");
            assert_eq!(data["x-content-type-options"], "nosniff", "{path}");
            assert_eq!(data["x-frame-options"], "DENY", "{path}");
        }
    }

    #[tokio::test]
    async fn plain_http_promises_no_https() {
        assert!(
            !headers_of("/html", SecurityHeaders::plain_http())
                .await
                .contains_key("strict-transport-security")
        );
    }

    #[tokio::test]
    async fn what_a_handler_sets_stays() {
        let own = headers_of("/own", SecurityHeaders::https()).await;
        assert_eq!(own["content-security-policy"], "default-src 'none'; sandbox");
        assert_eq!(own.get_all("content-security-policy").iter().count(), 1);
        assert_eq!(own["referrer-policy"], "no-referrer");
        assert_eq!(own["x-frame-options"], "DENY");
    }

    #[test]
    fn the_policies_allow_nothing_inline_and_nobody_else() {
        for policy in [PAGE, DATA] {
            assert!(policy.starts_with("default-src 'none'"));
            assert!(policy.contains("frame-ancestors 'none'"));
            for never in ["unsafe", "*", "http", "  "] {
                assert!(!policy.contains(never), "{policy} has {never}");
            }
        }
    }

    #[test]
    fn a_form_may_lead_to_one_origin_and_the_text_cannot_widen_the_policy() {
        let header = page_with_form_action("https://app.example:8443").unwrap();
        assert!(header.to_str().unwrap().contains("form-action 'self' https://app.example:8443;"));
        assert!(page_with_form_action("com.example.app:").is_some());
        for bad in [
            "",
            "https://a; script-src *",
            "https://a 'unsafe-inline'",
            "javascript:",
            "*",
            "'self'",
            "https://*",
            "1:",
        ] {
            assert!(page_with_form_action(bad).is_none(), "{bad:?}");
            let both = ["https://app.example".to_owned(), bad.to_owned()];
            assert!(page_with_frames(&both).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn frames_are_only_of_those_that_are_named() {
        let origins = ["https://app.example".to_owned(), "http://127.0.0.1:80".to_owned()];
        let policy = page_with_frames(&origins).unwrap();
        let policy = policy.to_str().unwrap();
        assert!(policy.starts_with(PAGE));
        assert!(policy.ends_with("; frame-src https://app.example http://127.0.0.1:80"));
        assert!(page_with_frames(&[]).is_none());
    }

    #[test]
    fn a_framed_page_runs_its_own_script_and_no_other() {
        // printf 'alert(1)' | openssl dgst -sha256 -binary | base64
        let policy = framed_script("alert(1)").unwrap();
        assert_eq!(
            policy,
            "default-src 'none'; script-src 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='; form-action 'none'; base-uri 'none'; frame-ancestors https: http://localhost:* http://127.0.0.1:*"
        );
        assert!(framed_script("'</script>'").is_none());
        let mut headers = HeaderMap::from_iter([(header::CONTENT_SECURITY_POLICY, policy)]);
        SecurityHeaders::https().apply(&mut headers);
        assert!(!headers.contains_key("x-frame-options"));
        for other in [PAGE, DATA, "frame-ancestors *", "frame-ancestors https:; default-src *"] {
            let other = HeaderValue::from_static(other);
            let mut headers = HeaderMap::from_iter([(header::CONTENT_SECURITY_POLICY, other)]);
            SecurityHeaders::https().apply(&mut headers);
            assert_eq!(headers["x-frame-options"], "DENY");
        }
    }

    #[test]
    fn a_page_for_one_person_is_not_stored() {
        let mut response = ([(header::CACHE_CONTROL, "max-age=60")], Html("x")).into_response();
        no_store(&mut response);
        assert_eq!(response.headers()["cache-control"], "no-store");
    }
}
