//! The inputs of the page's forms, made from what is known about fields.
use pages::form::{Choice, Field as Input, Kind as InputKind};
use serde_json::{Map, Value as Json};

use super::picker;
use crate::{
    exchange::{Exchange, form},
    field::{Constant, Field, Kind},
    input::{Given, Submitted},
    openapi,
    problem::FieldError,
    relation::Relation,
};

/// What stands in the inputs: what was sent, with what is wrong with it; otherwise what the row holds; otherwise the defaults.
#[derive(Clone, Copy, Default)]
pub(super) struct Filling<'a> {
    pub(super) sent: Option<&'a Submitted>,
    pub(super) errors: &'a [FieldError],
    pub(super) row: Option<&'a Json>,
}

impl Filling<'_> {
    fn sent(&self, name: &str) -> Option<&Given> {
        self.sent.and_then(|sent| sent.find(name))
    }

    fn errors(&self, about: impl Fn(&str) -> bool) -> Vec<String> {
        let ours =
            self.errors.iter().filter(|error| error.field().is_some_and(|name| about(&name)));
        ours.map(|error| error.detail.clone().into_owned()).collect()
    }
}

/// The inputs for some fields.
pub(super) fn inputs(exchange: &Exchange, fields: &[&Field], filling: Filling<'_>) -> Vec<Input> {
    let input = |field: &&Field| {
        let sent = filling.sent(field.name).map(given_text);
        let value = sent.unwrap_or_else(|| current(field, filling.row));
        let mut input = input(field, &value).suggest(picker::of_field(exchange, field.name));
        input.errors = filling.errors(|name| name == field.name);
        input
    };
    fields.iter().map(input).collect()
}

/// Whether an error is about a relation, or about one of the keys in its list.
pub(super) fn belongs(pointer: &str, relation: &str) -> bool {
    pointer.strip_prefix(relation).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The input for the keys at the other end of a relation.
pub(super) fn link_input(exchange: &Exchange, relation: &Relation, filling: Filling<'_>) -> Input {
    let listed = |list: &Json| match list {
        Json::Array(keys) => keys.iter().map(as_text).collect::<Vec<_>>().join(", "),
        other => as_text(other),
    };
    let value = match filling.sent(relation.name) {
        Some(Given::Text(text)) => text.clone(),
        Some(Given::Json(list)) => listed(list),
        None => filling.row.and_then(|row| row.get(relation.name)).map(listed).unwrap_or_default(),
    };
    let mut input = Input::new(InputKind::Text, relation.name, relation.label.clone())
        .value(value)
        .suggest(picker::of_relation(exchange, relation));
    let keys = format!("Keys of {}, with commas between them.", relation.target_path());
    input.help = Some(format!("{} {keys}", relation.help).trim_start().to_owned());
    input.errors = filling.errors(|name| belongs(name, relation.name));
    input
}

/// The textarea for a whole body.
pub(super) fn raw(id: &str, text: String) -> Input {
    Input::new(InputKind::Textarea, form::CONTENT, "Body as application/json")
        .id(format!("{id}-raw"))
        .required()
        .monospace()
        .rows(8)
        .value(text)
}

/// A body with these members: what the row holds, otherwise examples.
pub(super) fn body(fields: &[&Field], relations: &[&Relation], row: Option<&Json>) -> Json {
    let own = |name: &str| row.and_then(|row| row.get(name)).cloned();
    let columns = fields
        .iter()
        .map(|field| (field.name.to_owned(), own(field.name).unwrap_or_else(|| example(field))));
    let lists = relations.iter().map(|relation| {
        (relation.name.to_owned(), own(relation.name).unwrap_or_else(|| Json::Array(Vec::new())))
    });
    Json::Object(columns.chain(lists).collect())
}

fn example(field: &Field) -> Json {
    match (field.default, field.kind) {
        (Some(default), _) => default.to_json(),
        _ if field.nullable => Json::Null,
        (None, kind) => openapi::example::value(field).unwrap_or_else(|| match kind {
            Kind::Boolean => false.into(),
            kind if kind.is_integer() || matches!(kind, Kind::Float | Kind::Double) => 0.into(),
            Kind::Json => Json::Object(Map::new()),
            _ => "".into(),
        }),
    }
}

/// What was sent, as a body.
pub(super) fn sent_body(sent: &Submitted) -> Json {
    let json = |given: &Given| match given {
        Given::Json(value) => value.clone(),
        Given::Text(text) => text.as_str().into(),
    };
    Json::Object(sent.fields.iter().map(|(name, given)| (name.clone(), json(given))).collect())
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
