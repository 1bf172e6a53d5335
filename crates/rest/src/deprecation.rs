//! What is about to go away: since when it should not be used (RFC 9745), until when it is there (RFC 8594), and where to read
//! what to do.
use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderName, HeaderValue, header};

const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");
const SUNSET: HeaderName = HeaderName::from_static("sunset");

/// That a resource, an action or a whole version should not be used any more, or from a day on. It goes on working: whoever
/// looks after the program takes it out.
///
/// `#[resource(deprecated = "2027-01-01", sunset = "2027-06-30", deprecation_link = "https://…")]` writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deprecation {
    since: Day,
    sunset: Option<Day>,
    link: Option<&'static str>,
}

/// Midnight (UTC) at the beginning of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Day {
    /// `2027-01-01`.
    text: &'static str,
    /// Seconds since 1970.
    seconds: u64,
}

impl Deprecation {
    /// Since the beginning of this day (UTC), as `2027-01-01` and in seconds since 1970.
    pub const fn since(text: &'static str, seconds: u64) -> Self {
        Self { since: Day { text, seconds }, sunset: None, link: None }
    }

    /// Gone from the beginning of this day on (UTC).
    #[must_use]
    pub const fn until(mut self, text: &'static str, seconds: u64) -> Self {
        self.sunset = Some(Day { text, seconds });
        self
    }

    /// Where people read what to use instead.
    #[must_use]
    pub const fn link(mut self, address: &'static str) -> Self {
        self.link = Some(address);
        self
    }

    /// A sentence for people.
    pub fn text(&self) -> String {
        let since = self.since.text;
        let until = self.sunset.map(|day| format!(" It goes away on {}.", day.text));
        let link = self.link.map(|address| format!(" What to do: {address}"));
        let (until, link) = (until.unwrap_or_default(), link.unwrap_or_default());
        format!("Deprecated since {since}.{until}{link}")
    }

    /// Tells it to programs.
    pub(crate) fn tell(&self, headers: &mut HeaderMap) {
        let mut set = |name: HeaderName, text: String| {
            if let Ok(value) = HeaderValue::from_str(&text) {
                headers.append(name, value);
            }
        };
        set(DEPRECATION, format!("@{}", self.since.seconds));
        if let Some(day) = self.sunset {
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(day.seconds);
            set(SUNSET, httpdate::fmt_http_date(time));
        }
        if let Some(address) = self.link {
            set(header::LINK, format!("<{address}>; rel=\"deprecation\"; type=\"text/html\""));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_and_people_are_told_the_same_days() {
        let whole = Deprecation::since("2027-01-01", 1_798_761_600)
            .until("2027-06-30", 1_814_313_600)
            .link("https://api.example/changes");
        let mut headers = HeaderMap::new();
        whole.tell(&mut headers);
        assert_eq!(headers[DEPRECATION], "@1798761600");
        assert_eq!(headers[SUNSET], "Wed, 30 Jun 2027 00:00:00 GMT");
        assert_eq!(
            headers[header::LINK],
            "<https://api.example/changes>; rel=\"deprecation\"; type=\"text/html\""
        );
        assert_eq!(
            whole.text(),
            "Deprecated since 2027-01-01. It goes away on 2027-06-30. What to do: https://api.example/changes"
        );
        assert_eq!(Deprecation::since("2027-01-01", 0).text(), "Deprecated since 2027-01-01.");
    }
}
