//! JSON, read strictly: a key that is there twice and the NUL character are errors at any depth.
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value as Json};

/// Any JSON. Nesting deeper than `serde_json`'s 128 levels is refused.
pub(crate) fn value(text: &[u8]) -> serde_json::Result<Json> {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let value = Strict.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

struct Strict;

fn without_nul<E: de::Error>(text: &str) -> Result<(), E> {
    if text.contains('\0') { Err(E::custom("a text holds the NUL character")) } else { Ok(()) }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Json;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Json, E> {
        without_nul(value)?;
        Ok(value.into())
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<Json, E> {
        without_nul(&value)?;
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = sequence.next_element_seed(Self)? {
            list.push(element);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut map = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            without_nul(&key)?;
            if map.contains_key(&key) {
                return Err(de::Error::custom(format_args!("the key `{key}` is there twice")));
            }
            let value = access.next_value_seed(Self)?;
            map.insert(key, value);
        }
        Ok(map.into())
    }
}

#[cfg(test)]
mod tests {
    use crate::input::parse_json;

    #[test]
    fn objects_are_read_strictly() {
        let deep = format!("{}1{}", "[".repeat(500), "]".repeat(500));
        let nested = format!("{{\"a\":{deep}}}");
        for (body, words) in [
            (&br#"{"name":"a","age":1,"more":[{"x":null},true,1.5]}"#[..], None),
            (b"{}", None),
            (br#"{"a":1,"a":2}"#, Some("twice")),
            (br#"{"a":{"b":1,"b":2}}"#, Some("twice")),
            (br#"{"a":"\u0000"}"#, Some("NUL")),
            (br#"{"\u0000":1}"#, Some("NUL")),
            (b"{\"a\":\"\xff\"}", Some("cannot be read").or(Some("not JSON"))),
            (br#"{"a":1"#, Some("not JSON")),
            (br#"{"a":1} x"#, Some("not JSON")),
            (b"", Some("not JSON")),
            (b"[1]", Some("must be a JSON object")),
            (b"null", Some("must be a JSON object")),
            (br#"{"a":1e999}"#, Some("not JSON")),
            (nested.as_bytes(), Some("recursion")),
        ] {
            match (parse_json(body), words) {
                (Ok(_), None) => {}
                (Err(problem), Some(_)) => {
                    assert_eq!(problem.status(), 400);
                    let detail = problem.detail();
                    assert!(
                        words.is_some_and(
                            |words| detail.contains(words) || words == "cannot be read"
                        ),
                        "{detail}"
                    );
                }
                (got, _) => panic!("{}: {got:?}", String::from_utf8_lossy(body)),
            }
        }
    }
}
