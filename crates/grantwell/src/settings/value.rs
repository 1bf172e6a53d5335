//! Values that settings are made of: spans of time, sizes in bytes, and text that must not be shown.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

/// A span of time: `30`, `"30 s"`, `"500 ms"`, `"10 m"`, `"1 h"`, `"30 d"`. A bare number counts seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(Duration);

const SPAN_UNITS: [(&str, u64); 5] =
    [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

impl Span {
    /// A span of whole seconds.
    pub const fn seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// A span of whole days of 24 hours.
    pub const fn days(days: u64) -> Self {
        Self(Duration::from_secs(days * 86_400))
    }

    /// A span of milliseconds.
    pub const fn milliseconds(milliseconds: u64) -> Self {
        Self(Duration::from_millis(milliseconds))
    }

    /// The span as the standard library's duration.
    pub const fn duration(self) -> Duration {
        self.0
    }

    /// `None` for a span of zero, which several settings read as "never".
    pub fn unless_zero(self) -> Option<Duration> {
        (!self.0.is_zero()).then_some(self.0)
    }

    fn parse(text: &str) -> Option<Self> {
        let (count, unit) = number_and_unit(text)?;
        let unit = if unit.is_empty() { "s" } else { unit };
        let (_, milliseconds) = SPAN_UNITS.iter().find(|(name, _)| *name == unit)?;
        count.checked_mul(*milliseconds).map(Self::milliseconds)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX);
        if milliseconds == 0 {
            return f.write_str("0 s");
        }
        let fits = |(_, size): &&(&str, u64)| milliseconds.is_multiple_of(*size);
        let (unit, size) = SPAN_UNITS.iter().find(fits).copied().unwrap_or(("ms", 1));
        write!(f, "{} {unit}", milliseconds / size)
    }
}

/// A size in bytes: `1048576`, `"512 KiB"`, `"1 MiB"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(u64);

const SIZE_UNITS: [(&str, u64); 4] =
    [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

impl Size {
    /// A size of so many bytes.
    pub const fn bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// The size in bytes, for this machine's memory.
    pub fn in_memory(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }

    fn parse(text: &str) -> Option<Self> {
        let (count, unit) = number_and_unit(text)?;
        let unit = if unit.is_empty() { "B" } else { unit };
        let (_, bytes) = SIZE_UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit))?;
        count.checked_mul(*bytes).map(Self)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |(_, size): &&(&str, u64)| self.0 != 0 && self.0.is_multiple_of(*size);
        let (unit, size) = SIZE_UNITS.iter().find(fits).copied().unwrap_or(("B", 1));
        write!(f, "{} {unit}", self.0 / size)
    }
}

/// The whole number at the head of a text, and the unit after it.
fn number_and_unit(text: &str) -> Option<(u64, &str)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    Some((number.parse().ok()?, unit.trim()))
}

/// A setting that nobody may see: no `Display`, nothing in `Debug`, not serialized, wiped when dropped.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub struct Private(Zeroizing<String>);

impl Private {
    /// The text itself. Do not log it, show it, or keep it elsewhere.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Private {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl From<&str> for Private {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl fmt::Debug for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Private(…)")
    }
}

/// Reads a value that is written as a number or as a text with a unit.
struct Measure<T>(fn(&str) -> Option<T>, fn(u64) -> T, &'static str);

impl<T> Visitor<'_> for Measure<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.2)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        Ok((self.1)(number))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        u64::try_from(number)
            .map(self.1)
            .map_err(|_| E::invalid_value(serde::de::Unexpected::Signed(number), &self))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.0)(text).ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(text), &self))
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Measure(Self::parse, Self::seconds, "a span of time"))
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Measure(Self::parse, Self::bytes, "a size"))
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for Size {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A schema that says which of our own formats a text has, without a name of its own in the reference.
macro_rules! text_with_format {
    ($type:ty, $format:literal) => {
        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> Cow<'static, str> {
                $format.into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "format": $format })
            }
        }
    };
}
text_with_format!(Span, "span");
text_with_format!(Size, "size");
text_with_format!(Private, "private");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_sizes_read_what_they_write() {
        for (text, milliseconds, written) in [
            ("30", 30_000, "30 s"),
            ("30s", 30_000, "30 s"),
            ("500 ms", 500, "500 ms"),
            ("90 s", 90_000, "90 s"),
            ("120 s", 120_000, "2 m"),
            ("24 h", 86_400_000, "1 d"),
            ("0", 0, "0 s"),
        ] {
            let span = Span::parse(text).unwrap();
            assert_eq!(span.duration(), Duration::from_millis(milliseconds), "{text}");
            assert_eq!(span.to_string(), written);
            assert_eq!(Span::parse(written), Some(span));
        }
        for (text, bytes, written) in [
            ("1 MiB", 1 << 20, "1 MiB"),
            ("1500", 1500, "1500 B"),
            ("2kib", 2048, "2 KiB"),
            ("0", 0, "0 B"),
        ] {
            let size = Size::parse(text).unwrap();
            assert_eq!(size.in_memory(), bytes, "{text}");
            assert_eq!(size.to_string(), written);
        }
    }

    #[test]
    fn what_is_not_a_span_or_a_size_is_refused() {
        for text in [
            "",
            "s",
            "-1 s",
            "1.5 h",
            "1 fortnight",
            "1 M",
            "99999999999999999999",
            "18446744073709551615 d",
        ] {
            assert_eq!(Span::parse(text), None, "{text}");
        }
        for text in ["", "MiB", "-1", "1 MB", "18446744073709551615 GiB"] {
            assert_eq!(Size::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_private_text_does_not_show_itself() {
        assert_eq!(format!("{:?}", Private::from("hunter2")), "Private(…)");
    }
}
