//! From a rule's terms to the answer that a client gets.

use oauth::access_token::Terms;
use oauth::id::AuthorizationId;
use oauth::secret::Secret;
use oauth::token_response::{TokenResponse, TokenType};

use crate::respond::stop::Stop;
use crate::state::State;

/// Seals an access token on these terms and puts it into the answer, with `refresh_token` if there is one.
pub(crate) fn respond(
    state: &State,
    terms: Terms,
    authorization: Option<AuthorizationId>,
    refresh_token: Option<Secret>,
) -> Result<TokenResponse, Stop> {
    let expires_in = terms.expires_in();
    let scope = terms.scope.clone();
    let access_token = state.store.seal(terms, authorization)?;
    Ok(TokenResponse {
        access_token,
        expires_in,
        token_type: TokenType::Bearer,
        scope,
        refresh_token,
        id_token: None,
    })
}
