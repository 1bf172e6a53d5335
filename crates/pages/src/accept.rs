//! Content negotiation (RFC 9110 §12.5.1): does this caller want a page for a person, or data for a program?

use http::{HeaderMap, header};

/// One entry of an `Accept` header.
struct Range<'a> {
    kind: &'a str,
    subtype: &'a str,
    /// Quality in thousandths, 0 to 1000.
    quality: u16,
}

/// How well one media type fits: its quality, how exactly it was named, and its place in the list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Fit {
    quality: u16,
    exactness: u8,
    earliness: usize,
}

/// Whether the caller asked for HTML by name and likes it at least as much as JSON.
///
/// A browser does (`text/html,…,*/*;q=0.8`); `curl`, `fetch` and an absent header (`*/*`) do not, so that a program
/// gets data unless it says otherwise. With equal qualities the type that is named first wins.
pub fn wants_html(headers: &HeaderMap) -> bool {
    let ranges = ranges(headers);
    let html = ["html", "xhtml+xml"]
        .iter()
        .filter_map(|subtype| {
            fit(&ranges, if *subtype == "html" { "text" } else { "application" }, subtype)
        })
        .filter(|fit| fit.exactness > 0)
        .max();
    let json = fit(&ranges, "application", "json").filter(|fit| fit.quality > 0);
    match (html, json) {
        (Some(html), _) if html.quality == 0 => false,
        (Some(html), Some(json)) => {
            html.quality > json.quality
                || html.quality == json.quality
                    && (json.exactness == 0 || html.earliness > json.earliness)
        }
        (Some(_), None) => true,
        (None, _) => false,
    }
}

/// The index of the offered media type that the caller likes best; `None` when none is acceptable (406).
///
/// An absent or empty header accepts everything, so the first offer is chosen. Ties go to the earlier offer.
/// Offers are lower-case `type/subtype` without parameters.
pub fn best(headers: &HeaderMap, offers: &[&str]) -> Option<usize> {
    let ranges = ranges(headers);
    if ranges.is_empty() {
        return if offers.is_empty() { None } else { Some(0) };
    }
    let mut chosen: Option<(usize, u16)> = None;
    for (index, offer) in offers.iter().enumerate() {
        let Some((kind, subtype)) = offer.split_once('/') else { continue };
        let Some(fit) = fit(&ranges, kind, subtype).filter(|fit| fit.quality > 0) else { continue };
        if chosen.is_none_or(|(_, quality)| fit.quality > quality) {
            chosen = Some((index, fit.quality));
        }
    }
    chosen.map(|(index, _)| index)
}

/// The values of a parameter of the media types in `Accept`, such as `2` in `application/json; version=2`: the best liked first,
/// those that are not accepted left out.
pub fn parameter<'a>(headers: &'a HeaderMap, name: &str) -> Vec<&'a str> {
    let value_of = |entry: &'a str| {
        let value = entry.split(';').skip(1).find_map(|parameter| {
            let (known, value) = parameter.split_once('=')?;
            known.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"'))
        })?;
        Some((range(entry)?.quality, value))
    };
    let entries = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let entries = entries.flat_map(|value| value.split(',')).take(MOST_RANGES);
    let mut values: Vec<(u16, &str)> =
        entries.filter_map(value_of).filter(|(quality, _)| *quality > 0).collect();
    // Stable: of equals the first stays the first.
    values.sort_by_key(|(quality, _)| std::cmp::Reverse(*quality));
    values.into_iter().map(|(_, value)| value).collect()
}

/// Whether the caller takes an answer that is compressed by gzip (RFC 9110 §12.5.3).
pub fn takes_gzip(headers: &HeaderMap) -> bool {
    let mut chosen: Option<(bool, u16)> = None;
    let entries = headers.get_all(header::ACCEPT_ENCODING).iter();
    let entries =
        entries.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    for entry in entries.take(MOST_RANGES) {
        let (coding, parameters) = entry.split_once(';').unwrap_or((entry, ""));
        let coding = coding.trim();
        let named = ["gzip", "x-gzip"].iter().any(|name| coding.eq_ignore_ascii_case(name));
        let weight = parameters.trim().strip_prefix("q=").map_or(Some(1000), quality);
        if let (true, Some(weight)) = (named || coding == "*", weight)
            && chosen.is_none_or(|(exact, _)| named || !exact)
        {
            chosen = Some((named, weight));
        }
    }
    chosen.is_some_and(|(_, weight)| weight > 0)
}

/// The most exact range that covers `kind/subtype` decides its quality (RFC 9110 §12.5.1).
fn fit(ranges: &[Range<'_>], kind: &str, subtype: &str) -> Option<Fit> {
    let mut found: Option<Fit> = None;
    for (index, range) in ranges.iter().enumerate() {
        let exactness = if range.kind.eq_ignore_ascii_case(kind) {
            if range.subtype.eq_ignore_ascii_case(subtype) {
                2
            } else if range.subtype == "*" {
                1
            } else {
                continue;
            }
        } else if range.kind == "*" && range.subtype == "*" {
            0
        } else {
            continue;
        };
        if found.is_none_or(|found| exactness > found.exactness) {
            let earliness = ranges.len().saturating_sub(index);
            found = Some(Fit { quality: range.quality, exactness, earliness });
        }
    }
    found
}

/// At most this many entries are looked at: a header is bounded, and so is the work for it.
const MOST_RANGES: usize = 64;

fn ranges(headers: &HeaderMap) -> Vec<Range<'_>> {
    headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(range)
        .take(MOST_RANGES)
        .collect()
}

fn range(entry: &str) -> Option<Range<'_>> {
    let mut parts = entry.split(';').map(str::trim);
    let (kind, subtype) = parts.next()?.split_once('/')?;
    let quality = parts
        .find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim().eq_ignore_ascii_case("q").then(|| quality(value.trim()))
        })
        .unwrap_or(Some(1000))?;
    Some(Range { kind: kind.trim(), subtype: subtype.trim(), quality })
}

/// `qvalue` of RFC 9110 §12.4.2 in thousandths; anything else makes the entry void.
fn quality(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut thousandths = 0;
    for place in 0..3 {
        let digit = fraction.as_bytes().get(place).map_or(0, |byte| u16::from(byte - b'0'));
        thousandths = thousandths * 10 + digit;
    }
    match (whole, thousandths) {
        ("0", _) => Some(thousandths),
        ("1", 0) => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, value.parse().unwrap());
        headers
    }

    #[test]
    fn browsers_want_html_and_programs_do_not() {
        for (header, expected) in [
            (
                "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
                true,
            ),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true),
            ("TEXT/HTML", true),
            ("text/*", true),
            ("application/xhtml+xml", true),
            ("*/*", false),
            ("", false),
            ("application/json", false),
            ("application/json, text/html", false),
            ("text/html, application/json", true),
            ("application/json;q=0.9, text/html", true),
            ("text/html;q=0.5, application/json", false),
            ("text/html;q=0.5, */*;q=0.8", false),
            ("text/html;q=0", false),
            ("text/html;q=0, */*", false),
            ("text/html;q=0, application/xhtml+xml", true),
            ("text/html;q=2", false),
            ("text/html;q=0.1234", false),
            ("text/html;q=abc", false),
            ("text/html; level=1; q=0.7", true),
            ("html", false),
            ("*/html", false),
        ] {
            assert_eq!(wants_html(&accept(header)), expected, "{header:?}");
        }
        assert!(!wants_html(&HeaderMap::new()));
    }

    #[test]
    fn the_best_offer_is_chosen_by_quality_and_exactness() {
        let offers = ["application/json", "text/html", "text/csv"];
        for (header, expected) in [
            ("*/*", Some(0)),
            ("text/csv", Some(2)),
            ("text/*", Some(1)),
            ("text/*;q=0.5, text/csv", Some(2)),
            ("application/json;q=0, */*", Some(1)),
            ("image/png", None),
            ("application/json;q=0.1, text/html;q=0.2", Some(1)),
        ] {
            assert_eq!(best(&accept(header), &offers), expected, "{header:?}");
        }
        assert_eq!(best(&HeaderMap::new(), &offers), Some(0));
        assert_eq!(best(&HeaderMap::new(), &[]), None);
    }

    #[test]
    fn parameters_of_media_types_come_best_liked_first() {
        for (header, expected) in [
            ("application/json; version=2", &["2"][..]),
            ("a/b;Version=\"1\";q=0.5, a/b; version=2, c/d", &["2", "1"]),
            ("a/b;version=1, a/b;version=2", &["1", "2"]),
            ("a/b;version=1;q=0, a/b;q=2;version=3, version=4", &[]),
            ("a/b;version, a/b;conversion=1", &[]),
        ] {
            assert_eq!(parameter(&accept(header), "version"), expected, "{header:?}");
        }
    }

    #[test]
    fn a_header_of_nonsense_is_bounded_and_harmless() {
        let long = vec!["a/b;q=0.1"; 5000].join(",") + ",text/html";
        assert!(!wants_html(&accept(&long)));
    }

    proptest::proptest! {
        #[test]
        fn no_header_is_a_surprise(text in r"[a-z*/;,=q0-9. -]{0,80}") {
            let headers = accept(&text);
            if wants_html(&headers) {
                // Whoever wants HTML accepts it, and JSON is not liked better.
                assert!(best(&headers, &["text/html", "application/xhtml+xml"]).is_some(), "{text:?}");
                assert_ne!(best(&headers, &["text/html", "application/xhtml+xml", "application/json"]), Some(2), "{text:?}");
            }
        }
    }
}
