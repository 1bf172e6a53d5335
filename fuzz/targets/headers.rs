//! Fuzz target: the `Accept` and `Cookie` headers.
#![no_main]

use http::{HeaderMap, HeaderValue, header};
use libfuzzer_sys::fuzz_target;
use pages::{CookieKind, accept};

fuzz_target!(|data: &[u8]| {
    let Ok(value) = HeaderValue::from_bytes(data) else { return };
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, value.clone());
    headers.insert(header::COOKIE, value);
    if accept::wants_html(&headers) {
        assert!(accept::best(&headers, &["text/html", "application/xhtml+xml"]).is_some());
    }
    let _ = CookieKind::Plain.read(&headers, "session");
    let _ = CookieKind::Secure.read(&headers, "session");
});
