//! Fuzz target: a sealed access token, and the text of a master key.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vault::{KeyId, MasterKey, SealingKey, Vault};

thread_local! {
    static VAULT: Vault = {
        let id: KeyId = "00000000-0000-0000-0000-000000000000".parse().unwrap();
        let key = SealingKey::new(id, &[7; 32]).unwrap();
        Vault::new(MasterKey::from_random([7; 32])).with_keys(vec![key], id).unwrap()
    };
}

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    VAULT.with(|vault| {
        assert!(vault.open(text).is_err());
        assert!(vault.open(&format!("v4.local.{text}")).is_err());
    });
    if let Ok(key) = MasterKey::parse(text) {
        assert_eq!(MasterKey::parse(&key.to_text()).unwrap().fingerprint(), key.fingerprint());
    }
});
