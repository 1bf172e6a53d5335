//! What OPTIONS answers: the resource described as JSON.
use serde_json::{Map, Value as Json, json};

use crate::{
    Declaration, Requirement,
    action::ExtraFacts,
    core::Facts,
    field::{Constant, Field},
    parameter::Parameter,
    permission::StepUp,
    relation::{Cardinality, Relation},
    resource::Action,
};

/// The description; with the fields only for callers who may read or write.
pub(crate) fn json(facts: &Facts, path: &str, with_fields: bool) -> Vec<u8> {
    let mut description = json!({
        "name": facts.name,
        "path": path,
        "scopes": {
            "read": scope(&facts.requirements.get),
            "write": scope(&facts.requirements.post),
        },
        "methods": scopes_of_methods(facts),
        "reads": ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"],
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
        map.insert(
            "actions".to_owned(),
            facts.actions.iter().map(|action| describe_action(facts, action)).collect(),
        );
        map.insert("rows_at_once".to_owned(), facts.bulk.max(1).into());
        map.insert("requires_if_match".to_owned(), facts.require_if_match.into());
        map.insert("idempotency_key".to_owned(), facts.idempotency.word().into());
        map.insert("sign_in".to_owned(), sign_in_of_methods(facts));
    }
    serde_json::to_vec(&description).unwrap_or_default()
}

fn describe_relation(relation: &Relation) -> Json {
    json!({
        "to": relation.target_path(),
        "many": relation.cardinality == Cardinality::Many,
        "writable": relation.writable,
        "nested": relation.children().map(|(nesting, ..)| nesting.word()),
        "column": relation.referring_column(),
        "label": relation.label,
        "help": relation.help,
        "scope": scope(&relation.target_read()),
    })
}

fn describe_action(facts: &Facts, action: &ExtraFacts) -> Json {
    let fields: Map<String, Json> =
        action.fields.iter().map(|field| (field.name.to_owned(), describe(field))).collect();
    json!({
        "name": action.name,
        "method": action.method.as_str(),
        "of_one_row": action.detail,
        "scope": scope(&action.requirement),
        "scopes": scopes(&action.requirement),
        "sign_in": sign_in(&facts.sign_in(action.action())),
        "help": action.help,
        "deprecated": action.deprecation.map(|deprecation| deprecation.text()),
        "fields": fields,
    })
}

/// The scopes to ask for, separated by spaces; null for everybody's.
fn scope(requirement: &Requirement) -> Option<String> {
    Some(requirement.names()).filter(|names| !names.is_empty())
}

/// The sets of scopes of which each is enough; one that is empty for everybody's.
fn scopes(requirement: &Requirement) -> Json {
    let set = |set: Vec<Declaration>| set.iter().map(|scope| scope.name).collect::<Json>();
    requirement.alternatives().into_iter().map(set).collect()
}

fn scopes_of_methods(facts: &Facts) -> Json {
    let each = facts.requirements.each().into_iter();
    each.map(|(method, requirement)| (method.to_owned(), scopes(&requirement)))
        .collect::<Map<String, Json>>()
        .into()
}

/// How recently and how strongly somebody has to have signed in; null where it does not matter.
fn sign_in(wanted: &StepUp) -> Json {
    if wanted.is_empty() {
        return Json::Null;
    }
    json!({
        "acr_values": wanted.acr_values(),
        "max_age": wanted.max_age().map(|span| span.as_secs()),
    })
}

fn sign_in_of_methods(facts: &Facts) -> Json {
    let asked = |action| sign_in(&facts.sign_in(action));
    json!({
        "list": asked(Action::List),
        "GET": asked(Action::Retrieve),
        "POST": asked(Action::Create),
        "PUT": asked(Action::Update),
        "PATCH": asked(Action::PartialUpdate),
        "DELETE": asked(Action::Delete),
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
