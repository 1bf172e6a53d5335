//! The limits of a field: length, smallest and largest value, choices.
use std::str::FromStr;

use sea_orm::{Value, prelude::Decimal};

use super::{Constant, Field, coerce::Refusal};

/// Whether a value of the right kind is inside the field's limits.
pub(crate) fn check(field: &Field, value: &Value) -> Result<(), Refusal> {
    if let Value::String(Some(text)) = value {
        check_text(field, text)?;
    }
    if let (Value::Decimal(Some(number)), Some(size)) = (value, field.decimal) {
        check_decimal(number, size)?;
    }
    if let Some(min) = field.min
        && is_less(value, min) == Some(true)
    {
        return Err(Refusal::new("min", format!("This must be {min} or more.")));
    }
    if let Some(max) = field.max
        && is_more(value, max) == Some(true)
    {
        return Err(Refusal::new("max", format!("This must be {max} or less.")));
    }
    if let Some(own) = field.check {
        own(value).map_err(|why| Refusal::new("invalid", why))?;
    }
    Ok(())
}

fn check_text(field: &Field, text: &str) -> Result<(), Refusal> {
    if text.contains('\0') {
        return Err(Refusal::new("nul", "A text cannot hold the NUL character."));
    }
    if text.trim().is_empty() {
        return if field.allow_blank {
            Ok(())
        } else {
            Err(Refusal::new("blank", "This must not be empty."))
        };
    }
    if !field.choices.is_empty() && !field.choices.iter().any(|choice| choice == text) {
        return Err(Refusal::new(
            "choice",
            format!("This must be one of: {}.", field.choices.join(", ")),
        ));
    }
    check_length(field, text)?;
    match field.shape {
        Some(shape) => shape.check(text),
        None => Ok(()),
    }
}

fn check_length(field: &Field, text: &str) -> Result<(), Refusal> {
    if field.max_length.is_none() && field.min_length.is_none() {
        return Ok(());
    }
    let length = text.chars().count();
    if let Some(max) = field.max_length.filter(|max| length > *max) {
        return Err(Refusal::new(
            "max_length",
            format!("This must have at most {max} characters; it has {length}."),
        ));
    }
    if let Some(min) = field.min_length.filter(|min| length < *min) {
        return Err(Refusal::new(
            "min_length",
            format!("This must have at least {min} characters; it has {length}."),
        ));
    }
    Ok(())
}

/// PostgreSQL would round what has too many places, and SQLite would keep it: neither says so.
fn check_decimal(number: &Decimal, (digits, places): (u32, u32)) -> Result<(), Refusal> {
    if number.normalize().scale() > places {
        return Err(Refusal::new(
            "decimal_places",
            format!("This must have at most {places} decimal places."),
        ));
    }
    let whole = digits.saturating_sub(places);
    if number.trunc().abs().to_string().trim_start_matches('0').len() > whole as usize {
        return Err(Refusal::new(
            "range",
            format!("This must have at most {whole} digits before the decimal point."),
        ));
    }
    Ok(())
}

fn is_less(value: &Value, bound: Constant) -> Option<bool> {
    compare(value, bound).map(std::cmp::Ordering::is_lt)
}

fn is_more(value: &Value, bound: Constant) -> Option<bool> {
    compare(value, bound).map(std::cmp::Ordering::is_gt)
}

/// How a value stands to a constant; `None` when the two have no order.
#[expect(
    clippy::cast_precision_loss,
    reason = "a limit with a fraction on a whole number is compared as a fraction"
)]
fn compare(value: &Value, bound: Constant) -> Option<std::cmp::Ordering> {
    match (whole(value), bound) {
        (Some(number), Constant::Integer(bound)) => return Some(number.cmp(&bound.into())),
        (Some(number), Constant::Float(bound)) => return (number as f64).partial_cmp(&bound),
        _ => {}
    }
    match (value, bound) {
        (Value::Float(Some(number)), _) => f64::from(*number).partial_cmp(&bound_float(bound)?),
        (Value::Double(Some(number)), _) => number.partial_cmp(&bound_float(bound)?),
        (Value::Decimal(Some(number)), Constant::Integer(bound)) => {
            Some(number.cmp(&Decimal::from(bound)))
        }
        (Value::Decimal(Some(number)), Constant::Float(bound)) => {
            Some(number.cmp(&Decimal::from_str(&bound.to_string()).ok()?))
        }
        (Value::Decimal(Some(number)), Constant::Text(bound)) => {
            Some(number.cmp(&Decimal::from_str(bound).ok()?))
        }
        (Value::ChronoDate(Some(date)), Constant::Text(bound)) => {
            Some(date.cmp(&chrono::NaiveDate::from_str(bound).ok()?))
        }
        (Value::ChronoTime(Some(time)), Constant::Text(bound)) => {
            Some(time.cmp(&chrono::NaiveTime::from_str(bound).ok()?))
        }
        (Value::ChronoDateTimeUtc(Some(instant)), Constant::Text(bound)) => {
            Some(instant.cmp(&chrono::DateTime::parse_from_rfc3339(bound).ok()?.to_utc()))
        }
        (Value::ChronoDateTimeWithTimeZone(Some(instant)), Constant::Text(bound)) => {
            Some(instant.to_utc().cmp(&chrono::DateTime::parse_from_rfc3339(bound).ok()?.to_utc()))
        }
        _ => None,
    }
}

fn whole(value: &Value) -> Option<i128> {
    match value {
        Value::TinyInt(Some(number)) => Some((*number).into()),
        Value::SmallInt(Some(number)) => Some((*number).into()),
        Value::Int(Some(number)) => Some((*number).into()),
        Value::BigInt(Some(number)) => Some((*number).into()),
        Value::TinyUnsigned(Some(number)) => Some((*number).into()),
        Value::SmallUnsigned(Some(number)) => Some((*number).into()),
        Value::Unsigned(Some(number)) => Some((*number).into()),
        Value::BigUnsigned(Some(number)) => Some((*number).into()),
        _ => None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "a whole limit on a number with a fraction")]
fn bound_float(bound: Constant) -> Option<f64> {
    match bound {
        Constant::Integer(number) => Some(number as f64),
        Constant::Float(number) => Some(number),
        Constant::Text(_) | Constant::Boolean(_) => None,
    }
}
