//! Fuzz target: a redirect URI at registration.
#![no_main]

use libfuzzer_sys::fuzz_target;
use oauth::redirect_uri::RedirectUri;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(uri) = RedirectUri::parse(text) {
        assert_eq!(uri.as_str(), text);
    }
});
