//! Usernames: what is allowed, and the key under which two spellings are the same name.

use std::fmt;

use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizer;

/// The most characters of a username, after normalisation.
pub const MAX_CHARS: usize = 150;

// No character is longer than four bytes in UTF-8, and normalisation makes one of several more often than the
// reverse: a longer text is refused before any work.
const MAX_BYTES: usize = MAX_CHARS * 4;

/// A username that keeps the rules: 1 to 150 letters, digits and `@ . + - _`, in Unicode's NFKC form.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Username {
    text: String,
    key: UsernameKey,
}

/// What a username is compared and stored unique by: case-folded, in NFKC form.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct UsernameKey(String);

/// Why a text is no username.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum UsernameError {
    /// Nothing there.
    #[error("Enter a username.")]
    Empty,
    /// More than [`MAX_CHARS`] characters.
    #[error("Use at most {MAX_CHARS} characters.")]
    TooLong,
    /// A control, a space, a direction mark, an invisible or any other character outside the allowed ones.
    #[error("Use only letters, digits and the characters @ . + - _ (no spaces).")]
    Character,
}

impl UsernameError {
    /// The stable word for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "required",
            Self::TooLong => "too_long",
            Self::Character => "invalid",
        }
    }
}

impl Username {
    /// Reads a username. Compatibility forms are replaced (`ｊａｎｅ` becomes `jane`); case is kept for display.
    pub fn parse(text: &str) -> Result<Self, UsernameError> {
        if text.is_empty() {
            return Err(UsernameError::Empty);
        }
        if text.len() > MAX_BYTES {
            return Err(UsernameError::TooLong);
        }
        let text = ComposingNormalizer::new_nfkc().normalize(text).into_owned();
        if text.chars().count() > MAX_CHARS {
            return Err(UsernameError::TooLong);
        }
        if !text.chars().all(is_allowed) {
            return Err(UsernameError::Character);
        }
        let key = UsernameKey::fold(&text);
        Ok(Self { text, key })
    }

    /// The name as shown.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The name as compared.
    pub fn key(&self) -> &UsernameKey {
        &self.key
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl UsernameKey {
    /// The key as stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Folding can leave a text that is not normalised and normalising one that is not folded; two rounds reach
    /// the form that a further round does not change (Unicode Standard §3.13, `toNFKC_Casefold`).
    fn fold(text: &str) -> Self {
        let (mapper, normalizer) = (CaseMapper::new(), ComposingNormalizer::new_nfkc());
        let once = normalizer.normalize(&mapper.fold_string(text)).into_owned();
        Self(normalizer.normalize(&mapper.fold_string(&once)).into_owned())
    }
}

/// Letters and digits of every script; so direction marks, joiners, spaces and controls fall out by themselves.
fn is_allowed(character: char) -> bool {
    // Letters by their category, yet they show nothing: the fillers of Hangul and Khmer's inherent vowels.
    let invisible = matches!(
        character,
        '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{3164}' | '\u{FFA0}'
    );
    matches!(character, '@' | '.' | '+' | '-' | '_') || character.is_alphanumeric() && !invisible
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn good_names_are_kept_as_written_and_folded_for_comparison() {
        for (given, shown, key) in [
            ("halfspring", "halfspring", "halfspring"),
            ("HalfSpring", "HalfSpring", "halfspring"),
            ("a.b+c-d_e@example.org", "a.b+c-d_e@example.org", "a.b+c-d_e@example.org"),
            ("ｊａｎｅ", "jane", "jane"),
            ("ﬁona", "fiona", "fiona"),
            ("Straße", "Straße", "strasse"),
            ("ΣΊΣΥΦΟΣ", "ΣΊΣΥΦΟΣ", "σίσυφοσ"),
            ("e\u{301}mile", "émile", "émile"),
            ("Kelvin\u{212A}", "KelvinK", "kelvink"),
            ("Ⅷ", "VIII", "viii"),
            ("Иван7", "Иван7", "иван7"),
            ("山田", "山田", "山田"),
        ] {
            let username = Username::parse(given).unwrap();
            assert_eq!(username.as_str(), shown, "{given:?}");
            assert_eq!(username.key().as_str(), key, "{given:?}");
        }
    }

    #[test]
    fn what_is_no_name_is_refused_with_its_reason() {
        for (given, expected) in [
            ("", UsernameError::Empty),
            (" ", UsernameError::Character),
            ("a b", UsernameError::Character),
            ("a\0", UsernameError::Character),
            ("a\n", UsernameError::Character),
            ("a\u{7f}", UsernameError::Character),
            ("a\u{200b}b", UsernameError::Character),
            ("a\u{200d}b", UsernameError::Character),
            ("a\u{feff}", UsernameError::Character),
            ("a\u{ad}b", UsernameError::Character),
            ("a\u{202e}b", UsernameError::Character),
            ("a\u{2066}b", UsernameError::Character),
            ("a\u{3164}b", UsernameError::Character),
            ("\u{115f}", UsernameError::Character),
            ("a\u{2800}b", UsernameError::Character),
            ("a/b", UsernameError::Character),
            ("<svg>", UsernameError::Character),
            ("a|b", UsernameError::Character),
            ("jane＠example．org ", UsernameError::Character),
            ("½", UsernameError::Character),
            ("a🦄", UsernameError::Character),
        ] {
            assert_eq!(Username::parse(given), Err(expected), "{given:?}");
        }
    }

    #[test]
    fn the_length_is_counted_in_characters_after_normalisation() {
        let parse = |text: String| Username::parse(&text).map(|u| u.as_str().chars().count());
        assert_eq!(parse("a".repeat(150)), Ok(150));
        assert_eq!(parse("a".repeat(151)), Err(UsernameError::TooLong));
        assert_eq!(parse("山".repeat(150)), Ok(150));
        assert_eq!(parse("山".repeat(151)), Err(UsernameError::TooLong));
        // One character that becomes eighteen.
        assert_eq!(parse("\u{fdfa}".repeat(20)), Err(UsernameError::TooLong));
        assert_eq!(parse("a".repeat(1 << 20)), Err(UsernameError::TooLong));
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_is_stable(text in ".{0,200}") {
            if let Ok(username) = Username::parse(&text) {
                let again = Username::parse(username.as_str()).unwrap();
                prop_assert_eq!(&again, &username);
            }
        }

        #[test]
        fn case_never_tells_two_names_apart(text in "[\\p{Alphabetic}0-9@.+_-]{1,40}") {
            if let Ok(username) = Username::parse(&text) {
                let key = username.key();
                prop_assert_eq!(&UsernameKey::fold(key.as_str()), key);
                prop_assert_eq!(&UsernameKey::fold(&username.as_str().to_uppercase()), key);
            }
        }
    }
}
