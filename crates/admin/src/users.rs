//! `/users/…`: people listed, shown, made what is said about them, switched, deleted.

use accounts::Username;
use axum::extract::State as Shared;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use oauth::id::UserId;
use oauth::secret::Secret;
use rest::Problem;
use serde_json::{Map, Value};
use store::{Person, UserStep};

use crate::applications::take_secret;
use crate::attempt::{again, unless_overtaken};
use crate::body::Members;
use crate::caller::Caller;
use crate::list::{self, Wanted};
use crate::name::{Name, address, named};
use crate::plan::{self, Action};
use crate::problem::{gone, of_faults, of_plan, of_store};
use crate::show::{self, Done, OF_USER, answer, done};
use crate::state::State;
use crate::version::{IfMatch, Version};

/// `GET /users/`.
pub(crate) async fn list(
    _: Caller,
    Shared(state): Shared<State>,
    wanted: Wanted,
) -> Result<Response, Problem> {
    let after = list::after(&wanted, UserId::parse)?;
    let found = state.store().users().people(after, wanted.limit).await.map_err(of_store)?;
    let rows: Vec<Value> = found.iter().map(|person| show::user(person).into()).collect();
    let last = found.last().map(|person| person.account.id.to_string());
    Ok(list::page(&format!("{}/users/", state.prefix()), &wanted, &rows, last))
}

/// `GET /users/{username}/`.
pub(crate) async fn show(
    _: Caller,
    Shared(state): Shared<State>,
    Name(name): Name,
) -> Result<Response, Problem> {
    let person = find(&state, &name).await?;
    let version = Version::of_person(&state, &person);
    Ok(version.on(answer(StatusCode::OK, &show::user(&person).into())))
}

/// `PUT /users/{username}/`: the account is there and is as said; what is not said stays.
pub(crate) async fn put(
    caller: Caller,
    Shared(state): Shared<State>,
    Name(name): Name,
    condition: IfMatch,
    members: Members,
) -> Result<Response, Problem> {
    made_so(&state, &caller, (&name, Newcomer::Made, condition), members).await
}

async fn made_so(
    state: &State,
    caller: &Caller,
    (name, newcomer, condition): (&str, Newcomer, IfMatch),
    Members(members): Members,
) -> Result<Response, Problem> {
    let mut members = named(members, ("username", name), &OF_USER)?;
    let password = take_secret(&mut members, "password")?;
    again(|| async {
        let seen = if condition.is_said() { lookup(state, name).await? } else { None };
        let version = seen.as_ref().map(|seen| Version::of_person(state, seen));
        condition.check(version.as_ref())?;
        let declared = Declared {
            members: &members,
            password: password.as_ref(),
            newcomer,
            seen: seen.as_ref(),
        };
        make(state, caller, declared).await
    })
    .await
}

/// `PATCH /users/{username}/`: the same for an account that is there already.
pub(crate) async fn patch(
    caller: Caller,
    Shared(state): Shared<State>,
    Name(name): Name,
    condition: IfMatch,
    members: Members,
) -> Result<Response, Problem> {
    find(&state, &name).await?;
    made_so(&state, &caller, (&name, Newcomer::Refused, condition), members).await
}

/// What an account is to be.
#[derive(Clone, Copy)]
struct Declared<'a> {
    members: &'a Map<String, Value>,
    password: Option<&'a Secret>,
    newcomer: Newcomer,
    /// What the caller has seen, if they say that.
    seen: Option<&'a Person>,
}

impl Declared<'_> {
    /// Whether a step that was planned rests on something else than what the caller has seen.
    fn is_outdated(&self, step: &UserStep) -> bool {
        self.seen.is_some_and(|mine| match step {
            UserStep::Change(change) => change.seen != *mine,
            UserStep::Create { .. } => true,
        })
    }
}

/// Whether an account may be made that is not there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Newcomer {
    Made,
    Refused,
}

/// `DELETE /users/{username}/`: with the applications that the person registered.
pub(crate) async fn delete(
    caller: Caller,
    Shared(state): Shared<State>,
    Name(name): Name,
    condition: IfMatch,
) -> Result<Response, Problem> {
    let person = lookup(&state, &name).await?;
    let version = person.as_ref().map(|person| Version::of_person(&state, person));
    condition.check(version.as_ref())?;
    let person = person.ok_or_else(gone)?;
    state.store().users().delete(person.account.id).await.map_err(of_store)?;
    caller.note("user_deleted", &name, &[]);
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Does what has to be done; `None`: somebody else came before.
async fn make(
    state: &State,
    caller: &Caller,
    declared: Declared<'_>,
) -> Result<Option<Response>, Problem> {
    let Declared { members, password, newcomer, .. } = declared;
    let password = password.map(|password| Secret::new(password.expose().to_owned()));
    let planned = plan::user(state.surroundings(), members, password).await;
    let planned = planned.map_err(of_plan)?.map_err(of_faults)?;
    if planned.action == Action::Created && newcomer == Newcomer::Refused {
        return Err(gone());
    }
    if let Some(step) = planned.step {
        if declared.is_outdated(&step) {
            return Ok(None);
        }
        let applied = state.store().apply(vec![step], Vec::new()).await;
        if unless_overtaken(applied)?.is_none() {
            return Ok(None);
        }
    }
    let (username, action, changed) = (planned.username, planned.action, planned.changed);
    match action {
        Action::Unchanged => {}
        Action::Created => caller.note("user_created", &username, &[]),
        _ => caller.note("user_changed", &username, &changed),
    }
    let person = find(state, &username).await?;
    let address = address(state, "users", &username);
    let did = Done { action, changed, secret: None };
    let version = Version::of_person(state, &person);
    Ok(Some(version.on(done(show::user(&person), &did, &address))))
}

pub(crate) async fn find(state: &State, name: &str) -> Result<Person, Problem> {
    lookup(state, name).await?.ok_or_else(gone)
}

async fn lookup(state: &State, name: &str) -> Result<Option<Person>, Problem> {
    let Ok(username) = Username::parse(name) else { return Ok(None) };
    let users = state.store().users();
    match users.find_by_username(&username).await.map_err(of_store)? {
        Some(user) => users.person(user.account.id).await.map_err(of_store),
        None => Ok(None),
    }
}
