//! What a developer may say about an application beside its name, grants, redirect URIs and scope: the fields of the form, in
//! groups, and the members of RFC 7591 that are behind them.

use oauth::client::{AuthMethod, Client, ClientMetadata, ClientType, FieldError};
use oauth::policy::Policy;
use pages::form::{Choice, Kind};
use pages::{Field, Form};
use serde_json::{Map, Value};

use super::super::method_label;
use super::groups::{GROUPS, Member, Shape};
use super::lines;
use crate::extract::page_form::PageForm;

/// The form with a field for each of these members.
pub(super) fn with_some(form: Form, policy: &Policy, names: &[&str]) -> Form {
    let members = GROUPS.iter().flat_map(|group| group.members);
    let wanted = members.filter(|member| names.contains(&member.name));
    wanted.fold(form, |form, member| form.field(field(member, policy)))
}

/// The form with a field for each member, filled with what is registered.
pub(super) fn with_all(mut form: Form, policy: &Policy, client: &Client) -> Form {
    let known = client.members();
    for group in GROUPS {
        form = form.section(group.title, group.help);
        if group.title == "Keys" && client.client_type == ClientType::Confidential {
            form = form.field(auth_method(client));
        }
        for member in group.members {
            let value = known.get(member.name).map(text).unwrap_or_default();
            form = form.field(field(member, policy).value(value));
        }
    }
    form
}

fn field(member: &Member, policy: &Policy) -> Field {
    let words = |kind: Kind, words: &[(&str, &str)]| {
        let choices = words.iter().map(|(word, label)| Choice::new(*word, *label));
        Field::new(kind, member.name, member.label).choices(choices)
    };
    let field = match member.shape {
        Shape::Line => Field::text(member.name, member.label).autocomplete("off").max_length(255),
        Shape::Address => Field::new(Kind::Url, member.name, member.label).autocomplete("off"),
        Shape::Lines => Field::new(Kind::Textarea, member.name, member.label).monospace().rows(2),
        Shape::Json => Field::new(Kind::Textarea, member.name, member.label).monospace().rows(4),
        Shape::Seconds => {
            Field::new(Kind::Number, member.name, member.label).between(Some(0), None)
        }
        Shape::Switch => Field::new(Kind::Checkbox, member.name, member.label),
        Shape::OneOf(choices) => words(Kind::Select, choices),
        Shape::JustOneOf(choices) => words(Kind::Select, choices).required(),
        Shape::Signing => {
            let offered = policy.capabilities.signing_algorithms.iter();
            let choices = offered.map(|one| Choice::new(one.as_str(), one.as_str()));
            Field::new(Kind::Select, member.name, member.label).choices(choices)
        }
    };
    if member.help.is_empty() { field } else { field.help(member.help) }
}

/// How it authenticates. What needs an operator is there only where one has chosen it.
fn auth_method(client: &Client) -> Field {
    let open = AuthMethod::ALL.into_iter().filter(|method| {
        method.sends_secret()
            || *method == AuthMethod::PrivateKeyJwt
            || *method == client.auth_method
    });
    Field::new(Kind::Select, "auth_method", "How it proves who it is")
        .choices(open.map(|method| Choice::new(method.as_str(), method_label(method))))
        .value(client.auth_method.as_str())
        .required()
        .help("To signing: the secret ends. From signing: a new secret is made and shown once.")
}

/// The members that the form says something about; one that was emptied is null.
///
/// # Errors
/// What is not even of the kind of its field.
pub(super) fn sent(form: &PageForm) -> Result<Map<String, Value>, Vec<FieldError>> {
    let (mut members, mut errors) = (Map::new(), Vec::new());
    for member in GROUPS.iter().flat_map(|group| group.members) {
        let Some(text) = form.all(member.name).next() else {
            // A box that is not ticked is not sent.
            if matches!(member.shape, Shape::Switch) {
                members.insert(member.name.to_owned(), Value::Null);
            }
            continue;
        };
        match value(member.shape, form, member.name, text.trim()) {
            Ok(value) => {
                members.insert(member.name.to_owned(), value);
            }
            Err(message) => errors.push(FieldError {
                field: member.name,
                code: "invalid",
                message: message.to_owned(),
            }),
        }
    }
    if errors.is_empty() { Ok(members) } else { Err(errors) }
}

fn value(shape: Shape, form: &PageForm, name: &str, text: &str) -> Result<Value, &'static str> {
    if text.is_empty() {
        return Ok(Value::Null);
    }
    match shape {
        Shape::Lines => Ok(lines(form, name).into()),
        Shape::Switch => Ok((text == "true").into()),
        Shape::Seconds => {
            text.parse::<u32>().map(Value::from).map_err(|_| "This is a whole number of seconds.")
        }
        Shape::Json => serde_json::from_str(text).map_err(|_| "This is not JSON."),
        Shape::Line | Shape::Address | Shape::OneOf(_) | Shape::JustOneOf(_) | Shape::Signing => {
            Ok(text.into())
        }
    }
}

/// What is registered of the members and is not what every application has: label and value.
pub(in crate::pages::applications) fn registered(client: &Client) -> Vec<(&'static str, String)> {
    let usual = match serde_json::to_value(ClientMetadata::default()) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    };
    let known = client.members();
    let members = GROUPS.iter().flat_map(|group| group.members);
    let told = members.filter_map(|member| {
        let value = known.get(member.name)?;
        let same = usual.get(member.name) == Some(value);
        (!same).then(|| (member.label, shown(member.shape, value)))
    });
    told.collect()
}

fn shown(shape: Shape, value: &Value) -> String {
    let word = value.as_str().unwrap_or_default();
    match shape {
        Shape::OneOf(words) | Shape::JustOneOf(words) => {
            let label = words.iter().find(|(known, _)| *known == word).map(|(_, label)| *label);
            label.unwrap_or(word).to_owned()
        }
        Shape::Switch => "yes".to_owned(),
        Shape::Seconds => format!("{value} seconds"),
        Shape::Json => {
            let keys = value.get("keys").and_then(Value::as_array).map_or(0, Vec::len);
            format!("{keys} public keys")
        }
        Shape::Line | Shape::Address | Shape::Lines | Shape::Signing => text(value),
    }
}

/// A value as its field holds it.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n"),
        Value::Bool(true) => "true".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Object(_) => serde_json::to_string_pretty(value).unwrap_or_default(),
        Value::Bool(false) | Value::Null => String::new(),
    }
}
