//! Fuzz target: a device code and a user code, and their ways back to text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use oauth::device::DeviceCode;
use oauth::user_code::UserCode;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(code) = DeviceCode::parse(text) {
        assert_eq!(code.compose().expose(), text);
    }
    if let Ok(code) = UserCode::parse(text) {
        assert_eq!(UserCode::parse(&code.shown()), Ok(code));
    }
});
