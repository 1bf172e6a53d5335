//! How long an answer says that it may be kept (RFC 9111), without a look at the wall clock.

use std::time::Duration;

use http::{HeaderMap, HeaderName, header};

/// RFC 9111 §1.2.2: a larger number of seconds counts as this one.
const LONGEST: u64 = 1 << 31;

/// How long an answer says that it may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// It says nothing, or nothing that can be understood without knowing the time.
    Unsaid,
    /// It may not be used a second time.
    Never,
    /// For so long from now on.
    For(Duration),
}

impl Freshness {
    /// Reads `Cache-Control`, `Age`, `Expires` and `Date` (RFC 9111 §4.2.1). What contradicts itself is not kept.
    pub fn of(headers: &HeaderMap) -> Self {
        let mut longest: Option<Option<u64>> = None;
        for (name, value) in texts(headers, &header::CACHE_CONTROL).flat_map(directives) {
            if name.eq_ignore_ascii_case("no-store") || name.eq_ignore_ascii_case("no-cache") {
                return Self::Never;
            }
            if name.eq_ignore_ascii_case("max-age") {
                let seconds = value.and_then(seconds);
                // Of two, the shorter; one that is no number counts as none.
                longest = Some(longest.map_or(seconds, |other| other.min(seconds)));
            }
        }
        match longest {
            Some(None) => Self::Never,
            Some(Some(longest)) => Self::lasting(longest.saturating_sub(age(headers))),
            None => Self::until_expires(headers),
        }
    }

    fn until_expires(headers: &HeaderMap) -> Self {
        let mut dates = texts(headers, &header::EXPIRES);
        let Some(expires) = dates.next() else { return Self::Unsaid };
        // RFC 9111 §5.3: what is no date, such as 0, is a date in the past.
        let (Ok(expires), None) = (httpdate::parse_http_date(expires), dates.next()) else {
            return Self::Never;
        };
        let date = texts(headers, &header::DATE).next();
        match date.and_then(|date| httpdate::parse_http_date(date).ok()) {
            // Both were written by the same clock, so only their distance counts.
            Some(date) => {
                let lasts = expires.duration_since(date).unwrap_or_default().as_secs();
                Self::lasting(lasts.min(LONGEST).saturating_sub(age(headers)))
            }
            None => Self::Unsaid,
        }
    }

    fn lasting(seconds: u64) -> Self {
        if seconds == 0 { Self::Never } else { Self::For(Duration::from_secs(seconds)) }
    }
}

/// How long it has lain in caches on its way (RFC 9111 §5.1).
fn age(headers: &HeaderMap) -> u64 {
    texts(headers, &header::AGE).filter_map(|text| seconds(text.trim())).max().unwrap_or(0)
}

fn texts<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'h str> {
    headers.get_all(name).iter().filter_map(|value| value.to_str().ok())
}

fn seconds(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // So many digits that they do not fit are a large number all the same.
    digits.then(|| text.parse().unwrap_or(LONGEST).min(LONGEST))
}

/// The directives of one header line: names and, without their quotes, values. A comma inside quotes separates nothing.
fn directives(line: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    let mut quoted = false;
    let mut escaped = false;
    let separates = move |c: char| {
        let was_escaped = std::mem::take(&mut escaped);
        match c {
            '"' if !was_escaped => quoted = !quoted,
            '\\' if quoted && !was_escaped => escaped = true,
            _ => {}
        }
        c == ',' && !quoted
    };
    line.split(separates).map(|part| match part.split_once('=') {
        Some((name, value)) => (name.trim(), Some(unquoted(value.trim()))),
        None => (part.trim(), None),
    })
}

fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: &str = "Date: Sun, 06 Nov 1994 08:49:37 GMT";
    const HOUR_LATER: &str = "Expires: Sun, 06 Nov 1994 09:49:37 GMT";

    fn freshness(lines: &[&str]) -> Freshness {
        let mut headers = HeaderMap::new();
        for line in lines {
            let (name, value) = line.split_once(": ").unwrap();
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, value.parse().unwrap());
        }
        Freshness::of(&headers)
    }

    /// RFC 9111 §4.2.1, §5.1, §5.2.2, §5.3.
    #[test]
    fn an_answer_says_how_long_it_may_be_kept() {
        let lasts = |seconds| Freshness::For(Duration::from_secs(seconds));
        let cc = |value: &'static str| format!("Cache-Control: {value}");
        for (value, expected) in [
            ("max-age=60", lasts(60)),
            ("public, Max-Age=60, must-revalidate", lasts(60)),
            ("max-age=\"60\"", lasts(60)),
            ("private=\"a, no-store\", max-age=60", lasts(60)),
            ("private=\"a\\\", no-store\", max-age=60", lasts(60)),
            ("max-age=0", Freshness::Never),
            ("max-age=60, no-cache", Freshness::Never),
            ("no-store, max-age=60", Freshness::Never),
            ("max-age=60, max-age=30", lasts(30)),
            ("max-age=60, max-age=soon", Freshness::Never),
            ("max-age", Freshness::Never),
            ("max-age=-1", Freshness::Never),
            ("max-age=+60", Freshness::Never),
            ("max-age=99999999999999999999999", lasts(LONGEST)),
            ("s-maxage=60", Freshness::Unsaid),
            ("", Freshness::Unsaid),
        ] {
            assert_eq!(freshness(&[&cc(value)]), expected, "{value}");
        }
        assert_eq!(freshness(&["Cache-Control: max-age=60", "Age: 20"]), lasts(40));
        assert_eq!(freshness(&["Cache-Control: max-age=60", "Age: 61"]), Freshness::Never);
        assert_eq!(
            freshness(&["Cache-Control: max-age=60", "Cache-Control: no-store"]),
            Freshness::Never
        );
        assert_eq!(freshness(&[DATE, HOUR_LATER]), lasts(3600));
        assert_eq!(freshness(&[DATE, HOUR_LATER, "Age: 600"]), lasts(3000));
        assert_eq!(freshness(&[DATE, HOUR_LATER, "Cache-Control: max-age=60"]), lasts(60));
        assert_eq!(freshness(&[HOUR_LATER]), Freshness::Unsaid);
        assert_eq!(freshness(&[DATE, "Expires: 0"]), Freshness::Never);
        assert_eq!(freshness(&[DATE, HOUR_LATER, HOUR_LATER]), Freshness::Never);
        assert_eq!(freshness(&[DATE, "Expires: Sun, 06 Nov 1994 08:00:00 GMT"]), Freshness::Never);
        assert_eq!(freshness(&[]), Freshness::Unsaid);
    }
}
