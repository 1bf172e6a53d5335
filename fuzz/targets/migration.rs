//! Fuzz target: the file of a migration, read, applied to the schema, and written back.
#![no_main]

use database::migration::{Migration, State};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(migration) = Migration::parse("0001_x", text) else { return };
    if State::of(std::slice::from_ref(&migration)).is_ok() {
        let text = Migration::text("0001_x", &migration.operations).unwrap();
        let again = Migration::parse("0001_x", &text).unwrap();
        // As text, because a NaN is not equal to itself.
        assert_eq!(format!("{:?}", again.operations), format!("{:?}", migration.operations));
    }
});
