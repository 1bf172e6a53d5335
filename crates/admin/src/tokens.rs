//! `/tokens/revoke/`: the end of one token, of everything of a person, or of everything of an application.

use axum::extract::State as Shared;
use axum::response::Response;
use http::StatusCode;
use oauth::client::{Client, ClientType};
use oauth::endpoint::revoke::{self, Decision, Request};
use oauth::id::ClientId;
use oauth::policy::Policy;
use oauth::secret::Secret;
use oauth::time::Timestamp;
use rest::Problem;
use serde_json::{Value, json};
use store::{Store, StoreError};

use crate::body::Members;
use crate::caller::Caller;
use crate::problem::{of_member, of_store};
use crate::show::answer;
use crate::state::State;

/// `POST /tokens/revoke/` with one of `token`, `username` and `client_id`.
pub(crate) async fn revoke(
    caller: Caller,
    Shared(state): Shared<State>,
    Members(members): Members,
) -> Result<Response, Problem> {
    let mut members = members.into_iter();
    let one = "Name one of `token`, `username` and `client_id`, and nothing else.";
    let Some((name, value)) = members.next() else {
        return Err(of_member("token", "required", one));
    };
    if let Some((other, _)) = members.next() {
        return Err(of_member(&other, "unknown_member", one));
    }
    let Value::String(value) = value else {
        return Err(of_member(&name, "invalid", "This is a text."));
    };
    let revoked = match name.as_str() {
        "token" => of_token(&state, &caller, value).await?,
        "username" => of_person(&state, &caller, &value).await?,
        "client_id" => of_client(&state, &caller, &value).await?,
        other => return Err(of_member(other, "unknown_member", one)),
    };
    Ok(answer(StatusCode::OK, &json!({ "revoked": revoked })))
}

async fn of_token(state: &State, caller: &Caller, token: String) -> Result<bool, Problem> {
    let request = Request { token: Secret::new(token) };
    let now = state.clock().now();
    let decision = find_revocation(state.store(), &request, state.policy(), now).await;
    let decision = decision.map_err(of_store)?;
    if decision == Decision::Nothing {
        return Ok(false);
    }
    state.store().revoke().apply(&decision).await.map_err(of_store)?;
    caller.note("token_revoked", "", &[]);
    Ok(true)
}

async fn of_person(state: &State, caller: &Caller, name: &str) -> Result<bool, Problem> {
    let person = crate::users::find(state, name)
        .await
        .map_err(|problem| absent(problem, "username", "There is no person of this name."))?;
    state.store().users().sign_out_everywhere(person.account.id).await.map_err(of_store)?;
    caller.note("user_signed_out", name, &[]);
    Ok(true)
}

async fn of_client(state: &State, caller: &Caller, name: &str) -> Result<bool, Problem> {
    let nobody = || of_member("client_id", "unknown", "There is no application of this name.");
    let id: ClientId = name.parse().map_err(|_| nobody())?;
    let found = state.store().applications().find_by_client_id(&id).await.map_err(of_store)?;
    let found = found.ok_or_else(nobody)?;
    state.store().applications().end_everything(found.id).await.map_err(of_store)?;
    caller.note("application_tokens_revoked", name, &[]);
    Ok(true)
}

/// What is not there is a wrong member of the body, not a wrong address.
fn absent(problem: Problem, member: &str, detail: &'static str) -> Problem {
    if problem.status() == StatusCode::NOT_FOUND {
        of_member(member, "unknown", detail)
    } else {
        problem
    }
}

/// What ends a token that an operator holds, whichever client it was given to (RFC 7009 §2.1).
///
/// # Errors
/// When the store cannot tell.
pub async fn find_revocation(
    store: &Store,
    request: &Request,
    policy: &Policy,
    now: Timestamp,
) -> Result<Decision, StoreError> {
    let facts = store.revoke().load(request, &policy.issuer).await?;
    let owner = match &facts {
        revoke::Facts::Access(token) => &token.client,
        revoke::Facts::Refresh(authorization) => &authorization.client,
        revoke::Facts::Nothing => return Ok(Decision::Nothing),
    };
    let found = store.applications().find_by_client_id(owner).await?;
    Ok(found.map_or(Decision::Nothing, |application| {
        // Whoever holds the token has shown that they may: the client itself is not asked.
        let client = Client { client_type: ClientType::Confidential, ..application.client };
        revoke::decide(&client, &facts, policy, now)
    }))
}
