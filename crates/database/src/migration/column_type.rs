//! The column types that both databases have, as they are written in a migration.

use std::fmt;
use std::str::FromStr;

use sea_orm::sea_query;

use crate::Kind;

/// A column type that means the same on SQLite and PostgreSQL. In a migration it is text: `integer`, `string(100)`,
/// `decimal(10, 2)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum ColumnType {
    /// `small_int`: 16 bits.
    SmallInt,
    /// `integer`: 32 bits.
    Integer,
    /// `big_int`: 64 bits.
    BigInt,
    /// `text`: of any length.
    Text,
    /// `string(n)`: at most n characters; SQLite does not enforce it.
    String(u32),
    /// `boolean`.
    Boolean,
    /// `float`: 32 bits.
    Float,
    /// `double`: 64 bits.
    Double,
    /// `decimal` or `decimal(precision, scale)`; SQLite keeps it as a 64-bit float.
    Decimal(Option<(u32, u32)>),
    /// `date`.
    Date,
    /// `time`: of the day.
    Time,
    /// `date_time`: without a time zone.
    DateTime,
    /// `timestamp`: a moment, with a time zone.
    Timestamp,
    /// `uuid`.
    Uuid,
    /// `json`; `jsonb` on PostgreSQL.
    Json,
    /// `binary`: bytes of any length.
    Binary,
}

impl ColumnType {
    const PLAIN: [(Self, &'static str); 15] = [
        (Self::SmallInt, "small_int"),
        (Self::Integer, "integer"),
        (Self::BigInt, "big_int"),
        (Self::Text, "text"),
        (Self::Boolean, "boolean"),
        (Self::Float, "float"),
        (Self::Double, "double"),
        (Self::Decimal(None), "decimal"),
        (Self::Date, "date"),
        (Self::Time, "time"),
        (Self::DateTime, "date_time"),
        (Self::Timestamp, "timestamp"),
        (Self::Uuid, "uuid"),
        (Self::Json, "json"),
        (Self::Binary, "binary"),
    ];

    /// Whether it holds whole numbers.
    pub fn is_integer(self) -> bool {
        matches!(self, Self::SmallInt | Self::Integer | Self::BigInt)
    }

    /// Whether both databases turn the values of this type into `to` by themselves and alike.
    pub fn converts_to(self, to: Self) -> bool {
        let numeric = |kind: Self| {
            kind.is_integer() || matches!(kind, Self::Float | Self::Double | Self::Decimal(_))
        };
        let text = |kind: Self| matches!(kind, Self::Text | Self::String(_));
        self == to
            || (self.is_integer() && numeric(to))
            || (numeric(self) && numeric(to) && !to.is_integer())
            || (text(self) && text(to))
    }

    /// The type as `sea-query` names it for `kind`.
    pub(crate) fn to_query(self, kind: Kind) -> sea_query::ColumnType {
        use sea_query::ColumnType as Query;
        match self {
            Self::SmallInt => Query::SmallInteger,
            Self::Integer => Query::Integer,
            Self::BigInt => Query::BigInteger,
            Self::Text => Query::Text,
            Self::String(length) => Query::String(sea_query::StringLen::N(length)),
            Self::Boolean => Query::Boolean,
            Self::Float => Query::Float,
            Self::Double => Query::Double,
            // SQLite has no decimals; the precision would only be decoration there.
            Self::Decimal(size) => Query::Decimal(size.filter(|_| kind == Kind::Postgres)),
            Self::Date => Query::Date,
            Self::Time => Query::Time,
            Self::DateTime => Query::DateTime,
            Self::Timestamp => Query::TimestampWithTimeZone,
            Self::Uuid => Query::Uuid,
            Self::Json => Query::JsonBinary,
            Self::Binary => Query::Blob,
        }
    }

    /// The type that stands for a type of `sea-query`, if there is one.
    pub(crate) fn of_query(query: &sea_query::ColumnType) -> Option<Self> {
        use sea_query::ColumnType as Query;
        Some(match query {
            Query::TinyInteger | Query::SmallInteger | Query::TinyUnsigned => Self::SmallInt,
            Query::Integer | Query::SmallUnsigned => Self::Integer,
            Query::BigInteger | Query::Unsigned | Query::BigUnsigned => Self::BigInt,
            Query::String(sea_query::StringLen::N(length)) | Query::Char(Some(length)) => {
                Self::String(*length)
            }
            Query::Text | Query::String(_) | Query::Char(None) => Self::Text,
            Query::Boolean => Self::Boolean,
            Query::Float => Self::Float,
            Query::Double => Self::Double,
            Query::Decimal(size) => Self::Decimal(*size),
            Query::Date => Self::Date,
            Query::Time => Self::Time,
            Query::DateTime | Query::Timestamp => Self::DateTime,
            Query::TimestampWithTimeZone => Self::Timestamp,
            Query::Uuid => Self::Uuid,
            Query::Json | Query::JsonBinary => Self::Json,
            Query::Binary(_) | Query::VarBinary(_) | Query::Blob => Self::Binary,
            _ => return None,
        })
    }
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::String(length) => write!(f, "string({length})"),
            Self::Decimal(Some((precision, scale))) => write!(f, "decimal({precision}, {scale})"),
            plain => f.write_str(
                Self::PLAIN.iter().find(|(kind, _)| kind == plain).map_or("", |(_, name)| name),
            ),
        }
    }
}

impl FromStr for ColumnType {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some((kind, _)) = Self::PLAIN.iter().find(|(_, name)| *name == text) {
            return Ok(*kind);
        }
        let sized = text.strip_suffix(')').and_then(|text| text.split_once('('));
        let parsed = match sized {
            Some(("string", length)) => length.trim().parse().ok().map(Self::String),
            Some(("decimal", size)) => size.split_once(',').and_then(|(precision, scale)| {
                Some(Self::Decimal(Some((
                    precision.trim().parse().ok()?,
                    scale.trim().parse().ok()?,
                ))))
            }),
            _ => None,
        };
        parsed.ok_or_else(|| {
            let known: Vec<_> = Self::PLAIN.iter().map(|(_, name)| *name).collect();
            format!(
                "`{text}` is no column type; there are {}, string(n), decimal(precision, scale)",
                known.join(", ")
            )
        })
    }
}

impl From<ColumnType> for String {
    fn from(kind: ColumnType) -> Self {
        kind.to_string()
    }
}

impl TryFrom<String> for ColumnType {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_reads_back_from_its_text() {
        let sized = [ColumnType::String(40), ColumnType::Decimal(Some((10, 2)))];
        for kind in ColumnType::PLAIN.iter().map(|(kind, _)| *kind).chain(sized) {
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
        assert!("varchar".parse::<ColumnType>().unwrap_err().contains("string(n)"));
        for bad in ["string", "string()", "string(-1)", "decimal(1)", "Integer", ""] {
            assert!(bad.parse::<ColumnType>().is_err(), "{bad}");
        }
    }

    #[test]
    fn only_conversions_that_both_databases_do_are_offered() {
        use ColumnType::{BigInt, Boolean, Integer, String, Text, Uuid};
        for (from, to, expected) in [
            (Integer, BigInt, true),
            (BigInt, Integer, true),
            (Integer, ColumnType::Double, true),
            (ColumnType::Double, Integer, false),
            (Text, String(5), true),
            (Integer, Text, false),
            (Text, Integer, false),
            (Boolean, Integer, false),
            (Text, Uuid, false),
        ] {
            assert_eq!(from.converts_to(to), expected, "{from} to {to}");
        }
    }
}
