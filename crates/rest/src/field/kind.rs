//! The kinds of values that fields hold.
use sea_orm::{
    DbErr, QueryResult, Value,
    sea_query::{ArrayType, ColumnType},
};

/// What values a field takes, from the Rust type of the model's field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// True or false.
    Boolean,
    /// A signed whole number of so many bits.
    Integer(u8),
    /// An unsigned whole number of so many bits.
    Unsigned(u8),
    /// A number with a fraction, 32 bits.
    Float,
    /// A number with a fraction, 64 bits.
    Double,
    /// An exact decimal number; written as a text in JSON.
    Decimal,
    /// A short text.
    Text,
    /// A text of several lines.
    LongText,
    /// A calendar date.
    Date,
    /// A time of day.
    Time,
    /// A date and time without a time zone.
    LocalDateTime,
    /// An instant, kept in UTC.
    Instant,
    /// An instant, kept with its offset.
    ZonedInstant,
    /// A UUID.
    Uuid,
    /// Any JSON.
    Json,
    /// A type that is shown but cannot be written over HTTP.
    Opaque,
}

impl Kind {
    pub(crate) fn of(array_type: &ArrayType, column_type: &ColumnType) -> Self {
        match array_type {
            ArrayType::Bool => Self::Boolean,
            ArrayType::TinyInt => Self::Integer(8),
            ArrayType::SmallInt => Self::Integer(16),
            ArrayType::Int => Self::Integer(32),
            ArrayType::BigInt => Self::Integer(64),
            ArrayType::TinyUnsigned => Self::Unsigned(8),
            ArrayType::SmallUnsigned => Self::Unsigned(16),
            ArrayType::Unsigned => Self::Unsigned(32),
            ArrayType::BigUnsigned => Self::Unsigned(64),
            ArrayType::Float => Self::Float,
            ArrayType::Double => Self::Double,
            ArrayType::Decimal => Self::Decimal,
            ArrayType::String if matches!(column_type, ColumnType::Text) => Self::LongText,
            ArrayType::String | ArrayType::Enum(_) => Self::Text,
            ArrayType::ChronoDate => Self::Date,
            ArrayType::ChronoTime => Self::Time,
            ArrayType::ChronoDateTime => Self::LocalDateTime,
            ArrayType::ChronoDateTimeUtc => Self::Instant,
            ArrayType::ChronoDateTimeWithTimeZone => Self::ZonedInstant,
            ArrayType::Uuid => Self::Uuid,
            ArrayType::Json => Self::Json,
            _ => Self::Opaque,
        }
    }

    /// Whether values of this kind can be read from a request.
    pub fn accepted(self) -> bool {
        self != Self::Opaque
    }

    /// Whether it is a whole number.
    pub fn is_integer(self) -> bool {
        matches!(self, Self::Integer(_) | Self::Unsigned(_))
    }

    /// Whether it is a text of either length.
    pub fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::LongText)
    }

    /// The word for it in descriptions of a resource.
    pub fn word(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Integer(_) | Self::Unsigned(_) => "integer",
            Self::Float | Self::Double => "number",
            Self::Decimal => "decimal",
            Self::Text | Self::LongText => "string",
            Self::Date => "date",
            Self::Time => "time",
            Self::LocalDateTime | Self::Instant | Self::ZonedInstant => "datetime",
            Self::Uuid => "uuid",
            Self::Json => "json",
            Self::Opaque => "opaque",
        }
    }

    /// The value in one column of a row that was read.
    pub(crate) fn read(self, row: &QueryResult, index: usize) -> Result<Value, DbErr> {
        Ok(match self {
            Self::Boolean => Value::Bool(row.try_get_by_index(index)?),
            Self::Integer(8) => Value::TinyInt(row.try_get_by_index(index)?),
            Self::Integer(16) => Value::SmallInt(row.try_get_by_index(index)?),
            Self::Integer(32) => Value::Int(row.try_get_by_index(index)?),
            Self::Integer(_) => Value::BigInt(row.try_get_by_index(index)?),
            Self::Unsigned(8) => Value::TinyUnsigned(row.try_get_by_index(index)?),
            Self::Unsigned(16) => Value::SmallUnsigned(row.try_get_by_index(index)?),
            Self::Unsigned(32) => Value::Unsigned(row.try_get_by_index(index)?),
            Self::Unsigned(_) => Value::BigUnsigned(row.try_get_by_index(index)?),
            Self::Float => Value::Float(row.try_get_by_index(index)?),
            Self::Double => Value::Double(row.try_get_by_index(index)?),
            Self::Decimal => Value::Decimal(row.try_get_by_index(index)?),
            Self::Text | Self::LongText => Value::String(row.try_get_by_index(index)?),
            Self::Date => Value::ChronoDate(row.try_get_by_index(index)?),
            Self::Time => Value::ChronoTime(row.try_get_by_index(index)?),
            Self::LocalDateTime => Value::ChronoDateTime(row.try_get_by_index(index)?),
            Self::Instant => Value::ChronoDateTimeUtc(row.try_get_by_index(index)?),
            Self::ZonedInstant => Value::ChronoDateTimeWithTimeZone(row.try_get_by_index(index)?),
            Self::Uuid => Value::Uuid(row.try_get_by_index(index)?),
            Self::Json => {
                Value::Json(row.try_get_by_index::<Option<serde_json::Value>>(index)?.map(Box::new))
            }
            Self::Opaque => Value::Bytes(None),
        })
    }

    /// The database's null of this kind.
    pub fn null(self) -> Value {
        match self {
            Self::Boolean => Value::Bool(None),
            Self::Integer(8) => Value::TinyInt(None),
            Self::Integer(16) => Value::SmallInt(None),
            Self::Integer(32) => Value::Int(None),
            Self::Integer(_) => Value::BigInt(None),
            Self::Unsigned(8) => Value::TinyUnsigned(None),
            Self::Unsigned(16) => Value::SmallUnsigned(None),
            Self::Unsigned(32) => Value::Unsigned(None),
            Self::Unsigned(_) => Value::BigUnsigned(None),
            Self::Float => Value::Float(None),
            Self::Double => Value::Double(None),
            Self::Decimal => Value::Decimal(None),
            Self::Text | Self::LongText => Value::String(None),
            Self::Date => Value::ChronoDate(None),
            Self::Time => Value::ChronoTime(None),
            Self::LocalDateTime => Value::ChronoDateTime(None),
            Self::Instant => Value::ChronoDateTimeUtc(None),
            Self::ZonedInstant => Value::ChronoDateTimeWithTimeZone(None),
            Self::Uuid => Value::Uuid(None),
            Self::Json => Value::Json(None),
            Self::Opaque => Value::Bytes(None),
        }
    }
}
