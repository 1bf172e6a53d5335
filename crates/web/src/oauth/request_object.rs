//! Opening a request that its client has signed, with the keys of that client (RFC 9101), by value or by reference.

use fetch::{Fetched, Limits, TOLD_TO_STRANGERS};
use oauth::client::Client;
use oauth::endpoint::authorize::{Parameters, RequestObject};
use oauth::error::{ErrorCode, OAuthError};
use store::REQUEST_URI_PREFIX;

use crate::state::State;

/// How an object is asked for that lies with its client; the size is that of a request (RFC 9101 §5.2.2).
const LIMITS: Limits = Limits::json(Parameters::MAX_BYTES)
    .accepting("application/oauth-authz-req+jwt, application/jwt, */*;q=0.1");

/// The parameters that count if these have a request object, or are one that was pushed; `None` if they have none.
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

/// The same where the object may lie with the client, at an address that it has registered.
pub(crate) async fn open_or_fetch(
    state: &State,
    parameters: &Parameters,
    client: &Client,
) -> Result<Option<Parameters>, OAuthError> {
    let name = parameters.one("request_uri")?;
    let Some(name) = name.filter(|name| !name.starts_with(REQUEST_URI_PREFIX)) else {
        return open(state, parameters, client).await;
    };
    let address = RequestObject::address(name, client)?;
    let fetched = state.fetcher().get(&address, LIMITS).await.and_then(Fetched::ok);
    let fetched = fetched.map_err(|error| {
        tracing::info!(client = %client.id, %error, "a request object could not be fetched");
        let text = format!("{TOLD_TO_STRANGERS}: it is named by the request_uri");
        OAuthError::with_text(ErrorCode::InvalidRequestUri, text)
    })?;
    open(state, &RequestObject::fetched(parameters, &fetched.body)?, client).await
}
