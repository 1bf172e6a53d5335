//! Which form of answer a caller wants: JSON, or the browsable page.
use http::{HeaderMap, StatusCode, header, request::Parts};

use crate::{Problem, Result};

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Html,
}

/// Reads `?format=` and `Accept`. Without pages everything is JSON.
///
/// # Errors
/// 406 when the caller accepts neither, 400 for an unknown `?format=`.
pub(crate) fn format(parts: &Parts, has_pages: bool) -> Result<Format> {
    if let Some(wanted) = parts.uri.query().and_then(wanted_format) {
        return match wanted {
            "json" => Ok(Format::Json),
            "html" if has_pages => Ok(Format::Html),
            other => Err(Problem::new(
                StatusCode::BAD_REQUEST,
                "invalid_parameter",
                format!(
                    "There is no format `{}` here. Allowed: json{}.",
                    other.escape_default(),
                    if has_pages { ", html" } else { "" }
                ),
            )),
        };
    }
    accepted(&parts.headers, has_pages)
}

fn accepted(headers: &HeaderMap, has_pages: bool) -> Result<Format> {
    // What curl and most programs send, without a look at the grammar.
    match headers.get(header::ACCEPT).map(http::HeaderValue::as_bytes) {
        None | Some(b"*/*" | b"application/json") => return Ok(Format::Json),
        Some(_) => {}
    }
    if has_pages && pages::accept::wants_html(headers) {
        return Ok(Format::Html);
    }
    match pages::accept::best(headers, &["application/json", "application/problem+json"]) {
        Some(_) => Ok(Format::Json),
        None => Err(Problem::new(
            StatusCode::NOT_ACCEPTABLE,
            "not_acceptable",
            if has_pages {
                "Answers are `application/json` or `text/html`."
            } else {
                "Answers are `application/json`."
            },
        )),
    }
}

fn wanted_format(query: &str) -> Option<&str> {
    query.split('&').find_map(|pair| pair.strip_prefix("format="))
}
