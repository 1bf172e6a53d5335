//! `/users/…`: people listed, shown, made what is said about them, switched, deleted.

use accounts::Username;
use axum::extract::State as Shared;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use oauth::id::UserId;
use oauth::secret::Secret;
use rest::Problem;
use serde_json::{Map, Value};
use store::Person;

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
    Ok(answer(StatusCode::OK, &show::user(&person).into()))
}

/// `PUT /users/{username}/`: the account is there and is as said; what is not said stays.
pub(crate) async fn put(
    caller: Caller,
    Shared(state): Shared<State>,
    Name(name): Name,
    members: Members,
) -> Result<Response, Problem> {
    made_so(&state, &caller, (&name, Newcomer::Made), members).await
}

async fn made_so(
    state: &State,
    caller: &Caller,
    (name, newcomer): (&str, Newcomer),
    Members(members): Members,
) -> Result<Response, Problem> {
    let mut members = named(members, ("username", name), &OF_USER)?;
    let password = take_secret(&mut members, "password")?;
    let declared = (&members, password.as_ref(), newcomer);
    again(|| make(state, caller, declared)).await
}

/// `PATCH /users/{username}/`: the same for an account that is there already.
pub(crate) async fn patch(
    caller: Caller,
    Shared(state): Shared<State>,
    Name(name): Name,
    members: Members,
) -> Result<Response, Problem> {
    find(&state, &name).await?;
    made_so(&state, &caller, (&name, Newcomer::Refused), members).await
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
) -> Result<Response, Problem> {
    let person = find(&state, &name).await?;
    state.store().users().delete(person.account.id).await.map_err(of_store)?;
    caller.note("user_deleted", &name, &[]);
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Does what has to be done; `None`: somebody else came before.
async fn make(
    state: &State,
    caller: &Caller,
    (members, password, newcomer): (&Map<String, Value>, Option<&Secret>, Newcomer),
) -> Result<Option<Response>, Problem> {
    let password = password.map(|password| Secret::new(password.expose().to_owned()));
    let planned = plan::user(state.surroundings(), members, password).await;
    let planned = planned.map_err(of_plan)?.map_err(of_faults)?;
    if planned.action == Action::Created && newcomer == Newcomer::Refused {
        return Err(gone());
    }
    if let Some(step) = planned.step {
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
    Ok(Some(done(show::user(&person), &did, &address)))
}

pub(crate) async fn find(state: &State, name: &str) -> Result<Person, Problem> {
    let username = Username::parse(name).map_err(|_| gone())?;
    let users = state.store().users();
    let user = users.find_by_username(&username).await.map_err(of_store)?.ok_or_else(gone)?;
    users.person(user.account.id).await.map_err(of_store)?.ok_or_else(gone)
}
