//! Fuzz target: a signed token from outside, and its claims.
#![no_main]

use jose::{Algorithm, Claims, JwkSet, MacAlgorithm, Unverified};
use libfuzzer_sys::fuzz_target;

thread_local! {
    static KEYS: JwkSet = JwkSet::parse(
        br#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}"#,
    )
    .unwrap();
}

fuzz_target!(|data: &[u8]| {
    let _ = Claims::parse(data);
    let Ok(text) = std::str::from_utf8(data) else { return };
    for text in [
        text.to_owned(),
        format!("eyJhbGciOiJFZERTQSJ9.{text}"),
        format!("eyJhbGciOiJFUzI1NiJ9.{text}"),
    ] {
        let Ok(read) = Unverified::parse(&text) else { continue };
        KEYS.with(|keys| assert!(read.verify(keys, &Algorithm::ALL).is_err()));
        assert!(read.verify_mac(&[7; 64], &MacAlgorithm::ALL).is_err());
        let _ = (read.untrusted_claims(), read.embedded_key());
    }
});
