//! How the list of a resource is answered: in which pieces, in which shape, with which count.

/// In which pieces a list is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pagination {
    /// Numbered pages: `?page=2&page_size=50`.
    Page,
    /// A number of rows from a place on: `?limit=50&offset=100`.
    LimitOffset,
    /// After a row: `?cursor=…`. Rows that come or go meanwhile shift nothing, and a late page costs no more than the first.
    Cursor,
    /// All rows at once, for lists that stay short; more than `page_size` rows are refused.
    None,
}

/// The JSON around the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// The rows alone: `[…]`. Links and count are headers, which are there in either shape.
    Array,
    /// `{"count": …, "next": …, "previous": …, "results": […]}`, as Django REST framework has it.
    Envelope,
}

/// Whether the rows of the whole list are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Total {
    /// By counting: exact, and on a large table slow.
    Exact,
    /// By what PostgreSQL's planner expects. SQLite has no such number, so there it is counted.
    Estimated,
    /// Not at all.
    None,
}

/// What an author says about lists. What is not said comes from [`Resources::lists`](crate::Resources::lists), and then is:
/// numbered pages, an array, an exact count (none where the pagination is by cursor).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// In which pieces.
    pub pagination: Option<Pagination>,
    /// The JSON around the rows.
    pub shape: Option<Shape>,
    /// Whether rows are counted.
    pub total: Option<Total>,
}

impl Listing {
    /// Nothing said.
    pub const DEFAULT: Self = Self { pagination: None, shape: None, total: None };

    /// What this says, and where it says nothing, what the other says.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            pagination: self.pagination.or(other.pagination),
            shape: self.shape.or(other.shape),
            total: self.total.or(other.total),
        }
    }

    /// The pagination that applies.
    pub fn pagination(self) -> Pagination {
        self.pagination.unwrap_or(Pagination::Page)
    }

    /// The shape that applies.
    pub fn shape(self) -> Shape {
        self.shape.unwrap_or(Shape::Array)
    }

    /// The count that applies. Whoever walks by cursor mostly does so because the table is large.
    pub fn total(self) -> Total {
        self.total.unwrap_or(match self.pagination() {
            Pagination::Cursor => Total::None,
            _ => Total::Exact,
        })
    }
}

impl Pagination {
    /// The word for it in declarations and descriptions.
    pub fn word(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::LimitOffset => "limit_offset",
            Self::Cursor => "cursor",
            Self::None => "none",
        }
    }
}

impl Shape {
    /// The word for it in declarations and descriptions.
    pub fn word(self) -> &'static str {
        match self {
            Self::Array => "array",
            Self::Envelope => "envelope",
        }
    }
}

impl Total {
    /// The word for it in declarations and descriptions.
    pub fn word(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Estimated => "estimated",
            Self::None => "none",
        }
    }
}
