//! The form of the page that narrows a list, made from the resource's query parameters.
use pages::form::{Choice, Field as Input, Kind as InputKind, Suggest};
use serde::Serialize;

use super::{forms, picker};
use crate::{
    exchange::Exchange,
    field::{Field, Lookup},
    parameter::{Parameter, Role},
};

/// A form that narrows a list.
#[derive(Serialize)]
pub(super) struct Search {
    open: bool,
    form: pages::Form,
}

/// The form; what the address says already stands in it.
pub(super) fn form(exchange: &Exchange) -> Option<Search> {
    let facts = &exchange.mounted.facts;
    let query = exchange.parts.uri.query().unwrap_or_default();
    let pairs = crate::pairs::parse(query.as_bytes()).unwrap_or_default();
    let path = exchange.mounted.path.as_str();
    let mut form = pages::Form::get(path).submit("Show").cancel(path);
    let mut open = false;
    // A filter comes before the fields, as it is what people look for.
    let asked = |parameter: &&Parameter| {
        matches!(parameter.role, Role::Search | Role::Ordering | Role::Filter { .. })
    };
    let is_last = |role| matches!(role, Role::Fields | Role::Expand | Role::PageSize | Role::Limit);
    let last = facts.parameters.iter().filter(|parameter| is_last(parameter.role));
    for parameter in facts.parameters.iter().filter(asked).chain(last) {
        let now = pairs.iter().find(|(name, _)| *name == parameter.name);
        let now = now.map(|(_, value)| value.as_str()).unwrap_or_default();
        if parameter.role == Role::Expand && now.is_empty() {
            continue;
        }
        open |= !now.is_empty() && parameter.role != Role::Expand;
        form = form.field(input(exchange, parameter, now));
    }
    (!form.fields.is_empty()).then_some(Search { open, form })
}

fn input(exchange: &Exchange, parameter: &Parameter, now: &str) -> Input {
    let facts = &exchange.mounted.facts;
    let name = parameter.name.as_ref();
    match parameter.role {
        Role::Search => Input::new(InputKind::Search, name, "Search").value(now),
        Role::Ordering => {
            let label = |choice: &String| {
                let (bare, descending) = crate::list::order::direction(choice);
                let label = facts.field(bare).map_or(bare, |field| field.label.as_str());
                let way = if descending { "down" } else { "up" };
                Choice::new(choice.as_str(), format!("{label}, {way}"))
            };
            let choices: Vec<Choice> = parameter.choices.iter().map(label).collect();
            Input::new(InputKind::Select, name, "Order").choices(choices).value(now)
        }
        Role::Filter { field, lookup } => match facts.fields.get(field) {
            Some(field) => filter(exchange, name, (field, lookup), now),
            None => Input::text(name, name).value(now),
        },
        Role::PageSize | Role::Limit => {
            let bound = |bound: Option<u64>| bound.and_then(|bound| i64::try_from(bound).ok());
            Input::new(InputKind::Number, name, "Rows at a time")
                .between(bound(parameter.min), bound(parameter.max))
                .help(parameter.meaning.clone())
                .value(if now.is_empty() { &parameter.default } else { now })
        }
        // Chosen by links; a search keeps it.
        Role::Expand => Input::hidden(name, now),
        _ => {
            let only = format!("Only these members: {}.", parameter.choices.join(", "));
            Input::text(name, "Fields").help(only).value(now)
        }
    }
}

fn filter(exchange: &Exchange, name: &str, (field, lookup): (&Field, Lookup), now: &str) -> Input {
    let suggest = picker::of_field(exchange, field.name);
    let mut input = match lookup {
        Lookup::Isnull => truth(name),
        Lookup::Range => Input::text(name, name),
        Lookup::In => Input::text(name, name)
            .suggest(suggest.map(|suggest| Suggest { many: true, ..suggest })),
        Lookup::Exact => forms::input(field, now).suggest(suggest),
        _ => forms::input(field, now),
    };
    input = input.value(now).id(format!("filter-{name}"));
    name.clone_into(&mut input.name);
    input.label = label(field.label.as_str(), lookup);
    (input.required, input.min, input.max, input.max_length) = (false, None, None, None);
    input.help = matches!(lookup, Lookup::Range | Lookup::In)
        .then(|| "Values, with commas between.".to_owned());
    input
}

fn label(field: &str, lookup: Lookup) -> String {
    match lookup {
        Lookup::Exact => field.to_owned(),
        other => format!("{field} {}", other.words()),
    }
}

fn truth(name: &str) -> Input {
    Input::new(InputKind::Select, name, name)
        .choices([Choice::new("true", "true"), Choice::new("false", "false")])
}
