//! Fuzz target: a scope, and its way back to text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use oauth::scope::ScopeSet;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(scope) = ScopeSet::parse(text) {
        assert_eq!(ScopeSet::parse(&scope.to_string()).as_ref(), Ok(&scope));
    }
});
