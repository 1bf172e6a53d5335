//! What a stored password must match, must not match, and must not be made to cost.

use std::time::{Duration, Instant};

use super::*;

const SALT: [u8; SALT_BYTES] = *b"0123456789abcdef";
/// The cheapest that OWASP lists.
const TODAY: Parameters = Parameters { memory_kib: 7_168, passes: 5, lanes: 1 };

#[expect(clippy::disallowed_methods, reason = "a test of how long something takes")]
fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn stored(password: &str) -> Stored {
    Stored::parse(&hash(password, &SALT, TODAY).unwrap()).unwrap()
}

#[test]
fn a_hash_is_a_phc_string_with_the_parameters_of_owasp() {
    let text = hash("1234abcd", &SALT, Parameters::default()).unwrap();
    assert!(text.starts_with("$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$"), "{text}");
    let stored = Stored::parse(&text).unwrap();
    let right = verify("1234abcd", Some(&stored), Parameters::default());
    assert_eq!(right, Outcome::Matches { rehash: false });
    assert_eq!(verify("1234abce", Some(&stored), Parameters::default()), Outcome::Differs);
}

#[test]
fn only_the_same_password_matches() {
    for (set, tried, matches) in [
        ("correct horse", "correct horse", true),
        ("correct horse", "Correct horse", false),
        ("correct horse", "correct horse ", false),
        ("correct horse", "", false),
        ("", "", true),
        ("caf\u{e9} au lait", "cafe\u{301} au lait", true),
        ("\u{1f984}\u{1f984}", "\u{1f984}\u{1f984}", true),
        ("full\u{ff41}", "fulla", false),
        ("a\0b", "a\0b", true),
        ("a\0b", "a\0c", false),
    ] {
        let outcome = verify(tried, Some(&stored(set)), TODAY);
        assert_eq!(outcome == Outcome::Matches { rehash: false }, matches, "{set:?} {tried:?}");
    }
}

#[test]
fn a_password_is_never_cut() {
    let longest = "x".repeat(MAX_BYTES);
    let kept = stored(&longest);
    assert_eq!(verify(&longest, Some(&kept), TODAY), Outcome::Matches { rehash: false });
    assert_eq!(verify(&longest[1..], Some(&kept), TODAY), Outcome::Differs);
    assert_eq!(hash(&"x".repeat(MAX_BYTES + 1), &SALT, TODAY), Err(HashError::TooLong));
}

#[test]
fn a_password_too_long_is_not_hashed_for_known_or_unknown_users() {
    let kept = stored("short");
    let huge = "x".repeat(1 << 20);
    let took = timed(|| {
        for _ in 0..1_000 {
            assert_eq!(verify(&huge, Some(&kept), Parameters::OWASP), Outcome::Differs);
            assert_eq!(verify(&huge, None, Parameters::OWASP), Outcome::Differs);
        }
    });
    // Two thousand hashes would take half a minute.
    assert!(took.as_secs() < 5, "{took:?}");
}

#[test]
fn an_unknown_user_costs_the_same_work_and_never_matches() {
    let kept = stored("something");
    let five = |stored: Option<&Stored>| {
        timed(|| (0..5).for_each(|_| assert_eq!(verify("wrong", stored, TODAY), Outcome::Differs)))
    };
    let (known, unknown) = (five(Some(&kept)), five(None));
    println!("known {known:?}, unknown {unknown:?}");
    // A dummy that does nothing takes microseconds; the margin is for a busy machine.
    assert!(unknown * 20 > known);
    assert_eq!(verify("", None, TODAY), Outcome::Differs);
}

#[test]
fn a_weaker_hash_asks_to_be_replaced_and_a_stronger_one_does_not() {
    let weak = Parameters { memory_kib: 1_024, passes: 1, lanes: 1 };
    let strong = Parameters { memory_kib: 9_216, passes: 6, lanes: 1 };
    let argon2i = {
        let mut output = [0; 32];
        Argon2::new(Algorithm::Argon2i, Version::V0x13, strong.to_argon2(32).unwrap())
            .hash_password_into(b"secret", &SALT, &mut output)
            .unwrap();
        let salt = Salt::new(&SALT).unwrap().to_salt_string();
        format!("$argon2i$v=19$m=9216,t=6,p=1${salt}${}", Output::new(&output).unwrap())
    };
    for (text, rehash) in [
        (hash("secret", &SALT, weak).unwrap(), true),
        (hash("secret", &SALT, TODAY).unwrap(), false),
        (hash("secret", &SALT, strong).unwrap(), false),
        (argon2i, true),
    ] {
        let stored = Stored::parse(&text).unwrap();
        assert_eq!(verify("secret", Some(&stored), TODAY), Outcome::Matches { rehash }, "{text}");
        assert_eq!(verify("wrong", Some(&stored), TODAY), Outcome::Differs, "{text}");
    }
}

#[test]
fn what_is_no_hash_or_a_hostile_one_is_refused_before_any_work() {
    let tail = "MDEyMzQ1Njc4OWFiY2RlZg$MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY";
    let with = |params: &str| format!("$argon2id$v=19${params}${tail}");
    for (text, expected) in [
        (String::new(), StoredError::UnknownFormat),
        ("!".into(), StoredError::UnknownFormat),
        ("hunter2".into(), StoredError::UnknownFormat),
        ("$2b$12$abcdefghijklmnopqrstuv".into(), StoredError::UnknownFormat),
        ("pbkdf2_sha256$1000000$salt$hash".into(), StoredError::UnknownFormat),
        ("$argon2".into(), StoredError::UnknownFormat),
        (with("m=19456,t=2,p=1").replace("2id", "2x"), StoredError::UnknownFormat),
        (with("m=19456,t=2,p=1").replace("v=19", "v=99"), StoredError::UnknownFormat),
        ("$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ".into(), StoredError::Malformed),
        ("$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g".into(), StoredError::Malformed),
        (with("m=19456,t=2"), StoredError::Malformed),
        (with("m=0,t=0,p=0"), StoredError::Malformed),
        (with("m=8,t=1,p=4"), StoredError::Malformed),
        (with("m=x,t=1,p=4"), StoredError::Malformed),
        (with("m=4194304,t=1,p=1"), StoredError::Costly),
        (with("m=4294967295,t=4294967295,p=1"), StoredError::Costly),
        (with("m=8,t=4294967295,p=1"), StoredError::Costly),
        (with("m=262144,t=32,p=1"), StoredError::Costly),
        (with("m=19456,t=2,p=16777215"), StoredError::Costly),
        (with("m=19456,t=2,p=1,data=AAAA"), StoredError::UnknownFormat),
        (with("m=99999999999,t=2,p=1"), StoredError::Malformed),
        ("$argon2id$".repeat(100_000), StoredError::Malformed),
    ] {
        assert_eq!(Stored::parse(&text).unwrap_err(), expected, "{text:.80}");
    }
}

#[test]
fn settings_may_choose_parameters_only_within_bounds() {
    for (memory, passes, lanes, expected) in [
        (19_456, 2, 1, None),
        (47_104, 1, 1, None),
        (7_168, 5, 1, None),
        (102_400, 2, 8, None),
        (7_168, 4, 1, Some(ParametersError::Weak)),
        (4_096, 20, 1, Some(ParametersError::Weak)),
        (19_456, 2, 0, Some(ParametersError::Weak)),
        (0, 0, 0, Some(ParametersError::Weak)),
        (262_145, 1, 1, Some(ParametersError::Costly)),
        (262_144, 5, 1, Some(ParametersError::Costly)),
        (u32::MAX, u32::MAX, u32::MAX, Some(ParametersError::Costly)),
    ] {
        assert_eq!(
            Parameters::new(memory, passes, lanes).err(),
            expected,
            "{memory} {passes} {lanes}"
        );
    }
}

#[test]
fn debug_shows_neither_salt_nor_hash() {
    let shown = format!("{:?}", stored("secret"));
    assert!(shown.starts_with("Stored(Argon2id"), "{shown}");
    assert!(!shown.contains("MDEy") && !shown.contains("48, 49"), "{shown}");
}
