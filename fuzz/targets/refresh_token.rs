//! Fuzz target: a refresh token, and its way back to text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use oauth::refresh_token::RefreshToken;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(token) = RefreshToken::parse(text) {
        assert_eq!(token.compose().expose(), text);
    }
});
