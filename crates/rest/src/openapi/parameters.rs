//! The parameters of operations: what the address, the query and the headers may hold.
use serde_json::{Value as Json, json};

use super::{About, schema};
use crate::{
    Facts,
    field::{Field, Lookup, lookup::LONGEST_WORD},
    list::LONGEST_SEARCH,
    parameter::{Parameter, Role},
};

/// What the query of a list may hold: what the resource's own table says.
pub(super) fn of_list(facts: &Facts, about: &About) -> Vec<Json> {
    let all = facts.parameters.iter().map(|parameter| one(facts, about, parameter));
    all.chain([if_none_match()]).collect()
}

/// The parameters where one row is shown.
pub(super) fn of_shown(facts: &Facts, about: &About) -> Vec<Json> {
    let all = facts.item_parameters.iter().map(|parameter| one(facts, about, parameter));
    all.chain([if_none_match()]).collect()
}

fn one(facts: &Facts, about: &About, parameter: &Parameter) -> Json {
    let Parameter { name, meaning, most, .. } = parameter;
    let item = match parameter.role {
        Role::Format => return format(about),
        Role::Page | Role::PageSize | Role::Limit | Role::Offset => number(parameter),
        Role::Cursor => json!({ "type": "string" }),
        Role::Search => {
            json!({ "type": "string", "maxLength": LONGEST_SEARCH, "pattern": schema::NO_NUL })
        }
        Role::Ordering | Role::Fields => json!({ "type": "string", "enum": parameter.choices }),
        Role::Expand => {
            let names: Vec<&str> = facts.relations.iter().map(|relation| relation.name).collect();
            json!({ "type": "string", "enum": names })
        }
        Role::Filter { field, lookup } => match facts.fields.get(field) {
            Some(field) => compared(field, lookup),
            None => json!({}),
        },
    };
    match parameter.role {
        Role::Filter { lookup: Lookup::Range, .. } => listed(name, meaning, &item, (2, 2)),
        _ if *most > 1 => listed(name, meaning, &item, (1, *most)),
        // An input of a form that is left empty asks for nothing.
        Role::Filter { field, .. }
            if facts.fields.get(field).is_some_and(|field| !field.kind.is_text()) =>
        {
            query(name, meaning, &json!({ "anyOf": [item, schema::empty()] }))
        }
        _ => query(name, meaning, &item),
    }
}

fn number(parameter: &Parameter) -> Json {
    let mut schema = json!({ "type": "integer" });
    if let Some(map) = schema.as_object_mut() {
        for (name, bound) in [("minimum", parameter.min), ("maximum", parameter.max)] {
            if let Some(bound) = bound {
                map.insert(name.to_owned(), bound.into());
            }
        }
        if let Ok(default) = parameter.default.parse::<u64>() {
            map.insert("default".to_owned(), default.into());
        }
    }
    schema
}

/// What a field is compared with.
fn compared(field: &Field, lookup: Lookup) -> Json {
    if lookup == Lookup::Isnull {
        return json!({ "type": "boolean" });
    }
    let mut schema = schema::compared_value(field);
    if let (true, Some(map)) = (field.kind.is_text(), schema.as_object_mut()) {
        if lookup.is_pattern() {
            map.insert("maxLength".to_owned(), LONGEST_WORD.into());
        }
        if !field.choices.is_empty() {
            map.insert("examples".to_owned(), json!(field.choices));
        }
    }
    schema
}

/// The parameters where one row is changed.
pub(super) fn of_changed(facts: &Facts, about: &About) -> Vec<Json> {
    vec![format(about), if_match(facts.require_if_match)]
}

/// The parameter that stands in the address of a row.
pub(super) fn key(facts: &Facts) -> Json {
    let schema = facts.key().map_or_else(|| json!({ "type": "string" }), schema::compared_value);
    let text = facts.key().map(|key| key.help).filter(|help| !help.is_empty());
    json!({
        "name": "id", "in": "path", "required": true, "schema": schema,
        "description": text.unwrap_or("The key of the row."),
    })
}

/// The keys of the rows that are to go.
pub(super) fn keys(facts: &Facts) -> Json {
    let mut item = facts.key().map_or_else(|| json!({ "type": "string" }), schema::compared_value);
    if let (true, Some(map)) =
        (facts.key().is_none_or(|key| key.kind.is_text()), item.as_object_mut())
    {
        map.insert("minLength".to_owned(), 1.into());
    }
    json!({
        "name": "keys", "in": "query", "required": true, "style": "form", "explode": false,
        "description": "The keys of the rows, separated by commas.",
        "schema": { "type": "array", "items": item, "minItems": 1, "maxItems": facts.bulk, "uniqueItems": true },
    })
}

/// The query of an action that reads: its input.
pub(super) fn of_input(fields: &[Field]) -> Vec<Json> {
    let input = schema::of_fields(fields);
    let property = |name: &str| {
        input.get("properties").and_then(|all| all.get(name)).cloned().unwrap_or_default()
    };
    let named = fields.iter().map(|field| {
        let name = field.name;
        let mut parameter = query(name, field.help, &property(name));
        if let (true, Some(map)) = (field.required, parameter.as_object_mut()) {
            map.insert("required".to_owned(), true.into());
        }
        parameter
    });
    named.collect()
}

/// The form of the answer.
pub(super) fn format(about: &About) -> Json {
    let known: &[&str] = if about.pages { &["json", "html"] } else { &["json"] };
    query(
        "format",
        "The form of the answer, whatever `Accept` says. Lists also come as `csv` and `ndjson`: whole, so without parameters for pages.",
        &json!({ "type": "string", "enum": known }),
    )
}

fn query(name: &str, description: &str, schema: &Json) -> Json {
    let mut parameter = json!({ "name": name, "in": "query", "schema": schema });
    if let (false, Some(map)) = (description.is_empty(), parameter.as_object_mut()) {
        map.insert("description".to_owned(), description.into());
    }
    parameter
}

/// A list in one parameter, its members separated by commas.
fn listed(name: &str, description: &str, items: &Json, (least, most): (usize, usize)) -> Json {
    json!({
        "name": name, "in": "query", "style": "form", "explode": false, "description": description,
        "schema": { "type": "array", "items": items, "minItems": least, "maxItems": most },
    })
}

fn if_none_match() -> Json {
    json!({
        "name": "If-None-Match", "in": "header", "schema": { "type": "string" },
        "description": "The `ETag` of an earlier answer: if it still holds, the answer is 304 without a body.",
    })
}

fn if_match(required: bool) -> Json {
    json!({
        "name": "If-Match", "in": "header", "required": required, "schema": { "type": "string" },
        "description": "The `ETag` of the row as it was read: if somebody else has changed it since, nothing happens and the answer is 412.",
    })
}
