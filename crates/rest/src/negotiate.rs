//! Which form of answer a caller wants: JSON, the browsable page, or a whole list as CSV or NDJSON.
use http::{HeaderMap, StatusCode, header, request::Parts};

use crate::{Problem, Result};

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Html,
    Csv,
    Ndjson,
}

/// What there is besides JSON.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offers {
    /// The browsable page.
    pub(crate) pages: bool,
    /// Whole lists.
    pub(crate) exports: bool,
}

/// The media types that programs may ask for, the first of equals first, with the word for `?format=`.
const DATA: &[(&str, &str, Format)] = &[
    ("application/json", "json", Format::Json),
    ("application/problem+json", "json", Format::Json),
    ("text/csv", "csv", Format::Csv),
    ("application/x-ndjson", "ndjson", Format::Ndjson),
];

/// Reads `?format=` and `Accept`.
///
/// # Errors
/// 406 when the caller accepts nothing that there is, 400 for an unknown `?format=`.
pub(crate) fn format(parts: &Parts, offers: Offers) -> Result<Format> {
    let Some(wanted) = parts.uri.query().and_then(wanted_format) else {
        return accepted(&parts.headers, offers);
    };
    let known = names(offers);
    let found = known.iter().find(|(_, name, _)| *name == wanted);
    found.map(|(_, _, format)| *format).ok_or_else(|| {
        let mut words: Vec<&str> = known.iter().map(|(_, name, _)| *name).collect();
        words.dedup();
        Problem::new(
            StatusCode::BAD_REQUEST,
            "invalid_parameter",
            format!(
                "There is no format `{}` here. Allowed: {}.",
                wanted.escape_default(),
                words.join(", ")
            ),
        )
    })
}

/// Media types, words and formats that there are here.
fn names(offers: Offers) -> Vec<(&'static str, &'static str, Format)> {
    let data = DATA
        .iter()
        .copied()
        .filter(|(_, _, format)| offers.exports || !matches!(format, Format::Csv | Format::Ndjson));
    let mut names: Vec<_> = data.collect();
    if offers.pages {
        names.insert(2, ("text/html", "html", Format::Html));
    }
    names
}

fn accepted(headers: &HeaderMap, offers: Offers) -> Result<Format> {
    // What curl and most programs send, without a look at the grammar.
    match headers.get(header::ACCEPT).map(http::HeaderValue::as_bytes) {
        None | Some(b"*/*" | b"application/json") => return Ok(Format::Json),
        Some(_) => {}
    }
    if offers.pages && pages::accept::wants_html(headers) {
        return Ok(Format::Html);
    }
    let known = names(Offers { pages: false, ..offers });
    let types: Vec<&str> = known.iter().map(|(media, _, _)| *media).collect();
    let best = pages::accept::best(headers, &types).and_then(|index| known.get(index));
    best.map(|(_, _, format)| *format).ok_or_else(|| {
        let mut all: Vec<String> = names(offers)
            .iter()
            .filter(|(media, _, _)| *media != "application/problem+json")
            .map(|(media, _, _)| format!("`{media}`"))
            .collect();
        let last = all.pop().unwrap_or_default();
        let most = if all.is_empty() { last } else { format!("{} or {last}", all.join(", ")) };
        Problem::new(StatusCode::NOT_ACCEPTABLE, "not_acceptable", format!("Answers are {most}."))
    })
}

fn wanted_format(query: &str) -> Option<&str> {
    query.split('&').find_map(|pair| pair.strip_prefix("format="))
}
