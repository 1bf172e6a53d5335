//! A device that asks for its tokens: one read, a decision, one guarded update; again if somebody was faster.

use oauth::grant::device_code::{Decision, INVALID, PENDING, Request, SLOW_DOWN, decide};
use oauth::token_response::TokenResponse;
use store::Application;

use super::Failure;
use crate::issue::{self, IdToken, Issue};
use crate::respond::stop::Stop;
use crate::state::State;

/// How often the facts may change under one request. Once the code is redeemed they do not change any more, so the second
/// round decides.
const ROUNDS: usize = 3;

/// Grant what `request` of the authenticated `application` asks for.
pub(crate) async fn grant(
    state: &State,
    request: &Request,
    application: &Application,
) -> Result<TokenResponse, Failure> {
    let (devices, code) = (state.store.device_code(), &request.device_code);
    for _ in 0..ROUNDS {
        let now = state.clock.now();
        let facts = devices.load(code, &application.client).await?;
        let error = match decide(&application.client, &facts, state.policy(), now) {
            Decision::Redeem(step) => {
                let Some(issued) = devices.redeem(code, &step, state.policy()).await? else {
                    continue;
                };
                let issue = Issue {
                    client: &application.client,
                    terms: step.access,
                    authorization: Some(issued.authorization),
                    details: Some(&step.authorization.details),
                    refresh_token: issued.refresh_token,
                    id_token: IdToken::First,
                };
                return Ok(issue::respond(state, issue).await?);
            }
            Decision::Wait => {
                let before = facts.device.and_then(|device| device.last_polled_at);
                if devices.polled(code, before, now).await? {
                    PENDING
                } else {
                    // It has asked a second time in the same moment, which is too early.
                    devices.slowed(code, now).await?;
                    SLOW_DOWN
                }
            }
            Decision::SlowDown => {
                devices.slowed(code, now).await?;
                SLOW_DOWN
            }
            Decision::RevokeReplayed(authorization) => {
                devices.revoke_replayed(authorization).await?;
                tracing::warn!(
                    target: "audit",
                    event = "device_code_replayed",
                    %authorization,
                    client = %application.client.id,
                );
                INVALID
            }
            Decision::Refuse(error) => error,
        };
        return Err(Failure::Refused(error));
    }
    Err(Failure::Stopped(Stop::Busy))
}
