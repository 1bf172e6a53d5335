//! Fuzz target: a form body.
#![no_main]

use libfuzzer_sys::fuzz_target;
use oauth::form::Form;

fuzz_target!(|data: &[u8]| {
    let _ = Form::parse(data);
});
