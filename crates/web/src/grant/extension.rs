//! A grant of the program's own: its rule, one read of the account, a decision, at most one transaction.

use std::net::IpAddr;

use oauth::form::Form;
use oauth::grant::extension::{Decision, Facts, INVALID, Request, Whom, decide};
use oauth::token_response::TokenResponse;
use store::{Application, StoreError, User};

use super::{Failure, jwt_bearer};
use crate::extension::Asked;
use crate::issue::{self, IdToken, Issue};
use crate::respond::stop::Stop;
use crate::state::State;

/// Grant what `request` of the authenticated `application` asks for, if the program says so.
pub(crate) async fn grant(
    state: &State,
    request: &Request,
    application: &Application,
    (form, address): (&Form, IpAddr),
) -> Result<TokenResponse, Failure> {
    let client = &application.client;
    let mut grants = state.settings.extension_grants().iter();
    let extension = grants.find(|extension| *extension.name() == request.name);
    let extension = extension.ok_or(Failure::Stopped(Stop::Internal))?;
    let now = state.clock.now();
    let asked = Asked { form, client, scope: request.scope.as_ref(), address, now };
    let permit = extension.permit(asked).await;
    let user = match permit.as_ref().map(|permit| &permit.whom) {
        Ok(Whom::Person(subject)) => jwt_bearer::find(state, subject).await?,
        Ok(Whom::Client) | Err(_) => None,
    };
    let user = user.as_ref().map(User::verified);
    let facts = Facts { permit, user, client: client.standing() };
    let issue = match decide(request, client, &facts, state.policy(), now) {
        Decision::Issue(issue) => issue,
        Decision::Refuse(error) => return Err(refused(application, request, error)),
    };
    let granted = match state.store.extension().apply(&request.name, &issue, state.policy()).await {
        Ok(Some(granted)) => granted,
        // Used before, or the user or the client was deleted since it was looked at.
        Ok(None) | Err(StoreError::NotFound(_)) => {
            return Err(refused(application, request, INVALID));
        }
        Err(error) => return Err(error.into()),
    };
    tracing::info!(
        target: "audit",
        event = "extension_granted",
        grant = %request.name,
        user = issue.access.user.map(|user| tracing::field::display(user.id)),
        client = %client.id,
    );
    let issue = Issue {
        client,
        terms: issue.access,
        authorization: granted.authorization,
        details: None,
        refresh_token: granted.refresh_token,
        id_token: IdToken::None,
    };
    Ok(issue::respond(state, issue).await?)
}

fn refused(
    application: &Application,
    request: &Request,
    error: oauth::error::OAuthError,
) -> Failure {
    tracing::warn!(
        target: "audit",
        event = "extension_refused",
        grant = %request.name,
        error = %error.code(),
        client = %application.client.id,
    );
    Failure::Refused(error)
}
