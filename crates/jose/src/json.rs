//! JSON objects that have one meaning only: no member twice, no deep nesting (RFC 8725 §2.4).
//!
//! Two readers that disagree about which of two members counts disagree about what was signed.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// How deeply objects and arrays may be nested.
pub const MAX_DEPTH: usize = 32;

/// Why bytes are not accepted as a JSON object.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum JsonError {
    /// Not JSON, or something after it.
    #[error("it is not valid JSON in UTF-8")]
    Malformed,
    /// JSON, but an array, a number or the like.
    #[error("it is JSON but not an object")]
    NotAnObject,
    /// The same name twice in one object.
    #[error("a member stands twice in the same object; each may stand once")]
    Repeated,
    /// Nested more deeply than [`MAX_DEPTH`].
    #[error("it is nested more than {MAX_DEPTH} levels deep")]
    TooDeep,
}

/// Reads one JSON object, strictly. How long the bytes may be is for the caller to bound.
pub fn object(bytes: &[u8]) -> Result<Map<String, Value>, JsonError> {
    match value(bytes)? {
        Value::Object(members) => Ok(members),
        _ => Err(JsonError::NotAnObject),
    }
}

fn value(bytes: &[u8]) -> Result<Value, JsonError> {
    let fault = Cell::new(None);
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = Strict { depth: 0, fault: &fault }
        .deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value));
    read.map_err(|_| fault.get().unwrap_or(JsonError::Malformed))
}

/// Reads any JSON value below `depth` others; says in `fault` which of our own rules was broken.
#[derive(Clone, Copy)]
struct Strict<'a> {
    depth: usize,
    fault: &'a Cell<Option<JsonError>>,
}

impl Strict<'_> {
    fn refuse<E: Error>(self, fault: JsonError) -> E {
        self.fault.set(Some(fault));
        E::custom(fault)
    }

    fn deeper<E: Error>(self) -> Result<Self, E> {
        if self.depth >= MAX_DEPTH {
            return Err(self.refuse(JsonError::TooDeep));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| self.refuse(JsonError::Malformed))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let inside = self.deeper()?;
        let mut values = Vec::new();
        while let Some(value) = elements.next_element_seed(inside)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let inside = self.deeper()?;
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if object.contains_key(&name) {
                return Err(self.refuse(JsonError::Repeated));
            }
            object.insert(name, members.next_value_seed(inside)?);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_reads_as_any_reader_would_read_it() {
        let text = r#"{"a":1,"b":[-2,3.5,"x\u00e9",null,true],"c":{"a":18446744073709551615}}"#;
        let expected: Value = serde_json::from_str(text).unwrap();
        assert_eq!(Value::Object(object(text.as_bytes()).unwrap()), expected);
    }

    #[test]
    fn what_has_no_single_meaning_is_refused_with_its_reason() {
        let nested = |levels| format!(r#"{{"a":{}1{}}}"#, "[".repeat(levels), "]".repeat(levels));
        for (text, expected) in [
            (String::new(), JsonError::Malformed),
            ("{".to_owned(), JsonError::Malformed),
            ("{}x".to_owned(), JsonError::Malformed),
            ("{} {}".to_owned(), JsonError::Malformed),
            ("\u{feff}{}".to_owned(), JsonError::Malformed),
            (r#"{"a":1e999}"#.to_owned(), JsonError::Malformed),
            (r#"{"a":NaN}"#.to_owned(), JsonError::Malformed),
            (r#"{"a":"\ud800"}"#.to_owned(), JsonError::Malformed),
            ("{'a':1}".to_owned(), JsonError::Malformed),
            ("[]".to_owned(), JsonError::NotAnObject),
            ("1".to_owned(), JsonError::NotAnObject),
            (r#"{"a":1,"a":1}"#.to_owned(), JsonError::Repeated),
            (r#"{"a":1,"\u0061":2}"#.to_owned(), JsonError::Repeated),
            (r#"{"b":{"a":1,"c":2,"a":1}}"#.to_owned(), JsonError::Repeated),
            (r#"{"b":[{"a":1,"a":1}]}"#.to_owned(), JsonError::Repeated),
            (nested(MAX_DEPTH), JsonError::TooDeep),
            (nested(10_000), JsonError::TooDeep),
        ] {
            assert_eq!(object(text.as_bytes()), Err(expected), "{}", &text[..text.len().min(60)]);
        }
        assert!(object(nested(MAX_DEPTH - 1).as_bytes()).is_ok());
        assert_eq!(object(b"{\"a\":\"\xff\"}"), Err(JsonError::Malformed));
    }

    #[test]
    fn a_member_that_a_library_gives_a_meaning_of_its_own_is_an_ordinary_one() {
        let text = r#"{"$serde_json::private::RawValue":"{\"a\":1}"}"#;
        let read = object(text.as_bytes()).unwrap();
        assert!(read.contains_key("$serde_json::private::RawValue"));
    }
}
