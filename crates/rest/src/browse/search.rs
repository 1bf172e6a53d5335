//! The form of the page that narrows a list, made from the resource's query parameters.
use pages::form::{Choice, Field as Input, Kind as InputKind};
use serde::Serialize;

use super::forms;
use crate::{
    core::Facts,
    exchange::Exchange,
    field::Lookup,
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
    let last = facts.parameters.iter().filter(|parameter| parameter.role == Role::Fields);
    for parameter in facts.parameters.iter().filter(asked).chain(last) {
        let now = pairs.iter().find(|(name, _)| *name == parameter.name);
        let now = now.map(|(_, value)| value.as_str()).unwrap_or_default();
        open |= !now.is_empty();
        form = form.field(input(facts, parameter, now));
    }
    (!form.fields.is_empty()).then_some(Search { open, form })
}

fn input(facts: &Facts, parameter: &Parameter, now: &str) -> Input {
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
            Some(field) => {
                let mut input = match lookup {
                    Lookup::Isnull => truth(name),
                    Lookup::Range | Lookup::In => Input::text(name, name),
                    _ => forms::input(field, now),
                };
                input = input.value(now);
                name.clone_into(&mut input.name);
                input.label = label(field.label.as_str(), lookup);
                (input.required, input.min, input.max, input.max_length) =
                    (false, None, None, None);
                input.help = (lookup == Lookup::Range || lookup == Lookup::In)
                    .then(|| "Values, with commas between.".to_owned());
                input
            }
            None => Input::text(name, name).value(now),
        },
        _ => {
            let mut input = Input::text(name, "Fields").value(now);
            input.help = Some(format!("Only these members: {}.", parameter.choices.join(", ")));
            input
        }
    }
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
