//! What the tables of a file are called in messages, and what is said at the end.

use std::collections::BTreeMap;

use accounts::Username;
use admin::plan::Action;
use serde_json::{Map, Value};

use super::file::Kind;

/// What each table is called in messages: by its id, or by its place if it has none.
pub(super) fn names(tables: &[Map<String, Value>], kind: Kind) -> Vec<String> {
    let name = |(at, members): (usize, &Map<String, Value>)| match id(members, kind) {
        Some(id) if !id.is_empty() => called(&id.escape_debug().to_string(), kind),
        _ => format!("{} {}", kind.key(), at + 1),
    };
    tables.iter().enumerate().map(name).collect()
}

/// A line for each id that several tables have.
pub(super) fn named_twice(tables: &[Map<String, Value>], kind: Kind) -> Vec<String> {
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for id in tables.iter().filter_map(|members| id(members, kind)) {
        let same = match (kind, Username::parse(id)) {
            (Kind::User, Ok(username)) => username.key().as_str().to_owned(),
            _ => id.to_owned(),
        };
        *times.entry(same).or_default() += 1;
    }
    let twice = times.into_iter().filter(|(_, times)| *times > 1);
    twice
        .map(|(id, times)| {
            let (name, member) = (called(&id, kind), kind.id());
            format!("{name}: {member}: {times} tables have this id: keep one of them.")
        })
        .collect()
}

/// An application by its id alone; a person with the word for it.
fn called(id: &str, kind: Kind) -> String {
    match kind {
        Kind::Application => id.to_owned(),
        Kind::User => format!("user {id}"),
    }
}

fn id(members: &Map<String, Value>, kind: Kind) -> Option<&str> {
    members.get(kind.id()).and_then(Value::as_str)
}

/// How often each thing is done.
pub(super) fn counts(actions: impl Iterator<Item = Action>) -> Vec<(Action, usize)> {
    let mut counts = Action::ALL.map(|action| (action, 0));
    for done in actions {
        for (_, count) in counts.iter_mut().filter(|(action, _)| *action == done) {
            *count += 1;
        }
    }
    counts.to_vec()
}

/// One line for people.
pub(super) fn summary(counts: &[(Action, usize)]) -> String {
    let done = counts.iter().filter(|(_, count)| *count > 0);
    let parts: Vec<String> = done.map(|(action, count)| format!("{count} {action}")).collect();
    if parts.is_empty() {
        return "The file names no application and no person.".to_owned();
    }
    format!("{}.", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn tables(kind: Kind, ids: &[Value]) -> Vec<Map<String, Value>> {
        let table = |id: &Value| [(kind.id().to_owned(), id.clone())].into_iter().collect();
        ids.iter().map(table).collect()
    }

    #[test]
    fn a_table_is_called_by_its_id_or_its_place_and_each_id_stands_once() {
        let ids = [json!("a"), json!(7), json!("b"), json!("a"), json!("")];
        let found = tables(Kind::Application, &ids);
        let names = names(&found, Kind::Application);
        assert_eq!(names, ["a", "application 2", "b", "a", "application 5"]);
        let lines = named_twice(&found, Kind::Application);
        assert_eq!(lines, ["a: client_id: 2 tables have this id: keep one of them."]);
    }

    #[test]
    fn people_are_told_apart_as_their_names_are() {
        let found = tables(Kind::User, &[json!("Ann"), json!("ann"), json!("bob")]);
        assert_eq!(names(&found, Kind::User)[0], "user Ann");
        let lines = named_twice(&found, Kind::User);
        assert_eq!(lines, ["user ann: username: 2 tables have this id: keep one of them."]);
    }

    #[test]
    fn the_summary_counts_what_was_done() {
        let counted = counts([Action::Unchanged, Action::Created, Action::Unchanged].into_iter());
        assert_eq!(summary(&counted), "1 created, 2 unchanged.");
        assert_eq!(
            summary(&counts(std::iter::empty())),
            "The file names no application and no person."
        );
    }
}
