//! Keys as they stand in addresses, and as they are compared across tables.
use sea_orm::Value;

/// A key as it stands in an address; `None` for null, and for what no key is.
pub(crate) fn key_text(key: &Value) -> Option<String> {
    Some(match key {
        Value::TinyInt(Some(number)) => number.to_string(),
        Value::SmallInt(Some(number)) => number.to_string(),
        Value::Int(Some(number)) => number.to_string(),
        Value::BigInt(Some(number)) => number.to_string(),
        Value::TinyUnsigned(Some(number)) => number.to_string(),
        Value::SmallUnsigned(Some(number)) => number.to_string(),
        Value::Unsigned(Some(number)) => number.to_string(),
        Value::BigUnsigned(Some(number)) => number.to_string(),
        Value::String(Some(text)) => text.clone(),
        Value::Uuid(Some(id)) => id.to_string(),
        Value::ChronoDate(Some(date)) => date.to_string(),
        _ => return None,
    })
}
