//! A value of the database as the text that is read back as the same value: in addresses and in cursors.
use sea_orm::Value;

/// The text; `None` for null and for values that have none.
pub(crate) fn written(value: &Value) -> Option<String> {
    Some(match value {
        Value::Bool(Some(truth)) => truth.to_string(),
        Value::TinyInt(Some(number)) => number.to_string(),
        Value::SmallInt(Some(number)) => number.to_string(),
        Value::Int(Some(number)) => number.to_string(),
        Value::BigInt(Some(number)) => number.to_string(),
        Value::TinyUnsigned(Some(number)) => number.to_string(),
        Value::SmallUnsigned(Some(number)) => number.to_string(),
        Value::Unsigned(Some(number)) => number.to_string(),
        Value::BigUnsigned(Some(number)) => number.to_string(),
        Value::Float(Some(number)) => number.to_string(),
        Value::Double(Some(number)) => number.to_string(),
        Value::Decimal(Some(number)) => number.to_string(),
        Value::String(Some(text)) => text.clone(),
        Value::Uuid(Some(id)) => id.to_string(),
        Value::ChronoDate(Some(date)) => date.to_string(),
        Value::ChronoTime(Some(time)) => time.to_string(),
        Value::ChronoDateTime(Some(local)) => local.to_string(),
        Value::ChronoDateTimeUtc(Some(instant)) => instant.to_rfc3339(),
        Value::ChronoDateTimeWithTimeZone(Some(instant)) => instant.to_rfc3339(),
        _ => return None,
    })
}
