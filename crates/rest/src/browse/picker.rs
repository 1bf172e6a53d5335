//! Inputs for the keys of other rows: where suggestions come from, and by which field people know a row.
use pages::form::Suggest;

use crate::{
    core::Facts,
    exchange::Exchange,
    field::Field,
    parameter::Role,
    relation::{Cardinality, Ends, Relation},
};

/// Suggestions at a time.
const MOST: u64 = 10;

/// The field by which people know a row: the first that is searched, otherwise the first text that is not the key.
pub(super) fn label_field(facts: &Facts) -> Option<&Field> {
    let texts = || facts.shown().filter(|field| field.kind.is_text());
    texts().find(|field| field.search).or_else(|| texts().find(|field| !field.primary_key))
}

/// Suggestions for a field that refers to the rows of another resource. An action's field is known by its name.
pub(super) fn of_field(exchange: &Exchange, name: &str) -> Option<Suggest> {
    let facts = &exchange.mounted.facts;
    let field = facts.field(name)?;
    let refers = |relation: &&Relation| relation.referring_column() == Some(field.column);
    suggest(exchange, facts.relations.iter().find(refers)?, false)
}

/// Suggestions for a list of keys.
pub(super) fn of_relation(exchange: &Exchange, relation: &Relation) -> Option<Suggest> {
    suggest(exchange, relation, relation.cardinality == Cardinality::Many)
}

/// The list of the other resource, if it has an address here and is the caller's to read: its scope and its rows stay theirs.
fn suggest(exchange: &Exchange, relation: &Relation, many: bool) -> Option<Suggest> {
    let mounted = &exchange.mounted;
    let target = mounted.registry.mounted(relation.target.id)?;
    if !exchange.satisfies(relation.target_read()) {
        return None;
    }
    let facts = &target.facts;
    let (Ends::Direct { far, .. } | Ends::Through { far, .. }) = relation.ends.as_ref()?;
    let value = facts.shown().find(|field| field.reference == *far)?;
    let label = label_field(facts).filter(|label| label.name != value.name);
    let parameter = |role: fn(Role) -> bool| facts.parameters.iter().find(|one| role(one.role));
    let path = format!("{}{}/", mounted.root, facts.path);
    let mut query = form_urlencoded::Serializer::new(String::new());
    let members: Vec<&str> =
        [Some(value), label].into_iter().flatten().map(|one| one.name).collect();
    query.append_pair("fields", &members.join(","));
    let row_query = query.finish();
    let mut query = form_urlencoded::Serializer::new(row_query.clone());
    if let Some(size) = parameter(|role| matches!(role, Role::PageSize | Role::Limit)) {
        let rows = size.max.map_or(MOST, |most| most.min(MOST));
        query.append_pair(&size.name, &rows.to_string());
    }
    Some(Suggest {
        list: format!("{path}?{}", query.finish()),
        search: parameter(|role| role == Role::Search).map(|one| one.name.clone().into_owned()),
        row: value.primary_key.then(|| format!("{path}{{}}/?{row_query}")),
        value: value.name.to_owned(),
        label: label.map(|label| label.name.to_owned()),
        many,
    })
}
