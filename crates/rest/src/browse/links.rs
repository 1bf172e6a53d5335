//! The links of the page: the answer in other forms, orders, the pieces of a list, its rows.
use pages::Link;
use serde::Serialize;
use serde_json::Value as Json;

use super::{forms, picker};
use crate::{
    core::Facts,
    exchange::{Exchange, answer::Listed},
    parameter::Role,
    resource::Action,
};

/// Rows that get a link below the list at most.
const MOST_ROW_LINKS: usize = 100;
/// Characters of a row's name that are shown at most.
const MOST_LETTERS: usize = 40;

/// Where in the list this is, and the way to the rest.
#[derive(Serialize)]
pub(super) struct Pager {
    text: String,
    links: Vec<Link>,
}

/// This address in the other forms: JSON, and for a list the whole of it as CSV and NDJSON.
pub(super) fn formats(exchange: &Exchange) -> Vec<Link> {
    let others = |dropped: &[&str], format: &str| {
        let pairs = query_pairs(exchange);
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(pairs.iter().filter(|(name, _)| !dropped.contains(&name.as_str())));
        format!("?{}", query.append_pair("format", format).finish())
    };
    let mut links = vec![Link::new("JSON", others(&["format"], "json"))];
    if exchange.action == Action::List {
        let paging = exchange.mounted.facts.parameters.iter();
        let mut dropped: Vec<&str> =
            paging.filter(|one| one.role.is_paging()).map(|one| &*one.name).collect();
        dropped.push("format");
        links.push(Link::new("CSV", others(&dropped, "csv")));
        links.push(Link::new("NDJSON", others(&dropped, "ndjson")));
    }
    links
}

fn query_pairs(exchange: &Exchange) -> Vec<(String, String)> {
    let query = exchange.parts.uri.query().unwrap_or_default();
    crate::pairs::parse(query.as_bytes()).unwrap_or_default()
}

/// A link for each name that rows can be ordered by: the first click orders, the next turns it round.
pub(super) fn orders(exchange: &Exchange) -> Vec<Link> {
    let facts = &exchange.mounted.facts;
    let pairs = query_pairs(exchange);
    let now = pairs.iter().find(|(name, _)| name == "ordering").map(|(_, value)| value.as_str());
    let own = facts.ordering_text();
    let first = now.unwrap_or(&own).split(',').next().unwrap_or_default();
    let starts = [Role::Page, Role::Offset, Role::Cursor];
    let start = facts.parameters.iter().find(|one| starts.contains(&one.role));
    let kept = |name: &str| name != "ordering" && start.is_none_or(|one| one.name != name);
    let ordered = facts.fields.iter().filter(|field| field.order);
    let link = ordered.map(|field| {
        let turned = format!("-{}", field.name);
        let (label, next) = if first == field.name {
            (format!("{} ↑", field.label), turned.as_str())
        } else if first == turned {
            (format!("{} ↓", field.label), field.name)
        } else {
            (field.label.clone(), field.name)
        };
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("ordering", next);
        query.extend_pairs(pairs.iter().filter(|(name, _)| kept(name)));
        Link::new(label, format!("?{}", query.finish()))
    });
    link.collect()
}

/// The pieces of the list around this one.
pub(super) fn pager(list: &Listed) -> Option<Pager> {
    let links: Vec<Link> = list
        .links
        .iter()
        .map(|(relation, address)| {
            let label = match *relation {
                "first" => "First",
                "prev" => "Previous",
                "next" => "Next",
                _ => "Last",
            };
            Link::new(label, address.as_str())
        })
        .collect();
    (!links.is_empty()).then(|| Pager { text: list.text.clone(), links })
}

/// A link for each relation: a click expands it, the next one folds it again.
pub(super) fn expansions(exchange: &Exchange) -> Vec<Link> {
    let facts = &exchange.mounted.facts;
    let pairs = query_pairs(exchange);
    let asked = pairs.iter().find(|(name, _)| name == "expand").map(|(_, value)| value.as_str());
    let asked: Vec<&str> =
        asked.unwrap_or_default().split(',').filter(|name| !name.is_empty()).collect();
    let readable = facts.relations.iter().filter(|one| exchange.satisfies(one.target_read()));
    let link = readable.map(|relation| {
        // What is asked for inside of it goes with it.
        let is_of = |name: &str| name.split('.').next() == Some(relation.name);
        let open = asked.iter().any(|name| is_of(name));
        let mut next: Vec<&str> = asked.iter().copied().filter(|name| !is_of(name)).collect();
        if !open {
            next.push(relation.name);
        }
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(pairs.iter().filter(|(name, _)| name != "expand"));
        if !next.is_empty() {
            query.append_pair("expand", &next.join(","));
        }
        Link::new(relation.label.clone(), format!("?{}", query.finish())).current(open)
    });
    link.collect()
}

/// A link to each row of the list: its key, and the name by which people know it.
pub(super) fn rows(exchange: &Exchange, json: &Json) -> Vec<Link> {
    let mounted = &exchange.mounted;
    let Some(key) = mounted.facts.key() else { return Vec::new() };
    let rows = json.get("results").unwrap_or(json);
    let rows = rows.as_array().map(Vec::as_slice).unwrap_or_default();
    let keyed = rows.iter().filter_map(|row| Some((row, forms::as_text(row.get(key.name)?))));
    let link = |(row, key): (&Json, String)| {
        let path = mounted.item_path(&key);
        Link::new(name_of(&mounted.facts, row, key), path)
    };
    keyed.take(MOST_ROW_LINKS).map(link).collect()
}

fn name_of(facts: &Facts, row: &Json, key: String) -> String {
    let label = picker::label_field(facts).and_then(|field| row.get(field.name)?.as_str());
    let Some(label) = label.filter(|label| !label.is_empty() && *label != key) else { return key };
    let short: String = label.chars().take(MOST_LETTERS).collect();
    let dots = if short.len() < label.len() { "…" } else { "" };
    // A number says which row it is, and more than a number is too long to be read.
    if key.len() <= 8 { format!("{key} · {short}{dots}") } else { format!("{short}{dots}") }
}
