//! The `Link` header of a list (RFC 8288): first, prev, next, last.
use std::fmt::Write as _;

use http::HeaderValue;

use super::ListQuery;

/// The address of a page of the list.
pub(crate) fn page_address(path: &str, list: &ListQuery, page: u64) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("page", &page.to_string());
    query.extend_pairs(&list.others);
    format!("{path}?{}", query.finish())
}

/// The pages around this one, by relation; none when everything is on one page.
pub(crate) fn pages(list: &ListQuery, total: u64) -> Vec<(&'static str, u64)> {
    let final_page = total.div_ceil(list.page_size).max(1);
    if final_page == 1 && list.page == 1 {
        return Vec::new();
    }
    let mut pages = vec![("first", 1)];
    if list.page > 1 {
        pages.push(("prev", (list.page - 1).min(final_page)));
    }
    if list.page < final_page {
        pages.push(("next", list.page + 1));
    }
    pages.push(("last", final_page));
    pages
}

/// The header, or none when everything is on one page.
pub(crate) fn link_header(path: &str, list: &ListQuery, total: u64) -> Option<HeaderValue> {
    let mut text = String::new();
    for (relation, page) in pages(list, total) {
        let separator = if text.is_empty() { "" } else { ", " };
        // Writing to a String cannot fail.
        let _ = write!(text, "{separator}<{}>; rel=\"{relation}\"", page_address(path, list, page));
    }
    if text.is_empty() { None } else { HeaderValue::from_str(&text).ok() }
}
