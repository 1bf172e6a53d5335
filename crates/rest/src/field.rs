//! What a resource knows about each of its fields: the declaration of the derive joined with sea-orm's column facts.
pub mod coerce;
mod kind;
mod limits;
pub mod lookup;
mod made;
mod shape;
#[doc(hidden)]
pub mod variants;
mod written;

use sea_orm::{
    ColumnTrait, ColumnTypeTrait, EntityTrait, IdenStatic, Iterable, ModelTrait,
    PrimaryKeyToColumn, PrimaryKeyTrait,
    sea_query::{ColumnType, DynIden, Expr, ExprTrait, Func, StringLen},
};

pub use kind::Kind;
pub use lookup::Lookup;
pub use shape::{Check, Shape};
pub(crate) use written::written;

/// A constant in a declaration: a limit or a default.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Constant {
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Float(f64),
    /// A text; for dates, times and decimals their written form.
    Text(&'static str),
    /// True or false.
    Boolean(bool),
}

impl Constant {
    /// The constant as JSON.
    pub fn to_json(self) -> serde_json::Value {
        match self {
            Self::Integer(number) => number.into(),
            Self::Float(number) => number.into(),
            Self::Text(text) => text.into(),
            Self::Boolean(truth) => truth.into(),
        }
    }
}

impl std::fmt::Display for Constant {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Integer(number) => number.fmt(formatter),
            Self::Float(number) => number.fmt(formatter),
            Self::Text(text) => text.fmt(formatter),
            Self::Boolean(truth) => truth.fmt(formatter),
        }
    }
}

/// What the author of a resource says about one field; `#[derive(Resource)]` writes these.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one word of the declaration, independent of the others"
)]
pub struct Declared {
    /// The field of the `Model`, which names the column.
    pub field: &'static str,
    /// The name in JSON, forms and query parameters.
    pub name: &'static str,
    /// A sentence for the person who fills it in; empty when there is none.
    pub help: &'static str,
    /// The label in forms; made from the name when absent.
    pub label: Option<&'static str>,
    /// Shown, never taken from a caller.
    pub read_only: bool,
    /// Taken from a caller, never shown.
    pub write_only: bool,
    /// Taken from a caller when the row is made, and never again.
    pub create_only: bool,
    /// It should not be used any more.
    pub deprecated: bool,
    /// A text may be empty.
    pub allow_blank: bool,
    /// Part of `?search=`.
    pub search: bool,
    /// May be a query parameter that selects rows.
    pub filter: bool,
    /// Which comparisons a filter may make; where `filter` is set and none is named, `exact`.
    pub lookups: &'static [Lookup],
    /// May be named in `?ordering=`.
    pub order: bool,
    /// Characters at most.
    pub max_length: Option<usize>,
    /// Characters at least.
    pub min_length: Option<usize>,
    /// Smallest value.
    pub min: Option<Constant>,
    /// Largest value.
    pub max: Option<Constant>,
    /// Used on create when the field is not sent.
    pub default: Option<Constant>,
    /// The only texts that are taken; empty when every text is.
    pub choices: &'static [&'static str],
    /// The texts of the enumeration that is the field's type; none where it is no enumeration.
    pub variants: fn() -> Vec<String>,
    /// What a text looks like.
    pub shape: Option<Shape>,
    /// The author's own check of one value.
    pub check: Option<Check>,
}

impl Declared {
    /// A declaration that says nothing but the name.
    pub const fn new(field: &'static str) -> Self {
        Self {
            field,
            name: field,
            help: "",
            label: None,
            read_only: false,
            write_only: false,
            create_only: false,
            deprecated: false,
            allow_blank: false,
            search: false,
            filter: false,
            lookups: &[],
            order: false,
            max_length: None,
            min_length: None,
            min: None,
            max: None,
            default: None,
            choices: &[],
            variants: Vec::new,
            shape: None,
            check: None,
        }
    }
}

/// A field, complete.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts about a column")]
pub struct Field {
    /// The name in JSON, forms and query parameters.
    pub name: &'static str,
    /// The column in the database.
    pub column: &'static str,
    /// The place of the column in the entity's `Column` enum.
    pub index: usize,
    /// What values it takes.
    pub kind: Kind,
    /// The label in forms.
    pub label: String,
    /// A sentence for the person who fills it in; empty when there is none.
    pub help: &'static str,
    /// The key that stands in the URL.
    pub primary_key: bool,
    /// May be null.
    pub nullable: bool,
    /// Must be sent on create and on PUT.
    pub required: bool,
    /// Shown, never taken from a caller.
    pub read_only: bool,
    /// Taken from a caller, never shown.
    pub write_only: bool,
    /// Taken from a caller when the row is made, and never again.
    pub create_only: bool,
    /// It should not be used any more.
    pub deprecated: bool,
    /// No two rows share a value.
    pub unique: bool,
    /// A text may be empty.
    pub allow_blank: bool,
    /// Part of `?search=`.
    pub search: bool,
    /// May be a query parameter that selects rows.
    pub filter: bool,
    /// Which comparisons a filter may make; empty when it may be none.
    pub lookups: Vec<Lookup>,
    /// May be named in `?ordering=`.
    pub order: bool,
    /// Characters at most.
    pub max_length: Option<usize>,
    /// Characters at least.
    pub min_length: Option<usize>,
    /// Smallest value.
    pub min: Option<Constant>,
    /// Largest value.
    pub max: Option<Constant>,
    /// Used on create when the field is not sent.
    pub default: Option<Constant>,
    /// The only texts that are taken; empty when every text is.
    pub choices: Vec<String>,
    /// What a text looks like.
    pub shape: Option<Shape>,
    /// The author's own check of one value.
    pub(crate) check: Option<Check>,
    /// Table and column, for statements.
    pub(crate) reference: (DynIden, DynIden),
    /// Digits and, of them, decimal places that the column holds.
    pub(crate) decimal: Option<(u32, u32)>,
    /// The database's name for the type, where it is an enumeration of its own.
    enumeration: Option<DynIden>,
}

impl Field {
    /// The condition that the column holds this value.
    pub(crate) fn equals(&self, value: sea_orm::Value, database: database::Kind) -> Expr {
        Expr::col(self.reference.clone()).eq(self.bound(value, database))
    }

    /// A value to compare the column with.
    pub(crate) fn bound(&self, value: sea_orm::Value, database: database::Kind) -> Expr {
        let value = Expr::val(value);
        match &self.enumeration {
            Some(name) if database == database::Kind::Postgres => value.cast_as(name.clone()),
            _ => value,
        }
    }

    /// A column or value as it can be compared. SQLite keeps instants as texts, with whatever offset and separator they were
    /// written with; brought to one form (to the millisecond) they compare as the instants that they are.
    pub(crate) fn comparable(&self, value: Expr, database: database::Kind) -> Expr {
        if database == database::Kind::Sqlite
            && matches!(self.kind, Kind::Instant | Kind::ZonedInstant)
        {
            return Func::cust("strftime").arg("%Y-%m-%dT%H:%M:%f").arg(value).into();
        }
        value
    }

    /// The column as a text, to search in.
    pub(crate) fn as_text(&self) -> Expr {
        let column = Expr::col(self.reference.clone());
        if self.kind.is_text() && self.enumeration.is_none() {
            column
        } else {
            column.cast_as("text")
        }
    }

    /// Whether the author checks values with a function, which no description can tell.
    pub(crate) fn has_check(&self) -> bool {
        self.check.is_some()
    }

    /// Whether a caller may send it when creating.
    pub fn writable(&self) -> bool {
        !self.read_only
    }

    /// Whether a caller may change it on an existing row: a key stays what it is.
    pub fn changeable(&self) -> bool {
        !self.read_only && !self.primary_key && !self.create_only
    }
}

/// Joins the declarations with what the entity says about its columns; a column without a declaration is left out.
pub(crate) fn of_entity<E>(declared: &'static [Declared]) -> Vec<Field>
where
    E: EntityTrait,
    E::Column: Iterable,
{
    let key = E::PrimaryKey::iter().next().map(|key| key.into_column().as_str());
    let mut fields = Vec::with_capacity(declared.len());
    for (index, column) in E::Column::iter().enumerate() {
        let json_key = column.json_key();
        let column_name = column.as_str();
        let found = declared
            .iter()
            .find(|one| one.field == json_key || one.field == column_name || one.name == json_key);
        let Some(declaration) = found else { continue };
        let definition = column.def();
        let column_type = definition.get_column_type();
        let primary_key = key == Some(column_name);
        let kind = Kind::of(&<E::Model as ModelTrait>::get_value_type(column), column_type);
        let made_by_database = primary_key && E::PrimaryKey::auto_increment() && kind.is_integer();
        let nullable = definition.is_null();
        let has_default =
            declaration.default.is_some() || definition.get_column_default().is_some();
        let read_only = declaration.read_only || !kind.accepted();
        fields.push(Field {
            column: column_name,
            index,
            kind,
            primary_key,
            nullable,
            required: !(read_only || nullable || has_default || made_by_database),
            read_only,
            unique: definition.is_unique() || primary_key,
            filter: declaration.filter || !declaration.lookups.is_empty(),
            lookups: lookups(declaration, kind),
            max_length: declaration.max_length.or_else(|| column_length(column_type)),
            choices: choices(declaration, column_type),
            reference: column.as_column_ref(),
            decimal: match column_type {
                ColumnType::Decimal(size) => *size,
                _ => None,
            },
            enumeration: definition.get_enum_name().cloned(),
            ..Field::declared(declaration)
        });
    }
    fields
}

/// The comparisons that fit the kind; the others are left out, and told to the author.
fn lookups(declaration: &Declared, kind: Kind) -> Vec<Lookup> {
    let named = match declaration.lookups {
        [] if declaration.filter => &[Lookup::Exact],
        named => named,
    };
    let (good, bad): (Vec<Lookup>, Vec<Lookup>) =
        named.iter().copied().partition(|lookup| lookup.fits(kind));
    for lookup in bad {
        tracing::error!(
            field = declaration.name,
            lookup = lookup.name(),
            kind = kind.word(),
            "a filter is left out, because values of this kind cannot be compared so"
        );
    }
    good
}

/// `first_name` → `First name`.
pub(crate) fn label_of(name: &str) -> String {
    let spaced = name.replace('_', " ");
    let mut characters = spaced.chars();
    characters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

fn column_length(column_type: &ColumnType) -> Option<usize> {
    match column_type {
        ColumnType::String(StringLen::N(length)) | ColumnType::Char(Some(length)) => {
            usize::try_from(*length).ok()
        }
        _ => None,
    }
}

fn choices(declaration: &Declared, column_type: &ColumnType) -> Vec<String> {
    match column_type {
        ColumnType::Enum { variants, .. } if declaration.choices.is_empty() => {
            variants.iter().map(ToString::to_string).collect()
        }
        _ if declaration.choices.is_empty() => (declaration.variants)(),
        _ => declaration.choices.iter().map(|choice| (*choice).to_owned()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::label_of;

    #[test]
    fn a_label_is_made_from_the_name() {
        for (name, label) in
            [("age", "Age"), ("first_name", "First name"), ("", ""), ("été", "Été")]
        {
            assert_eq!(label_of(name), label);
        }
    }
}
