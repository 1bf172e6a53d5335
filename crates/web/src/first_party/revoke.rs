//! Signing out: either token of a sign-in ends all of it.

use oauth::client::Client;
use oauth::endpoint::revoke::{self, Decision, Facts, Request};
use oauth::secret::Secret;
use rest::Problem;

use super::fields::Fields;
use super::problem;
use crate::respond::stop::Stop;
use crate::state::State;

/// End what the token in `fields` belongs to. A token that is unknown, gone or another client's changes nothing and gets
/// the same answer.
pub(super) async fn answer(state: &State, fields: &Fields) -> Result<(), Problem> {
    let Some(token) = fields.text("token") else { return Err(problem::missing(&["token"])) };
    end(state, Request { token: Secret::from(token) }).await.map_err(problem::of_stop)
}

async fn end(state: &State, request: Request) -> Result<(), Stop> {
    let application = state.store.first_party().await?;
    let facts = state.store.revoke().load(&request, &state.policy().issuer).await?;
    let decision = match sign_out(&application.client, &facts) {
        Some(decision) => decision,
        None => revoke::decide(&application.client, &facts, state.policy(), state.clock.now()),
    };
    state.store.revoke().apply(&decision).await?;
    if decision != Decision::Nothing {
        tracing::info!(target: "audit", event = "signed_out_of_application");
    }
    Ok(())
}

/// An access token of our own application stands for its whole sign-in here, expired or not: whoever signs out means that,
/// whichever of the two tokens they still have at hand.
fn sign_out(client: &Client, facts: &Facts) -> Option<Decision> {
    match facts {
        Facts::Access(token) if token.client == client.id => {
            token.authorization.map(Decision::RevokeAuthorization)
        }
        _ => None,
    }
}
