//! Reads the query string of a list or of a row; only what the resource's table names is understood.
use http::StatusCode;

use super::{ListQuery, Start, order, words};
use crate::{
    Problem, Result,
    core::Facts,
    field::Lookup,
    nearest::nearest,
    pairs,
    parameter::{MOST_FIELDS, Parameter, Role},
};

/// Filters in one query at most.
const MOST_FILTERS: usize = 20;

impl ListQuery {
    /// Reads the query string. A parameter that is there twice is refused, never one of the two taken.
    pub(crate) fn parse(facts: &Facts, query: Option<&str>) -> Result<Self> {
        let mut list = Self::plain(facts);
        for (name, value) in pairs_of(query)? {
            let parameter = find(&facts.parameters, &name)?;
            list.take(facts, parameter, &value)?;
            match parameter.role {
                Role::Filter { .. } | Role::Search if !value.is_empty() => {
                    list.narrowing.push((name.clone(), value.clone()));
                }
                role if role.is_paging() => {
                    list.paging.get_or_insert_with(|| name.clone());
                }
                _ => {}
            }
            if !matches!(parameter.role, Role::Page | Role::Offset | Role::Cursor) {
                list.others.push((name, value));
            }
        }
        if let Start::Page(page) = list.start
            && page
                .saturating_sub(1)
                .checked_mul(list.size)
                .is_none_or(|offset| offset > i64::MAX as u64)
        {
            return Err(invalid("page", "There are not that many pages."));
        }
        Ok(list)
    }

    fn take(&mut self, facts: &Facts, parameter: &Parameter, value: &str) -> Result<()> {
        let name = &*parameter.name;
        match parameter.role {
            Role::Page => self.start = Start::Page(number(parameter, value)?),
            Role::Offset => self.start = Start::Offset(number(parameter, value)?),
            Role::PageSize | Role::Limit => self.size = number(parameter, value)?,
            Role::Format => {}
            // An input of the page's form that was left empty.
            Role::Filter { .. } | Role::Cursor if value.is_empty() => {}
            Role::Cursor => self.start = Start::Cursor(Some(value.to_owned())),
            Role::Ordering => {
                let asked = order::read(&facts.fields, value)?;
                if !asked.is_empty() {
                    self.ordering = order::complete(facts, asked);
                }
            }
            Role::Search => self.words = words::split(value).map_err(|why| invalid(name, &why))?,
            Role::Fields => self.fields = fields(facts, value)?,
            // Read where the relations are.
            Role::Expand => self.expand = Some(value.to_owned()),
            Role::Filter { field: place, lookup } => {
                let Some(field) = facts.fields.get(place) else { return Ok(()) };
                if self.filters.len() == MOST_FILTERS {
                    let what = format!("One query has at most {MOST_FILTERS} filters.");
                    return Err(invalid(name, &what));
                }
                let operand = lookup.read(field, value).map_err(|why| invalid(name, &why))?;
                self.filters.push((place, lookup, operand));
            }
        }
        Ok(())
    }
}

fn pairs_of(query: Option<&str>) -> Result<Vec<(String, String)>> {
    let Some(query) = query.filter(|query| !query.is_empty()) else { return Ok(Vec::new()) };
    pairs::parse(query.as_bytes())
        .map_err(|what| Problem::malformed(format!("The query string cannot be read. {what}")))
}

/// What a row that is read is asked for.
#[derive(Debug, Default)]
pub(crate) struct ItemQuery {
    /// The members; all, if it is not said.
    pub(crate) fields: Option<Vec<&'static str>>,
    /// The relations to expand, as they were sent.
    pub(crate) expand: Option<String>,
}

/// Reads the query string of a row that is read.
pub(crate) fn item_query(facts: &Facts, query: Option<&str>) -> Result<ItemQuery> {
    let mut wanted = ItemQuery::default();
    for (name, value) in pairs_of(query)? {
        match find(&facts.item_parameters, &name)?.role {
            Role::Fields => wanted.fields = fields(facts, &value)?,
            Role::Expand => wanted.expand = Some(value),
            _ => {}
        }
    }
    Ok(wanted)
}

/// What the query string of everything else than a read may hold.
pub(crate) fn check_item_query(query: Option<&str>) -> Result<()> {
    match pairs_of(query)?.iter().find(|(name, _)| name != "format") {
        Some((name, _)) => Err(unknown(name, &["format"])),
        None => Ok(()),
    }
}

fn find<'a>(parameters: &'a [Parameter], name: &str) -> Result<&'a Parameter> {
    parameters.iter().find(|parameter| parameter.name == name).ok_or_else(|| {
        let names: Vec<&str> = parameters.iter().map(|parameter| &*parameter.name).collect();
        match without_exact(parameters, name) {
            Some(bare) => invalid(name, &format!("It is written `{bare}`.")),
            None => unknown(name, &names),
        }
    })
}

/// `age__exact` is `age`, as Django has it, but there is one way to write it.
fn without_exact<'a>(parameters: &'a [Parameter], name: &str) -> Option<&'a str> {
    let bare = name.strip_suffix("__exact")?;
    let exact = |role: Role| matches!(role, Role::Filter { lookup: Lookup::Exact, .. });
    let found = parameters.iter().find(|known| known.name == bare && exact(known.role))?;
    Some(&found.name)
}

fn fields(facts: &Facts, value: &str) -> Result<Option<Vec<&'static str>>> {
    let mut wanted: Vec<&'static str> = Vec::new();
    let names = (!value.is_empty()).then(|| value.split(',').map(str::trim));
    for (index, name) in names.into_iter().flatten().enumerate() {
        if index == MOST_FIELDS {
            return Err(invalid("fields", &format!("It has at most {MOST_FIELDS} names.")));
        }
        let Some(member) = facts.members().find(|member| *member == name) else {
            let known: Vec<&str> = facts.members().collect();
            return Err(invalid("fields", &known_names(name, &known)));
        };
        if !wanted.contains(&member) {
            wanted.push(member);
        }
    }
    Ok((!wanted.is_empty()).then_some(wanted))
}

fn known_names(name: &str, known: &[&str]) -> String {
    let shown: String = name.chars().take(64).collect();
    let meant =
        nearest(name, known).map(|meant| format!(" Did you mean `{meant}`?")).unwrap_or_default();
    format!("There is no `{shown}` here.{meant} Known: {}.", known.join(", "))
}

fn number(parameter: &Parameter, value: &str) -> Result<u64> {
    let (least, most) = (parameter.min.unwrap_or(0), parameter.max);
    match value.parse::<u64>() {
        Ok(number) if number >= least && number <= most.unwrap_or(i64::MAX as u64) => Ok(number),
        // Too many pages are told as such, below.
        Ok(number) if most.is_none() && parameter.role == Role::Page && number >= least => {
            Ok(number)
        }
        _ => Err(invalid(
            &parameter.name,
            &match most {
                Some(most) => format!("It must be a whole number from {least} to {most}."),
                None => format!("It must be a whole number from {least}."),
            },
        )),
    }
}

/// The error of a parameter whose value cannot be used.
pub(crate) fn invalid(name: &str, what: &str) -> Problem {
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
