//! Trading in a refresh token: one read, a decision, one guarded update; again if somebody was faster.

use oauth::authorization::Authorization;
use oauth::grant::refresh_token::{Decision, INVALID, Request, decide};
use oauth::secret::Secret;
use oauth::token_response::TokenResponse;
use store::Application;

use super::Failure;
use crate::id_token::{self, Basis};
use crate::issue::{self, Issue};
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
        let issue = Issue {
            client: &application.client,
            terms: access,
            authorization: Some(authorization),
            details: known.map(|known| &known.authorization.details),
            refresh_token: Some(successor),
        };
        let mut answer = issue::respond(state, issue).await?;
        if let Some(known) = known
            && known.authorization.details.acr.is_some()
            && id_token::is_wanted(state, &answer.scope)
        {
            answer.id_token = Some(again(state, application, &known.authorization, &answer).await?);
        }
        return Ok(answer);
    }
    Err(Failure::Stopped(Stop::Busy))
}

/// The ID token of a refresh: the same person, the same sign-in, no nonce (OIDC Core §12.2).
async fn again(
    state: &State,
    application: &Application,
    row: &Authorization,
    answer: &TokenResponse,
) -> Result<Secret, Stop> {
    let basis = Basis {
        client: &application.client,
        user: row.user,
        scope: &answer.scope,
        details: &row.details,
        authenticated_at: row.authenticated_at,
        access_token: Some(&answer.access_token),
        code: None,
        refreshed: true,
    };
    id_token::make(state, basis).await
}
