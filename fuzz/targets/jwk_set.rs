//! Fuzz target: a set of public keys from outside; what was read is published as the same keys.
#![no_main]

use jose::{Jwk, JwkSet};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(key) = Jwk::parse(data) {
        let again = Jwk::from_json(&key.to_json()).unwrap();
        assert_eq!(key.thumbprint(), again.thumbprint());
    }
    if let Ok(set) = JwkSet::parse(data) {
        assert_eq!(JwkSet::from_json(&set.to_json()).unwrap().keys().len(), set.keys().len());
    }
});
