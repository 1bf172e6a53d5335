//! The parameters of an authorization request as they arrived: from a query, a form, a pushed request or a request object.

use crate::error::{ErrorCode, OAuthError};
use crate::form;
use std::collections::BTreeMap;

/// Names and values. A repeated name is remembered as such: which answer it gets depends on which parameter it is
/// (RFC 6749 §3.1). An empty value is the same as none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters(BTreeMap<String, Vec<String>>);

/// What may be sent more than once (RFC 8707 §2).
const MAY_REPEAT: &str = "resource";

impl Parameters {
    /// The most bytes of a request; a request object counts.
    pub const MAX_BYTES: usize = 64 * 1024;
    /// The most parameters.
    pub const MAX_COUNT: usize = 100;

    /// Read a query or a form body. A NUL, invalid UTF-8, or more than the bounds is `invalid_request`; nobody can be sent
    /// anywhere with such a request.
    pub fn parse(text: &[u8]) -> Result<Self, OAuthError> {
        if text.len() > Self::MAX_BYTES {
            return Err(TOO_LARGE);
        }
        let mut pairs = Vec::new();
        for field in text.split(|byte| *byte == b'&').filter(|field| !field.is_empty()) {
            let mut halves = field.splitn(2, |byte| *byte == b'=');
            let name = form::decode(halves.next().unwrap_or_default())?;
            pairs.push((name, form::decode(halves.next().unwrap_or_default())?));
        }
        Self::from_pairs(pairs)
    }

    /// The same rules for parameters that arrived in another shape.
    pub fn from_pairs(
        pairs: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, OAuthError> {
        let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (position, (name, value)) in pairs.into_iter().enumerate() {
            if position >= Self::MAX_COUNT {
                return Err(TOO_LARGE);
            }
            if name.contains('\0') || value.contains('\0') {
                return Err(NUL);
            }
            if !value.is_empty() {
                all.entry(name).or_default().push(value);
            }
        }
        Ok(Self(all))
    }

    /// The value of a parameter that may be sent once; a repeated one is `invalid_request`, even with equal values.
    pub fn one(&self, name: &str) -> Result<Option<&str>, OAuthError> {
        match self.0.get(name).map(Vec::as_slice) {
            None | Some([]) => Ok(None),
            Some([value]) => Ok(Some(value)),
            Some(_) => Err(OAuthError::with_text(
                ErrorCode::InvalidRequest,
                format!("the parameter {name} was sent more than once"),
            )),
        }
    }

    /// Every value of a parameter.
    pub fn all(&self, name: &str) -> &[String] {
        self.0.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// The name of a parameter that was sent more than once and may not be, if there is one.
    pub fn repeated(&self) -> Option<&str> {
        let repeated = |(name, values): &(&String, &Vec<String>)| {
            values.len() > 1 && name.as_str() != MAY_REPEAT
        };
        self.0.iter().find(repeated).map(|(name, _)| name.as_str())
    }

    /// Without these parameters.
    #[must_use]
    pub fn without(&self, names: &[&str]) -> Self {
        let rest = self.0.iter().filter(|(name, _)| !names.contains(&name.as_str()));
        Self(rest.map(|(name, values)| (name.clone(), values.clone())).collect())
    }

    /// All pairs, sorted by name: what is stored of a pushed request.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flat_map(|(name, values)| {
            values.iter().map(move |value| (name.as_str(), value.as_str()))
        })
    }

    /// As a query.
    pub fn to_query(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.pairs());
        query.finish()
    }
}

const TOO_LARGE: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    "the request is too large; at most 100 parameters in 64 KiB are read",
);
const NUL: OAuthError =
    OAuthError::new(ErrorCode::InvalidRequest, "the request contains a NUL character");

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Parameters {
        Parameters::parse(text.as_bytes()).unwrap()
    }

    /// R6749-3.1-c, R6749-3.1-e
    #[test]
    fn a_repeated_parameter_is_known_as_such_and_an_empty_one_is_none() {
        let parameters = parse("scope=a&scope=a&state=&nonce=n&resource=x&resource=y");
        assert!(parameters.one("scope").is_err());
        assert_eq!(parameters.one("state").unwrap(), None);
        assert_eq!(parameters.one("nonce").unwrap(), Some("n"));
        assert_eq!(parameters.all("resource"), ["x", "y"]);
        assert_eq!(parameters.repeated(), Some("scope"));
        assert_eq!(parse("resource=x&resource=y").repeated(), None);
        assert_eq!(parse("state=x&state=").repeated(), None);
    }

    /// R6749-4.1.2-b
    #[test]
    fn a_query_reads_back_byte_for_byte() {
        let state = "a%b+c\"d'é &=#\u{1f984}".repeat(20);
        let pairs = [("client_id".to_owned(), "cli".to_owned()), ("state".to_owned(), state)];
        let parameters = Parameters::from_pairs(pairs).unwrap();
        assert_eq!(parse(&parameters.to_query()), parameters);
    }

    #[test]
    fn what_cannot_be_read_is_refused_whole() {
        let many = "a=1&".repeat(101);
        let long = "a=".to_owned() + &"x".repeat(Parameters::MAX_BYTES);
        for text in ["a=%00", "%00=a", "a=%ff", &many, &long] {
            let error = Parameters::parse(text.as_bytes()).unwrap_err();
            assert_eq!(error.code(), ErrorCode::InvalidRequest);
        }
    }

    #[test]
    fn as_much_as_the_bound_says_is_read_and_single_ones_are_taken_out() {
        let most = "a=".to_owned() + &"x".repeat(Parameters::MAX_BYTES - 2);
        assert!(Parameters::parse(most.as_bytes()).is_ok());
        let rest = Parameters::parse(b"a=1&b=2&c=3").unwrap().without(&["b", "x"]);
        assert_eq!(rest.pairs().collect::<Vec<_>>(), [("a", "1"), ("c", "3")]);
    }
}
