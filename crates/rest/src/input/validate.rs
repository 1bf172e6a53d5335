//! Checks what was sent against the fields, all of them, so that a caller learns every error at once.
use crate::{
    core::Values,
    field::{
        Field,
        coerce::{self, Refusal},
    },
    problem::FieldError,
};

use super::{Given, Submitted};

/// How complete the fields have to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// A new row: what is required must be there, defaults fill the rest.
    Create,
    /// PUT: the same, and what is left out becomes null where it may.
    Replace,
    /// PATCH: only what is there changes.
    Partial,
}

/// The values for the columns, in the order of the columns, or every error.
pub(crate) fn values(
    fields: &[Field],
    submitted: &Submitted,
    mode: Mode,
) -> Result<Values, Vec<FieldError>> {
    let mut errors = unknown(fields, submitted);
    let mut values = Vec::with_capacity(fields.len());
    for field in fields {
        let open = if mode == Mode::Create { field.writable() } else { field.changeable() };
        // What is read-only is ignored, so that an answer, changed, can be sent back whole.
        if !open {
            continue;
        }
        match value(field, submitted.find(field.name), mode) {
            Ok(Some(value)) => values.push((field.index, value)),
            Ok(None) => {}
            Err(Refusal { code, detail }) => errors.push(FieldError::new(field.name, code, detail)),
        }
    }
    if errors.is_empty() { Ok(values) } else { Err(errors) }
}

fn value(
    field: &Field,
    given: Option<&Given>,
    mode: Mode,
) -> Result<Option<sea_orm::Value>, Refusal> {
    match given {
        None if mode == Mode::Partial => Ok(None),
        None => absent(field, mode),
        Some(Given::Json(serde_json::Value::Null)) if field.nullable => Ok(Some(field.kind.null())),
        Some(Given::Json(serde_json::Value::Null)) => {
            Err(Refusal::new("null", "This must not be null."))
        }
        Some(Given::Json(value)) => coerce::json(field, value).map(Some),
        Some(Given::Text(text)) if text.trim().is_empty() => empty(field, text),
        Some(Given::Text(text)) => coerce::text(field, text).map(Some),
    }
}

fn absent(field: &Field, mode: Mode) -> Result<Option<sea_orm::Value>, Refusal> {
    if let Some(default) = field.default {
        return coerce::json(field, &default.to_json()).map(Some);
    }
    if field.required && !(field.write_only && mode == Mode::Replace) {
        return Err(Refusal::new("required", "This field is required."));
    }
    let cleared = mode == Mode::Replace && field.nullable && !field.write_only;
    Ok(cleared.then(|| field.kind.null()))
}

/// An empty input of a form: no value, except for a text that may be empty.
fn empty(field: &Field, text: &str) -> Result<Option<sea_orm::Value>, Refusal> {
    if field.kind.is_text() && (field.allow_blank || !field.nullable) {
        return coerce::text(field, text).map(Some);
    }
    if field.nullable {
        return Ok(Some(field.kind.null()));
    }
    match field.default {
        Some(default) => coerce::json(field, &default.to_json()).map(Some),
        None => Err(Refusal::new("required", "This field is required.")),
    }
}

/// Unknown fields that are named at most: whoever sends thousands gets an answer, not an echo.
const MOST_UNKNOWN: usize = 20;

fn unknown(fields: &[Field], submitted: &Submitted) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let is_unknown = |name: &&String| !fields.iter().any(|field| field.name == name.as_str());
    let names = submitted.fields.iter().map(|(name, _)| name).filter(is_unknown);
    for name in names.take(MOST_UNKNOWN) {
        let known: Vec<&str> =
            fields.iter().filter(|field| field.writable()).map(|field| field.name).collect();
        let detail = match crate::nearest::nearest(name, &known) {
            Some(meant) => format!("There is no such field. Did you mean `{meant}`?"),
            None => format!("There is no such field. Known fields: {}.", known.join(", ")),
        };
        errors.push(FieldError::new(name, "unknown", detail));
    }
    errors
}
