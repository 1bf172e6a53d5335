//! Whether the document of a sector speaks for a client that comes by itself (OIDC Registration §5).

use fetch::Limits;
use oauth::client::RedirectUri;
use oauth::error::{ErrorCode, OAuthError};
use oauth::subject::{SECTOR_DOCUMENT, sector_document_admits};
use url::Url;

use crate::state::State;

/// Fetch the document, if the client names one, and look for each of its redirect URIs there.
pub(crate) async fn check(
    state: &State,
    sector_identifier_uri: Option<&str>,
    redirect_uris: &[RedirectUri],
) -> Result<(), OAuthError> {
    let Some(named) = sector_identifier_uri else { return Ok(()) };
    let url = Url::parse(named).map_err(|_| UNREACHABLE)?;
    let limits = Limits::json(SECTOR_DOCUMENT.bytes);
    let fetched = state.fetcher().get(&url, limits).await.and_then(fetch::Fetched::ok);
    let document = fetched.map_err(|error| {
        tracing::info!(%error, "the document of a sector could not be fetched");
        UNREACHABLE
    })?;
    sector_document_admits(&document.body, redirect_uris).map_err(|why| {
        let text = format!("sector_identifier_uri: {why}");
        OAuthError::with_text(ErrorCode::InvalidClientMetadata, text)
    })
}

const UNREACHABLE: OAuthError = OAuthError::new(
    ErrorCode::InvalidClientMetadata,
    "sector_identifier_uri: the document could not be fetched from there; it is to be on a public https address",
);
