//! The fields of a first-party request, from a form or from a flat JSON object, with one meaning for both.

use std::collections::BTreeMap;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

/// The most fields a request may have.
const MOST_FIELDS: usize = 100;

/// Named texts. A field that is empty or (in JSON) `null` counts as absent.
#[derive(Debug, Default)]
pub(super) struct Fields(BTreeMap<String, String>);

/// Why JSON could not be read as fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum FieldsError {
    /// Not JSON, not an object, cut short, not UTF-8; with the parser's own words.
    Malformed(String),
    /// A field that is there but is not a text.
    NotText(String),
}

impl Fields {
    /// Read a flat JSON object: every value a text or `null`, no name twice, no NUL character.
    pub(super) fn from_json(body: &[u8]) -> Result<Self, FieldsError> {
        let Object(pairs) = serde_json::from_slice(body)
            .map_err(|error| FieldsError::Malformed(error.to_string()))?;
        let mut fields = BTreeMap::new();
        for (name, value) in pairs {
            match value {
                serde_json::Value::Null => {}
                serde_json::Value::String(text) if text.contains('\0') => {
                    let complaint = format!("the field {name} contains a NUL character");
                    return Err(FieldsError::Malformed(complaint));
                }
                serde_json::Value::String(text) if text.is_empty() => {}
                serde_json::Value::String(text) => {
                    fields.insert(name, text);
                }
                _ => return Err(FieldsError::NotText(name)),
            }
        }
        Ok(Self(fields))
    }

    /// The text of `name`, if it is there.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Those of `names` that are not there.
    pub(super) fn absent(&self, names: &[&'static str]) -> Vec<&'static str> {
        names.iter().copied().filter(|name| !self.0.contains_key(*name)).collect()
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Fields {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

/// A JSON object that refuses to have the same name twice: whoever checks the first one must not act on the second.
struct Object(BTreeMap<String, serde_json::Value>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Once;
        impl<'de> Visitor<'de> for Once {
            type Value = Object;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a JSON object such as {\"username\": \"…\", \"password\": \"…\"}")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                use serde::de::Error;
                let mut pairs = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, serde_json::Value>()? {
                    if pairs.len() >= MOST_FIELDS {
                        return Err(A::Error::custom("too many fields"));
                    }
                    if pairs.contains_key(&name) {
                        return Err(A::Error::custom(format!("the field {name} is given twice")));
                    }
                    pairs.insert(name, value);
                }
                Ok(Object(pairs))
            }
        }
        deserializer.deserialize_map(Once)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_of_texts_is_read_and_empty_is_absent() {
        let fields = Fields::from_json(br#"{"username":"a","password":"","email":null}"#).unwrap();
        assert_eq!(fields.text("username"), Some("a"));
        assert_eq!(fields.text("password"), None);
        assert_eq!(fields.text("email"), None);
    }

    #[test]
    fn what_is_not_an_object_of_texts_is_refused() {
        let malformed: [&[u8]; 9] = [
            b"",
            b"{",
            b"[]",
            b"\"text\"",
            b"null",
            br#"{"a":"1","a":"2"}"#,
            br#"{"a":"x\u0000"}"#,
            b"{\"a\":\"\xff\"}",
            br#"{"a":"b"} tail"#,
        ];
        for body in malformed {
            assert!(matches!(Fields::from_json(body), Err(FieldsError::Malformed(_))), "{body:?}");
        }
        for body in [r#"{"a":1}"#, r#"{"a":true}"#, r#"{"a":["x"]}"#, r#"{"a":{"b":"c"}}"#] {
            assert_eq!(
                Fields::from_json(body.as_bytes()).unwrap_err(),
                FieldsError::NotText("a".into())
            );
        }
        let many: Vec<String> = (0..=MOST_FIELDS).map(|n| format!("\"f{n}\":\"x\"")).collect();
        assert!(Fields::from_json(format!("{{{}}}", many.join(",")).as_bytes()).is_err());
    }
}
