//! Fuzz target: the claims of an access token, as if a key of ours had signed them.
#![no_main]

use jose::{MacAlgorithm, Unverified, mac};
use libfuzzer_sys::fuzz_target;
use oauth::issuer::Issuer;
use oauth::jwt_access_token::{Authentication, TYPE, claims, parse};

fuzz_target!(|data: &[u8]| {
    let issuer = Issuer::parse("https://id.example").unwrap();
    let read = |payload: &[u8]| {
        let text = mac::sign(Some(TYPE), MacAlgorithm::Hs256, &[7; 32], payload).unwrap();
        let jws = Unverified::parse(&text).ok()?;
        parse(&jws.verify_mac(&[7; 32], &[MacAlgorithm::Hs256]).unwrap(), &issuer).ok()
    };
    if let Some(token) = read(data) {
        // What was read is written as the same token, to the second.
        let again = serde_json::to_vec(&claims(&token, &issuer, Authentication::default()));
        let again = read(&again.unwrap()).unwrap();
        assert_eq!((again.id, again.user, again.client), (token.id, token.user, token.client));
        assert_eq!((again.scope, again.audience), (token.scope, token.audience));
    }
});
