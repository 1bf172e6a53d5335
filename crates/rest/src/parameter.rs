//! The query parameters of a resource: one table that parsing, OPTIONS, error texts and the page's form all read.
use std::borrow::Cow;

use crate::{
    core::Facts,
    field::{Field, Kind, Lookup, lookup},
    listing::Pagination,
};

/// The highest page, and the most rows that can be passed over.
const MOST_PAGES: u64 = 1_000_000_000;
/// Names in `?ordering=` at most.
pub(crate) const MOST_ORDERINGS: usize = 8;
/// Relations that one request may expand.
pub(crate) const MOST_EXPANSIONS: usize = 10;
/// Names in `?fields=` at most.
pub(crate) const MOST_FIELDS: usize = 100;

/// A query parameter that a resource understands.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// The name in the address.
    pub name: Cow<'static, str>,
    /// What it does.
    pub role: Role,
    /// A sentence for people.
    pub meaning: String,
    /// The kind of value, or of each where there are several.
    pub kind: Kind,
    /// Values at most, separated by commas; 1 where there is one.
    pub most: usize,
    /// Smallest whole number.
    pub min: Option<u64>,
    /// Largest whole number.
    pub max: Option<u64>,
    /// The only values; empty when every value of the kind is taken.
    pub choices: Vec<String>,
    /// What counts when it is not sent; empty when nothing does.
    pub default: String,
}

/// What a parameter does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Which numbered page.
    Page,
    /// Rows on a page.
    PageSize,
    /// Rows in the answer.
    Limit,
    /// Rows to pass over.
    Offset,
    /// After or before which row.
    Cursor,
    /// The order of the rows.
    Ordering,
    /// Words that rows must hold.
    Search,
    /// Which members of each row are shown.
    Fields,
    /// Which relations are expanded.
    Expand,
    /// The form of the answer.
    Format,
    /// Which rows: a comparison with a field, by its place in [`Facts::fields`].
    Filter {
        /// The place of the field.
        field: usize,
        /// The comparison.
        lookup: Lookup,
    },
}

impl Role {
    /// Whether it says which piece of the list is wanted.
    pub fn is_paging(self) -> bool {
        matches!(self, Self::Page | Self::PageSize | Self::Limit | Self::Offset | Self::Cursor)
    }
}

impl Parameter {
    fn new(name: impl Into<Cow<'static, str>>, role: Role, meaning: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            role,
            meaning: meaning.into(),
            kind: Kind::Text,
            most: 1,
            min: None,
            max: None,
            choices: Vec::new(),
            default: String::new(),
        }
    }

    fn number(mut self, min: u64, max: Option<u64>, default: u64) -> Self {
        (self.kind, self.min, self.max) = (Kind::Integer(64), Some(min), max);
        self.default = default.to_string();
        self
    }

    fn of(mut self, most: usize, choices: impl IntoIterator<Item = String>) -> Self {
        self.most = most;
        self.choices = choices.into_iter().collect();
        self
    }
}

/// What a list understands, in the order in which it is told.
pub(crate) fn of_list(facts: &Facts) -> Vec<Parameter> {
    let mut all = paging(facts);
    all.push(
        Parameter::new(
            "format",
            Role::Format,
            "The form of the answer, instead of `Accept`; `csv` and `ndjson` hold the whole list.",
        )
        .of(1, ["json", "html", "csv", "ndjson"].map(str::to_owned)),
    );
    let ordered = facts.fields.iter().filter(|field| field.order);
    let ordered: Vec<String> =
        ordered.flat_map(|field| [field.name.to_owned(), format!("-{}", field.name)]).collect();
    if !ordered.is_empty() {
        let mut ordering = Parameter::new(
            "ordering",
            Role::Ordering,
            "The order of the rows: names, separated by commas; a minus before a name turns it round.",
        )
        .of(MOST_ORDERINGS, ordered);
        ordering.default = facts.ordering_text();
        all.push(ordering);
    }
    let searched: Vec<&str> =
        facts.fields.iter().filter(|field| field.search).map(|field| field.name).collect();
    if !searched.is_empty() {
        all.push(Parameter::new(
            "search",
            Role::Search,
            format!(
                "Words that all must be in {}, in any case; quotes keep words together.",
                searched.join(" or ")
            ),
        ));
    }
    all.push(fields(facts));
    all.extend(expand(facts));
    for (place, field) in facts.fields.iter().enumerate() {
        all.extend(field.lookups.iter().map(|lookup| filter(place, field, *lookup)));
    }
    all
}

/// What a row understands.
pub(crate) fn of_item(facts: &Facts) -> Vec<Parameter> {
    let format =
        Parameter::new("format", Role::Format, "The form of the answer, instead of `Accept`.");
    let mut all = vec![format.of(1, ["json", "html"].map(str::to_owned)), fields(facts)];
    all.extend(expand(facts));
    all
}

fn paging(facts: &Facts) -> Vec<Parameter> {
    let size = facts.page_size;
    let page_size = || {
        Parameter::new("page_size", Role::PageSize, "Rows in one answer at most.").number(
            1,
            Some(size),
            size,
        )
    };
    match facts.lists.pagination() {
        Pagination::Page => vec![
            Parameter::new("page", Role::Page, "The number of the page.").number(
                1,
                Some(MOST_PAGES),
                1,
            ),
            page_size(),
        ],
        Pagination::LimitOffset => vec![
            Parameter::new("limit", Role::Limit, "Rows in one answer at most.").number(
                1,
                Some(size),
                size,
            ),
            Parameter::new("offset", Role::Offset, "Rows to pass over.").number(
                0,
                Some(MOST_PAGES),
                0,
            ),
        ],
        Pagination::Cursor => vec![
            Parameter::new(
                "cursor",
                Role::Cursor,
                "Where to go on: taken from the links of an answer, never made by hand.",
            ),
            page_size(),
        ],
        Pagination::None => Vec::new(),
    }
}

fn fields(facts: &Facts) -> Parameter {
    Parameter::new(
        "fields",
        Role::Fields,
        "Which members each row has: names, separated by commas; all, when it is not sent.",
    )
    .of(MOST_FIELDS, facts.members().map(str::to_owned))
}

/// Relations of relations are asked for by a dot, so the names here are not all that are taken.
fn expand(facts: &Facts) -> Option<Parameter> {
    let names: Vec<&str> = facts.relations.iter().map(|relation| relation.name).collect();
    (!names.is_empty()).then(|| {
        let meaning = format!(
            "Which relations are shown as rows, separated by commas: {}; a dot goes further, as in `a.b`.",
            names.join(", ")
        );
        let mut expand = Parameter::new("expand", Role::Expand, meaning);
        expand.most = MOST_EXPANSIONS;
        expand
    })
}

fn filter(place: usize, field: &Field, lookup: Lookup) -> Parameter {
    let name = match lookup {
        Lookup::Exact => Cow::Borrowed(field.name),
        other => Cow::Owned(format!("{}__{}", field.name, other.name())),
    };
    let meaning = format!("Only rows whose {} {}.", field.name, lookup.words());
    let mut parameter = Parameter::new(name, Role::Filter { field: place, lookup }, meaning);
    parameter.kind = if lookup == Lookup::Isnull { Kind::Boolean } else { field.kind };
    parameter.most = match lookup {
        Lookup::In => lookup::MOST_VALUES,
        Lookup::Range => 2,
        _ => 1,
    };
    if matches!(lookup, Lookup::Exact | Lookup::In) {
        parameter.choices.clone_from(&field.choices);
    }
    parameter
}
