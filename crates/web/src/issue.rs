//! From a rule's terms to the answer that a client gets.

use oauth::access_token::Terms;
use oauth::authorization::Details;
use oauth::client::Client;
use oauth::id::AuthorizationId;
use oauth::jwt_access_token::Authentication;
use oauth::secret::Secret;
use oauth::token_response::{TokenResponse, TokenType};
use store::Signed;

use crate::respond::stop::Stop;
use crate::state::State;

/// What is issued, and to whom.
#[derive(Debug)]
pub(crate) struct Issue<'a> {
    /// To whom.
    pub(crate) client: &'a Client,
    /// What the access token says.
    pub(crate) terms: Terms,
    /// What it stems from; nothing where the client acts for itself.
    pub(crate) authorization: Option<AuthorizationId>,
    /// What that authorization keeps of its request.
    pub(crate) details: Option<&'a Details>,
    /// What goes with it.
    pub(crate) refresh_token: Option<Secret>,
}

/// Seals or signs the access token, as this client is to have it, and puts it into the answer.
pub(crate) async fn respond(state: &State, issue: Issue<'_>) -> Result<TokenResponse, Stop> {
    let Issue { client, terms, authorization, details, refresh_token } = issue;
    let expires_in = terms.expires_in();
    let scope = terms.scope.clone();
    let policy = state.policy();
    let access_token = match policy.signs_tokens_of(client) {
        None => state.store.seal(terms, authorization)?,
        Some(algorithm) => {
            let authentication = details.map_or_else(Authentication::default, |details| {
                Authentication { acr: details.acr.as_deref(), amr: &details.amr }
            });
            let signed = Signed { issuer: &policy.issuer, algorithm, authentication };
            state.store.sign_access_token(terms, authorization, signed).await?
        }
    };
    Ok(TokenResponse {
        access_token,
        expires_in,
        token_type: TokenType::Bearer,
        scope,
        refresh_token,
        id_token: None,
    })
}
