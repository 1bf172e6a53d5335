//! The keys that say that something goes away: `deprecated`, `sunset`, `deprecation_link`.
use proc_macro2::TokenStream;
use quote::quote;
use syn::{LitStr, Path, meta::ParseNestedMeta};

/// The keys.
pub(crate) const KEYS: [&str; 3] = ["deprecated", "sunset", "deprecation_link"];

/// A day, and its beginning (UTC) in seconds since 1970.
struct Day {
    text: LitStr,
    seconds: u64,
}

/// What was said.
#[derive(Default)]
pub(crate) struct Deprecation {
    since: Option<Day>,
    sunset: Option<Day>,
    link: Option<LitStr>,
}

impl Deprecation {
    /// Reads the value of one of the keys.
    pub(crate) fn read(&mut self, key: &str, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        let text: LitStr = meta.value()?.parse()?;
        match key {
            "deprecated" => self.since = Some(day(text)?),
            "sunset" => self.sunset = Some(day(text)?),
            _ => self.link = Some(address(text)?),
        }
        Ok(())
    }

    /// RFC 8594 §3, RFC 9745 §4: nothing goes before it is said that it will.
    pub(crate) fn check(&self) -> syn::Result<()> {
        let stray = self.sunset.as_ref().map(|day| &day.text).or(self.link.as_ref());
        match (&self.since, &self.sunset, stray) {
            (None, _, Some(stray)) => Err(syn::Error::new_spanned(
                stray,
                "since when should it not be used? Add `deprecated = \"YYYY-MM-DD\"`",
            )),
            (Some(since), Some(sunset), _) if sunset.seconds < since.seconds => {
                Err(syn::Error::new_spanned(
                    &sunset.text,
                    format!(
                        "it would go away before {}, the day from which it is deprecated: give a later day",
                        since.text.value()
                    ),
                ))
            }
            _ => Ok(()),
        }
    }

    /// The value, if anything was said.
    pub(crate) fn tokens(&self, library: &Path) -> Option<TokenStream> {
        let Day { text, seconds } = self.since.as_ref()?;
        let until =
            self.sunset.as_ref().map(|Day { text, seconds }| quote!(.until(#text, #seconds)));
        let link = self.link.as_ref().map(|address| quote!(.link(#address)));
        Some(quote!(#library::Deprecation::since(#text, #seconds)#until #link))
    }
}

fn address(text: LitStr) -> syn::Result<LitStr> {
    let value = text.value();
    let plain = value.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\"\\".contains(&byte));
    if plain && (value.starts_with("https://") || value.starts_with('/')) {
        return Ok(text);
    }
    Err(syn::Error::new_spanned(
        text,
        "where people read about it: an address that begins with https://, or a path on this server",
    ))
}

fn day(text: LitStr) -> syn::Result<Day> {
    match seconds(&text.value()) {
        Some(seconds) => Ok(Day { text, seconds }),
        None => Err(syn::Error::new_spanned(
            text,
            "this is no day: write it as `\"2027-01-31\"`, from 1970 on",
        )),
    }
}

/// The beginning of a day of the Gregorian calendar in seconds since 1970.
fn seconds(text: &str) -> Option<u64> {
    let mut parts = text.split('-');
    let mut number = |digits: usize| {
        let part = parts.next()?;
        let plain = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
        if plain { part.parse::<u64>().ok() } else { None }
    };
    let (year, month, day) = (number(4)?, number(2)?, number(2)?);
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let february = if leap(year) { 29 } else { 28 };
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let length = months.get(usize::try_from(month.checked_sub(1)?).ok()?)?;
    if parts.next().is_some() || year < 1970 || day == 0 || day > *length {
        return None;
    }
    let years: u64 = (1970..year).map(|year| if leap(year) { 366 } else { 365 }).sum();
    let before: u64 = months.iter().zip(1..month).map(|(length, _)| length).sum();
    Some((years + before + day - 1) * 24 * 60 * 60)
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn days_that_there_are_are_counted_and_others_are_not() {
        for (text, expected) in [
            ("1970-01-01", Some(0)),
            ("2000-03-01", Some(951_868_800)),
            ("2027-01-01", Some(1_798_761_600)),
            ("2027-06-30", Some(1_814_313_600)),
            ("2028-02-29", Some(1_835_395_200)),
            ("2027-02-29", None),
            ("2100-02-29", None),
            ("2027-13-01", None),
            ("2027-00-10", None),
            ("2027-01-00", None),
            ("2027-1-1", None),
            ("2027-01-01-01", None),
            ("2027-01-01T00:00", None),
            ("1969-12-31", None),
            ("", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
