//! Values in a migration: defaults, and what rows that exist are given.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ColumnType;

/// A value in a migration. Text stands also for types that TOML does not have: a uuid, a date, a decimal, JSON, and the
/// bytes of a binary column in hexadecimal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Literal {
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Float(f64),
    /// Text.
    Text(String),
    /// `{ function = "current_timestamp" }`.
    Function {
        /// Which one.
        function: Function,
    },
}

/// What the database can compute for a default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Function {
    /// The time of the transaction.
    #[serde(rename = "current_timestamp")]
    Timestamp,
    /// Its date.
    #[serde(rename = "current_date")]
    Date,
    /// Its time of the day.
    #[serde(rename = "current_time")]
    Time,
}

impl Literal {
    /// Reads a value from a flag or a prompt for a column of type `kind`.
    ///
    /// # Errors
    /// A sentence for the person who typed it.
    pub fn parse(text: &str, kind: ColumnType) -> Result<Self, String> {
        let literal = match kind {
            _ if text.eq_ignore_ascii_case("current_timestamp") => {
                Self::Function { function: Function::Timestamp }
            }
            ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => Self::Integer(
                text.trim().parse().map_err(|_| format!("`{text}` is no whole number"))?,
            ),
            ColumnType::Float | ColumnType::Double => {
                Self::Float(text.trim().parse().map_err(|_| format!("`{text}` is no number"))?)
            }
            ColumnType::Boolean => Self::Boolean(
                text.trim().parse().map_err(|_| format!("`{text}` is neither true nor false"))?,
            ),
            _ => Self::Text(text.to_owned()),
        };
        literal.fits(kind).map(|()| literal)
    }

    /// Whether a column of type `kind` can hold it.
    ///
    /// # Errors
    /// A sentence that says why not.
    pub fn fits(&self, kind: ColumnType) -> Result<(), String> {
        let fits = match (self, kind) {
            (Self::Boolean(_), kind) => kind == ColumnType::Boolean,
            (Self::Integer(number), ColumnType::SmallInt) => i16::try_from(*number).is_ok(),
            (Self::Integer(number), ColumnType::Integer) => i32::try_from(*number).is_ok(),
            (Self::Integer(_), kind) => {
                kind.is_integer()
                    || matches!(
                        kind,
                        ColumnType::Float | ColumnType::Double | ColumnType::Decimal(_)
                    )
            }
            (Self::Float(number), kind) => {
                number.is_finite()
                    && matches!(
                        kind,
                        ColumnType::Float | ColumnType::Double | ColumnType::Decimal(_)
                    )
            }
            (Self::Text(text), ColumnType::String(length)) => {
                u32::try_from(text.chars().count()).is_ok_and(|count| count <= length)
            }
            (Self::Text(text), ColumnType::Binary) => bytes(text).is_some(),
            (Self::Text(text), ColumnType::Uuid) => sea_orm::prelude::Uuid::parse_str(text).is_ok(),
            (Self::Text(text), ColumnType::Decimal(_)) => {
                text.parse::<sea_orm::prelude::Decimal>().is_ok()
            }
            (Self::Text(_), kind) => {
                !kind.is_integer()
                    && !matches!(kind, ColumnType::Float | ColumnType::Double | ColumnType::Boolean)
            }
            (Self::Function { function }, kind) => match function {
                Function::Timestamp => {
                    matches!(kind, ColumnType::Timestamp | ColumnType::DateTime)
                }
                Function::Date => kind == ColumnType::Date,
                Function::Time => kind == ColumnType::Time,
            },
        };
        if fits { Ok(()) } else { Err(format!("{self} is no value for a column of type {kind}")) }
    }
}

/// The bytes that an even number of hexadecimal digits stands for.
pub(crate) fn bytes(hexadecimal: &str) -> Option<Vec<u8>> {
    if !hexadecimal.len().is_multiple_of(2)
        || !hexadecimal.bytes().all(|digit| digit.is_ascii_hexdigit())
    {
        return None;
    }
    (0..hexadecimal.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(hexadecimal.get(at..at + 2)?, 16).ok())
        .collect()
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value}"),
            Self::Text(value) => write!(f, "{value:?}"),
            Self::Function { function } => f.write_str(match function {
                Function::Timestamp => "current_timestamp",
                Function::Date => "current_date",
                Function::Time => "current_time",
            }),
        }
    }
}
