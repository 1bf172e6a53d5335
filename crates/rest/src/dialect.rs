//! Errors in the words of Django REST framework, for clients that were written for it: the same bodies, the same status codes.
use axum::response::{IntoResponse, Response};
use http::{Method, StatusCode, header};
use serde_json::{Map, Value as Json, json};

use crate::{
    Problem,
    core::Facts,
    field::{Constant, Field, Kind, label_of},
    problem::FieldError,
};

/// In which words a resource tells what is wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dialect {
    /// Problem details (RFC 9457).
    #[default]
    Problems,
    /// `{"detail": "…"}` and `{"field": ["…"]}`, 400 for fields, and fields that are not known are passed over: as Django REST
    /// framework 3 does it.
    DjangoRestFramework,
}

/// What a request was about.
pub(crate) struct Asked<'a> {
    pub(crate) facts: &'a Facts,
    pub(crate) method: &'a Method,
    /// Whether it named a row in its address.
    pub(crate) item: bool,
    /// How many rows its body listed, where that was a list.
    pub(crate) rows: Option<usize>,
}

/// A problem in the words of Django REST framework.
pub(crate) fn response(problem: Problem, asked: &Asked<'_>) -> Response {
    let (status, body) = translated(&problem, asked);
    let mut headers = problem.into_response().into_parts().0.headers;
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    let mut response = Response::new(axum::body::Body::from(body.to_string()));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

fn translated(problem: &Problem, asked: &Asked<'_>) -> (StatusCode, Json) {
    let Asked { facts, method, item, rows } = *asked;
    if let Some(body) = problem.django_body() {
        return (problem.status(), body.clone());
    }
    if problem.code() == "validation_failed" {
        let body = match rows {
            Some(count) => rows_of_errors(problem.errors(), count, facts),
            None => fields(problem.errors(), facts),
        };
        return (StatusCode::BAD_REQUEST, body);
    }
    let detail = match problem.code() {
        "missing_token" | "invalid_token" => {
            "Authentication credentials were not provided.".to_owned()
        }
        "insufficient_scope" => "You do not have permission to perform this action.".to_owned(),
        "not_found" if item => format!("No {} matches the given query.", label_of(facts.name)),
        "not_found" => "Not found.".to_owned(),
        "method_not_allowed" => format!("Method \"{method}\" not allowed."),
        "not_acceptable" => "Could not satisfy the request Accept header.".to_owned(),
        "too_many_requests" => throttled(problem),
        _ => problem.detail().to_owned(),
    };
    (problem.status(), json!({ "detail": detail }))
}

fn throttled(problem: &Problem) -> String {
    let wait = problem.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    match wait {
        Some("1") => "Request was throttled. Expected available in 1 second.".to_owned(),
        Some(wait) => format!("Request was throttled. Expected available in {wait} seconds."),
        None => "Request was throttled.".to_owned(),
    }
}

/// The errors of each row of a list in its place; `{}` for the rows that are good.
fn rows_of_errors(errors: &[FieldError], count: usize, facts: &Facts) -> Json {
    let row_of = |error: &FieldError| {
        let (row, rest) = error.pointer.strip_prefix('/')?.split_once('/')?;
        Some((row.parse::<usize>().ok()?, format!("/{rest}")))
    };
    let about = |row: usize| {
        let own = errors.iter().filter_map(|error| {
            let (at, pointer) = row_of(error)?;
            (at == row).then(|| FieldError { pointer, ..error.clone() })
        });
        let own: Vec<FieldError> = own.collect();
        if own.is_empty() { json!({}) } else { fields(&own, facts) }
    };
    if errors.iter().any(|error| row_of(error).is_none()) {
        return fields(errors, facts);
    }
    (0..count).map(about).collect()
}

/// `{"name": ["This field is required."]}`; what is about no field stands under `non_field_errors`.
fn fields(errors: &[FieldError], facts: &Facts) -> Json {
    let mut map: Map<String, Json> = Map::new();
    for error in errors {
        let name = error.field().filter(|name| !name.is_empty());
        let top = name.as_deref().and_then(|name| name.split('/').next());
        let known = top.and_then(|name| facts.field(name));
        let message = known.map_or_else(|| plain(error), |field| message(field, error, facts));
        let key = top.unwrap_or("non_field_errors");
        match map.get_mut(key) {
            Some(Json::Array(list)) => list.push(message.into()),
            _ => drop(map.insert(key.to_owned(), json!([message]))),
        }
    }
    if map.is_empty() {
        map.insert("non_field_errors".to_owned(), json!(["Invalid data."]));
    }
    map.into()
}

fn plain(error: &FieldError) -> String {
    match &*error.code {
        "required" => "This field is required.".to_owned(),
        _ => error.detail.clone().into_owned(),
    }
}

fn message(field: &Field, error: &FieldError, facts: &Facts) -> String {
    let bound = |bound: Option<Constant>| bound.map(|bound| bound.to_string()).unwrap_or_default();
    let length =
        |length: Option<usize>| length.map(|length| length.to_string()).unwrap_or_default();
    match &*error.code {
        "blank" => "This field may not be blank.".to_owned(),
        "null" => "This field may not be null.".to_owned(),
        "max_length" => {
            format!("Ensure this field has no more than {} characters.", length(field.max_length))
        }
        "min_length" => {
            format!("Ensure this field has at least {} characters.", length(field.min_length))
        }
        "max" => format!("Ensure this value is less than or equal to {}.", bound(field.max)),
        "min" => format!("Ensure this value is greater than or equal to {}.", bound(field.min)),
        "unique" => format!(
            "{} with this {} already exists.",
            label_of(facts.name).to_lowercase(),
            field.label.to_lowercase()
        ),
        "email" => "Enter a valid email address.".to_owned(),
        "uri" => "Enter a valid URL.".to_owned(),
        "slug" => "Enter a valid \"slug\" consisting of letters, numbers, underscores or hyphens."
            .to_owned(),
        "pattern" => "This value does not match the required pattern.".to_owned(),
        "does_not_exist" => "Invalid pk - object does not exist.".to_owned(),
        "type" | "range" => of_kind(field.kind).to_owned(),
        _ => plain(error),
    }
}

fn of_kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Boolean => "Must be a valid boolean.",
        Kind::Integer(_) | Kind::Unsigned(_) => "A valid integer is required.",
        Kind::Float | Kind::Double | Kind::Decimal => "A valid number is required.",
        Kind::Text | Kind::LongText => "Not a valid string.",
        Kind::Date => "Date has wrong format. Use one of these formats instead: YYYY-MM-DD.",
        Kind::Time => {
            "Time has wrong format. Use one of these formats instead: hh:mm[:ss[.uuuuuu]]."
        }
        Kind::LocalDateTime | Kind::Instant | Kind::ZonedInstant => {
            "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."
        }
        Kind::Uuid => "Must be a valid UUID.",
        Kind::Json => "Value must be valid JSON.",
        Kind::Opaque => "Invalid value.",
    }
}
