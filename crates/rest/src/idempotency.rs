//! Requests that may be sent twice and are done once: the `Idempotency-Key` header (draft-ietf-httpapi-idempotency-key-header).
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use oauth::{principal::Principal, time::Timestamp};
use sea_orm::DatabaseTransaction;
use sha2::{Digest as _, Sha256};

use crate::{Problem, Result};

/// The request's header.
pub(crate) const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The header of an answer that was given before.
pub(crate) const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// Characters of a key at most.
const LONGEST: usize = 255;
/// The same as a regular expression, for the OpenAPI document.
pub(crate) const PATTERN: &str =
    r#"^(?:[!#-+\--:<-\[\]-~]{1,255}|"(?:[ !#-\[\]-~]|\\["\\]){1,255}")$"#;

/// Whether callers of a resource may, must or cannot name a request by an `Idempotency-Key`. It counts for POST and PATCH;
/// the other methods can be repeated as they are (RFC 9110 §9.2.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Idempotency {
    /// They may.
    #[default]
    Optional,
    /// POST has to bring one. Forms of the browsable page, where no header can be set, are let pass.
    Required,
    /// A key is refused and nothing is remembered: for actions whose answers are shown once, such as a secret.
    Refused,
}

impl Idempotency {
    /// The word for it in `#[resource(idempotency = "…")]`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Optional => "optional",
            Self::Required => "required",
            Self::Refused => "refused",
        }
    }
}

/// One request that has a key: who sends it, where to, what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    name: String,
    fingerprint: [u8; 32],
}

impl Attempt {
    /// What tells it from every other: client, person, method, path and key, one a line. What is kept under it should be a
    /// digest.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A digest of the body and its type.
    pub fn fingerprint(&self) -> &[u8; 32] {
        &self.fingerprint
    }
}

/// What is known of an attempt when its transaction begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It is the first of its name, which is taken by now.
    First,
    /// Another request of this name is under way.
    Running,
    /// It has been answered.
    Answered {
        /// The fingerprint of the request that was.
        fingerprint: Vec<u8>,
        /// What [`Answers::keep`] was given.
        answer: Vec<u8>,
    },
}

/// Where answers are remembered: in a table of the database in which the resources are, since both are written in one
/// transaction. Thus no crash leaves a change without its answer, or an answer without its change.
pub trait Answers: Send + Sync + 'static {
    /// Takes the name for this transaction by one atomic statement, or says what became of it. It does not wait for another
    /// transaction that has it.
    ///
    /// # Errors
    /// The problem to answer; the transaction is rolled back.
    fn begin<'t>(
        &'t self,
        transaction: &'t DatabaseTransaction,
        attempt: &'t Attempt,
        now: Timestamp,
    ) -> BoxFuture<'t, Result<Begun>>;

    /// Writes the answer to the name that this transaction has taken.
    ///
    /// # Errors
    /// The problem to answer; the transaction is rolled back.
    fn keep<'t>(
        &'t self,
        transaction: &'t DatabaseTransaction,
        attempt: &'t Attempt,
        answer: Vec<u8>,
    ) -> BoxFuture<'t, Result<()>>;
}

/// A request before it is known whether it has a key.
pub(crate) struct Request<'a> {
    pub(crate) headers: &'a HeaderMap,
    pub(crate) method: &'a http::Method,
    pub(crate) path: &'a str,
    pub(crate) body: &'a [u8],
}

impl Request<'_> {
    /// The attempt that the caller names.
    ///
    /// # Errors
    /// 400 for a key that cannot be read, and for a caller without a credential: anybody could guess the key of another
    /// such caller and be told the answer.
    pub(crate) fn attempt(&self, principal: Option<&Principal>) -> Result<Option<Attempt>> {
        let Some(key) = key(self.headers)? else { return Ok(None) };
        let Some(principal) = principal else {
            return Err(malformed(
                "An `Idempotency-Key` is for callers with an access token: without one nobody can tell whose key it is. Nothing was changed.",
            ));
        };
        // No part holds a line break, so two requests never read the same.
        let path = self.path.strip_suffix('/').unwrap_or(self.path);
        let (client, subject) = (&principal.client, &principal.subject);
        let name = format!("{client}\n{subject}\n{}\n{path}\n{key}", self.method);
        let mut digest = Sha256::new();
        if let Some(kind) = self.headers.get(header::CONTENT_TYPE) {
            digest.update(kind.as_bytes());
        }
        digest.update(b"\n");
        digest.update(self.body);
        Ok(Some(Attempt { name, fingerprint: digest.finalize().into() }))
    }
}

/// The key: a string as RFC 9651 §3.3.3 writes it, or the same without quotation marks.
fn key(headers: &HeaderMap) -> Result<Option<String>> {
    let mut values = headers.get_all(&KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    let key = match text.strip_prefix('"') {
        Some(quoted) => unquoted(quoted),
        None => text.chars().all(is_bare).then(|| text.to_owned()),
    };
    let fits = |key: &String| (1..=LONGEST).contains(&key.len()) && values.next().is_none();
    key.filter(fits).map(Some).ok_or_else(|| {
        malformed(format!(
            "The `Idempotency-Key` cannot be read. Send one string of at most {LONGEST} ASCII characters, such as a UUID: `\"8e03978e-40d5-43dd-bc93-6894a57f9324\"`."
        ))
    })
}

fn is_bare(letter: char) -> bool {
    letter.is_ascii_graphic() && !matches!(letter, '"' | '\\' | ',' | ';')
}

/// What stands between the quotation marks; the first is gone already.
fn unquoted(text: &str) -> Option<String> {
    let mut key = String::with_capacity(text.len());
    let mut letters = text.chars();
    loop {
        match letters.next()? {
            '"' => return letters.next().is_none().then_some(key),
            '\\' => key.push(letters.next().filter(|escaped| matches!(escaped, '"' | '\\'))?),
            letter @ ' '..='~' => key.push(letter),
            _ => return None,
        }
    }
}

/// 400 for a key that cannot be used.
pub(crate) fn malformed(detail: impl Into<std::borrow::Cow<'static, str>>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "invalid_idempotency_key", detail)
}

/// 400 for a request that has to have a key.
pub(crate) fn missing() -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "idempotency_key_required",
        "This needs an `Idempotency-Key`: a new UUID for each thing that you want done, the same one when you try again. Nothing was changed.",
    )
}

/// 409 while the first request of this key is under way.
pub(crate) fn running() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "request_in_progress",
        "A request with this `Idempotency-Key` is being worked on. Try again in a moment to learn what became of it.",
    )
    .with_header(header::RETRY_AFTER, HeaderValue::from_static("1"))
}

/// 422 for a key that was used for something else.
pub(crate) fn reused() -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "idempotency_key_reused",
        "This `Idempotency-Key` was used for a request with another body. Nothing was changed; take a new key for something new.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        values.iter().map(|value| (KEY, HeaderValue::from_str(value).unwrap())).collect()
    }

    #[test]
    fn a_key_is_a_string_of_structured_fields_or_the_same_without_quotation_marks() {
        let pattern = regex::Regex::new(PATTERN).unwrap();
        for (sent, expected) in [
            (&["\"8e03978e\""][..], Some("8e03978e")),
            (&["8e03978e"], Some("8e03978e")),
            (&[r#""a \"b\" \\c""#], Some(r#"a "b" \c"#)),
            (&[r#""""#], None),
            (&[""], None),
            (&["\"a"], None),
            (&["\"a\"b"], None),
            (&["\"a\";b=1"], None),
            (&[r#""\a""#], None),
            (&["a, b"], None),
            (&["a,b"], None),
            (&["a;b"], None),
            (&["a", "a"], None),
            (&["a\tb"], None),
        ] {
            let read = key(&headers(sent)).ok().flatten();
            assert_eq!(read.as_deref(), expected, "{sent:?}");
            let [one] = sent else { continue };
            assert_eq!(pattern.is_match(one), expected.is_some(), "{one}");
        }
        assert_eq!(key(&HeaderMap::new()).unwrap(), None);
        assert!(key(&headers(&["x".repeat(LONGEST).as_str()])).is_ok());
        assert!(key(&headers(&["x".repeat(LONGEST + 1).as_str()])).is_err());
    }
}
