//! The links of a list (RFC 8288): first, prev, next, last; in the header, in the envelope, on the page.
use std::fmt::Write as _;

use http::HeaderValue;

use super::{ListQuery, Start, total::Count};

/// Relations and addresses.
pub(crate) type Links = Vec<(&'static str, String)>;

/// The address of the list with one parameter that says where to begin.
fn address(path: &str, list: &ListQuery, name: &str, value: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair(name, value);
    query.extend_pairs(&list.others);
    format!("{path}?{}", query.finish())
}

/// The pieces around this one; none when everything is in one. `more` says whether rows follow.
pub(crate) fn numbered(path: &str, list: &ListQuery, count: Count, more: bool) -> Links {
    let pieces = match list.start {
        Start::Page(page) => pages(page, list.size, count, more),
        Start::Offset(offset) => offsets(offset, list.size, count, more),
        Start::Cursor(_) | Start::Whole => Vec::new(),
    };
    let name = if matches!(list.start, Start::Page(_)) { "page" } else { "offset" };
    pieces
        .into_iter()
        .map(|(relation, start)| (relation, address(path, list, name, &start.to_string())))
        .collect()
}

fn pages(page: u64, size: u64, count: Count, more: bool) -> Vec<(&'static str, u64)> {
    let final_page = match count {
        Count::Exact(total) => Some(total.div_ceil(size).max(1)),
        Count::Estimated(_) | Count::Unknown => None,
    };
    if page == 1 && !more {
        return Vec::new();
    }
    let mut pages = vec![("first", 1)];
    if page > 1 {
        pages.push(("prev", (page - 1).min(final_page.unwrap_or(u64::MAX))));
    }
    if more {
        pages.push(("next", page.saturating_add(1)));
    }
    pages.extend(final_page.map(|last| ("last", last)));
    pages
}

fn offsets(offset: u64, limit: u64, count: Count, more: bool) -> Vec<(&'static str, u64)> {
    if offset == 0 && !more {
        return Vec::new();
    }
    let last = match count {
        Count::Exact(total) => Some(total.saturating_sub(1) / limit.max(1) * limit),
        Count::Estimated(_) | Count::Unknown => None,
    };
    let mut places = vec![("first", 0)];
    if offset > 0 {
        places.push(("prev", offset.saturating_sub(limit)));
    }
    if more {
        places.push(("next", offset.saturating_add(limit)));
    }
    places.extend(last.map(|last| ("last", last)));
    places
}

/// The pieces around one that a cursor began.
pub(crate) fn by_cursor(
    path: &str,
    list: &ListQuery,
    previous: Option<String>,
    next: Option<String>,
) -> Links {
    if previous.is_none() && next.is_none() && list.start == Start::Cursor(None) {
        return Vec::new();
    }
    let first = form_urlencoded::Serializer::new(String::new()).extend_pairs(&list.others).finish();
    let mut links = vec![("first", format!("{path}?{first}").trim_end_matches('?').to_owned())];
    let mut push = |relation, cursor: Option<String>| {
        links.extend(cursor.map(|cursor| (relation, address(path, list, "cursor", &cursor))));
    };
    push("prev", previous);
    push("next", next);
    links
}

/// The header, or none when everything is in one piece.
pub(crate) fn header(links: &Links) -> Option<HeaderValue> {
    let mut text = String::new();
    for (relation, address) in links {
        let separator = if text.is_empty() { "" } else { ", " };
        // Writing to a String cannot fail.
        let _ = write!(text, "{separator}<{address}>; rel=\"{relation}\"");
    }
    if text.is_empty() { None } else { HeaderValue::from_str(&text).ok() }
}

/// Where in the list this is, for people.
pub(crate) fn place(list: &ListQuery, count: Count, rows: u64) -> String {
    let of = match count {
        Count::Exact(total) => format!(" of {total}"),
        Count::Estimated(total) => format!(" of about {total}"),
        Count::Unknown => String::new(),
    };
    let plural = |number: u64| if number == 1 { "row" } else { "rows" };
    match (&list.start, count) {
        (Start::Page(page), Count::Exact(total)) => {
            let pages = total.div_ceil(list.size).max(1);
            format!("Page {page} of {pages}, {total} {}", plural(total))
        }
        (Start::Page(page), Count::Estimated(total)) => format!("Page {page}, about {total} rows"),
        (Start::Page(page), Count::Unknown) => format!("Page {page}"),
        (Start::Offset(_), _) if rows == 0 => format!("No row{of}"),
        (Start::Offset(offset), _) => {
            format!("Rows {} to {}{of}", offset + 1, offset.saturating_add(rows))
        }
        (Start::Cursor(_) | Start::Whole, _) => format!("{rows} {}{of}", plural(rows)),
    }
}
