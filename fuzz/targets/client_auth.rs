//! Fuzz target: the `Authorization` header of a client and its form.
#![no_main]

use libfuzzer_sys::fuzz_target;
use oauth::client_auth::Presented;
use oauth::form::Form;

fuzz_target!(|data: &[u8]| {
    let (header, body) = data.split_at(data.len() / 2);
    if let Ok(form) = Form::parse(body) {
        let _ = Presented::parse(Some(header), &form);
    }
});
