//! Fuzz target: a whole token request, each grant.
#![no_main]

use libfuzzer_sys::fuzz_target;
use oauth::endpoint;
use oauth::form::Form;
use oauth::grant::{client_credentials, password, refresh_token};

fuzz_target!(|data: &[u8]| {
    let Ok(form) = Form::parse(data) else { return };
    let _ = endpoint::token::Request::parse(&form);
    let _ = endpoint::revoke::Request::parse(&form);
    let _ = password::Request::parse(&form);
    let _ = client_credentials::Request::parse(&form);
    let _ = refresh_token::Request::parse(&form);
});
