//! What a request goes through before any query, callable by the fuzz targets.
use http::{HeaderMap, Method, request::Parts};

use crate::{
    Facts, Problem, Result,
    input::{
        self,
        validate::{self, Mode},
    },
    list::{self, ListQuery},
    negotiate,
};

/// Reads a body and checks it against the fields of a resource.
pub fn body(facts: &Facts, headers: &HeaderMap, body: &[u8]) -> Result<()> {
    for (method, mode) in
        [(Method::POST, Mode::Create), (Method::PUT, Mode::Replace), (Method::PATCH, Mode::Partial)]
    {
        let submitted = input::parse(&method, headers, body)?;
        validate::values(&facts.fields, &submitted, mode).map_err(Problem::invalid)?;
    }
    Ok(())
}

/// Reads what the address of a list, or of a row, asks for.
pub fn query(facts: &Facts, parts: &Parts) -> Result<()> {
    negotiate::format(parts, true)?;
    let query = ListQuery::parse(facts, parts.uri.query())?;
    list::link_header("/", &query, u64::MAX);
    list::check_item_query(parts.uri.query())
}
