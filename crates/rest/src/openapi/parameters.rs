//! The parameters of operations: what the address, the query and the headers may hold.
use serde_json::{Value as Json, json};

use super::{About, schema};
use crate::{
    Facts,
    field::{Field, Kind},
    list,
};

/// What the query of a list may hold: everything that [`list::allowed`] names.
pub(super) fn of_list(facts: &Facts, about: &About) -> Vec<Json> {
    let named = list::allowed(facts).into_iter().map(|name| match name {
        "format" => format(about),
        list::EXPAND => expand(facts),
        "page" => query(
            "page",
            "The page, from 1.",
            &json!({ "type": "integer", "minimum": 1, "maximum": list::MOST_PAGES, "default": 1 }),
        ),
        "page_size" => query(
            "page_size",
            "Rows on one page.",
            &json!({ "type": "integer", "minimum": 1, "maximum": facts.page_size, "default": facts.page_size }),
        ),
        "ordering" => ordering(facts),
        "search" => search(facts),
        name => match facts.field(name) {
            Some(field) => filter(field),
            // What lists learn later is shown at least.
            None => query(name, "", &json!({ "type": "string" })),
        },
    });
    named.chain([if_none_match()]).collect()
}

/// The parameters where one row is shown.
pub(super) fn of_shown(facts: &Facts, about: &About) -> Vec<Json> {
    let mut all = vec![format(about)];
    if !facts.relations.is_empty() {
        all.push(expand(facts));
    }
    all.push(if_none_match());
    all
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
    let item = facts.key().map_or_else(|| json!({ "type": "string" }), schema::compared_value);
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
        "The form of the answer, whatever `Accept` says.",
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
fn listed(name: &str, description: &str, items: &Json) -> Json {
    json!({
        "name": name, "in": "query", "style": "form", "explode": false, "description": description,
        "schema": { "type": "array", "items": items },
    })
}

fn ordering(facts: &Facts) -> Json {
    let names = facts.fields.iter().filter(|field| field.order).map(|field| field.name);
    let both: Vec<String> = names.flat_map(|name| [name.to_owned(), format!("-{name}")]).collect();
    listed(
        "ordering",
        "What the rows are ordered by, first things first; a minus turns the order round.",
        &json!({ "type": "string", "enum": both }),
    )
}

fn expand(facts: &Facts) -> Json {
    let names: Vec<&str> = facts.relations.iter().map(|relation| relation.name).collect();
    let pattern = format!(r"^({})(\.[a-zA-Z0-9_]+){{0,2}}$", names.join("|"));
    let text = format!(
        "The relations whose rows are shown in place: {}; a dot leads on to theirs.",
        names.join(", ")
    );
    listed(list::EXPAND, &text, &json!({ "type": "string", "pattern": pattern }))
}

fn search(facts: &Facts) -> Json {
    let names: Vec<&str> =
        facts.fields.iter().filter(|field| field.search).map(|field| field.name).collect();
    let text = format!(
        "Words that must all be somewhere in {}, whatever the case of their letters.",
        names.join(", ")
    );
    query(
        "search",
        &text,
        &json!({ "type": "string", "maxLength": list::LONGEST_SEARCH, "pattern": schema::NO_NUL }),
    )
}

fn filter(field: &Field) -> Json {
    let mut schema = schema::compared_value(field);
    if let (true, Some(map)) = (field.kind.is_text(), schema.as_object_mut()) {
        map.insert("pattern".to_owned(), schema::NO_NUL.into());
        if !field.choices.is_empty() {
            map.insert("examples".to_owned(), json!(field.choices));
        }
    }
    // `true` and `false`, and what forms send for them.
    if field.kind == Kind::Boolean {
        schema = json!({ "type": "boolean" });
    }
    query(field.name, &format!("Only rows with this value. {}", field.help), &schema)
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
