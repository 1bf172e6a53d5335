//! Fuzz target: the `Authorization` header of a resource request.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = oauth::bearer::parse(Some(data));
});
