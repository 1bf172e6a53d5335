//! The query parameters of a list, read by the resource's table of them; and the statement that they make.
pub(crate) mod cursor;
pub(crate) mod links;
pub(crate) mod order;
mod pick;
mod read;
pub(crate) mod total;
mod words;

use database::Kind as DatabaseKind;
use sea_orm::sea_query::{Condition, SelectStatement};

pub use order::Ordered;
pub(crate) use order::declared as declared_order;
pub(crate) use pick::pick;
pub(crate) use read::{check_item_query, invalid, item_query};
pub(crate) use words::LONGEST_SEARCH;

use crate::{
    core::Facts,
    field::{Lookup, lookup, lookup::Operand},
    listing::Pagination,
};

/// Where the wanted piece of a list begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// A page, from 1.
    Page(u64),
    /// So many rows are passed over.
    Offset(u64),
    /// At a cursor that has not been looked at yet, or at the beginning.
    Cursor(Option<String>),
    /// The list is one piece.
    Whole,
}

/// What a list is asked for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ListQuery {
    pub(crate) start: Start,
    /// Rows in the piece at most.
    pub(crate) size: u64,
    /// Complete: what was asked for, or the resource's own, and the key.
    pub(crate) ordering: Vec<Ordered>,
    filters: Vec<(usize, Lookup, Operand)>,
    words: Vec<String>,
    /// The members of each row, where only some are wanted.
    pub(crate) fields: Option<Vec<&'static str>>,
    /// The relations to expand, as they were sent.
    pub(crate) expand: Option<String>,
    /// The parameters besides those that say where it begins, to repeat in links.
    pub(crate) others: Vec<(String, String)>,
    /// The parameters that say which rows there are at all; a cursor is good for these alone.
    narrowing: Vec<(String, String)>,
    /// The first parameter that asks for a piece, which the whole list does not have.
    pub(crate) paging: Option<String>,
}

impl ListQuery {
    /// The first piece, in the order of the resource.
    fn plain(facts: &Facts) -> Self {
        Self {
            start: match facts.lists.pagination() {
                Pagination::Page => Start::Page(1),
                Pagination::LimitOffset => Start::Offset(0),
                Pagination::Cursor => Start::Cursor(None),
                Pagination::None => Start::Whole,
            },
            size: facts.page_size,
            ordering: order::complete(facts, facts.ordering.clone()),
            filters: Vec::new(),
            words: Vec::new(),
            fields: None,
            expand: None,
            others: Vec::new(),
            narrowing: Vec::new(),
            paging: None,
        }
    }

    /// Rows before the piece.
    pub(crate) fn offset(&self) -> u64 {
        match self.start {
            Start::Page(page) => page.saturating_sub(1).saturating_mul(self.size),
            Start::Offset(offset) => offset,
            Start::Cursor(_) | Start::Whole => 0,
        }
    }

    /// Narrows the rows that the caller may see to those that were asked for.
    pub(crate) fn narrow(
        &self,
        facts: &Facts,
        database: DatabaseKind,
        select: &mut SelectStatement,
    ) {
        for (place, lookup, operand) in &self.filters {
            if let Some(field) = facts.fields.get(*place) {
                select.and_where(lookup.condition(field, operand, database));
            }
        }
        for word in &self.words {
            let mut any = Condition::any();
            for field in facts.fields.iter().filter(|field| field.search) {
                any = any.add(lookup::contains(field, word, database));
            }
            select.cond_where(any);
        }
    }

    /// Orders the rows and takes one piece of them. The key comes last, so that pieces never overlap.
    pub(crate) fn piece_of(&self, facts: &Facts, rows: u64, select: &mut SelectStatement) {
        order::apply(facts, &self.ordering, select);
        select.limit(rows);
        let offset = self.offset();
        if offset > 0 {
            select.offset(offset);
        }
    }

    /// The number of all rows, where the rows of this piece tell it already.
    pub(crate) fn total_from(&self, rows: u64) -> Option<u64> {
        let before = self.offset();
        (rows < self.size && (rows > 0 || before == 0)).then(|| before + rows)
    }
}
