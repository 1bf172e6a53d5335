//! `/applications/…`: applications listed, shown, made what is said about them, switched, deleted, given a new secret.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use axum::extract::State as Shared;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use oauth::client::Client;
use oauth::id::{ApplicationId, ClientId, UserId};
use oauth::secret::Secret;
use oauth::time::Timestamp;
use rest::Problem;
use serde_json::{Map, Value};
use store::{Application, Step};

use crate::attempt::{again, unless_overtaken};
use crate::body::Members;
use crate::caller::Caller;
use crate::list::{self, Wanted};
use crate::name::{Name, address, named};
use crate::plan::{self, Action, Newcomers};
use crate::problem::{gone, of_faults, of_member, of_plan, of_store};
use crate::show::{self, Done, OF_APPLICATION, answer, done};
use crate::state::State;
use crate::version::{IfMatch, Version};

/// `GET /applications/`.
pub(crate) async fn list(
    _: Caller,
    Shared(state): Shared<State>,
    wanted: Wanted,
) -> Result<Response, Problem> {
    let after = list::after(&wanted, ApplicationId::parse)?;
    let found = state.store().applications().list(None, after, wanted.limit).await;
    let found = found.map_err(of_store)?;
    let mut names: BTreeMap<UserId, Option<String>> = BTreeMap::new();
    let mut rows = Vec::with_capacity(found.len());
    for application in &found {
        let owner = match application.client.owner {
            Some(id) => {
                let owner = match names.entry(id) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(free) => {
                        free.insert(owner_of(&state, &application.client).await?)
                    }
                };
                owner.as_deref()
            }
            None => None,
        };
        rows.push(Value::Object(show::application(application, owner)));
    }
    let last = found.last().map(|application| application.id.to_string());
    Ok(list::page(&format!("{}/applications/", state.prefix()), &wanted, &rows, last))
}

/// `GET /applications/{client_id}/`.
pub(crate) async fn show(
    _: Caller,
    Shared(state): Shared<State>,
    Name(name): Name,
) -> Result<Response, Problem> {
    let found = find(&state, &name).await?;
    let owner = owner_of(&state, &found.client).await?;
    let shown = show::application(&found, owner.as_deref());
    let version = Version::of_application(&state, &found, owner.as_deref());
    Ok(version.on(answer(StatusCode::OK, &Value::Object(shown))))
}

/// `PUT /applications/{client_id}/`: the application is what is said, whatever it was before.
pub(crate) async fn put(
    caller: Caller,
    Shared(state): Shared<State>,
    Name(name): Name,
    condition: IfMatch,
    Members(members): Members,
) -> Result<Response, Problem> {
    let mut members = named(members, ("client_id", &name), &OF_APPLICATION)?;
    let secret = take_secret(&mut members, "client_secret")?;
    again(|| async {
        let known = if condition.is_said() { lookup(&state, &name).await? } else { None };
        check(&state, &condition, known.as_ref()).await?;
        let seen = known.map(|known| known.updated_at);
        make(&state, &caller, Declared { members: &members, secret: secret.as_ref(), seen }).await
    })
    .await
}

/// `PATCH /applications/{client_id}/`: what is named changes, the rest stays (RFC 7396).
pub(crate) async fn patch(
    caller: Caller,
    Shared(state): Shared<State>,
    Name(name): Name,
    condition: IfMatch,
    Members(members): Members,
) -> Result<Response, Problem> {
    let mut patch = named(members, ("client_id", &name), &OF_APPLICATION)?;
    let secret = take_secret(&mut patch, "client_secret")?;
    again(|| async {
        let known = lookup(&state, &name).await?;
        check(&state, &condition, known.as_ref()).await?;
        let known = known.ok_or_else(gone)?;
        if let (Some(active), 2, None) = (patch.get("active"), patch.len(), &secret) {
            return switch(&state, &caller, known, active).await.map(Some);
        }
        let declared = Declared {
            members: &patched(&known.client, &patch),
            secret: secret.as_ref(),
            seen: Some(known.updated_at),
        };
        make(&state, &caller, declared).await
    })
    .await
}

/// `DELETE /applications/{client_id}/`.
pub(crate) async fn delete(
    caller: Caller,
    Shared(state): Shared<State>,
    Name(name): Name,
    condition: IfMatch,
) -> Result<Response, Problem> {
    let found = lookup(&state, &name).await?;
    check(&state, &condition, found.as_ref()).await?;
    let found = found.ok_or_else(gone)?;
    state.store().applications().delete(found.id).await.map_err(of_store)?;
    caller.note("application_deleted", &name, &[]);
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `POST /applications/{client_id}/rotate-secret/`.
pub(crate) async fn rotate_secret(
    caller: Caller,
    Shared(state): Shared<State>,
    Name(name): Name,
) -> Result<Response, Problem> {
    let found = find(&state, &name).await?;
    if !found.client.auth_method.has_secret() {
        return Err(Problem::conflict(
            "This application has no secret: it is public, or it signs with a key of its own.",
        ));
    }
    let rotated = state.store().applications().rotate_secret(&found).await;
    let (application, secret) = rotated.map_err(of_store)?;
    let changed = vec!["client_secret".to_owned()];
    caller.note("application_changed", &name, &changed);
    let did = Done { action: Action::Changed, changed, secret: Some(secret) };
    told(&state, &application, &did).await
}

/// What an application is to be.
#[derive(Clone, Copy)]
struct Declared<'a> {
    members: &'a Map<String, Value>,
    secret: Option<&'a Secret>,
    /// When what it was made from, or what the caller has seen, had last been changed; nothing where it is said whole.
    seen: Option<Timestamp>,
}

impl Declared<'_> {
    /// Whether a step that was planned rests on something else than this: what was read has changed, or is there no more.
    fn is_outdated(&self, step: &Step) -> bool {
        self.seen.is_some_and(|mine| match step {
            Step::Change { seen, .. } => *seen != mine,
            Step::Create(..) | Step::Delete(_) => true,
        })
    }
}

/// Does what has to be done; `None`: somebody else came before.
async fn make(
    state: &State,
    caller: &Caller,
    declared: Declared<'_>,
) -> Result<Option<Response>, Problem> {
    let Declared { members, secret, .. } = declared;
    let secret = secret.map(|secret| Secret::new(secret.expose().to_owned()));
    let planned = plan::application(state.surroundings(), members, secret, &Newcomers::new()).await;
    let planned = planned.map_err(of_plan)?.map_err(of_faults)?;
    let (application, secret) = match planned.step {
        None => (find(state, &planned.client_id).await?, None),
        Some(step) if declared.is_outdated(&step) => return Ok(None),
        Some(step) => {
            let applied = state.store().apply(Vec::new(), vec![step]).await;
            let Some(applied) = unless_overtaken(applied)? else { return Ok(None) };
            applied.applications.into_iter().next().ok_or_else(gone)?
        }
    };
    let (action, changed) = (planned.action, planned.changed);
    match action {
        Action::Unchanged => {}
        Action::Created => caller.note("application_created", &planned.client_id, &[]),
        _ => caller.note("application_changed", &planned.client_id, &changed),
    }
    told(state, &application, &Done { action, changed, secret }).await.map(Some)
}

/// Switches it on or off and asks for nothing else: whatever is registered, it can be stopped at once.
async fn switch(
    state: &State,
    caller: &Caller,
    known: Application,
    active: &Value,
) -> Result<Response, Problem> {
    let Value::Bool(active) = *active else {
        return Err(of_member("active", "invalid", "This is true or false."));
    };
    let applications = state.store().applications();
    let (action, application) = match active {
        same if same == known.client.active => (Action::Unchanged, known),
        true => (Action::Enabled, applications.enable(known.id).await.map_err(of_store)?),
        false => (Action::Disabled, applications.disable(known.id).await.map_err(of_store)?),
    };
    let is_other = action != Action::Unchanged;
    let changed: Vec<String> = is_other.then(|| "active".to_owned()).into_iter().collect();
    if is_other {
        caller.note("application_changed", application.client.id.as_str(), &changed);
    }
    told(state, &application, &Done { action, changed, secret: None }).await
}

async fn told(state: &State, application: &Application, did: &Done) -> Result<Response, Problem> {
    let owner = owner_of(state, &application.client).await?;
    let address = address(state, "applications", application.client.id.as_str());
    let version = Version::of_application(state, application, owner.as_deref());
    Ok(version.on(done(show::application(application, owner.as_deref()), did, &address)))
}

/// Whether what is known is what the caller has seen, if they say that.
async fn check(
    state: &State,
    condition: &IfMatch,
    known: Option<&Application>,
) -> Result<(), Problem> {
    let version = match known {
        Some(known) if condition.is_said() => {
            let owner = owner_of(state, &known.client).await?;
            Some(Version::of_application(state, known, owner.as_deref()))
        }
        _ => None,
    };
    condition.check(version.as_ref())
}

/// The declaration of what is known with a merge patch over it (RFC 7396 §2).
fn patched(known: &Client, patch: &Map<String, Value>) -> Map<String, Value> {
    let texts = |value: &Value| -> Option<Vec<String>> {
        value.as_array()?.iter().map(|word| word.as_str().map(str::to_owned)).collect()
    };
    let grants = patch.get("grant_types").and_then(texts);
    let mut base = known.clone();
    if let Some(grants) = grants {
        // The response types that give a code come and go with its grant.
        base.metadata = known.draft().with_grants(grants).metadata;
    }
    let mut members = base.members();
    members.remove("origin");
    members.insert("client_type".to_owned(), known.client_type.as_str().into());
    members.insert("resources".to_owned(), known.resources.clone().into());
    // Both names of one member: the patch may have the short one.
    for (short, registered) in
        [("name", "client_name"), ("auth_method", "token_endpoint_auth_method")]
    {
        if patch.contains_key(short) {
            members.remove(registered);
        }
    }
    merge(&mut members, patch);
    members
}

fn merge(target: &mut Map<String, Value>, patch: &Map<String, Value>) {
    for (name, value) in patch {
        match (target.get_mut(name), value) {
            (_, Value::Null) => {
                target.remove(name);
            }
            (Some(Value::Object(below)), Value::Object(value)) => merge(below, value),
            _ => {
                target.insert(name.clone(), value.clone());
            }
        }
    }
}

async fn find(state: &State, name: &str) -> Result<Application, Problem> {
    lookup(state, name).await?.ok_or_else(gone)
}

async fn lookup(state: &State, name: &str) -> Result<Option<Application>, Problem> {
    let Ok(id) = name.parse::<ClientId>() else { return Ok(None) };
    state.store().applications().find_by_client_id(&id).await.map_err(of_store)
}

/// The name of the person who owns it.
async fn owner_of(state: &State, client: &Client) -> Result<Option<String>, Problem> {
    let Some(id) = client.owner else { return Ok(None) };
    let user = state.store().users().find(id).await.map_err(of_store)?;
    Ok(user.map(|user| user.account.username.as_str().to_owned()))
}

/// The secret among the members, which then hold it no more; null is none.
pub(crate) fn take_secret(
    members: &mut Map<String, Value>,
    name: &str,
) -> Result<Option<Secret>, Problem> {
    match members.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(Secret::new(text))),
        Some(_) => Err(of_member(name, "invalid", "This is a text.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oauth::client::declaration::Declaration;
    use oauth::issuer::Issuer;
    use oauth::policy::Policy;
    use serde_json::json;

    fn object(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(members) => members,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn a_patch_changes_what_it_names_and_null_takes_a_member_back() {
        let mut target = object(json!({"a": 1, "b": {"c": 1, "d": [1, 2]}, "e": 3}));
        merge(&mut target, &object(json!({"a": null, "b": {"d": [3], "c": null}, "f": {"g": 1}})));
        assert_eq!(Value::Object(target), json!({"b": {"d": [3]}, "e": 3, "f": {"g": 1}}));
    }

    #[test]
    fn what_is_known_with_a_patch_over_it_is_a_declaration() {
        let policy = Policy::new(Issuer::parse("https://id.example").unwrap());
        let declared = |members: &Map<String, Value>| {
            let read = Declaration::parse(members, &policy).unwrap();
            read.registration.into_client(read.id)
        };
        let photos = declared(&object(json!({
            "client_id": "photos", "name": "Photos", "grant_types": ["authorization_code"],
            "redirect_uris": ["https://photos.example/cb"], "consent": "trusted",
        })));
        let patched = |more: Value| {
            let mut patch = object(more);
            patch.insert("client_id".to_owned(), "photos".into());
            declared(&super::patched(&photos, &patch))
        };
        assert_eq!(patched(json!({})).members(), patched(json!({"tos_uri": null})).members());
        assert_eq!(patched(json!({"name": "Other"})).name, "Other");
        assert_eq!(
            patched(json!({"client_name": "Other"})).metadata.consent,
            photos.metadata.consent
        );
        let robot = patched(json!({"grant_types": ["client_credentials"], "redirect_uris": null}));
        assert!(robot.metadata.response_types.is_empty() && robot.redirect_uris.is_empty());
    }
}
