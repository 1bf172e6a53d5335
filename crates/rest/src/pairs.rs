//! `name=value&…` of query strings and forms, read strictly: bytes that are not UTF-8 are an error, not a replacement character.
use std::{borrow::Cow, collections::HashSet};

use percent_encoding::percent_decode;

/// Pairs in one query string or form at most.
const MOST: usize = 1000;

/// The pairs in order. Empty pieces (`a=1&&b=2`) are skipped.
///
/// # Errors
/// A sentence for the caller.
pub(crate) fn parse(text: &[u8]) -> Result<Vec<(String, String)>, String> {
    let mut pairs = Pairs::default();
    for piece in text.split(|byte| *byte == b'&').filter(|piece| !piece.is_empty()) {
        let mut halves = piece.splitn(2, |byte| *byte == b'=');
        let name = decode(halves.next().unwrap_or_default())?;
        let value = decode(halves.next().unwrap_or_default())?;
        pairs.add(name, value)?;
    }
    Ok(pairs.list)
}

/// Pairs that were read so far: each name once, none with NUL, not too many.
#[derive(Debug, Default)]
pub(crate) struct Pairs {
    pub(crate) list: Vec<(String, String)>,
    seen: HashSet<String>,
}

impl Pairs {
    /// Adds one more.
    ///
    /// # Errors
    /// A sentence for the caller.
    pub(crate) fn add(&mut self, name: String, value: String) -> Result<(), String> {
        if self.list.len() == MOST {
            return Err(format!("There are more than {MOST} fields."));
        }
        if name.contains('\0') || value.contains('\0') {
            return Err("It holds the NUL character, which no field can hold.".to_owned());
        }
        if !self.seen.insert(name.clone()) {
            return Err(format!("`{name}` is there twice; send it once."));
        }
        self.list.push((name, value));
        Ok(())
    }
}

fn decode(piece: &[u8]) -> Result<String, String> {
    let spaced: Cow<'_, [u8]> = if piece.contains(&b'+') {
        piece.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect::<Vec<_>>().into()
    } else {
        piece.into()
    };
    let decoded: Cow<'_, [u8]> = percent_decode(&spaced).into();
    String::from_utf8(decoded.into_owned()).map_err(|_| "It is not UTF-8.".to_owned())
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn pairs_are_read_strictly() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        for (text, expected) in [
            (
                &b"name=djangounchained&age=34"[..],
                Ok(vec![pair("name", "djangounchained"), pair("age", "34")]),
            ),
            (b"a=1&&b", Ok(vec![pair("a", "1"), pair("b", "")])),
            (b"a=x+y%20z%2B", Ok(vec![pair("a", "x y z+")])),
            (b"a=%zz%2", Ok(vec![pair("a", "%zz%2")])),
            (b"a=%F0%9F%A6%84", Ok(vec![pair("a", "🦄")])),
            (b"", Ok(vec![])),
            (b"a=1&a=2", Err("twice")),
            (b"a=%ff", Err("UTF-8")),
            (b"\xff=1", Err("UTF-8")),
            (b"a=%00", Err("NUL")),
        ] {
            match (parse(text), expected) {
                (Ok(pairs), Ok(expected)) => assert_eq!(pairs, expected),
                (Err(message), Err(words)) => assert!(message.contains(words), "{message}"),
                (got, expected) => panic!("{text:?}: {got:?}, expected {expected:?}"),
            }
        }
        let many = (0..1001).map(|n| format!("f{n}=1")).collect::<Vec<_>>().join("&");
        assert!(parse(many.as_bytes()).unwrap_err().contains("1000"));
    }
}
