//! What has to be done so that the applications are what a file says: facts in, steps out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use oauth::client::declaration::{
    self, Decision, Declaration, Facts, GivenSecret, SecretStep, is_prunable,
};
use oauth::client::{Client, FieldError};
use oauth::id::UserId;
use serde::Serialize;
use serde_json::{Map, Value};
use store::{Application, NewSecret, Step};

/// What becomes of an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Action {
    /// It is registered.
    Created,
    /// Some of its facts are others now.
    Changed,
    /// It is switched on, and nothing else.
    Enabled,
    /// It is switched off, and nothing else.
    Disabled,
    /// It is deleted.
    Deleted,
    /// It is as the file says.
    Unchanged,
}

impl Action {
    const ALL: [Self; 6] = [
        Self::Created,
        Self::Changed,
        Self::Enabled,
        Self::Disabled,
        Self::Deleted,
        Self::Unchanged,
    ];
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::Deleted => "deleted",
            Self::Unchanged => "unchanged",
        })
    }
}

/// What is wrong with one member of one application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    application: String,
    member: String,
    message: String,
}

impl Fault {
    pub(super) fn new(member: &str, message: impl Into<String>) -> Self {
        Self { application: String::new(), member: member.to_owned(), message: message.into() }
    }

    /// The same, of the application of this name.
    pub(super) fn of(self, application: &str) -> Self {
        Self { application: application.to_owned(), ..self }
    }
}

impl From<FieldError> for Fault {
    fn from(error: FieldError) -> Self {
        Self::new(error.field, error.message)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.application, self.member, self.message)
    }
}

/// A declared application, and everything that is known about it.
pub(super) struct Wanted {
    pub(super) declaration: Declaration,
    pub(super) known: Option<Application>,
    pub(super) owner: Option<UserId>,
    pub(super) given: GivenSecret,
    /// The slow hash of the given secret, if it is a new one.
    pub(super) hash: Option<String>,
}

/// What is to be done about one application.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) client_id: String,
    pub(super) action: Action,
    /// The names of what changes.
    pub(super) changed: Vec<String>,
    /// None if nothing is to be done.
    pub(super) step: Option<Step>,
}

/// What is to be done about a declared application.
pub(super) fn step(wanted: Wanted) -> Result<Planned, Fault> {
    let Wanted { declaration, known, owner, given, hash } = wanted;
    let client = known.as_ref().map(|known| &known.client);
    let facts = Facts { known: client, owner, secret: given };
    let decision = declaration::decide(&declaration, facts)?;
    let client_id = declaration.id.to_string();
    let planned = |action, changed, step| Planned { client_id, action, changed, step };
    Ok(match (decision, &known) {
        (Decision::Create(client, from), _) => {
            let secret = match (from, hash) {
                (SecretStep::Take, Some(hash)) => NewSecret::Chosen(hash),
                (SecretStep::Draw, _) => NewSecret::Generated,
                (SecretStep::None | SecretStep::Take, _) => NewSecret::None,
            };
            planned(Action::Created, Vec::new(), Some(Step::Create(client, secret)))
        }
        (Decision::Change(change), Some(known)) => {
            let active =
                (change.client.active != known.client.active).then_some(change.client.active);
            let action = action(&change.members, &change.client);
            let secret = hash.filter(|_| change.new_secret);
            let client = Box::new(change.client);
            let step = Step::Change { id: known.id, client, secret, active };
            planned(action, change.members, Some(step))
        }
        (Decision::Change(_) | Decision::Keep, _) => planned(Action::Unchanged, Vec::new(), None),
    })
}

/// What a change of these members is called.
fn action(changed: &[String], client: &Client) -> Action {
    match changed {
        [only] if only == "active" && client.active => Action::Enabled,
        [only] if only == "active" => Action::Disabled,
        _ => Action::Changed,
    }
}

/// The deletion of what may be deleted and is not named.
pub(super) fn surplus(known: &[Application], named: &BTreeSet<&str>) -> Vec<Planned> {
    let surplus = known.iter().filter(|application| {
        is_prunable(&application.client) && !named.contains(application.client.id.as_str())
    });
    surplus
        .map(|application| Planned {
            client_id: application.client.id.to_string(),
            action: Action::Deleted,
            changed: Vec::new(),
            step: Some(Step::Delete(application.id)),
        })
        .collect()
}

/// What each table is called in messages: by its id, or by its place if it has none.
pub(super) fn names(tables: &[Map<String, Value>]) -> Vec<String> {
    let name = |(at, members): (usize, &Map<String, Value>)| match id(members) {
        Some(id) if !id.is_empty() => id.escape_debug().to_string(),
        _ => format!("application {}", at + 1),
    };
    tables.iter().enumerate().map(name).collect()
}

/// A fault for each id that several tables have.
pub(super) fn named_twice(tables: &[Map<String, Value>]) -> Vec<Fault> {
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for id in tables.iter().filter_map(id) {
        *times.entry(id).or_default() += 1;
    }
    let twice = times.into_iter().filter(|(_, times)| *times > 1);
    twice
        .map(|(id, times)| {
            let message = format!("{times} tables have this id: keep one of them.");
            Fault::new("client_id", message).of(id)
        })
        .collect()
}

fn id(members: &Map<String, Value>) -> Option<&str> {
    members.get("client_id").and_then(Value::as_str)
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
        return "The file names no application.".to_owned();
    }
    format!("{}.", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use oauth::client::{ClientMetadata, Origin};
    use oauth::id::ApplicationId;
    use oauth::time::Timestamp;
    use serde_json::json;

    fn application(id: &str, origin: Origin) -> Application {
        let metadata = ClientMetadata { origin, ..ClientMetadata::default() };
        let client = Client::first_party(id.parse().unwrap(), "Photos");
        let now = Timestamp::from_seconds(1_800_000_000);
        Application {
            id: ApplicationId::parse("01890a5d-ac96-774b-bcce-b302099a8057").unwrap(),
            client: Client { metadata, first_party: false, ..client },
            created_at: now,
            updated_at: now,
        }
    }

    fn tables(ids: &[Value]) -> Vec<Map<String, Value>> {
        let table = |id: &Value| [("client_id".to_owned(), id.clone())].into_iter().collect();
        ids.iter().map(table).collect()
    }

    #[test]
    fn only_what_an_operator_registered_and_nobody_names_is_surplus() {
        let known = [
            application("named", Origin::Operator),
            application("surplus", Origin::Operator),
            application("developers", Origin::Developer),
            application("programs", Origin::Dynamic),
            application("documents", Origin::Document),
        ];
        let plan = surplus(&known, &BTreeSet::from(["named"]));
        let ids: Vec<&str> = plan.iter().map(|it| it.client_id.as_str()).collect();
        assert_eq!(ids, ["surplus"]);
        assert!(plan.iter().all(|it| matches!(it.step, Some(Step::Delete(_)))));
    }

    #[test]
    fn a_switch_alone_has_a_name_of_its_own() {
        let mut client = application("photos", Origin::Operator).client;
        let words = |words: &[&str]| -> Vec<String> { words.iter().map(|&it| it.into()).collect() };
        assert_eq!(action(&words(&["active"]), &client), Action::Enabled);
        assert_eq!(action(&words(&["active", "scope"]), &client), Action::Changed);
        client.active = false;
        assert_eq!(action(&words(&["active"]), &client), Action::Disabled);
        assert_eq!(action(&words(&["scope"]), &client), Action::Changed);
    }

    #[test]
    fn a_table_is_called_by_its_id_or_its_place_and_each_id_stands_once() {
        let found = tables(&[json!("a"), json!(7), json!("b"), json!("a"), json!("")]);
        assert_eq!(names(&found), ["a", "application 2", "b", "a", "application 5"]);
        let faults: Vec<String> = named_twice(&found).iter().map(ToString::to_string).collect();
        assert_eq!(faults, ["a: client_id: 2 tables have this id: keep one of them."]);
    }

    #[test]
    fn the_summary_counts_what_was_done() {
        let counted = counts([Action::Unchanged, Action::Created, Action::Unchanged].into_iter());
        assert_eq!(summary(&counted), "1 created, 2 unchanged.");
        assert_eq!(summary(&counts(std::iter::empty())), "The file names no application.");
    }
}
