//! The grant by an assertion about a person: the keys of its issuer, one read of the account, a decision, one transaction.

use accounts::Username;
use oauth::client::Client;
use oauth::error::OAuthError;
use oauth::grant::jwt_bearer::{Decision, Facts, Fault, INVALID, Named, Request, Subject, decide};
use oauth::token_response::TokenResponse;
use store::{Application, StoreError, User};

use super::Failure;
use crate::issue::{self, IdToken, Issue};
use crate::state::State;

/// Grant what `request` of the authenticated `application` asks for, if the assertion is good.
pub(crate) async fn grant(
    state: &State,
    request: &Request,
    application: &Application,
) -> Result<TokenResponse, Failure> {
    let assertion = check(state, request, &application.client).await;
    let user = match &assertion {
        Ok(named) => find(state, &named.subject).await?,
        Err(_) => None,
    };
    let client = &application.client;
    let user = user.as_ref().map(User::verified);
    let facts = Facts { assertion, user, client: client.standing() };
    match decide(request, client, &facts, state.policy(), state.clock.now()) {
        Decision::Issue(grant) => {
            let id = match state.store.jwt_bearer().apply(&grant, state.policy()).await {
                Ok(Some(id)) => id,
                // Used before, or the user or the client was deleted since it was looked at.
                Ok(None) | Err(StoreError::NotFound(_)) => {
                    return Err(refused(application, &facts, INVALID, true));
                }
                Err(error) => return Err(error.into()),
            };
            tracing::info!(
                target: "audit",
                event = "jwt_bearer_granted",
                user = %grant.authorization.user,
                issuer = %grant.once.issuer,
                client = %client.id,
            );
            let issue = Issue {
                client,
                terms: grant.access,
                authorization: Some(id),
                details: None,
                refresh_token: None,
                id_token: IdToken::None,
            };
            Ok(issue::respond(state, issue).await?)
        }
        Decision::Refuse(error) => Err(refused(application, &facts, error, false)),
    }
}

/// What the assertion says.
async fn check(state: &State, request: &Request, client: &Client) -> Result<Named, Fault> {
    let policy = state.policy();
    let (assertion, trusted) = request.trusted(client, policy)?;
    let keys = state.client_keys.of_issuer(trusted, assertion.key_id()).await;
    assertion.check(trusted, &keys, &policy.issuer, state.clock.now())
}

/// The account that is named, whatever became of it.
pub(super) async fn find(state: &State, subject: &Subject) -> Result<Option<User>, StoreError> {
    match subject {
        Subject::UserId(id) => state.store.users().find(*id).await,
        Subject::Username(text) => {
            let Ok(name) = Username::parse(text) else { return Ok(None) };
            let found = state.store.users().find_by_username(&name).await?;
            // Names that we hold for one may be two at the issuer.
            Ok(found.filter(|user| user.account.username.as_str() == text))
        }
    }
}

/// The client learns the error; the log learns why.
fn refused(application: &Application, facts: &Facts, error: OAuthError, used: bool) -> Failure {
    tracing::warn!(
        target: "audit",
        event = "jwt_bearer_refused",
        issuer = facts.assertion.as_ref().ok().map(|named| named.once.issuer.as_str()),
        fault = facts.assertion.as_ref().err().map(tracing::field::debug),
        account = facts.user.map(|user| tracing::field::display(user.standing)),
        used,
        error = %error.code(),
        client = %application.client.id,
    );
    Failure::Refused(error)
}
