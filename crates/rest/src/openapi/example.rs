//! Example values, from what is known about fields; none where a made-up value could be refused.
use serde_json::{Map, Value as Json, json};

use crate::field::{Constant, Field, Kind, Shape};

/// An example of a row or a body; `None` when a value that has to be there cannot be made up.
pub(super) fn row<'f>(fields: impl Iterator<Item = &'f Field>) -> Option<Json> {
    let mut example = Map::new();
    for field in fields {
        match value(field) {
            Some(value) => {
                example.insert(field.name.to_owned(), value);
            }
            None if field.required || field.read_only => return None,
            None => {}
        }
    }
    (!example.is_empty()).then_some(Json::Object(example))
}

/// An example of one value.
pub(crate) fn value(field: &Field) -> Option<Json> {
    if field.has_check() {
        return None;
    }
    if let Some(default) = field.default {
        return Some(default.to_json());
    }
    if let Some(choice) = field.choices.first() {
        return Some(choice.as_str().into());
    }
    match field.kind {
        Kind::Boolean => Some(true.into()),
        Kind::Integer(_) | Kind::Unsigned(_) | Kind::Float | Kind::Double => number(field),
        Kind::Text | Kind::LongText => text(field),
        Kind::Json => Some(json!({})),
        Kind::Opaque => None,
        _ if field.min.is_some() || field.max.is_some() => None,
        Kind::Decimal => Some("1".into()),
        Kind::Date => Some("2026-03-31".into()),
        Kind::Time => Some("18:30:00".into()),
        Kind::LocalDateTime => Some("2026-03-31T18:30:00".into()),
        Kind::Instant | Kind::ZonedInstant => Some("2026-03-31T18:30:00Z".into()),
        Kind::Uuid => Some("0198c5f2-6d3a-7c4e-9f1b-2a3b4c5d6e7f".into()),
    }
}

fn number(field: &Field) -> Option<Json> {
    let inside = |number: i64| {
        let above = match field.min {
            Some(Constant::Integer(min)) => number >= min,
            Some(Constant::Float(min)) => whole(number) >= min,
            _ => true,
        };
        let below = match field.max {
            Some(Constant::Integer(max)) => number <= max,
            Some(Constant::Float(max)) => whole(number) <= max,
            _ => true,
        };
        above && below
    };
    if inside(1) {
        return Some(1.into());
    }
    field.min.or(field.max).map(Constant::to_json)
}

#[expect(clippy::cast_precision_loss, reason = "an example near a limit with a fraction")]
fn whole(number: i64) -> f64 {
    number as f64
}

fn text(field: &Field) -> Option<Json> {
    let text = match field.shape {
        None => field.label.clone(),
        Some(Shape::Email) => "ann@example.com".to_owned(),
        Some(Shape::Url) => "https://example.com/".to_owned(),
        Some(Shape::Slug) => "an-example".to_owned(),
        Some(Shape::Pattern { .. }) => return None,
    };
    let length = text.chars().count();
    let fits = field.max_length.is_none_or(|most| length <= most)
        && field.min_length.is_none_or(|least| length >= least);
    (fits && !text.trim().is_empty()).then(|| text.into())
}
