//! Fuzz target: where a browser is sent after a form.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pages::redirect::LocalPath;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(path) = LocalPath::parse(text) {
        let here = url::Url::parse("https://here.example/o/").unwrap();
        let there = here.join(path.as_str()).unwrap();
        assert_eq!(there.origin(), here.origin(), "{text:?}");
        assert!(!there.path().starts_with("//"), "{text:?}");
    }
});
