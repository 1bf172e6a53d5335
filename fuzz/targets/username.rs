//! Fuzz target: a username and an email address.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = accounts::username::Username::parse(text);
    let _ = accounts::email::Email::parse(text);
});
