//! What a request goes through before any query, callable by the fuzz targets.
use http::{HeaderMap, Method, request::Parts};

use crate::{
    Facts, Problem, Result,
    input::{
        self,
        validate::{self, Mode},
    },
    list::{self, ListQuery, links, total::Count},
    negotiate::{self, Offers},
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
    negotiate::format(parts, Offers { pages: true, exports: true })?;
    let query = ListQuery::parse(facts, parts.uri.query())?;
    links::header(&links::numbered("/", &query, Count::Exact(u64::MAX), true));
    list::item_query(facts, parts.uri.query()).map(drop)?;
    list::check_item_query(parts.uri.query())
}
