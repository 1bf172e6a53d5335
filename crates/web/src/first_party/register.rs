//! Making an account and its first tokens: both, or neither.

use std::net::IpAddr;

use accounts::Username;
use accounts::registration::{Decision, Draft, Facts, NewAccount, Request, decide, username_taken};
use http::StatusCode;
use oauth::grant::password as rule;
use oauth::secret::Secret;
use oauth::token_response::TokenResponse;
use rest::Problem;
use store::{NewUser, StoreError};

use super::fields::Fields;
use super::problem;
use crate::issue::{IdToken, Issue};
use crate::respond::stop::Stop;
use crate::state::State;
use crate::{credentials, issue, throttle};

/// Register what `fields` say and sign the person in.
pub(super) async fn answer(
    state: &State,
    fields: &Fields,
    address: IpAddr,
) -> Result<TokenResponse, Problem> {
    if !state.settings.registration {
        return Err(closed());
    }
    let draft = Draft {
        username: fields.text("username"),
        email: fields.text("email"),
        password: fields.text("password"),
    };
    let request = Request::parse(&draft, &state.settings.passwords);
    let name = draft.username.and_then(|name| Username::parse(name).ok());
    let username_taken = match &name {
        Some(name) => {
            // Before the look: the answer says whether somebody has this name.
            throttle::registration(state, address).await.map_err(problem::of_stop)?;
            let holder = state.store.users().find_by_username(name).await;
            holder.map_err(|error| problem::of_stop(Stop::from(error)))?.is_some()
        }
        None => false,
    };
    match decide(request, Facts { open: true, username_taken }) {
        Decision::Create(account) => create(state, account).await,
        Decision::Refuse(errors) => Err(problem::of_account(errors)),
        Decision::Closed => Err(closed()),
    }
}

async fn create(state: &State, account: NewAccount) -> Result<TokenResponse, Problem> {
    let password = Secret::new(account.password.to_string());
    let hash = credentials::hash(state, password.clone()).await.map_err(problem::of_stop)?;
    let request = rule::Request {
        username: account.username.to_string(),
        password,
        scope: None,
        resources: Vec::new(),
    };
    let new = NewUser {
        username: account.username,
        email: account.email,
        password: Some(hash),
        staff: false,
        superuser: false,
    };
    let stopped = |error: StoreError| problem::of_stop(Stop::from(error));
    let application = state.store.first_party().await.map_err(stopped)?;
    let user = state.store.registration().draw(new).map_err(stopped)?;
    let facts = rule::Facts { user: Some(user.verified()), client: application.client.standing() };
    let now = state.clock.now();
    let decision = rule::decide(&request, &application.client, &facts, state.policy(), now);
    let grant = match decision {
        rule::Decision::Issue(grant) => grant,
        rule::Decision::Refuse(error) => return Err(problem::of_rule(&error)),
    };
    let applied = state.store.registration().apply(&user, &grant, state.policy()).await;
    let issued = match applied {
        Ok(issued) => issued,
        // Somebody else took the name a moment ago.
        Err(StoreError::Conflict { field: "username" }) => {
            return Err(problem::of_account(vec![username_taken()]));
        }
        Err(error) => return Err(stopped(error)),
    };
    tracing::info!(target: "audit", event = "registered", user = %user.account.id);
    let issue = Issue {
        client: &application.client,
        terms: grant.access,
        authorization: Some(issued.authorization),
        details: None,
        refresh_token: issued.refresh_token,
        id_token: IdToken::None,
    };
    issue::respond(state, issue).await.map_err(problem::of_stop)
}

fn closed() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "registration_closed",
        "Nobody can register here by themselves; ask an administrator for an account.",
    )
}
