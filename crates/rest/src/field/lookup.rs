//! The comparisons that a filter can make, by Django's names, and the conditions that they become.
use database::Kind as DatabaseKind;
use sea_orm::{
    Value,
    sea_query::{Expr, ExprTrait, Func, LikeExpr, extension::postgres::PgExpr},
};

use super::{Field, Kind, coerce};

/// Values in one `…__in=` at most.
pub const MOST_VALUES: usize = 100;
/// Bytes of a text that is looked for inside other texts at most; SQLite gives up on a pattern of more than 50,000.
pub const LONGEST_WORD: usize = 200;

/// A comparison that a query parameter asks for: `age__gte=3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lookup {
    /// The same value; the parameter is the bare name of the field.
    Exact,
    /// The same text, whatever the case of its letters.
    Iexact,
    /// Holds the text.
    Contains,
    /// Holds the text, whatever the case of its letters.
    Icontains,
    /// Begins with the text.
    Startswith,
    /// Begins with the text, whatever the case of its letters.
    Istartswith,
    /// Ends with the text.
    Endswith,
    /// Ends with the text, whatever the case of its letters.
    Iendswith,
    /// Greater.
    Gt,
    /// Greater or equal.
    Gte,
    /// Less.
    Lt,
    /// Less or equal.
    Lte,
    /// Between two values, both included: `age__range=1,5`.
    Range,
    /// One of several values: `age__in=1,2,3`.
    In,
    /// Without a value (`true`) or with one (`false`).
    Isnull,
}

/// What is compared with.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operand {
    One(Value),
    Two(Value, Value),
    Many(Vec<Value>),
    Text(String),
    Truth(bool),
}

impl Lookup {
    /// What stands behind the two underscores.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Iexact => "iexact",
            Self::Contains => "contains",
            Self::Icontains => "icontains",
            Self::Startswith => "startswith",
            Self::Istartswith => "istartswith",
            Self::Endswith => "endswith",
            Self::Iendswith => "iendswith",
            Self::Gt => "gt",
            Self::Gte => "gte",
            Self::Lt => "lt",
            Self::Lte => "lte",
            Self::Range => "range",
            Self::In => "in",
            Self::Isnull => "isnull",
        }
    }

    /// A few words for people, to stand behind the name of the field.
    pub fn words(self) -> &'static str {
        match self {
            Self::Exact => "is",
            Self::Iexact => "is, in any case",
            Self::Contains => "contains",
            Self::Icontains => "contains, in any case",
            Self::Startswith => "starts with",
            Self::Istartswith => "starts with, in any case",
            Self::Endswith => "ends with",
            Self::Iendswith => "ends with, in any case",
            Self::Gt => "is more than",
            Self::Gte => "is at least",
            Self::Lt => "is less than",
            Self::Lte => "is at most",
            Self::Range => "is from, to",
            Self::In => "is one of",
            Self::Isnull => "is empty",
        }
    }

    /// Whether a field of this kind can be compared so. `macros` says the same of types that it knows, at compile time.
    pub fn fits(self, kind: Kind) -> bool {
        match self {
            Self::Isnull => true,
            Self::Exact | Self::In => !matches!(kind, Kind::Opaque | Kind::Json),
            Self::Gt | Self::Gte | Self::Lt | Self::Lte | Self::Range => {
                !matches!(kind, Kind::Opaque | Kind::Json | Kind::Boolean | Kind::Uuid)
            }
            _ => kind.is_text(),
        }
    }

    /// Whether it looks for a text inside texts, or compares without case.
    pub(crate) fn is_pattern(self) -> bool {
        !matches!(
            self,
            Self::Exact
                | Self::Gt
                | Self::Gte
                | Self::Lt
                | Self::Lte
                | Self::Range
                | Self::In
                | Self::Isnull
        )
    }

    /// Reads what the caller compares with.
    ///
    /// # Errors
    /// A sentence for the caller.
    pub(crate) fn read(self, field: &Field, text: &str) -> Result<Operand, String> {
        let value = |text: &str| {
            coerce::unlimited_text(field, text).map_err(|refusal| refusal.detail.into_owned())
        };
        match self {
            Self::Isnull => match text {
                "true" | "True" | "1" => Ok(Operand::Truth(true)),
                "false" | "False" | "0" => Ok(Operand::Truth(false)),
                _ => Err("It must be true or false.".to_owned()),
            },
            Self::Range => match text.split_once(',') {
                Some((from, to)) if !to.contains(',') => Ok(Operand::Two(value(from)?, value(to)?)),
                _ => Err("It must be two values with a comma between, for example 1,5.".to_owned()),
            },
            Self::In => {
                let values: Vec<Value> =
                    text.split(',').take(MOST_VALUES + 1).map(value).collect::<Result<_, _>>()?;
                if values.len() > MOST_VALUES {
                    return Err(format!("At most {MOST_VALUES} values can be asked for at once."));
                }
                Ok(Operand::Many(values))
            }
            pattern if pattern.is_pattern() => {
                if text.chars().count() > LONGEST_WORD {
                    return Err(format!(
                        "A text to look for has at most {LONGEST_WORD} characters."
                    ));
                }
                Ok(Operand::Text(text.to_owned()))
            }
            _ => Ok(Operand::One(value(text)?)),
        }
    }

    /// The condition on the column.
    pub(crate) fn condition(self, field: &Field, with: &Operand, database: DatabaseKind) -> Expr {
        let column = || field.comparable(Expr::col(field.reference.clone()), database);
        let bound =
            |value: &Value| field.comparable(field.bound(value.clone(), database), database);
        match (self, with) {
            (_, Operand::Truth(true)) => Expr::col(field.reference.clone()).is_null(),
            (_, Operand::Truth(false)) => Expr::col(field.reference.clone()).is_not_null(),
            (_, Operand::Two(from, to)) => column().between(bound(from), bound(to)),
            (_, Operand::Many(values)) => column().is_in(values.iter().map(bound)),
            (Self::Gt, Operand::One(value)) => column().gt(bound(value)),
            (Self::Gte, Operand::One(value)) => column().gte(bound(value)),
            (Self::Lt, Operand::One(value)) => column().lt(bound(value)),
            (Self::Lte, Operand::One(value)) => column().lte(bound(value)),
            (_, Operand::One(value)) => column().eq(bound(value)),
            (_, Operand::Text(text)) => self.matches(field.as_text(), text, database),
        }
    }

    fn matches(self, column: Expr, text: &str, database: DatabaseKind) -> Expr {
        match self {
            Self::Iexact => like(column, text, (false, false), database),
            Self::Icontains => like(column, text, (true, true), database),
            Self::Istartswith => like(column, text, (false, true), database),
            Self::Iendswith => like(column, text, (true, false), database),
            Self::Startswith => same_part(column, text, (false, true), database),
            Self::Endswith => same_part(column, text, (true, false), database),
            _ => same_part(column, text, (true, true), database),
        }
    }
}

/// Whether a text matches, whatever the case of its letters. `open` says whether more may stand before and after.
///
/// SQLite's LIKE knows the case of ASCII letters alone, and PostgreSQL's ILIKE those of the database's locale. So the other
/// letters that are looked for are made small on both sides first, which is the same everywhere.
fn like(column: Expr, text: &str, open: (bool, bool), database: DatabaseKind) -> Expr {
    let mut column = column;
    let mut small = String::with_capacity(text.len());
    let mut done: Vec<char> = Vec::new();
    for letter in text.chars() {
        let lower = only(letter.to_lowercase()).unwrap_or(letter);
        let upper = only(letter.to_uppercase()).unwrap_or(letter);
        if letter.is_ascii() || lower == upper {
            small.push(letter);
            continue;
        }
        small.push(lower);
        if done.iter().all(|known| *known != lower) {
            done.push(lower);
            let function = Func::cust("replace").arg(column).arg(upper.to_string());
            column = function.arg(lower.to_string()).into();
        }
    }
    match database {
        // SQLite has no escape character unless told.
        DatabaseKind::Sqlite => column.like(pattern(&small, open, '!').escape('!')),
        // PostgreSQL's escape character is the backslash unless told otherwise.
        DatabaseKind::Postgres => column.ilike(pattern(&small, open, '\\')),
    }
}

/// Whether a column holds a text, whatever the case of its letters.
pub(crate) fn contains(field: &Field, text: &str, database: DatabaseKind) -> Expr {
    like(field.as_text(), text, (true, true), database)
}

/// The same with the case of letters.
fn same_part(column: Expr, text: &str, open: (bool, bool), database: DatabaseKind) -> Expr {
    if database == DatabaseKind::Postgres {
        return column.like(pattern(text, open, '\\'));
    }
    // SQLite's LIKE cannot tell the cases of ASCII letters apart.
    let length = i32::try_from(text.chars().count()).unwrap_or(i32::MAX);
    match open {
        (true, true) => Expr::from(Func::cust("instr").arg(column).arg(text)).gt(0),
        (true, false) => Expr::from(Func::cust("substr").arg(column).arg(-length)).eq(text),
        _ => Expr::from(Func::cust("substr").arg(column).arg(1).arg(length)).eq(text),
    }
}

fn pattern(text: &str, (before, after): (bool, bool), escape: char) -> LikeExpr {
    let mut pattern = String::with_capacity(text.len() + 2);
    if before {
        pattern.push('%');
    }
    for c in text.chars() {
        if matches!(c, '%' | '_') || c == escape {
            pattern.push(escape);
        }
        pattern.push(c);
    }
    if after {
        pattern.push('%');
    }
    LikeExpr::new(pattern)
}

/// The letter, where there is exactly one: `ß` has two capital letters, and stays as it is.
fn only(mut letters: impl Iterator<Item = char>) -> Option<char> {
    let first = letters.next()?;
    letters.next().is_none().then_some(first)
}
