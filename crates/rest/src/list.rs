//! The query parameters of a list: page, order, search, filters; and the statement they make.
mod links;

use database::Kind as DatabaseKind;
use http::StatusCode;
use sea_orm::{
    Value,
    sea_query::{
        Asterisk, Condition, Expr, ExprTrait, Func, LikeExpr, Order, Query, SelectStatement,
        extension::postgres::PgExpr,
    },
};

pub(crate) use links::{link_header, page_address, pages};

use crate::{
    Problem, Result,
    core::Facts,
    field::{Field, coerce},
    nearest::nearest,
    pairs,
};

/// Names the relations to expand; read where the relations are.
pub(crate) const EXPAND: &str = "expand";
/// Words in `?search=` that are looked at.
const MOST_WORDS: usize = 8;
/// Characters of `?search=` at most; SQLite gives up on a pattern of more than 50,000 bytes.
pub(crate) const LONGEST_SEARCH: usize = 200;
/// The highest page that can be asked for.
pub(crate) const MOST_PAGES: u64 = 1_000_000_000;

/// What a list is asked for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ListQuery {
    /// From 1.
    pub(crate) page: u64,
    pub(crate) page_size: u64,
    ordering: Vec<(usize, Order)>,
    filters: Vec<(usize, Value)>,
    words: Vec<String>,
    /// The parameters besides `page`, to repeat in links.
    pub(crate) others: Vec<(String, String)>,
}

impl ListQuery {
    /// The first page, in the order of the keys.
    fn plain(facts: &Facts) -> Self {
        Self {
            page: 1,
            page_size: facts.page_size,
            ordering: Vec::new(),
            filters: Vec::new(),
            words: Vec::new(),
            others: Vec::new(),
        }
    }

    /// Reads the query string; only what the resource allows is understood.
    pub(crate) fn parse(facts: &Facts, query: Option<&str>) -> Result<Self> {
        let mut list = Self::plain(facts);
        let Some(query) = query.filter(|query| !query.is_empty()) else { return Ok(list) };
        let pairs = pairs::parse(query.as_bytes()).map_err(|what| {
            Problem::malformed(format!("The query string cannot be read. {what}"))
        })?;
        for (name, value) in pairs {
            list.take(facts, &name, &value)?;
            if name != "page" {
                list.others.push((name, value));
            }
        }
        if list
            .page
            .saturating_sub(1)
            .checked_mul(list.page_size)
            .is_none_or(|offset| offset > i64::MAX as u64)
        {
            return Err(invalid("page", "There are not that many pages."));
        }
        Ok(list)
    }

    fn take(&mut self, facts: &Facts, name: &str, value: &str) -> Result<()> {
        match name {
            "page" => self.page = number("page", value, MOST_PAGES)?,
            "page_size" => self.page_size = number("page_size", value, facts.page_size)?,
            "format" => {}
            EXPAND if !facts.relations.is_empty() => {}
            "ordering" if facts.fields.iter().any(|field| field.order) => {
                self.ordering = ordering(&facts.fields, value)?;
            }
            "search" if facts.fields.iter().any(|field| field.search) => {
                if value.chars().count() > LONGEST_SEARCH {
                    let what = format!("It has at most {LONGEST_SEARCH} characters.");
                    return Err(invalid("search", &what));
                }
                let words = value.split_whitespace().take(MOST_WORDS);
                self.words = words.map(str::to_owned).collect();
            }
            _ => {
                let place =
                    facts.fields.iter().position(|field| field.filter && field.name == name);
                let Some((place, field)) =
                    place.and_then(|place| Some((place, facts.fields.get(place)?)))
                else {
                    return Err(unknown(name, &allowed(facts)));
                };
                // An input of the page's filter form that was left empty.
                if value.is_empty() {
                    return Ok(());
                }
                let value = coerce::unlimited_text(field, value)
                    .map_err(|refusal| invalid(name, &refusal.detail))?;
                self.filters.push((place, value));
            }
        }
        Ok(())
    }

    /// Narrows the rows that the caller may see to those that were asked for.
    pub(crate) fn narrow(
        &self,
        facts: &Facts,
        database: DatabaseKind,
        select: &mut SelectStatement,
    ) {
        for (place, value) in &self.filters {
            if let Some(field) = facts.fields.get(*place) {
                select.and_where(field.equals(value.clone(), database));
            }
        }
        for word in &self.words {
            let mut any = Condition::any();
            for field in facts.fields.iter().filter(|field| field.search) {
                any = any.add(contains(field, word, database));
            }
            select.cond_where(any);
        }
    }

    /// Orders the rows and takes one page of them. The key comes last, so that pages never overlap.
    pub(crate) fn page_of(&self, facts: &Facts, select: &mut SelectStatement) {
        for (place, order) in &self.ordering {
            if let Some(field) = facts.fields.get(*place) {
                select.order_by(field.reference.clone(), order.clone());
            }
        }
        if let Some(key) = facts.key() {
            select.order_by(key.reference.clone(), Order::Asc);
        }
        select.limit(self.page_size);
        let offset = (self.page - 1).saturating_mul(self.page_size);
        if offset > 0 {
            select.offset(offset);
        }
    }

    /// The number of all rows, where the rows of this page tell it already.
    pub(crate) fn total_from(&self, rows: u64) -> Option<u64> {
        let before = (self.page - 1).saturating_mul(self.page_size);
        (rows < self.page_size && (rows > 0 || self.page == 1)).then(|| before + rows)
    }
}

/// Whether a column holds a word, whatever the case of its letters.
fn contains(field: &Field, word: &str, database: DatabaseKind) -> Expr {
    let pattern = |escape: char| {
        let mut pattern = String::from("%");
        for c in word.chars() {
            if matches!(c, '%' | '_') || c == escape {
                pattern.push(escape);
            }
            pattern.push(c);
        }
        pattern.push('%');
        LikeExpr::new(pattern)
    };
    match database {
        // SQLite's LIKE ignores the case of ASCII letters by itself, and has no escape character unless told.
        DatabaseKind::Sqlite => field.as_text().like(pattern('!').escape('!')),
        // PostgreSQL's escape character is the backslash unless told otherwise.
        DatabaseKind::Postgres => field.as_text().ilike(pattern('\\')),
    }
}

/// `SELECT COUNT(*) FROM (…)`.
pub(crate) fn count(mut select: SelectStatement) -> SelectStatement {
    select.clear_order_by().reset_limit().reset_offset();
    Query::select().expr(Func::count(Expr::col(Asterisk))).from_subquery(select, "rows").to_owned()
}

/// What a single row's query string may hold.
pub(crate) fn check_item_query(query: Option<&str>) -> Result<()> {
    let Some(query) = query.filter(|query| !query.is_empty()) else { return Ok(()) };
    let pairs = pairs::parse(query.as_bytes())
        .map_err(|what| Problem::malformed(format!("The query string cannot be read. {what}")))?;
    match pairs.iter().find(|(name, _)| name != "format") {
        Some((name, _)) => Err(unknown(name, &["format"])),
        None => Ok(()),
    }
}

/// What the query string may hold where one row is shown.
pub(crate) fn check_shown_query(facts: &Facts, query: Option<&str>) -> Result<()> {
    let Some(query) = query.filter(|query| !query.is_empty()) else { return Ok(()) };
    let pairs = pairs::parse(query.as_bytes())
        .map_err(|what| Problem::malformed(format!("The query string cannot be read. {what}")))?;
    let known: &[&str] = if facts.relations.is_empty() { &["format"] } else { &["format", EXPAND] };
    match pairs.iter().find(|(name, _)| !known.contains(&name.as_str())) {
        Some((name, _)) => Err(unknown(name, known)),
        None => Ok(()),
    }
}

/// The query parameters that a list understands.
pub(crate) fn allowed(facts: &Facts) -> Vec<&'static str> {
    let mut names = vec!["page", "page_size", "format"];
    if facts.fields.iter().any(|field| field.order) {
        names.push("ordering");
    }
    if facts.fields.iter().any(|field| field.search) {
        names.push("search");
    }
    if !facts.relations.is_empty() {
        names.push(EXPAND);
    }
    names.extend(facts.fields.iter().filter(|field| field.filter).map(|field| field.name));
    names
}

fn ordering(fields: &[Field], value: &str) -> Result<Vec<(usize, Order)>> {
    let mut order: Vec<(usize, Order)> = Vec::new();
    // An input of a form that was left empty orders nothing; an empty name in a list is a mistake.
    let names = if value.is_empty() { None } else { Some(value.split(',').map(str::trim)) };
    for name in names.into_iter().flatten() {
        let (bare, direction) = match name.strip_prefix('-') {
            Some(bare) => (bare, Order::Desc),
            None => (name, Order::Asc),
        };
        let Some(place) = fields.iter().position(|field| field.order && field.name == bare) else {
            let known: Vec<&str> =
                fields.iter().filter(|field| field.order).map(|field| field.name).collect();
            return Err(invalid(
                "ordering",
                &format!(
                    "Rows cannot be ordered by `{bare}`, only by: {}; a minus before a name turns it round.",
                    known.join(", ")
                ),
            ));
        };
        if !order.iter().any(|(known, _)| *known == place) {
            order.push((place, direction));
        }
    }
    Ok(order)
}

fn number(name: &str, value: &str, most: u64) -> Result<u64> {
    match value.parse::<u64>() {
        Ok(number) if number >= 1 && number <= most => Ok(number),
        _ => Err(invalid(name, &format!("It must be a whole number from 1 to {most}."))),
    }
}

fn invalid(name: &str, what: &str) -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "invalid_parameter",
        format!("The query parameter `{name}` cannot be understood. {what}"),
    )
}

fn unknown(name: &str, allowed: &[&str]) -> Problem {
    let listed = allowed.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let meant =
        nearest(name, allowed).map(|meant| format!(" Did you mean `{meant}`?")).unwrap_or_default();
    Problem::new(
        StatusCode::BAD_REQUEST,
        "unknown_parameter",
        format!("There is no query parameter `{name}` here.{meant} Allowed: {listed}."),
    )
}
