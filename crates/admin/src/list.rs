//! A page of a list: how many rows, after which one, and where the next page is (RFC 8288).

use axum::extract::FromRequestParts;
use axum::response::Response;
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};
use rest::Problem;
use serde_json::Value;

use crate::show::answer;
use crate::state::State;

/// How many rows there are on a page unless something else is asked for, and at most.
const USUAL: u64 = 100;
const MOST: u64 = 500;

/// Which page is wanted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// The id of the row before it.
    pub(crate) after: Option<String>,
    /// How many rows at most.
    pub(crate) limit: u64,
}

impl FromRequestParts<State> for Wanted {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Problem> {
        parse(parts.uri.query().unwrap_or_default())
            .map_err(|(code, detail)| Problem::new(StatusCode::BAD_REQUEST, code, detail))
    }
}

fn parse(query: &str) -> Result<Wanted, (&'static str, &'static str)> {
    let mut wanted = Wanted { after: None, limit: USUAL };
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "after" => wanted.after = Some(value.into_owned()),
            "limit" => {
                let limit = value.parse().ok().filter(|limit| (1..=MOST).contains(limit));
                wanted.limit = limit
                    .ok_or(("invalid_parameter", "`limit` is a whole number from 1 to 500."))?;
            }
            _ => return Err(("unknown_parameter", "A list takes `limit` and `after`.")),
        }
    }
    Ok(wanted)
}

/// The id after which a page begins.
pub(crate) fn after<T, E>(
    wanted: &Wanted,
    read: impl Fn(&str) -> Result<T, E>,
) -> Result<Option<T>, Problem> {
    wanted.after.as_deref().map(read).transpose().map_err(|_| {
        let detail =
            "`after` is the id at the end of the page before; take it from the `Link` header.";
        Problem::new(StatusCode::BAD_REQUEST, "invalid_parameter", detail)
    })
}

/// The rows as an array; a full page says where the next one is.
pub(crate) fn page(path: &str, wanted: &Wanted, rows: &[Value], last: Option<String>) -> Response {
    let mut response = answer(StatusCode::OK, &Value::from(rows.to_vec()));
    let full = rows.len() as u64 == wanted.limit;
    if let Some(last) = last.filter(|_| full) {
        let link = format!("<{path}?after={last}&limit={}>; rel=\"next\"", wanted.limit);
        if let Ok(link) = HeaderValue::from_str(&link) {
            response.headers_mut().insert(header::LINK, link);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_a_bound() {
        let wanted =
            |after: Option<&str>, limit| Ok(Wanted { after: after.map(str::to_owned), limit });
        assert_eq!(parse(""), wanted(None, 100));
        assert_eq!(parse("after=x&limit=500"), wanted(Some("x"), 500));
        for wrong in ["limit=0", "limit=501", "limit=-1", "limit=all", "limit="] {
            assert_eq!(parse(wrong).unwrap_err().0, "invalid_parameter", "{wrong}");
        }
        assert_eq!(parse("offset=7").unwrap_err().0, "unknown_parameter");
    }
}
