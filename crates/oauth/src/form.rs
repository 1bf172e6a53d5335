//! The parameters of a request, each at most once (RFC 6749 §3.1, §3.2).

use crate::error::{ErrorCode, OAuthError};
use crate::secret::Secret;
use std::collections::BTreeMap;
use std::fmt;

/// Parameters that an RFC allows more than once: `resource` (RFC 8707 §2), `audience`
/// (RFC 8693 §2.1).
const MAY_REPEAT: [&str; 2] = ["audience", "resource"];

/// A parsed `application/x-www-form-urlencoded` body. An empty value is the same as none.
///
/// `Debug` shows names only, because values may be passwords and secrets; they are wiped when the
/// form is dropped.
#[derive(Default)]
pub struct Form(BTreeMap<String, Vec<Secret>>);

impl Form {
    /// How many fields a body may have.
    pub const MAX_FIELDS: usize = 1000;

    /// Read a body. A repeated name, a NUL, invalid UTF-8 or more than
    /// [`MAX_FIELDS`](Self::MAX_FIELDS) fields is `invalid_request`.
    pub fn parse(body: &[u8]) -> Result<Self, OAuthError> {
        let fields = body.split(|byte| *byte == b'&').filter(|field| !field.is_empty());
        let mut form = Self::default();
        for (position, field) in fields.enumerate() {
            if position >= Self::MAX_FIELDS {
                return Err(TOO_MANY);
            }
            let mut halves = field.splitn(2, |byte| *byte == b'=');
            let name = decode(halves.next().unwrap_or_default())?;
            form.insert(name, decode(halves.next().unwrap_or_default())?)?;
        }
        Ok(form)
    }

    /// The same rules for parameters that arrived in another shape, such as a JSON object.
    pub fn from_pairs(
        pairs: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, OAuthError> {
        let mut form = Self::default();
        for (position, (name, value)) in pairs.into_iter().enumerate() {
            if position >= Self::MAX_FIELDS {
                return Err(TOO_MANY);
            }
            form.insert(name, value)?;
        }
        Ok(form)
    }

    /// The value of a parameter; `None` if it was not sent or is empty.
    pub fn optional(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// The value of a parameter, or `invalid_request` that names it.
    pub fn required(&self, name: &'static str) -> Result<&str, OAuthError> {
        self.optional(name).ok_or_else(|| {
            OAuthError::with_text(
                ErrorCode::InvalidRequest,
                format!("the parameter {name} is missing; send it in the form body"),
            )
        })
    }

    /// Every value of a parameter that may be sent more than once.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        let values = self.0.get(name).into_iter().flatten();
        values.map(Secret::expose).filter(|value| !value.is_empty())
    }

    /// All parameters that have a value, sorted by name.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flat_map(|(name, values)| {
            let values = values.iter().map(Secret::expose).filter(|value| !value.is_empty());
            values.map(move |value| (name.as_str(), value))
        })
    }

    fn insert(&mut self, name: String, value: String) -> Result<(), OAuthError> {
        let value = Secret::new(value);
        if name.contains('\0') || value.expose().contains('\0') {
            return Err(NUL);
        }
        let values = self.0.entry(name);
        if let std::collections::btree_map::Entry::Occupied(seen) = &values
            && !MAY_REPEAT.contains(&seen.key().as_str())
        {
            return Err(OAuthError::with_text(
                ErrorCode::InvalidRequest,
                format!("the parameter {} was sent more than once", seen.key()),
            ));
        }
        values.or_default().push(value);
        Ok(())
    }
}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Form").field(&self.0.keys()).finish()
    }
}

/// Undo form encoding: `+` is a space, `%XX` a byte; a `%` that starts no such pair stands for
/// itself, as browsers and Django read it. Bytes that are not UTF-8 are `invalid_request`.
pub fn decode(text: &[u8]) -> Result<String, OAuthError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (first, tail) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, after @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    bytes.push(high << 4 | low);
                    rest = after;
                }
                _ => bytes.push(b'%'),
            },
            (other, _) => bytes.push(*other),
        }
    }
    String::from_utf8(bytes).map_err(|_| NOT_UTF8)
}

const fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

const TOO_MANY: OAuthError =
    OAuthError::new(ErrorCode::InvalidRequest, "the form has too many fields; at most 1000");
const NUL: OAuthError =
    OAuthError::new(ErrorCode::InvalidRequest, "the form contains a NUL character");
const NOT_UTF8: OAuthError =
    OAuthError::new(ErrorCode::InvalidRequest, "the form is not valid UTF-8");

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &[u8], name: &str, expected: Option<&str>) {
        let form = Form::parse(body).unwrap();
        assert_eq!(form.optional(name), expected, "{}", String::from_utf8_lossy(body));
    }

    #[test]
    fn values_are_decoded() {
        check(b"a=1&b=2", "b", Some("2"));
        check(b"a=x+y%20z%2B%c3%A9", "a", Some("x y z+\u{e9}"));
        check(b"a=1=2", "a", Some("1=2"));
        check(b"&&a=1&", "a", Some("1"));
        check(b"a=100%&b=%zz%4", "a", Some("100%"));
        check(b"a=100%&b=%zz%4", "b", Some("%zz%4"));
        check(b"", "a", None);
    }

    /// R6749-3.1-e
    #[test]
    fn an_empty_value_is_the_same_as_none() {
        for body in [&b"a="[..], b"a", b"b=1"] {
            check(body, "a", None);
        }
        let error = Form::parse(b"scope=").unwrap().required("scope").unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidRequest);
        assert!(error.description().contains("scope"));
    }

    /// R6749-3.2-c
    #[test]
    fn a_repeated_parameter_is_refused_even_with_equal_or_empty_values() {
        for body in [&b"a=1&a=1"[..], b"a=&a=1", b"a=1&%61=2", b"x=1&y=2&x="] {
            let error = Form::parse(body).unwrap_err();
            assert_eq!(error.code(), ErrorCode::InvalidRequest);
        }
    }

    #[test]
    fn resource_may_be_repeated() {
        let form = Form::parse(b"resource=https://a&resource=https://b").unwrap();
        assert_eq!(form.all("resource").collect::<Vec<_>>(), ["https://a", "https://b"]);
    }

    #[test]
    fn nul_and_broken_utf8_are_refused_in_names_and_values() {
        for body in [&b"a=%00"[..], b"a%00=1", b"a=\0", b"a=%ff", b"\xff=1", b"a=%c3"] {
            assert!(Form::parse(body).is_err(), "{body:?}");
        }
    }

    #[test]
    fn the_number_of_fields_is_bounded() {
        let many = |n: usize| (0..n).map(|i| format!("f{i}=1")).collect::<Vec<_>>().join("&");
        assert!(Form::parse(many(1000).as_bytes()).is_ok());
        assert_eq!(Form::parse(many(1001).as_bytes()).unwrap_err(), TOO_MANY);
    }

    #[test]
    fn debug_shows_names_and_no_values() {
        let form = Form::parse(b"password=hunter2").unwrap();
        assert_eq!(format!("{form:?}"), r#"Form(["password"])"#);
    }

    #[test]
    fn pairs_obey_the_same_rules() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert!(Form::from_pairs([pair("a", "1"), pair("a", "2")]).is_err());
        assert!(Form::from_pairs([pair("a", "\0")]).is_err());
        assert_eq!(Form::from_pairs([pair("a", "1")]).unwrap().optional("a"), Some("1"));
    }
}
