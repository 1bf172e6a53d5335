//! JSON from outside, read strictly (RFC 8259 §4, RFC 7493 §2): no name twice, no NUL, no number
//! that two readers understand differently, and a bound on length, depth and count.

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::cell::Cell;
use std::fmt;

/// How much of it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest text, in bytes.
    pub bytes: usize,
    /// How deep objects and arrays may stand in each other; a value alone has depth 0.
    pub depth: usize,
    /// How many values there may be, counting every member and every element.
    pub values: usize,
}

/// Why a text is not the JSON that is read here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Longer than [`Limits::bytes`], which is named.
    #[error("it is longer than {0} bytes")]
    TooLong(usize),
    /// JSON, but no object.
    #[error("it is not a JSON object")]
    NotObject,
    /// Not JSON, or JSON that breaks a rule; the sentence says where and which.
    #[error("{0}")]
    Unreadable(String),
}

/// The largest whole number that every reader keeps exactly (RFC 7493 §2.2).
const LARGEST_NUMBER: f64 = 9_007_199_254_740_991.0;

/// Read a text that is one object.
pub fn read_object(text: &[u8], limits: Limits) -> Result<Map<String, Value>, JsonError> {
    match read(text, limits)? {
        Value::Object(members) => Ok(members),
        _ => Err(JsonError::NotObject),
    }
}

/// Read a text that is one value of any kind.
pub fn read(text: &[u8], limits: Limits) -> Result<Value, JsonError> {
    if text.len() > limits.bytes {
        return Err(JsonError::TooLong(limits.bytes));
    }
    let left = Cell::new(limits.values);
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let strict = Strict { depth: limits.depth, left: &left };
    let unreadable = |error: serde_json::Error| JsonError::Unreadable(error.to_string());
    let value = strict.deserialize(&mut deserializer).map_err(unreadable)?;
    deserializer.end().map_err(unreadable)?;
    Ok(value)
}

/// One value and all below it.
#[derive(Clone, Copy)]
struct Strict<'a> {
    /// How many levels may still be opened.
    depth: usize,
    /// How many values may still come.
    left: &'a Cell<usize>,
}

impl Strict<'_> {
    fn deeper<E: de::Error>(self) -> Result<Self, E> {
        match self.depth.checked_sub(1) {
            Some(depth) => Ok(Self { depth, ..self }),
            None => Err(E::custom("it is nested too deeply")),
        }
    }
}

fn text<E: de::Error>(text: &str) -> Result<(), E> {
    if text.contains('\0') { Err(E::custom("a text holds the NUL character")) } else { Ok(()) }
}

fn number<E: de::Error>(number: impl Into<Value>) -> Result<Value, E> {
    let number = number.into();
    match number.as_f64() {
        Some(size) if size.abs() <= LARGEST_NUMBER => Ok(number),
        _ => Err(E::custom("a number is beyond 9007199254740991")),
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let left = self.left.get().checked_sub(1);
        self.left.set(left.ok_or_else(|| de::Error::custom("it holds too many values"))?);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        number(value)
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        number(value)
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        number(value)
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
        text(value)?;
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut list = Vec::new();
        while let Some(element) = sequence.next_element_seed(inner)? {
            list.push(element);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut members = Map::new();
        while let Some(name) = access.next_key::<String>()? {
            text(&name)?;
            if members.contains_key(&name) {
                return Err(de::Error::custom(format_args!("the member {name} is there twice")));
            }
            let value = access.next_value_seed(inner)?;
            members.insert(name, value);
        }
        Ok(members.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { bytes: 100, depth: 3, values: 6 };

    #[test]
    fn what_keeps_the_rules_is_read() {
        for text in [
            "null",
            "{}",
            r#"{"a":1,"b":-1.5,"c":"x","d":[true]}"#,
            r#"{"a":{"b":[1]}}"#,
            r#"{"a":9007199254740991,"b":-9007199254740991}"#,
            r#"{"a":1,"b":{"a":1}}"#,
        ] {
            let value = read(text.as_bytes(), LIMITS).unwrap();
            assert_eq!(value, serde_json::from_str::<Value>(text).unwrap(), "{text}");
        }
    }

    #[test]
    fn what_breaks_a_rule_is_refused_with_it() {
        let long = format!("\"{}\"", "x".repeat(99));
        for (text, words) in [
            (r#"{"a":1,"a":1}"#, "twice"),
            (r#"{"a":1,"\u0061":2}"#, "twice"),
            (r#"{"x":{"a":1,"a":1}}"#, "twice"),
            ("[[[[]]]]", "nested"),
            (r#"{"a":{"b":{"c":{}}}}"#, "nested"),
            ("[1,2,3,4,5,6]", "too many"),
            (r#""\u0000""#, "NUL"),
            (r#"{"\u0000":1}"#, "NUL"),
            ("9007199254740992", "number"),
            ("-9007199254740992", "number"),
            ("18446744073709551616", "number"),
            ("1e300", "number"),
            ("1e999", "number"),
            ("NaN", "expected"),
            ("", "EOF"),
            ("{}{}", "trailing"),
            ("{} x", "trailing"),
            ("\u{feff}{}", "expected"),
            (r#"{"a":1,}"#, "trailing comma"),
            ("'a'", "expected"),
            (&long, "longer than 100"),
        ] {
            let error = read(text.as_bytes(), LIMITS).unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
        assert!(read(b"\"\xff\"", LIMITS).is_err());
        assert_eq!(read_object(b"[1]", LIMITS), Err(JsonError::NotObject));
    }
}
