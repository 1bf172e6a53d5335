//! Opening a request that its client has signed, with the keys of that client (RFC 9101).

use oauth::client::Client;
use oauth::endpoint::authorize::{Parameters, RequestObject};
use oauth::error::OAuthError;

use crate::state::State;

/// The parameters that count if these have a request object; `None` if they have none.
pub(crate) async fn open(
    state: &State,
    parameters: &Parameters,
    client: &Client,
) -> Result<Option<Parameters>, OAuthError> {
    let Some(object) = RequestObject::of(parameters)? else { return Ok(None) };
    let keys = state.client_keys.of(client, object.key_id()).await;
    let issuer = &state.policy().issuer;
    object.open(client, &keys, issuer, state.clock.now()).map(Some)
}
