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
mod tests;
