//! Which values a profile takes, and how they are written down.

use proptest::prelude::*;

use super::*;

/// Each entry with texts and the form in which they are kept; `Err` with the word for programs.
fn check(entry: Entry, cases: &[(&str, Result<&str, &str>)]) {
    for (given, expected) in cases {
        let found = read(entry, given);
        let found = match &found {
            Ok(Some(kept)) => Ok(kept.as_str()),
            Ok(None) => Ok(""),
            Err(fault) => Err(fault.code),
        };
        assert_eq!(found, *expected, "{entry:?} {given:?}");
    }
}

#[test]
fn a_name_is_one_line_in_any_script() {
    let long = "x".repeat(151);
    check(
        Entry::GivenName,
        &[
            ("Half", Ok("Half")),
            ("  Half  ", Ok("Half")),
            ("山田", Ok("山田")),
            ("e\u{301}mile", Ok("émile")),
            ("O'Brien-Smith, Jr.", Ok("O'Brien-Smith, Jr.")),
            ("می\u{200c}خواهم", Ok("می\u{200c}خواهم")),
            ("<b>", Ok("<b>")),
            ("", Ok("")),
            (" \t\n", Ok("")),
            ("a\nb", Err("invalid")),
            ("a\0", Err("invalid")),
            ("a\u{7f}b", Err("invalid")),
            ("a\u{85}b", Err("invalid")),
            ("a\u{202e}b", Err("invalid")),
            ("a\u{2066}b", Err("invalid")),
            ("a\u{2028}b", Err("invalid")),
            ("a\u{feff}b", Err("invalid")),
            (&"山".repeat(150), Ok(&"山".repeat(150))),
            (&long, Err("too_long")),
            (&"x".repeat(1 << 20), Err("too_long")),
            (&" ".repeat(1 << 20), Err("too_long")),
        ],
    );
}

#[test]
fn an_address_may_have_several_lines() {
    check(
        Entry::StreetAddress,
        &[
            ("1 Meadow\r\n2nd floor", Ok("1 Meadow\n2nd floor")),
            ("1\n2\n3\n4\n5\n6", Ok("1\n2\n3\n4\n5\n6")),
            ("1\n2\n3\n4\n5\n6\n7", Err("invalid")),
            ("1\tMeadow", Err("invalid")),
            ("1 \u{202e}Meadow", Err("invalid")),
        ],
    );
}

#[test]
fn a_web_address_is_one_that_browsers_open_and_nothing_else() {
    let long = format!("https://example.org/{}", "x".repeat(2030));
    let grows = format!("https://example.org/{}", "é".repeat(1000));
    check(
        Entry::Website,
        &[
            ("https://example.org/me", Ok("https://example.org/me")),
            ("http://example.org", Ok("http://example.org/")),
            ("HTTPS://EXAMPLE.org/Me?a=b#c", Ok("https://example.org/Me?a=b#c")),
            ("https://bücher.example/é", Ok("https://xn--bcher-kva.example/%C3%A9")),
            ("example.org", Err("invalid")),
            ("//example.org", Err("invalid")),
            ("https:example.org", Err("invalid")),
            ("https:/example.org", Err("invalid")),
            ("https:\\\\example.org", Err("invalid")),
            ("https://", Err("invalid")),
            ("https://user@example.org/", Err("invalid")),
            ("https://:pw@example.org/", Err("invalid")),
            ("javascript:alert(1)", Err("invalid")),
            ("java\nscript:alert(1)", Err("invalid")),
            ("javascript://example.org/%0aalert(1)", Err("invalid")),
            ("data:text/html,x", Err("invalid")),
            ("ftp://example.org/", Err("invalid")),
            ("https://example.org/a b", Err("invalid")),
            ("https://exa\tmple.org/", Err("invalid")),
            (&long, Err("too_long")),
            (&grows, Err("invalid")),
        ],
    );
}

#[test]
fn a_telephone_number_has_its_country_code() {
    check(
        Entry::PhoneNumber,
        &[
            ("+33123456789", Ok("+33123456789")),
            ("+33 1 23-45.67/89", Ok("+33123456789")),
            ("+1 (425) 555-1212", Ok("+14255551212")),
            ("+6834000", Ok("+6834000")),
            ("+123456789012345", Ok("+123456789012345")),
            ("+1234567890123456", Err("invalid")),
            ("+683400", Err("invalid")),
            ("+44 (0)20 7946 0000", Err("invalid")),
            ("0033123456789", Err("invalid")),
            ("+0331234567", Err("invalid")),
            ("01 23 45 67 89", Err("invalid")),
            ("++33123456789", Err("invalid")),
            ("+33 1 23 45 67 89 ext 5", Err("invalid")),
            ("+33１23456789", Err("invalid")),
            ("+", Err("invalid")),
        ],
    );
}

#[test]
fn a_birthday_is_a_day_of_the_calendar_a_year_or_a_day_without_its_year() {
    check(
        Entry::Birthdate,
        &[
            ("1990-03-20", Ok("1990-03-20")),
            ("0000-03-20", Ok("0000-03-20")),
            ("1990", Ok("1990")),
            ("2000-02-29", Ok("2000-02-29")),
            ("0000-02-29", Ok("0000-02-29")),
            ("1900-02-29", Err("invalid")),
            ("2023-02-29", Err("invalid")),
            ("1990-04-31", Err("invalid")),
            ("1990-13-01", Err("invalid")),
            ("1990-00-01", Err("invalid")),
            ("1990-01-00", Err("invalid")),
            ("1990-03", Err("invalid")),
            ("0000", Err("invalid")),
            ("90-03-20", Err("invalid")),
            ("1990-3-2", Err("invalid")),
            ("20.03.1990", Err("invalid")),
            ("1990-03-2O", Err("invalid")),
            ("1990-03-20T", Err("too_long")),
            ("+990-03-20", Err("invalid")),
            ("１９９０", Err("invalid")),
        ],
    );
}

#[test]
fn a_language_is_written_as_its_standard_recommends() {
    check(
        Entry::Locale,
        &[
            ("en", Ok("en")),
            ("EN-gb", Ok("en-GB")),
            ("en_US", Ok("en-US")),
            ("zh-hant-tw", Ok("zh-Hant-TW")),
            ("es-419", Ok("es-419")),
            ("sl-rozaj-biske-1994", Ok("sl-rozaj-biske-1994")),
            ("de-DE-u-co-PHONEBK", Ok("de-DE-u-co-phonebk")),
            ("e", Err("invalid")),
            ("x-private", Err("invalid")),
            ("en-", Err("invalid")),
            ("-en", Err("invalid")),
            ("en--GB", Err("invalid")),
            ("en-GB-u", Err("invalid")),
            ("e1", Err("invalid")),
            ("en-toolongpart", Err("invalid")),
            ("en.UTF-8", Err("invalid")),
            ("é", Err("invalid")),
            ("C", Err("invalid")),
        ],
    );
}

#[test]
fn a_time_zone_has_the_shape_of_a_name_and_is_no_path() {
    check(
        Entry::Zoneinfo,
        &[
            ("Europe/Paris", Ok("Europe/Paris")),
            ("America/Argentina/Buenos_Aires", Ok("America/Argentina/Buenos_Aires")),
            ("UTC", Ok("UTC")),
            ("Etc/GMT+1", Ok("Etc/GMT+1")),
            ("../etc/passwd", Err("invalid")),
            ("/Europe/Paris", Err("invalid")),
            ("Europe/", Err("invalid")),
            ("Europe//Paris", Err("invalid")),
            ("a/b/c/d", Err("invalid")),
            ("+02:00", Err("invalid")),
            ("Europe/Par is", Err("invalid")),
        ],
    );
}

#[test]
fn an_e_mail_address_keeps_its_own_rules() {
    check(
        Entry::Email,
        &[
            ("Jane@Example.ORG", Ok("Jane@example.org")),
            ("jane", Err("invalid")),
            ("jane＠example.org", Err("invalid")),
            (&format!("{}@example.org", "a".repeat(65)), Err("too_long")),
        ],
    );
}

proptest! {
    #[test]
    fn reading_never_panics_and_is_stable(text in "\\PC{0,60}|.{0,40}|https?://[a-zé./@:-]{0,30}|[+0-9 ()-]{0,20}|[a-z_-]{0,20}") {
        for entry in Entry::ALL {
            if let Ok(Some(kept)) = read(entry, &text) {
                prop_assert!(kept.chars().count() <= entry.max_chars());
                prop_assert!(kept.chars().all(|c| !c.is_control() || c == '\n'));
                prop_assert_eq!(read(entry, &kept), Ok(Some(kept.clone())), "{:?}", entry);
            }
        }
    }
}
