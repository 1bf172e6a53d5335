//! A client acting for itself: nothing is loaded that is not in memory, nothing is written.

use oauth::grant::client_credentials::{Decision, Request, decide};
use oauth::token_response::TokenResponse;
use store::Application;

use super::Failure;
use crate::issue::{self, IdToken, Issue};
use crate::state::State;

/// Grant what `request` of the authenticated `application` asks for.
pub(crate) async fn grant(
    state: &State,
    request: &Request,
    application: &Application,
) -> Result<TokenResponse, Failure> {
    let facts = application.client.standing();
    match decide(request, &application.client, facts, state.policy(), state.clock.now()) {
        Decision::Issue(terms) => {
            let issue = Issue {
                client: &application.client,
                terms,
                authorization: None,
                details: None,
                refresh_token: None,
                id_token: IdToken::None,
            };
            Ok(issue::respond(state, issue).await?)
        }
        Decision::Refuse(error) => Err(Failure::Refused(error)),
    }
}
