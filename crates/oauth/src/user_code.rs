//! The code that a person reads on one device and types on another (RFC 8628 §6.1).

use crate::error::Malformed;
use std::fmt;

/// Eight letters out of twenty: 20⁸ codes, 34.6 bits. Five guesses during the life of a code hit it with a chance below 2⁻³²
/// (RFC 8628 §5.1), and more than that nobody gets.
///
/// There are no digits and no letters that are read for others (`I`, `O`, `U`, `Y`), and without vowels no code is a word.
#[derive(Clone, PartialEq, Eq)]
pub struct UserCode([u8; Self::LENGTH]);

impl UserCode {
    /// The letters.
    pub const ALPHABET: [u8; 20] = *b"BCDFGHJKLMNPQRSTVWXZ";

    /// How many of them make a code.
    pub const LENGTH: usize = 8;

    /// What is typed is not looked at beyond this, in bytes.
    const LONGEST_TYPED: usize = 64;

    /// The code that these random bytes choose. All codes are alike to within 2⁻⁹³.
    pub fn from_random(bytes: [u8; 16]) -> Self {
        let mut rest = u128::from_be_bytes(bytes);
        let mut letters = [b'B'; Self::LENGTH];
        for (letter, place) in letters.iter_mut().zip(std::iter::from_fn(|| {
            let place = usize::try_from(rest % 20).ok();
            rest /= 20;
            place
        })) {
            *letter = Self::ALPHABET.get(place).copied().unwrap_or(b'B');
        }
        Self(letters)
    }

    /// Read what a person typed: in any case, with or without the hyphen, with spaces anywhere.
    pub fn parse(typed: &str) -> Result<Self, Malformed> {
        if typed.len() > Self::LONGEST_TYPED {
            return Err(NOT_A_CODE);
        }
        let bare = typed.chars().filter(|letter| !is_separator(*letter));
        let letters: Option<Vec<u8>> = bare.map(letter).collect();
        letters.and_then(|letters| letters.try_into().ok()).map(Self).ok_or(NOT_A_CODE)
    }

    /// The bare letters, which its digest is made of.
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// As it is shown: `WDJB-MJHT`.
    pub fn shown(&self) -> String {
        let (left, right) = self.0.split_at(Self::LENGTH / 2);
        format!("{}-{}", String::from_utf8_lossy(left), String::from_utf8_lossy(right))
    }
}

/// Keyboards that correct what is typed make dashes of hyphens.
const fn is_separator(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '-' | '_' | '.' | '\u{2010}'..='\u{2015}')
}

fn letter(typed: char) -> Option<u8> {
    let byte = u8::try_from(typed).ok()?.to_ascii_uppercase();
    UserCode::ALPHABET.contains(&byte).then_some(byte)
}

/// Without the letters: whoever has them can answer for the device.
impl fmt::Debug for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserCode(…)")
    }
}

const NOT_A_CODE: Malformed = Malformed("a code has eight letters, such as WDJB-MJHT");

#[cfg(test)]
mod tests {
    use super::*;

    fn code() -> UserCode {
        UserCode::from_random(1_234_567_890_123_456_789_u128.to_be_bytes())
    }

    /// R8628-6.1-a
    #[test]
    fn what_people_make_of_a_code_is_still_the_code() {
        let shown = code().shown();
        assert_eq!((shown.len(), shown.find('-')), (9, Some(4)));
        let bare = shown.replace('-', "");
        let lower = shown.to_lowercase();
        let spaced: String = bare.chars().flat_map(|letter| [' ', letter]).collect();
        let dashed = shown.replace('-', " \u{2013} ");
        for typed in [&shown, &bare, &lower, &spaced, &dashed, &format!("{shown}\r\n")] {
            assert_eq!(UserCode::parse(typed).unwrap(), code(), "{typed}");
        }
    }

    #[test]
    fn anything_else_is_no_code() {
        let bare = code().shown().replace('-', "");
        let (short, long) = (&bare[..7], format!("{bare}B"));
        let padded = format!("{bare}{}", " ".repeat(60));
        let tables = [
            "",
            "-",
            short,
            &long,
            &padded,
            "AAAA-AAAA",
            "BCDF-GHJ0",
            "BCDF-GHJÉ",
            "ＢＣＤＦＧＨＪＫ",
        ];
        for typed in tables {
            assert!(UserCode::parse(typed).is_err(), "{typed}");
        }
    }

    /// R8628-6.1-a, R8628-5.1-a
    #[test]
    fn every_code_can_be_drawn_and_the_letters_are_all_different_and_no_vowels() {
        let last = 20_u128.pow(8) - 1;
        assert_eq!(UserCode::from_random([0; 16]).shown(), "BBBB-BBBB");
        assert_eq!(UserCode::from_random(last.to_be_bytes()).shown(), "ZZZZ-ZZZZ");
        assert_eq!(UserCode::from_random(20_u128.pow(7).to_be_bytes()).shown(), "BBBB-BBBC");
        let distinct: std::collections::BTreeSet<u8> = UserCode::ALPHABET.into();
        assert_eq!(distinct.len(), 20);
        assert!(!distinct.iter().any(|letter| b"AEIOUY0123456789".contains(letter)));
        // Five guesses out of 20⁸ are below 2⁻³².
        assert!(5 * 2_u128.pow(32) < 20_u128.pow(8));
    }

    #[test]
    fn its_debug_shows_no_letters() {
        assert_eq!(format!("{:?}", code()), "UserCode(…)");
    }
}
