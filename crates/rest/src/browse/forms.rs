//! The forms of the page, made from the fields: create, update, and the raw body.
use pages::form::{Choice, Field as Input, Kind as InputKind};
use serde::Serialize;
use serde_json::{Map, Value as Json};

use crate::{
    Requirement,
    action::ExtraFacts,
    exchange::{Exchange, Place, form},
    field::{Constant, Field, Kind, label_of},
    input::Given,
    problem::FieldError,
    relation::Relation,
};

/// A form that changes something.
#[derive(Serialize)]
pub(super) struct Form {
    title: String,
    fields: Vec<Input>,
    errors: Vec<String>,
    buttons: Vec<Button>,
    guard: bool,
    raw: Input,
    raw_open: bool,
    raw_buttons: Vec<Button>,
}

#[derive(Serialize)]
struct Button {
    label: String,
    look: &'static str,
    name: Option<&'static str>,
    value: Option<String>,
}

/// The form to create on a list, or to update on a row.
pub(super) fn write(exchange: &Exchange, errors: &[FieldError], json: Option<&Json>) -> Form {
    let facts = &exchange.mounted.facts;
    let refused = !errors.is_empty();
    // A row just created is shown above; the form below it is for the next one.
    let row = json.filter(|_| exchange.item);
    let open = |field: &&Field| if exchange.item { field.changeable() } else { field.writable() };
    let fields: Vec<&Field> = facts.fields.iter().filter(open).collect();
    let inputs = fields.iter().map(|field| {
        let sent = exchange.submitted.find(field.name).filter(|_| refused).map(given_text);
        let value = sent.unwrap_or_else(|| current(field, row));
        let mut input = input(field, &value);
        input.errors = errors
            .iter()
            .filter(|error| error.field().as_deref() == Some(field.name))
            .map(|error| error.detail.clone().into_owned())
            .collect();
        input
    });
    let mut inputs: Vec<Input> = inputs.collect();
    let linked = facts.relations.iter().filter(|relation| relation.writable);
    inputs.extend(linked.clone().map(|relation| link_input(exchange, relation, errors, row)));
    let is_shown = |name: &str| {
        fields.iter().any(|field| field.name == name)
            || linked.clone().any(|relation| belongs(name, relation.name))
    };
    let others = errors.iter().filter(|error| error.field().is_none_or(|name| !is_shown(&name)));
    let raw_was_sent = refused && !exchange.submitted.is_form;
    Form {
        title: if exchange.item { "Update this row".to_owned() } else { "Create a row".to_owned() },
        errors: others
            .map(|error| match error.field() {
                Some(name) => format!("{name}: {}", error.detail),
                None => error.detail.clone().into_owned(),
            })
            .collect(),
        fields: inputs,
        buttons: buttons(exchange.item),
        guard: exchange.item,
        raw: raw(exchange, &fields, row, raw_was_sent),
        raw_open: raw_was_sent,
        raw_buttons: buttons(exchange.item),
    }
}

/// Whether an error is about a relation, or about one of the keys in its list.
fn belongs(pointer: &str, relation: &str) -> bool {
    pointer.strip_prefix(relation).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The input for the keys at the other end of a relation.
fn link_input(
    exchange: &Exchange,
    relation: &Relation,
    errors: &[FieldError],
    row: Option<&Json>,
) -> Input {
    let sent = exchange.submitted.find(relation.name).filter(|_| !errors.is_empty());
    let listed = |list: &Json| match list {
        Json::Array(keys) => keys.iter().map(as_text).collect::<Vec<_>>().join(", "),
        other => as_text(other),
    };
    let value = match sent {
        Some(Given::Text(text)) => text.clone(),
        Some(Given::Json(list)) => listed(list),
        None => row.and_then(|row| row.get(relation.name)).map(listed).unwrap_or_default(),
    };
    let mut input = Input::new(InputKind::Text, relation.name, relation.label.clone()).value(value);
    let keys = format!("Keys of {}, with commas between them.", relation.target_path());
    input.help = Some(format!("{} {keys}", relation.help).trim_start().to_owned());
    input.errors = errors
        .iter()
        .filter(|error| error.field().is_some_and(|name| belongs(&name, relation.name)))
        .map(|error| error.detail.clone().into_owned())
        .collect();
    input
}

/// A form that calls one of the author's own actions.
#[derive(Serialize)]
pub(super) struct ActionForm {
    title: String,
    note: String,
    path: String,
    fields: Vec<Input>,
    errors: Vec<String>,
    button: Button,
    guard: bool,
}

/// The author's actions that this caller may call from here.
pub(super) fn actions(exchange: &Exchange, errors: &[FieldError]) -> Vec<ActionForm> {
    let facts = &exchange.mounted.facts;
    let here = |action: &&ExtraFacts| match exchange.place {
        Place::List => !action.detail,
        Place::Item => action.detail,
        Place::Extra { name, detail } => action.name == name && action.detail == detail,
    };
    let callable = |action: &&ExtraFacts| {
        action.method != http::Method::GET
            && exchange.satisfies(action.requirement)
            && (exchange.is_session() || action.requirement == Requirement::Public)
    };
    let shown = facts.actions.iter().filter(here).filter(callable);
    shown.map(|action| action_form(exchange, action, errors)).collect()
}

fn action_form(exchange: &Exchange, action: &ExtraFacts, errors: &[FieldError]) -> ActionForm {
    let called = matches!(exchange.place, Place::Extra { .. }) && exchange.method == action.method;
    let errors = if called { errors } else { &[] };
    let fields = action.fields.iter().map(|field| {
        let sent = exchange.submitted.find(field.name).filter(|_| !errors.is_empty());
        let value = sent.map_or_else(|| current(field, None), given_text);
        let mut input = input(field, &value).id(format!("{}-{}", action.name, field.name));
        input.errors = errors
            .iter()
            .filter(|error| error.field().as_deref() == Some(field.name))
            .map(|error| error.detail.clone().into_owned())
            .collect();
        input
    });
    let method = action.method.as_str();
    let other = (method != "POST").then(|| (form::METHOD, method.to_owned()));
    ActionForm {
        title: label_of(&action.name.replace('-', "_")),
        note: format!("{} {}", action.help, super::note(action.requirement))
            .trim_start()
            .to_owned(),
        path: exchange.extra_path(action),
        fields: fields.collect(),
        errors: errors
            .iter()
            .filter(|error| {
                error
                    .field()
                    .is_none_or(|name| !action.fields.iter().any(|field| field.name == name))
            })
            .map(|error| error.detail.clone().into_owned())
            .collect(),
        button: Button {
            label: label_of(&action.name.replace('-', "_")),
            look: if method == "DELETE" { "danger" } else { "primary" },
            name: other.as_ref().map(|(name, _)| *name),
            value: other.map(|(_, value)| value),
        },
        guard: method != "POST",
    }
}

fn buttons(item: bool) -> Vec<Button> {
    let named = |label: &str, look| Button {
        label: label.to_owned(),
        look,
        name: Some(form::METHOD),
        value: Some(label.to_owned()),
    };
    if item {
        vec![named("PUT", "primary"), named("PATCH", "plain")]
    } else {
        vec![Button { label: "POST".to_owned(), look: "primary", name: None, value: None }]
    }
}

fn raw(exchange: &Exchange, fields: &[&Field], row: Option<&Json>, was_sent: bool) -> Input {
    let body: Map<String, Json> = if was_sent {
        let json = |given: &Given| match given {
            Given::Json(value) => value.clone(),
            Given::Text(text) => text.as_str().into(),
        };
        exchange.submitted.fields.iter().map(|(name, given)| (name.clone(), json(given))).collect()
    } else {
        let value = |field: &&Field| {
            row.and_then(|row| row.get(field.name)).cloned().unwrap_or_else(|| example(field))
        };
        fields.iter().map(|field| (field.name.to_owned(), value(field))).collect()
    };
    let text = serde_json::to_string_pretty(&body).unwrap_or_default();
    Input::new(InputKind::Textarea, form::CONTENT, "application/json")
        .required()
        .monospace()
        .rows(8)
        .value(text)
}

fn example(field: &Field) -> Json {
    match (field.default, field.kind) {
        (Some(default), _) => default.to_json(),
        _ if field.nullable => Json::Null,
        (None, Kind::Boolean) => false.into(),
        (None, kind) if kind.is_integer() || matches!(kind, Kind::Float | Kind::Double) => 0.into(),
        (None, Kind::Json) => Json::Object(Map::new()),
        _ => "".into(),
    }
}

fn current(field: &Field, row: Option<&Json>) -> String {
    match (row, field.default) {
        (Some(row), _) => row.get(field.name).map(as_text).unwrap_or_default(),
        (None, Some(default)) => default.to_string(),
        (None, None) => String::new(),
    }
}

/// A JSON value as it stands in an input.
pub(super) fn as_text(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn given_text(given: &Given) -> String {
    match given {
        Given::Text(text) => text.clone(),
        Given::Json(value) => as_text(value),
    }
}

pub(super) fn input(field: &Field, value: &str) -> Input {
    let mut input = match field.kind {
        // A box that is not ticked sends nothing, which is not the same as "false".
        Kind::Boolean => Input::new(InputKind::Select, field.name, field.label.as_str())
            .choices([Choice::new("true", "true"), Choice::new("false", "false")]),
        _ if !field.choices.is_empty() => {
            Input::new(InputKind::Select, field.name, field.label.as_str()).choices(
                field.choices.iter().map(|choice| Choice::new(choice.as_str(), choice.as_str())),
            )
        }
        kind if kind.is_integer() => {
            Input::new(InputKind::Number, field.name, field.label.as_str())
        }
        Kind::Float | Kind::Double => {
            Input::new(InputKind::Number, field.name, field.label.as_str())
        }
        Kind::LongText => Input::new(InputKind::Textarea, field.name, field.label.as_str()),
        Kind::Json => Input::new(InputKind::Textarea, field.name, field.label.as_str()).monospace(),
        _ if field.write_only => Input::new(InputKind::Password, field.name, field.label.as_str()),
        _ => Input::text(field.name, field.label.as_str()),
    };
    if matches!(field.kind, Kind::Float | Kind::Double) {
        input.step = Some("any".to_owned());
    }
    input.required = field.required || (!field.nullable && field.default.is_none());
    input.placeholder = placeholder(field.kind).map(str::to_owned);
    input.max_length = field.max_length.and_then(|length| u64::try_from(length).ok());
    (input.min, input.max) = (whole(field.min), whole(field.max));
    if !field.help.is_empty() {
        input.help = Some(field.help.to_owned());
    }
    input.value(value)
}

fn whole(bound: Option<Constant>) -> Option<i64> {
    match bound {
        Some(Constant::Integer(number)) => Some(number),
        _ => None,
    }
}

fn placeholder(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Date => Some("2026-03-31"),
        Kind::Time => Some("18:30"),
        Kind::LocalDateTime => Some("2026-03-31T18:30:00"),
        Kind::Instant | Kind::ZonedInstant => Some("2026-03-31T18:30:00Z"),
        Kind::Decimal => Some("12.50"),
        _ => None,
    }
}
