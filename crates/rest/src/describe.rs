//! What OPTIONS answers: the resource described as JSON.
use serde_json::{Map, Value as Json, json};

use crate::{
    action::ExtraFacts,
    core::Facts,
    field::{Constant, Field},
    parameter::Parameter,
    relation::{Cardinality, Relation},
};

/// The description; with the fields only for callers who may read or write.
pub(crate) fn json(facts: &Facts, path: &str, with_fields: bool) -> Vec<u8> {
    let mut description = json!({
        "name": facts.name,
        "path": path,
        "scopes": { "read": facts.read.scope_name(), "write": facts.write.scope_name() },
        "reads": ["application/json", "application/x-www-form-urlencoded"],
        "answers": ["application/json", "text/html", "text/csv", "application/x-ndjson"],
        "page_size": facts.page_size,
        "pagination": facts.lists.pagination().word(),
        "shape": facts.lists.shape().word(),
        "total": facts.lists.total().word(),
    });
    if let (Some(deprecation), Some(map)) = (facts.deprecation, description.as_object_mut()) {
        map.insert("deprecated".to_owned(), deprecation.text().into());
    }
    if let (true, Some(map)) = (with_fields, description.as_object_mut()) {
        map.insert("parameters".to_owned(), parameters(&facts.parameters));
        map.insert("row_parameters".to_owned(), parameters(&facts.item_parameters));
        map.insert("ordering".to_owned(), names(facts, |field| field.order));
        map.insert("search".to_owned(), names(facts, |field| field.search));
        map.insert("filters".to_owned(), names(facts, |field| field.filter));
        let fields: Map<String, Json> =
            facts.fields.iter().map(|field| (field.name.to_owned(), describe(field))).collect();
        map.insert("fields".to_owned(), fields.into());
        let relations: Map<String, Json> = facts
            .relations
            .iter()
            .map(|relation| (relation.name.to_owned(), describe_relation(relation)))
            .collect();
        map.insert("relations".to_owned(), relations.into());
        map.insert("actions".to_owned(), facts.actions.iter().map(describe_action).collect());
        map.insert("rows_at_once".to_owned(), facts.bulk.max(1).into());
        map.insert("requires_if_match".to_owned(), facts.require_if_match.into());
        map.insert("idempotency_key".to_owned(), facts.idempotency.word().into());
    }
    serde_json::to_vec(&description).unwrap_or_default()
}

fn describe_relation(relation: &Relation) -> Json {
    json!({
        "to": relation.target_path(),
        "many": relation.cardinality == Cardinality::Many,
        "writable": relation.writable,
        "column": relation.referring_column(),
        "label": relation.label,
        "help": relation.help,
        "scope": relation.target_read().scope_name(),
    })
}

fn describe_action(action: &ExtraFacts) -> Json {
    let fields: Map<String, Json> =
        action.fields.iter().map(|field| (field.name.to_owned(), describe(field))).collect();
    json!({
        "name": action.name,
        "method": action.method.as_str(),
        "of_one_row": action.detail,
        "scope": action.requirement.scope_name(),
        "help": action.help,
        "deprecated": action.deprecation.map(|deprecation| deprecation.text()),
        "fields": fields,
    })
}

fn names(facts: &Facts, wanted: impl Fn(&Field) -> bool) -> Json {
    facts.fields.iter().filter(|field| wanted(field)).map(|field| field.name).collect()
}

fn parameters(parameters: &[Parameter]) -> Json {
    parameters.iter().map(parameter).collect()
}

fn parameter(parameter: &Parameter) -> Json {
    let mut map = Map::new();
    map.insert("name".to_owned(), parameter.name.as_ref().into());
    map.insert("type".to_owned(), parameter.kind.word().into());
    map.insert("help".to_owned(), parameter.meaning.as_str().into());
    if parameter.most > 1 {
        map.insert("most".to_owned(), parameter.most.into());
    }
    for (name, bound) in [("min", parameter.min), ("max", parameter.max)] {
        if let Some(bound) = bound {
            map.insert(name.to_owned(), bound.into());
        }
    }
    if !parameter.choices.is_empty() {
        map.insert("choices".to_owned(), json!(parameter.choices));
    }
    if !parameter.default.is_empty() {
        map.insert("default".to_owned(), parameter.default.as_str().into());
    }
    map.into()
}

fn describe(field: &Field) -> Json {
    let mut map = Map::new();
    map.insert("type".to_owned(), field.kind.word().into());
    map.insert("label".to_owned(), field.label.as_str().into());
    if !field.help.is_empty() {
        map.insert("help".to_owned(), field.help.into());
    }
    map.insert("required".to_owned(), field.required.into());
    for (name, truth) in [
        ("nullable", field.nullable),
        ("read_only", field.read_only),
        ("create_only", field.create_only),
        ("deprecated", field.deprecated),
        ("write_only", field.write_only),
        ("unique", field.unique),
    ] {
        if truth {
            map.insert(name.to_owned(), true.into());
        }
    }
    for (name, length) in [("min_length", field.min_length), ("max_length", field.max_length)] {
        if let Some(length) = length {
            map.insert(name.to_owned(), length.into());
        }
    }
    for (name, value) in [("min", field.min), ("max", field.max), ("default", field.default)] {
        if let Some(value) = value.map(Constant::to_json) {
            map.insert(name.to_owned(), value);
        }
    }
    if let Some(shape) = field.shape {
        map.insert("format".to_owned(), shape.word().into());
        if let Some(pattern) = shape.pattern() {
            map.insert("pattern".to_owned(), pattern.into());
        }
    }
    if !field.choices.is_empty() {
        map.insert("choices".to_owned(), json!(field.choices));
    }
    map.into()
}
