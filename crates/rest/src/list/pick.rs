//! Some members of a row's JSON: what `?fields=` leaves.
use std::{borrow::Cow, collections::HashMap};

use serde_json::value::RawValue;

use crate::{Problem, Result};

/// Appends the row with the wanted members, in the order in which they were asked for. What a row does not have is left out.
///
/// # Errors
/// 500 when the row is not a JSON object.
pub(crate) fn pick(row: &[u8], wanted: &[&str], out: &mut Vec<u8>) -> Result<()> {
    let members: HashMap<Cow<'_, str>, &RawValue> =
        serde_json::from_slice(row).map_err(|error| Problem::internal(&error))?;
    out.push(b'{');
    let mut first = true;
    for name in wanted {
        let Some(value) = members.get(*name) else { continue };
        if !first {
            out.push(b',');
        }
        first = false;
        serde_json::to_writer(&mut *out, name).map_err(|error| Problem::internal(&error))?;
        out.push(b':');
        out.extend_from_slice(value.get().as_bytes());
    }
    out.push(b'}');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::pick;

    #[test]
    fn members_are_picked_byte_for_byte() {
        let row = br#"{"id":1,"na\"me":"x\u00e9","f":1.10,"n":null,"o":{"a":[1,2]}}"#;
        for (wanted, expected) in [
            (vec!["id"], r#"{"id":1}"#),
            (vec!["f", "id"], r#"{"f":1.10,"id":1}"#),
            (vec!["na\"me", "n", "o"], r#"{"na\"me":"x\u00e9","n":null,"o":{"a":[1,2]}}"#),
            (vec!["away"], "{}"),
        ] {
            let mut out = Vec::new();
            pick(row, &wanted, &mut out).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
        assert!(pick(b"[1]", &["id"], &mut Vec::new()).is_err());
    }
}
