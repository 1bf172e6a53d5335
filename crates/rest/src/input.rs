//! The body of a request: read within its limit, parsed by its type, checked against the fields.
pub(crate) mod json;
mod multipart;
pub(crate) mod validate;

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::{Value as Json, json};

use crate::{Problem, Result, pairs};

/// What POST and PUT take.
pub(crate) const ACCEPT_POST: HeaderValue = HeaderValue::from_static(
    "application/json, application/x-www-form-urlencoded, multipart/form-data",
);
/// What PATCH takes (RFC 5789 §3.1).
pub(crate) const ACCEPT_PATCH: HeaderValue = HeaderValue::from_static(
    "application/merge-patch+json, application/json, application/x-www-form-urlencoded, multipart/form-data",
);
pub(crate) const ACCEPT_POST_NAME: HeaderName = HeaderName::from_static("accept-post");
pub(crate) const ACCEPT_PATCH_NAME: HeaderName = HeaderName::from_static("accept-patch");

/// One value as it was sent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Given {
    Json(Json),
    Text(String),
}

/// The fields as they were sent, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Submitted {
    pub(crate) fields: Vec<(String, Given)>,
    pub(crate) is_form: bool,
    /// The rows of a JSON list, where the body was one.
    pub(crate) rows: Option<Vec<Self>>,
}

impl Submitted {
    pub(crate) fn find(&self, name: &str) -> Option<&Given> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, given)| given)
    }

    /// Takes a field out.
    pub(crate) fn take(&mut self, name: &str) -> Option<Given> {
        let place = self.fields.iter().position(|(known, _)| known == name)?;
        Some(self.fields.remove(place).1)
    }

    /// Takes a field of a form out.
    pub(crate) fn take_text(&mut self, name: &str) -> Option<String> {
        let place = self
            .fields
            .iter()
            .position(|(known, given)| known == name && matches!(given, Given::Text(_)))?;
        match self.fields.remove(place).1 {
            Given::Text(text) => Some(text),
            Given::Json(_) => None,
        }
    }
}

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MediaType {
    Json,
    Form,
    Parts,
}

/// Reads the whole body of a request, `limit` bytes at most.
///
/// # Errors
/// 413 for a larger one, 400 for one that ends too early.
pub async fn read(headers: &HeaderMap, body: Body, limit: usize) -> Result<Bytes> {
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(too_large(limit));
    }
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.downcast_ref::<LengthLimitError>().is_some() => Err(too_large(limit)),
        Err(_) => Err(Problem::malformed("The body ended before it was complete.")),
    }
}

fn too_large(limit: usize) -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too_large",
        format!("The body is larger than {limit} bytes."),
    )
}

/// Parses a body by its `Content-Type`.
pub(crate) fn parse(method: &Method, headers: &HeaderMap, body: &[u8]) -> Result<Submitted> {
    let Some(media_type) = media_type(method, headers, body.is_empty())? else {
        return Ok(Submitted::default());
    };
    match media_type {
        MediaType::Json => parse_json(body),
        MediaType::Form => {
            let pairs = pairs::parse(body).map_err(|what| {
                Problem::malformed(format!("The form in the body cannot be read. {what}"))
            })?;
            Ok(of_pairs(pairs))
        }
        MediaType::Parts => multipart::parse(headers, body).map(of_pairs),
    }
}

fn of_pairs(pairs: Vec<(String, String)>) -> Submitted {
    let fields = pairs.into_iter().map(|(name, value)| (name, Given::Text(value))).collect();
    Submitted { fields, is_form: true, rows: None }
}

/// Parses a query string as if it were a form.
pub(crate) fn parse_query(query: &str) -> Result<Submitted> {
    let pairs = pairs::parse(query.as_bytes())
        .map_err(|what| Problem::malformed(format!("The query string cannot be read. {what}")))?;
    Ok(of_pairs(pairs))
}

/// Parses a JSON object, or a list of them.
pub(crate) fn parse_json(body: &[u8]) -> Result<Submitted> {
    match json::value(body) {
        Ok(Json::Object(map)) => Ok(object(map)),
        Ok(Json::Array(list)) => {
            let rows = list.into_iter().map(|row| match row {
                Json::Object(map) => Ok(object(map)),
                _ => Err(not_an_object("Each row of the list", "list")),
            });
            let rows = Some(rows.collect::<Result<_>>()?);
            Ok(Submitted { fields: Vec::new(), is_form: false, rows })
        }
        Ok(other) => Err(not_an_object("The body", python_name(&other))),
        Err(error) => {
            let told = format!("The body is not JSON that can be read: {error}.");
            let body = json!({ "detail": format!("JSON parse error - {error}") });
            Err(Problem::malformed(told).in_django(body))
        }
    }
}

pub(crate) fn object(map: serde_json::Map<String, Json>) -> Submitted {
    let fields = map.into_iter().map(|(name, value)| (name, Given::Json(value))).collect();
    Submitted { fields, is_form: false, rows: None }
}

/// What is said of a body that should be an object; `got` is Python's word for what it is.
pub(crate) fn not_an_object(what: &str, got: &str) -> Problem {
    let told = format!("{what} must be a JSON object, such as {{\"name\": \"…\"}}.");
    let django = format!("Invalid data. Expected a dictionary, but got {got}.");
    Problem::malformed(told).in_django(json!({ "non_field_errors": [django] }))
}

fn python_name(value: &Json) -> &'static str {
    match value {
        Json::Null => "NoneType",
        Json::Bool(_) => "bool",
        Json::Number(number) if number.is_f64() => "float",
        Json::Number(_) => "int",
        Json::String(_) => "str",
        Json::Array(_) => "list",
        Json::Object(_) => "dict",
    }
}

fn media_type(method: &Method, headers: &HeaderMap, empty: bool) -> Result<Option<MediaType>> {
    if let Some(coding) =
        headers.get(header::CONTENT_ENCODING).filter(|coding| *coding != "identity")
    {
        return Err(unsupported(
            method,
            &format!("The body is encoded as {coding:?}; send it as it is."),
        ));
    }
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        if empty {
            return Ok(None);
        }
        return Err(unsupported(method, "The body has no Content-Type; say what it is."));
    };
    let text = value.to_str().unwrap_or_default();
    let (essence, parameters) = text.split_once(';').unwrap_or((text, ""));
    let essence = essence.trim().to_ascii_lowercase();
    let charset = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("charset")
            .then(|| value.trim().trim_matches('"').to_ascii_lowercase())
    });
    if let Some(charset) = charset.filter(|charset| charset != "utf-8" && charset != "utf8") {
        return Err(unsupported(
            method,
            &format!("The body is written in {charset:?}; send it in UTF-8."),
        ));
    }
    match essence.as_str() {
        "application/json" => Ok(Some(MediaType::Json)),
        "application/merge-patch+json" if *method == Method::PATCH => Ok(Some(MediaType::Json)),
        "application/x-www-form-urlencoded" => Ok(Some(MediaType::Form)),
        "multipart/form-data" => Ok(Some(MediaType::Parts)),
        other => {
            let problem = unsupported(method, &format!("The body's Content-Type is {other:?}."));
            let detail = format!("Unsupported media type \"{other}\" in request.");
            Err(problem.in_django(json!({ "detail": detail })))
        }
    }
}

fn unsupported(method: &Method, what: &str) -> Problem {
    let (name, value) = if *method == Method::PATCH {
        (ACCEPT_PATCH_NAME, ACCEPT_PATCH)
    } else {
        (ACCEPT_POST_NAME, ACCEPT_POST)
    };
    Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
        format!("{what} Send `application/json`, or a form."),
    )
    .with_header(name, value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_body_is_read_or_refused_with_a_4xx(
            body in prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..200),
                "[{}\\[\\]\",:a0-9\\\\u ]{0,60}".prop_map(String::into_bytes),
                "[a-c=&%0-9f+]{0,60}".prop_map(String::into_bytes),
                "(--a|\r\n|--|content-disposition: form-data|; name=\"?b\"?|; filename=c|[a-c\x00é]){0,12}"
                    .prop_map(String::into_bytes),
            ],
            kind in prop_oneof![
                Just("application/json".to_owned()),
                Just("application/x-www-form-urlencoded".to_owned()),
                Just("multipart/form-data; boundary=a".to_owned()),
                "[ -~]{0,40}",
            ],
        ) {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(&kind).unwrap());
            if let Err(problem) = parse(&Method::POST, &headers, &body) {
                prop_assert!(matches!(problem.status().as_u16(), 400 | 415 | 422));
            }
        }
    }
}
