//! Turns what a caller sent, JSON or the text of a form, into a value for the database, or says what is wrong with it.
use std::{borrow::Cow, str::FromStr};

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use sea_orm::{Value, prelude::Decimal};
use serde_json::Value as Json;

use super::{Field, Kind, limits};
use crate::input::json as strict_json;

/// Why a value is not taken: a stable code and a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// One word for programs.
    pub code: &'static str,
    /// A sentence for people.
    pub detail: Cow<'static, str>,
}

impl Refusal {
    pub(crate) fn new(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { code, detail: detail.into() }
    }
}

/// A value from a JSON body. Null is the caller's affair to have decided.
pub fn json(field: &Field, value: &Json) -> Result<Value, Refusal> {
    let value = match (field.kind, value) {
        (Kind::Json, any) => Value::from(any.clone()),
        (Kind::Boolean, Json::Bool(truth)) => Value::from(*truth),
        (Kind::Text | Kind::LongText, Json::String(text)) => Value::from(text.as_str()),
        // A number written as a text would be taken in a form, but in JSON it is most often a mistake.
        (
            Kind::Boolean | Kind::Integer(_) | Kind::Unsigned(_) | Kind::Float | Kind::Double,
            Json::String(_),
        ) => {
            return Err(wrong_type(field.kind, value));
        }
        (kind @ (Kind::Integer(_) | Kind::Unsigned(_)), Json::Number(number)) => {
            whole_json(kind, number)?
        }
        (Kind::Decimal, Json::Number(number)) => {
            Value::from(decimal_number(number).ok_or_else(|| range(Kind::Decimal))?)
        }
        (Kind::Float | Kind::Double, Json::Number(number)) => {
            text_of_kind(field.kind, &number.to_string())?
        }
        (kind, Json::String(text)) if !matches!(kind, Kind::Opaque) => text_of_kind(kind, text)?,
        (kind, other) => return Err(wrong_type(kind, other)),
    };
    limits::check(field, &value)?;
    Ok(value)
}

/// A value from a form field or a query parameter, neither empty nor absent.
pub fn text(field: &Field, text: &str) -> Result<Value, Refusal> {
    let value = unlimited_text(field, text)?;
    limits::check(field, &value)?;
    Ok(value)
}

/// A value for a comparison: of the right kind, but free of the limits that new values have.
pub fn unlimited_text(field: &Field, text: &str) -> Result<Value, Refusal> {
    match field.kind {
        Kind::Text | Kind::LongText => Ok(Value::from(text)),
        kind => text_of_kind(kind, text.trim()),
    }
}

fn whole_json(kind: Kind, number: &serde_json::Number) -> Result<Value, Refusal> {
    if let Some(whole) = number.as_i64() {
        return whole_number(kind, whole.into());
    }
    if let Some(whole) = number.as_u64() {
        return whole_number(kind, whole.into());
    }
    match number.as_f64() {
        // JSON knows one kind of number: 34.0 is 34 (JSON Schema, validation §6.1.1).
        Some(float) if float.fract() == 0.0 => whole_float(kind, float),
        _ => Err(Refusal::new("type", "This must be a whole number, without a fraction.")),
    }
}

/// The largest number up to which every whole number can be told apart in 64 bits of floating point.
const EXACT: f64 = 9_007_199_254_740_992.0;

#[expect(clippy::cast_possible_truncation, reason = "a whole number below 2^53")]
fn whole_float(kind: Kind, float: f64) -> Result<Value, Refusal> {
    if float.abs() > EXACT { Err(range(kind)) } else { whole_number(kind, float as i128) }
}

fn whole_number(kind: Kind, number: i128) -> Result<Value, Refusal> {
    fn fit<T: TryFrom<i128>>(kind: Kind, number: i128) -> Result<T, Refusal> {
        T::try_from(number).map_err(|_| range(kind))
    }
    Ok(match kind {
        Kind::Integer(8) => Value::from(fit::<i8>(kind, number)?),
        Kind::Integer(16) => Value::from(fit::<i16>(kind, number)?),
        Kind::Integer(32) => Value::from(fit::<i32>(kind, number)?),
        Kind::Unsigned(8) => Value::from(fit::<u8>(kind, number)?),
        Kind::Unsigned(16) => Value::from(fit::<u16>(kind, number)?),
        Kind::Unsigned(32) => Value::from(fit::<u32>(kind, number)?),
        Kind::Unsigned(_) => Value::from(fit::<u64>(kind, number)?),
        _ => Value::from(fit::<i64>(kind, number)?),
    })
}

fn range(kind: Kind) -> Refusal {
    if kind == Kind::Decimal {
        return Refusal::new("range", "This number has more digits than can be kept.");
    }
    let (low, high): (i128, i128) = match kind {
        Kind::Unsigned(bits) => (0, (1 << bits) - 1),
        Kind::Integer(bits) => (-(1 << (bits - 1)), (1 << (bits - 1)) - 1),
        _ => (i64::MIN.into(), i64::MAX.into()),
    };
    Refusal::new("range", format!("This must be a whole number from {low} to {high}."))
}

fn text_of_kind(kind: Kind, text: &str) -> Result<Value, Refusal> {
    let bad = |detail: &'static str| move || Refusal::new("type", detail);
    Ok(match kind {
        Kind::Boolean => match text {
            "true" | "True" | "on" | "1" | "yes" => Value::from(true),
            "false" | "False" | "off" | "0" | "no" => Value::from(false),
            _ => return Err(Refusal::new("type", "This must be true or false.")),
        },
        Kind::Integer(_) | Kind::Unsigned(_) => match text.parse::<i128>() {
            Ok(number) => whole_number(kind, number)?,
            Err(error)
                if matches!(
                    error.kind(),
                    std::num::IntErrorKind::PosOverflow | std::num::IntErrorKind::NegOverflow
                ) =>
            {
                return Err(range(kind));
            }
            Err(_) => {
                return Err(Refusal::new("type", "This must be a whole number, for example 34."));
            }
        },
        Kind::Float | Kind::Double => float(kind, text)?,
        Kind::Decimal => Value::from(
            decimal(text).ok_or_else(bad("This must be a decimal number, for example 12.50."))?,
        ),
        Kind::Text | Kind::LongText => Value::from(text),
        Kind::Date => {
            Value::from(date(text).ok_or_else(bad("This must be a date, for example 2026-03-31."))?)
        }
        Kind::Time => Value::from(
            time(text)
                .ok_or_else(bad("This must be a time of day, for example 18:30 or 18:30:15."))?,
        ),
        Kind::LocalDateTime => Value::from(local(text).ok_or_else(bad(
            "This must be a date and time without a time zone, for example 2026-03-31T18:30:00.",
        ))?),
        Kind::Instant => Value::from(instant(text).ok_or_else(bad(INSTANT))?.with_timezone(&Utc)),
        Kind::ZonedInstant => Value::from(instant(text).ok_or_else(bad(INSTANT))?),
        Kind::Uuid => Value::from(uuid::Uuid::parse_str(text).map_err(|_| {
            bad("This must be a UUID, for example 0198c5f2-6d3a-7c4e-9f1b-2a3b4c5d6e7f.")()
        })?),
        Kind::Json => Value::from(
            strict_json::value(text.as_bytes())
                .map_err(|why| Refusal::new("type", format!("This must be JSON: {why}.")))?,
        ),
        Kind::Opaque => return Err(Refusal::new("read_only", "This field cannot be written.")),
    })
}

const INSTANT: &str =
    "This must be a date and time with its offset, for example 2026-03-31T18:30:00Z (RFC 3339).";

#[expect(
    clippy::cast_possible_truncation,
    reason = "the column holds 32 bits; infinity after rounding is refused"
)]
fn float(kind: Kind, text: &str) -> Result<Value, Refusal> {
    let number: f64 = text
        .parse()
        .map_err(|_| Refusal::new("type", "This must be a number, for example 12.5."))?;
    let narrow = number as f32;
    if !number.is_finite() || (kind == Kind::Float && !narrow.is_finite()) {
        return Err(Refusal::new("range", "This number is too large, or not a number at all."));
    }
    Ok(if kind == Kind::Float { Value::from(narrow) } else { Value::from(number) })
}

/// Digits, with a point where there is a fraction; exponents are for JSON numbers.
fn decimal(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    (plain(whole) && plain(fraction)).then(|| Decimal::from_str_exact(text).ok()).flatten()
}

fn decimal_number(number: &serde_json::Number) -> Option<Decimal> {
    let text = number.to_string();
    decimal(&text).or_else(|| Decimal::from_scientific(&text).ok())
}

/// A year of four digits: beyond them the databases neither agree nor compare as we do.
fn has_plain_year(date: &impl Datelike) -> bool {
    (1..=9999).contains(&date.year())
}

fn date(text: &str) -> Option<NaiveDate> {
    NaiveDate::from_str(text).ok().filter(has_plain_year)
}

fn time(text: &str) -> Option<NaiveTime> {
    NaiveTime::from_str(text).ok().or_else(|| NaiveTime::parse_from_str(text, "%H:%M").ok())
}

/// RFC 3339 without an offset; a browser's `datetime-local` field leaves the seconds out.
fn local(text: &str) -> Option<NaiveDateTime> {
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
        .filter(has_plain_year)
}

fn instant(text: &str) -> Option<DateTime<chrono::FixedOffset>> {
    DateTime::parse_from_rfc3339(text).ok().filter(|instant| has_plain_year(&instant.to_utc()))
}

fn wrong_type(kind: Kind, sent: &Json) -> Refusal {
    let wanted = match kind {
        Kind::Boolean => "true or false",
        Kind::Integer(_) | Kind::Unsigned(_) => "a whole number",
        Kind::Float | Kind::Double => "a number",
        Kind::Decimal => "a decimal number (as a text, such as \"12.50\", to keep every digit)",
        Kind::Text | Kind::LongText => "a text",
        Kind::Date => "a date as a text, for example \"2026-03-31\"",
        Kind::Time => "a time of day as a text, for example \"18:30\"",
        Kind::LocalDateTime | Kind::Instant | Kind::ZonedInstant => {
            "a date and time as a text (RFC 3339)"
        }
        Kind::Uuid => "a UUID as a text",
        Kind::Json => "JSON",
        Kind::Opaque => return Refusal::new("read_only", "This field cannot be written."),
    };
    let got = match sent {
        Json::Null => "null",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    };
    Refusal::new("type", format!("This must be {wanted}; {got} was sent."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_digits_with_a_point() {
        for (text, expected) in [
            ("12.50", Some("12.50")),
            ("-0.1", Some("-0.1")),
            ("+7", Some("7")),
            ("", None),
            (".5", None),
            ("5.", None),
            ("1e3", None),
            ("1_000", None),
            ("--1", None),
            ("1.2.3", None),
            ("79228162514264337593543950336", None),
        ] {
            let read = decimal(text).map(|number| number.to_string());
            assert_eq!(read.as_deref(), expected, "{text}");
        }
        let number = |text: &str| decimal_number(&serde_json::from_str(text).unwrap());
        assert_eq!(number("1e-3"), Decimal::from_str_exact("0.001").ok());
        assert_eq!(number("1e300"), None);
    }
}
