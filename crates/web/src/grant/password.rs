//! A user's name and password for tokens.

use std::net::IpAddr;

use oauth::grant::password::{Decision, Facts, Request, WRONG, decide};
use oauth::token_response::TokenResponse;
use store::{Application, StoreError, User};

use super::Failure;
use crate::credentials::{self, Checked};
use crate::issue::{self, IdToken, Issue};
use crate::state::State;

/// Grant what `request` of the authenticated `application` asks for, if the password is right.
pub(crate) async fn grant(
    state: &State,
    request: &Request,
    application: &Application,
    address: IpAddr,
) -> Result<TokenResponse, Failure> {
    let checked = credentials::check(state, &request.username, &request.password, address).await?;
    let user = match &checked {
        Checked::Right(user) => Some(user.verified()),
        Checked::Wrong => None,
    };
    let facts = Facts { user, client: application.client.standing() };
    match decide(request, &application.client, &facts, state.policy(), state.clock.now()) {
        Decision::Issue(grant) => {
            let issued = match state.store.password().apply(&grant, state.policy()).await {
                // The user or the client was deleted since it was looked at.
                Err(StoreError::NotFound(_)) => return Err(Failure::Refused(WRONG)),
                issued => issued?,
            };
            if let Checked::Right(user) = &checked {
                audit(user, application);
            }
            let issue = Issue {
                client: &application.client,
                terms: grant.access,
                authorization: Some(issued.authorization),
                details: Some(&grant.authorization.details),
                refresh_token: issued.refresh_token,
                id_token: IdToken::None,
            };
            Ok(issue::respond(state, issue).await?)
        }
        Decision::Refuse(error) => Err(Failure::Refused(error)),
    }
}

fn audit(user: &User, application: &Application) {
    tracing::info!(
        target: "audit",
        event = "password_granted",
        user = %user.account.id,
        client = %application.client.id,
    );
}
