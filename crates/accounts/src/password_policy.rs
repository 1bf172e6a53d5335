//! Which passwords may be chosen: length, not a common one, not like the account's own name.
//!
//! There are no composition rules and no forced changes (NIST SP 800-63B-4 §3.1.1.2). Every check is bounded in
//! time, whatever is typed, but the dictionaries may take as long as a hash: run it where hashes run.

use std::borrow::Cow;
use std::collections::BTreeSet;

use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizer;
use serde::{Deserialize, Serialize};
use zxcvbn::matching::patterns::MatchPattern;

use crate::email::Email;
use crate::field_error::{Field, FieldError};
use crate::password::MAX_BYTES;
use crate::username::Username;

/// What a new password must be. Existing passwords are not affected by a change of these settings.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct PasswordPolicy {
    /// The fewest characters: 8 to 128. NIST SP 800-63B-4 advises 15 where the password is the only factor.
    pub min_length: usize,
    /// Whether a password that is among the most common ones, or a plain word, name, date, repetition or
    /// keyboard walk, is accepted.
    pub allow_common: bool,
    /// Whether a password that is much like the username or the e-mail address is accepted.
    pub allow_similar: bool,
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self { min_length: 8, allow_common: false, allow_similar: false }
    }
}

/// A policy that may not be set.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the minimum length of a password is {0}, but must be from 8 to 128 characters")]
pub struct PolicyError(pub usize);

/// What a password must not resemble.
#[derive(Clone, Copy, Debug, Default)]
pub struct Owner<'a> {
    /// The name to sign in with, if it is one.
    pub username: Option<&'a Username>,
    /// The address, if there is one.
    pub email: Option<&'a Email>,
}

/// The longest password in characters that the dictionaries are asked about: no entry is longer.
const LONGEST_COMMON: usize = 24;
/// The most different symbols in a password that the dictionaries are asked about. No entry has more than two,
/// and trying which of many symbols stand for which letters takes long.
const MOST_SYMBOLS: usize = 4;
/// How many characters of each side the comparison for similarity looks at.
const COMPARED_CHARS: usize = 128;
/// A part of a name that is shorter resembles too much by accident.
const SHORTEST_PART: usize = 4;
/// A single pattern that is guessed more slowly than this is no common password.
const COMMON_GUESSES: u64 = 1_000_000;

impl PasswordPolicy {
    /// Refuses a policy that would protect nobody or that nobody could meet.
    pub fn validate(&self) -> Result<(), PolicyError> {
        if (8..=128).contains(&self.min_length) {
            Ok(())
        } else {
            Err(PolicyError(self.min_length))
        }
    }

    /// Everything that is wrong with `password`, each as a code and a sentence; nothing if it may be chosen.
    pub fn check(&self, password: &str, owner: Owner<'_>) -> Vec<FieldError> {
        let refusal =
            |code, message: Cow<'static, str>| FieldError::new(Field::Password, code, message);
        if password.is_empty() {
            return vec![refusal("required", "Enter a password.".into())];
        }
        if password.len() > MAX_BYTES {
            let message = format!("This password is too long. Use at most {MAX_BYTES} bytes.");
            return vec![refusal("password_too_long", message.into())];
        }
        let password = ComposingNormalizer::new_nfc().normalize(password);
        let mut refusals = Vec::new();
        if password.chars().count() < self.min_length {
            let message = format!(
                "This password is too short. Use at least {} characters; several words make a good one.",
                self.min_length
            );
            refusals.push(refusal("password_too_short", message.into()));
        }
        if !self.allow_common && is_common(&password) {
            let message = "This password is too common: it is among the first that are tried. Use several unrelated words.";
            refusals.push(refusal("password_too_common", message.into()));
        }
        if !self.allow_similar && resembles(&password, owner) {
            let message = "This password is too much like the username or the e-mail address. Choose something unrelated.";
            refusals.push(refusal("password_too_similar", message.into()));
        }
        refusals
    }
}

/// Whether the whole password is one thing that is tried first: an entry of the dictionaries (also reversed or
/// with letters replaced by look-alikes), a repetition, a sequence, a keyboard walk or a date. A password that
/// merely contains such a thing is judged by its length alone.
fn is_common(password: &str) -> bool {
    if repeats(password) {
        return true;
    }
    let length = password.chars().count();
    let symbols: BTreeSet<char> = password.chars().filter(|c| !c.is_alphanumeric()).collect();
    if length > LONGEST_COMMON || symbols.len() > MOST_SYMBOLS {
        return false;
    }
    let estimate = zxcvbn::zxcvbn(password, &[]);
    match estimate.sequence() {
        [only] if only.i == 0 && only.j + 1 == length => match only.pattern {
            MatchPattern::BruteForce => false,
            MatchPattern::Dictionary(_) => true,
            _ => only.guesses.is_some_and(|guesses| guesses < COMMON_GUESSES),
        },
        _ => false,
    }
}

/// Whether the password is a piece of at most four characters over and over, at any length.
fn repeats(password: &str) -> bool {
    let characters: Vec<char> = password.chars().collect();
    (1..=4).any(|period| {
        characters.len() >= period * 2
            && characters.iter().zip(characters.iter().skip(period)).all(|(one, next)| one == next)
    })
}

/// Whether the password is mostly the username, the address, or a part of either.
fn resembles(password: &str, owner: Owner<'_>) -> bool {
    let password = comparable(password);
    let texts = [
        owner.username.map(Username::as_str),
        owner.email.map(Email::as_str),
        owner.email.map(Email::local_part),
    ];
    texts.into_iter().flatten().any(|text| {
        let pieces = text.split(|c: char| !c.is_alphanumeric());
        std::iter::once(text).chain(pieces.take(8)).any(|part| {
            let part = comparable(part);
            part.len() >= SHORTEST_PART && is_similar(&password, &part)
        })
    })
}

fn comparable(text: &str) -> Vec<char> {
    CaseMapper::new().fold_string(text).chars().take(COMPARED_CHARS).collect()
}

/// Whether the longest run that both have in common makes up 70 % of the two together, forwards or backwards.
fn is_similar(password: &[char], part: &[char]) -> bool {
    let reversed: Vec<char> = part.iter().rev().copied().collect();
    let shared = longest_common_run(password, part).max(longest_common_run(password, &reversed));
    shared * 20 >= (password.len() + part.len()) * 7
}

/// The length of the longest run of characters in both, in `|one| × |two|` steps.
fn longest_common_run(one: &[char], two: &[char]) -> usize {
    let mut longest = 0;
    // The run that ends at each character of `two` and the previous character of `one`.
    let mut runs = vec![0_usize; two.len()];
    for a in one {
        let mut diagonal = 0;
        for (run, b) in runs.iter_mut().zip(two) {
            let extended = if a == b { diagonal + 1 } else { 0 };
            diagonal = std::mem::replace(run, extended);
            longest = longest.max(extended);
        }
    }
    longest
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn codes(
        policy: PasswordPolicy,
        password: &str,
        username: &str,
        email: &str,
    ) -> Vec<&'static str> {
        let username = Username::parse(username).ok();
        let email = Email::parse(email).ok();
        let owner = Owner { username: username.as_ref(), email: email.as_ref() };
        policy.check(password, owner).into_iter().map(|refusal| refusal.code).collect()
    }

    #[test]
    fn each_rule_refuses_with_its_own_code() {
        const SHORT: &str = "password_too_short";
        const COMMON: &str = "password_too_common";
        const SIMILAR: &str = "password_too_similar";
        const LONG: &str = "password_too_long";
        let long = "long ".repeat(102) + "ab";
        let too_long = "long ".repeat(103);
        let letters = "a".repeat(300);
        let rows: &[(&str, &[&str])] = &[
            ("", &["required"]),
            ("a8!kQ", &[SHORT]),
            ("a8!kQz0", &[SHORT]),
            ("a8!kQz0p", &[]),
            ("password", &[COMMON]),
            ("Passw0rd", &[COMMON]),
            ("drowssap", &[COMMON]),
            ("qwerty", &[SHORT, COMMON]),
            ("12345678", &[COMMON]),
            ("qwertyuiop", &[COMMON]),
            ("aaaaaaaaaaaa", &[COMMON]),
            ("abcabcabcabc", &[COMMON]),
            ("abcdefghij", &[COMMON]),
            ("1987-05-13", &[COMMON]),
            (&letters, &[COMMON]),
            ("correct horse battery staple", &[]),
            ("tr0ub4dor&3xyz", &[]),
            ("пароль моей бабушки", &[]),
            ("山田太郎の猫はかわいい", &[]),
            ("halfspring", &[SIMILAR]),
            ("HalfSpring1", &[SIMILAR]),
            ("gnirpsflah", &[SIMILAR]),
            ("my halfspring", &[SIMILAR]),
            ("jane.doe@example.org", &[SIMILAR]),
            ("janedoe.9", &[]),
            ("example.org!", &[SIMILAR]),
            ("a spring that is half as long as summer", &[]),
            (&long, &[]),
            (&too_long, &[LONG]),
        ];
        for (password, expected) in rows {
            let found =
                codes(PasswordPolicy::default(), password, "halfspring", "jane.doe@example.org");
            assert_eq!(&found, expected, "{password:?}");
        }
    }

    #[test]
    fn the_length_counts_characters_not_bytes() {
        let policy = PasswordPolicy::default();
        assert_eq!(codes(policy, "ñandúes", "a", ""), ["password_too_short"]);
        assert_eq!(codes(policy, "n\u{303}and\u{fa}es", "a", ""), ["password_too_short"]);
        assert!(codes(policy, "🦄🐎🌈🎉🍀🌊🔥🎈", "a", "").is_empty());
        let fifteen = PasswordPolicy { min_length: 15, ..policy };
        assert_eq!(codes(fifteen, "a8!kQz0p-9wXt,", "a", ""), ["password_too_short"]);
        assert!(codes(fifteen, "a8!kQz0p-9wXt,r", "a", "").is_empty());
    }

    #[test]
    fn a_rule_can_be_loosened_by_name() {
        let loose = PasswordPolicy { allow_common: true, ..PasswordPolicy::default() };
        assert!(codes(loose, "1234abcd", "halfspring", "").is_empty());
        assert!(codes(loose, "password", "halfspring", "").is_empty());
        let loose = PasswordPolicy { allow_similar: true, ..PasswordPolicy::default() };
        assert!(codes(loose, "halfspring", "halfspring", "").is_empty());
    }

    #[test]
    fn an_unusable_policy_is_refused() {
        let with = |min_length| PasswordPolicy { min_length, ..PasswordPolicy::default() };
        for (length, good) in
            [(0, false), (7, false), (8, true), (15, true), (128, true), (129, false)]
        {
            assert_eq!(with(length).validate().is_ok(), good, "{length}");
        }
        assert!(serde_json::from_str::<PasswordPolicy>(r#"{"min_lenght":9}"#).is_err());
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test of how long something takes")]
    fn no_password_makes_the_checks_slow() {
        let hostile = [
            "x".repeat(1 << 20),
            "aA@4".repeat(128),
            "4@80({[<6!|1l709$5+7%".repeat(20),
            "p4$$w0rd".repeat(3),
            "4@8({[36!1|l0$5+7%2zp4ss".chars().take(24).collect(),
            "1!|l0$".repeat(4),
            "19871987198719871987198719871987198719871".chars().take(24).collect(),
            "ab".repeat(12),
            "abcdefghijklmnopqrstuvwx".into(),
            "e\u{301}".repeat(170),
        ];
        let username = Username::parse(&"ab.".repeat(50)).unwrap();
        let email =
            Email::parse(&format!("{}@{}org", "a.".repeat(20) + "a", "ab.".repeat(60))).unwrap();
        for password in hostile {
            let start = Instant::now();
            let owner = Owner { username: Some(&username), email: Some(&email) };
            PasswordPolicy::default().check(&password, owner);
            let took = start.elapsed();
            println!("{took:?} {password:.30}");
            // Far below a hash even when not optimised, where this build is many times slower.
            assert!(took.as_millis() < 1_500, "{took:?} {password:.30}");
        }
    }
}
