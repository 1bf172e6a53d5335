//! What each value of a profile looks like, and the one form in which it is kept.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizer;
use url::Url;

use super::Entry;
use crate::email::Email;

/// Why a text is not what its field is for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Fault {
    pub(super) code: &'static str,
    pub(super) message: Cow<'static, str>,
}

const fn invalid(message: &'static str) -> Fault {
    Fault { code: "invalid", message: Cow::Borrowed(message) }
}

/// The value of an entry, in the form in which it is kept; `None` if nothing but spaces was written.
pub(super) fn read(entry: Entry, text: &str) -> Result<Option<String>, Fault> {
    let max = entry.max_chars();
    let too_long =
        Fault { code: "too_long", message: format!("Use at most {max} characters.").into() };
    // No character has more than four bytes, and some are typed in several that become one.
    if text.len() > max.saturating_mul(16) {
        return Err(too_long);
    }
    let text = ComposingNormalizer::new_nfc().normalize(text.trim()).into_owned();
    if text.is_empty() {
        return Ok(None);
    }
    if text.chars().count() > max {
        return Err(too_long);
    }
    let read = match entry {
        Entry::StreetAddress | Entry::Formatted => lines(&text)?,
        Entry::Picture | Entry::Profile | Entry::Website => web_address(&text)?,
        Entry::Email => email(&text)?,
        Entry::PhoneNumber => phone_number(&text)?,
        Entry::Birthdate => birthdate(text)?,
        Entry::Locale => locale(&text)?,
        Entry::Zoneinfo => zoneinfo(text)?,
        _ => line(text)?,
    };
    Ok(Some(read))
}

/// A text of one line. Characters that turn the direction of what follows are refused: a name that others read must
/// not rearrange the sentence around it.
fn line(text: String) -> Result<String, Fault> {
    let turns = |c: char| matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    if text.chars().any(|c| c.is_control() || turns(c)) {
        return Err(invalid("Use no line breaks, control characters or direction marks."));
    }
    Ok(text)
}

/// At most six lines, separated by one line feed.
fn lines(text: &str) -> Result<String, Fault> {
    let lines = text.lines().map(|text| line(text.trim_end().to_owned()));
    let lines = lines.collect::<Result<Vec<_>, _>>().map_err(|_| {
        invalid("Use no control characters or direction marks; lines may be broken.")
    })?;
    if lines.len() > 6 { Err(invalid("Use at most six lines.")) } else { Ok(lines.join("\n")) }
}

/// A URL that a browser opens, as browsers write it.
fn web_address(text: &str) -> Result<String, Fault> {
    const SHAPE: Fault = invalid("Enter a web address such as https://example.org/me.");
    // The parser of browsers drops tabs and line breaks, wherever they are.
    if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(SHAPE);
    }
    let url = Url::parse(text).map_err(|_| SHAPE)?;
    let web = matches!(url.scheme(), "http" | "https") && url.has_host();
    // `https:example.org` is read too, but whoever wrote it may have meant something else.
    if !web || !text.get(url.scheme().len()..).is_some_and(|rest| rest.starts_with("://")) {
        return Err(SHAPE);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("Leave out the user name and the password before the @."));
    }
    if url.as_str().len() > Entry::Website.max_chars() {
        return Err(invalid("This web address is too long."));
    }
    Ok(url.into())
}

fn email(text: &str) -> Result<String, Fault> {
    let email = Email::parse(text)
        .map_err(|error| Fault { code: error.code(), message: error.to_string().into() })?;
    Ok(email.as_str().to_owned())
}

/// E.164: a plus sign and 7 to 15 digits. Spaces and the usual separators are dropped.
fn phone_number(text: &str) -> Result<String, Fault> {
    const SHAPE: Fault =
        invalid("Enter the number with its country code, such as +33 1 23 45 67 89.");
    // The (0) of +44 (0)20 is not dialled from abroad; to guess would be to keep a wrong number.
    if text.contains("(0)") {
        return Err(invalid("Leave out the (0): write +44 20 and not +44 (0)20."));
    }
    let digits = text.strip_prefix('+').ok_or(SHAPE)?;
    let digits: String = digits.chars().filter(|c| !" -./()\u{a0}".contains(*c)).collect();
    let shaped = (7..=15).contains(&digits.len())
        && digits.bytes().all(|b| b.is_ascii_digit())
        && !digits.starts_with('0');
    if shaped { Ok(format!("+{digits}")) } else { Err(SHAPE) }
}

/// ISO 8601: a day, a day of an unknown year (0000), or a year.
fn birthdate(text: String) -> Result<String, Fault> {
    const SHAPE: Fault = invalid(
        "Enter a date as YYYY-MM-DD, only the year as YYYY, or a day without its year as 0000-MM-DD.",
    );
    let number = |part: &str, digits: usize| {
        let shaped = part.len() == digits && part.bytes().all(|b| b.is_ascii_digit());
        shaped.then(|| part.parse::<u32>().ok()).flatten().ok_or(SHAPE)
    };
    let mut parts = text.split('-');
    let year = number(parts.next().unwrap_or_default(), 4)?;
    match (parts.next(), parts.next(), parts.next()) {
        (None, None, None) if year > 0 => {}
        (Some(month), Some(day), None) => {
            let day = number(day, 2)?;
            if day == 0 || day > days_of(year, number(month, 2)?) {
                return Err(invalid("There is no such day in the calendar."));
            }
        }
        _ => return Err(SHAPE),
    }
    Ok(text)
}

/// How many days a month has; none if there is no such month. The unknown year may be a leap year.
fn days_of(year: u32, month: u32) -> u32 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    }
}

/// The shape of a language tag (RFC 5646 §2.1), written as §2.1.1 recommends.
fn locale(text: &str) -> Result<String, Fault> {
    const SHAPE: Fault = invalid("Enter a language tag such as en, en-GB or zh-Hant-TW.");
    let mut tag = String::with_capacity(text.len());
    let mut after_singleton = false;
    let parts = text.split(['-', '_']);
    for (position, part) in parts.enumerate() {
        let first = position == 0;
        let shaped = match part.len() {
            2..=8 if first => part.bytes().all(|b| b.is_ascii_alphabetic()),
            1..=8 if !first => part.bytes().all(|b| b.is_ascii_alphanumeric()),
            _ => false,
        };
        if !shaped {
            return Err(SHAPE);
        }
        let lower = part.to_ascii_lowercase();
        let written = match part.len() {
            2 if !first && !after_singleton => part.to_ascii_uppercase(),
            4 if !first && !after_singleton && part.bytes().all(|b| b.is_ascii_alphabetic()) => {
                let (head, tail) = lower.split_at(1);
                format!("{}{tail}", head.to_ascii_uppercase())
            }
            _ => lower,
        };
        if !first {
            tag.push('-');
        }
        tag.push_str(&written);
        after_singleton |= part.len() == 1;
    }
    let ends_open = tag.rsplit('-').next().is_some_and(|last| last.len() == 1);
    if ends_open { Err(SHAPE) } else { Ok(tag) }
}

/// The shape of a name in the time zone database.
fn zoneinfo(text: String) -> Result<String, Fault> {
    const SHAPE: Fault =
        invalid("Enter the name of a time zone such as Europe/Paris or America/New_York.");
    let part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-_".contains(&b))
    };
    if text.split('/').count() <= 3 && text.split('/').all(part) { Ok(text) } else { Err(SHAPE) }
}

#[cfg(test)]
mod tests {
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
}
