//! Trading in a refresh token: one read, a decision, one guarded update; again if somebody was faster.

use oauth::grant::refresh_token::{Decision, INVALID, Request, decide};
use oauth::token_response::TokenResponse;
use store::Application;

use super::Failure;
use crate::issue::{self, IdToken, Issue};
use crate::respond::stop::Stop;
use crate::state::State;

/// How often the facts may change under one request. Each round means that another refresh of the same authorization got
/// through, and after two of them the presented token is no longer among the newest two.
const ROUNDS: usize = 8;

/// Grant what `request` of the authenticated `application` asks for.
pub(crate) async fn grant(
    state: &State,
    request: &Request,
    application: &Application,
) -> Result<TokenResponse, Failure> {
    let tokens = state.store.refresh_token();
    for _ in 0..ROUNDS {
        let now = state.clock.now();
        let facts = tokens.load(&request.refresh_token, &application.client).await?;
        let known = facts.known.as_ref();
        let seed = known.map(|known| known.authorization.seed);
        let decision = decide(request, &application.client, &facts, state.policy(), now);
        let (authorization, generation, access) = match decision {
            Decision::Rotate(step) => {
                if !tokens.rotate(&step, state.policy(), now).await? {
                    continue;
                }
                (step.authorization, step.to, step.access)
            }
            Decision::Repeat(step) => (step.authorization, step.generation, step.access),
            Decision::RevokeReplayed(authorization) => {
                tokens.revoke_replayed(authorization).await?;
                tracing::warn!(
                    target: "audit",
                    event = "refresh_token_replayed",
                    %authorization,
                    client = %application.client.id,
                );
                return Err(Failure::Refused(INVALID));
            }
            Decision::Refuse(error) => return Err(Failure::Refused(error)),
        };
        let seed = seed.ok_or(Failure::Stopped(Stop::Internal))?;
        let successor = tokens.compose(authorization, generation, &seed);
        let details = known.map(|known| &known.authorization.details);
        // No ID token at first, none later.
        let signed_in = known.is_some_and(|known| known.authorization.is_of_a_sign_in());
        let issue = Issue {
            client: &application.client,
            terms: access,
            authorization: Some(authorization),
            details,
            refresh_token: Some(successor),
            id_token: if signed_in { IdToken::Again } else { IdToken::None },
        };
        return Ok(issue::respond(state, issue).await?);
    }
    Err(Failure::Stopped(Stop::Busy))
}
