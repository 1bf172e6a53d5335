//! From a rule's terms to the answer that a client gets.

use oauth::access_token::Terms;
use oauth::authorization::Details;
use oauth::client::Client;
use oauth::id::AuthorizationId;
use oauth::secret::Secret;
use oauth::token_response::{TokenResponse, TokenType};
use store::Signed;

use crate::id_token::{self, Basis};
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
    /// Whether an ID token goes with it, where the scope asks for one.
    pub(crate) id_token: IdToken,
}

/// When an ID token is given beside an access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IdToken {
    /// Nobody has signed in for this, or the ID token is made elsewhere.
    None,
    /// The person has just let the client in (OIDC Core §3.1.3.3).
    First,
    /// It answers a refresh: the same person, the same sign-in, no nonce (§12.2).
    Again,
}

/// Seals or signs the access token, as this client is to have it, and puts it into the answer with what goes with it.
pub(crate) async fn respond(state: &State, issue: Issue<'_>) -> Result<TokenResponse, Stop> {
    let Issue { client, terms, authorization, details, refresh_token, id_token } = issue;
    let (user, authenticated_at) = (terms.user, terms.authenticated_at);
    let expires_in = terms.expires_in();
    let scope = terms.scope.clone();
    let policy = state.policy();
    let access_token = match policy.signs_tokens_of(client) {
        None => state.store.seal(terms, authorization)?,
        Some(algorithm) => {
            let amr = details.map_or(&[][..], |details| &details.amr);
            let signed = Signed { issuer: &policy.issuer, algorithm, amr };
            state.store.sign_access_token(terms, authorization, signed).await?
        }
    };
    let id_token = match (user, details) {
        (Some(user), Some(details))
            if id_token != IdToken::None && id_token::is_wanted(state, &scope) =>
        {
            let basis = Basis {
                client,
                user: user.id,
                scope: &scope,
                details,
                authenticated_at,
                access_token: Some(&access_token),
                code: None,
                refreshed: id_token == IdToken::Again,
            };
            Some(id_token::make(state, basis).await?)
        }
        _ => None,
    };
    Ok(TokenResponse {
        access_token,
        expires_in,
        token_type: TokenType::Bearer,
        scope,
        refresh_token,
        id_token,
    })
}
