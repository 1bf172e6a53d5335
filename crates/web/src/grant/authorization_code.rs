//! Trading in an authorization code: one read, a decision, one guarded update; again if somebody was faster.

use oauth::grant::authorization_code::{Decision, INVALID, Request, decide};
use oauth::token_response::TokenResponse;
use store::Application;

use super::Failure;
use crate::issue::{self, IdToken, Issue};
use crate::respond::stop::Stop;
use crate::state::State;

/// How often the facts may change under one request. Once the row is redeemed they do not change any more, so the second
/// round decides.
const ROUNDS: usize = 3;

/// Grant what `request` of the authenticated `application` asks for.
pub(crate) async fn grant(
    state: &State,
    request: &Request,
    application: &Application,
) -> Result<TokenResponse, Failure> {
    let codes = state.store.authorization_code();
    for _ in 0..ROUNDS {
        let now = state.clock.now();
        let facts = codes.load(&request.code, &application.client).await?;
        match decide(request, &application.client, &facts, state.policy(), now) {
            Decision::Redeem(step) => {
                if !codes.redeem(&step, state.policy(), now).await? {
                    continue;
                }
                let row = facts.known.ok_or(Failure::Stopped(Stop::Internal))?.authorization;
                let refresh = step.refreshes.then(|| {
                    state.store.refresh_token().compose(
                        step.authorization,
                        step.generation,
                        &row.seed,
                    )
                });
                let issue = Issue {
                    client: &application.client,
                    terms: step.access,
                    authorization: Some(step.authorization),
                    details: Some(&row.details),
                    refresh_token: refresh,
                    id_token: IdToken::First,
                };
                return Ok(issue::respond(state, issue).await?);
            }
            Decision::RevokeReplayed(authorization) => {
                codes.revoke_replayed(authorization).await?;
                tracing::warn!(
                    target: "audit",
                    event = "authorization_code_replayed",
                    %authorization,
                    client = %application.client.id,
                );
                return Err(Failure::Refused(INVALID));
            }
            Decision::Refuse(error) => return Err(Failure::Refused(error)),
        }
    }
    Err(Failure::Stopped(Stop::Busy))
}
