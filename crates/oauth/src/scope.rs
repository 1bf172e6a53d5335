//! Scope: what a token may do (RFC 6749 §3.3).

use crate::error::{ErrorCode, OAuthError};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// One scope token: one or more of %x21, %x23-5B, %x5D-7E; compared by bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ScopeToken(Cow<'static, str>);

impl ScopeToken {
    /// Whether the text is a scope token; usable in `const` assertions of a declaration.
    pub const fn is_valid(text: &str) -> bool {
        let bytes = text.as_bytes();
        let mut rest = bytes;
        while let [first, tail @ ..] = rest {
            if !is_token_byte(*first) {
                return false;
            }
            rest = tail;
        }
        !bytes.is_empty() && bytes.len() <= ScopeSet::MAX_BYTES
    }

    /// A token that is known when the program is compiled; `None` if it is not one.
    pub const fn from_static(text: &'static str) -> Option<Self> {
        if Self::is_valid(text) { Some(Self(Cow::Borrowed(text))) } else { None }
    }

    /// Read one token.
    pub fn parse(text: &str) -> Result<Self, OAuthError> {
        Self::try_from(text.to_owned())
    }

    /// The text of it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const fn is_token_byte(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e)
}

impl TryFrom<String> for ScopeToken {
    type Error = OAuthError;

    fn try_from(text: String) -> Result<Self, OAuthError> {
        if Self::is_valid(&text) { Ok(Self(Cow::Owned(text))) } else { Err(ILLEGAL) }
    }
}

impl From<ScopeToken> for String {
    fn from(token: ScopeToken) -> Self {
        token.0.into_owned()
    }
}

impl fmt::Display for ScopeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ScopeToken {
    type Err = OAuthError;

    fn from_str(text: &str) -> Result<Self, OAuthError> {
        Self::parse(text)
    }
}

/// A set of scope tokens; order and repetition on the wire mean nothing. Its text is sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ScopeSet(Vec<ScopeToken>);

impl ScopeSet {
    /// How many tokens a set may have.
    pub const MAX_TOKENS: usize = 100;
    /// How long its text may be.
    pub const MAX_BYTES: usize = 4096;

    /// The set of nothing.
    pub const fn empty() -> Self {
        Self(Vec::new())
    }

    /// Read a space-separated list. The empty text is the empty set; an illegal character, more
    /// than [`MAX_TOKENS`](Self::MAX_TOKENS) or [`MAX_BYTES`](Self::MAX_BYTES) is `invalid_scope`.
    pub fn parse(text: &str) -> Result<Self, OAuthError> {
        if text.len() > Self::MAX_BYTES {
            return Err(TOO_LARGE);
        }
        let named = text.split(' ').filter(|token| !token.is_empty());
        let tokens = named.map(ScopeToken::parse).collect::<Result<Vec<_>, _>>()?;
        let set = Self::from_tokens(tokens);
        if set.0.len() > Self::MAX_TOKENS { Err(TOO_LARGE) } else { Ok(set) }
    }

    /// The set of these tokens.
    pub fn from_tokens(tokens: impl IntoIterator<Item = ScopeToken>) -> Self {
        let mut tokens: Vec<_> = tokens.into_iter().collect();
        tokens.sort_unstable();
        tokens.dedup();
        Self(tokens)
    }

    /// Whether everything here is also in `other`.
    pub fn within(&self, other: &Self) -> bool {
        self.0.iter().all(|token| other.contains(token))
    }

    /// Whether this token is in the set.
    pub fn contains(&self, token: &ScopeToken) -> bool {
        self.0.binary_search(token).is_ok()
    }

    /// What is in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self::from_tokens(self.iter().chain(other.iter()).cloned())
    }

    /// What is in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self(self.iter().filter(|token| other.contains(token)).cloned().collect())
    }

    /// What is here and not in `other`.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        Self(self.iter().filter(|token| !other.contains(token)).cloned().collect())
    }

    /// The tokens, sorted.
    pub fn iter(&self) -> std::slice::Iter<'_, ScopeToken> {
        self.0.iter()
    }

    /// How many tokens.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> IntoIterator for &'a ScopeSet {
    type Item = &'a ScopeToken;
    type IntoIter = std::slice::Iter<'a, ScopeToken>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl FromIterator<ScopeToken> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = ScopeToken>>(tokens: I) -> Self {
        Self::from_tokens(tokens)
    }
}

impl TryFrom<String> for ScopeSet {
    type Error = OAuthError;

    fn try_from(text: String) -> Result<Self, OAuthError> {
        Self::parse(&text)
    }
}

impl From<ScopeSet> for String {
    fn from(set: ScopeSet) -> Self {
        set.to_string()
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, token) in self.iter().enumerate() {
            if position > 0 {
                f.write_str(" ")?;
            }
            f.write_str(token.as_str())?;
        }
        Ok(())
    }
}

impl FromStr for ScopeSet {
    type Err = OAuthError;

    fn from_str(text: &str) -> Result<Self, OAuthError> {
        Self::parse(text)
    }
}

const ILLEGAL: OAuthError = OAuthError::new(
    ErrorCode::InvalidScope,
    "scope has a character that a scope may not have; separate scopes by single spaces",
);
const TOO_LARGE: OAuthError = OAuthError::new(
    ErrorCode::InvalidScope,
    "scope is too long; at most 100 scopes in 4096 characters are allowed",
);

#[cfg(test)]
mod tests {
    use super::*;

    /// R6749-3.3-a
    #[test]
    fn order_and_repetition_mean_nothing() {
        for text in ["read write", "write read", "read write read", " read  write "] {
            assert_eq!(ScopeSet::parse(text).unwrap().to_string(), "read write", "{text}");
        }
        assert!(ScopeSet::parse("").unwrap().is_empty());
    }

    /// R6749-3.3-a
    #[test]
    fn an_illegal_character_is_invalid_scope() {
        for text in ["re\"ad", "re\\ad", "read\twrite", "read\nwrite", "é", "\0", "\u{7f}"] {
            let error = ScopeSet::parse(text).unwrap_err();
            assert_eq!(error.code(), ErrorCode::InvalidScope, "{text:?}");
        }
    }

    #[test]
    fn limits_hold_exactly() {
        let many = |n: usize| (0..n).map(|i| format!("s{i}")).collect::<Vec<_>>().join(" ");
        assert_eq!(ScopeSet::parse(&many(100)).unwrap().len(), 100);
        assert_eq!(ScopeSet::parse(&many(101)).unwrap_err(), TOO_LARGE);
        assert!(ScopeSet::parse(&"x".repeat(4096)).is_ok());
        assert_eq!(ScopeSet::parse(&"x".repeat(4097)).unwrap_err(), TOO_LARGE);
    }

    #[test]
    fn sets_combine() {
        let set = |text| ScopeSet::parse(text).unwrap();
        let (left, right) = (set("a b"), set("b c"));
        assert_eq!(left.union(&right), set("a b c"));
        assert_eq!(left.intersection(&right), set("b"));
        assert_eq!(left.without(&right), set("a"));
        assert!(set("b").within(&left) && !left.within(&right) && set("").within(&right));
    }

    #[test]
    fn a_declaration_can_be_checked_when_compiled() {
        const READ: Option<ScopeToken> = ScopeToken::from_static("read");
        const { assert!(!ScopeToken::is_valid("read write") && !ScopeToken::is_valid("")) };
        assert_eq!(READ.unwrap().as_str(), "read");
    }

    #[test]
    fn a_set_is_read_walked_through_and_its_words_taken_out() {
        let set: ScopeSet = "b a".parse().unwrap();
        assert_eq!(set, ScopeSet::parse("a b").unwrap());
        assert!("\"".parse::<ScopeSet>().is_err());
        let mut words = Vec::new();
        for token in &set {
            words.push(String::from(token.clone()));
        }
        words.sort();
        assert_eq!(words, ["a", "b"]);
    }
}
