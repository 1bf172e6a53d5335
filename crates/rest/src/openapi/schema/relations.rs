//! JSON Schema of what hangs on a row: keys and rows as they are taken, rows as they are shown.
use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::{compared_value, object, with_key};
use crate::{
    Action, Requirement,
    input::validate::Mode,
    relation::{Cardinality, DEEPEST, MOST_CHILDREN, MOST_KEYS, Nesting, Relation},
};

/// The keys at the other end, as they are taken.
pub(super) fn keys(relation: &Relation) -> Json {
    let mut schema = json!({ "type": "array", "items": key_of(relation), "maxItems": MOST_KEYS });
    describe(relation, &mut schema, "The keys of the rows that belong to this one.");
    schema
}

/// The rows at the other end, as they are taken: new ones, and with their keys those that are there.
pub(super) fn children(relation: &Relation, level: usize) -> Option<Json> {
    let facts = relation.child_facts().filter(|_| level < DEEPEST)?;
    let row = |mode| object((&facts.fields, &facts.relations), mode, level + 1);
    let (mut new, changed) = (row(Mode::Create), with_key(row(Mode::Partial), &facts));
    // One with a key that the table makes is one that is there.
    if let (Some(key), Some(Json::Object(properties))) =
        (facts.key().filter(|key| !key.writable()), new.get_mut("properties"))
    {
        properties.shift_remove(key.name);
    }
    let rows = json!({ "anyOf": [new, changed] });
    let mut schema = json!({ "type": "array", "items": rows, "maxItems": MOST_CHILDREN });
    let needs = match facts.requirement(Action::Create) {
        Requirement::Public => String::new(),
        needed => format!(" A new one needs {}.", needed.the_scopes()),
    };
    let kept = match relation.nesting {
        Some(Nesting::Replace) => "PUT removes those that are left out.",
        _ => "Those that are left out stay.",
    };
    let text = format!("Rows that belong to this one; one with its key is changed. {kept}{needs}");
    describe(relation, &mut schema, &text);
    Some(schema)
}

fn key_of(relation: &Relation) -> Json {
    let target = relation.target_facts();
    target.key().map_or_else(|| json!({}), compared_value)
}

/// A relation as it is shown: keys where callers write it, rows where it was expanded.
pub(super) fn shown(relation: &Relation, known: &BTreeMap<&str, String>) -> Json {
    let row = match known.get(relation.target_path()) {
        Some(name) => json!({ "$ref": format!("#/components/schemas/{name}") }),
        None => json!({ "type": "object" }),
    };
    let mut schema = match relation.cardinality {
        Cardinality::One => json!({ "anyOf": [row, { "type": "null" }] }),
        Cardinality::Many if relation.writable => {
            json!({ "type": "array", "items": { "anyOf": [key_of(relation), row] } })
        }
        Cardinality::Many => json!({ "type": "array", "items": row }),
    };
    let when = if relation.writable { "Keys; rows" } else { "There" };
    let text = format!("{when} when the query names it in `expand`.");
    describe(relation, &mut schema, &text);
    schema
}

fn describe(relation: &Relation, schema: &mut Json, text: &str) {
    if let Some(map) = schema.as_object_mut() {
        let text = format!("{} {text}", relation.help).trim_start().to_owned();
        map.insert("description".to_owned(), text.into());
    }
}
