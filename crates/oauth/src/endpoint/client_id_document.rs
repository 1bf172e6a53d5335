//! Clients whose `client_id` is the address of a document about them: OAuth Client ID Metadata Document.
//!
//! The document is JSON with the members of a registration (RFC 7591 §2). Nothing is registered and nobody has a secret: what
//! the document says now is what holds.

use super::registration::{Facts, check, scope_within};
use crate::client::{AuthMethod, Client, ClientMetadata, Draft, Origin};
use crate::error::{ErrorCode, Malformed, OAuthError};
use crate::id::ClientId;
use crate::json::{self, Limits};
use crate::policy::Policy;
use serde_json::{Map, Value};
use url::{Host, Url};

/// How large a document may be (§6.6).
pub const LIMITS: Limits = Limits { bytes: 5 * 1024, depth: 6, values: 500 };

/// The address that a client id is, if it is one (§3); `None` for any other client id.
///
/// It is https, has a path, and reads the same however it is taken apart.
pub fn address(id: &ClientId) -> Option<Result<Url, Malformed>> {
    let text = id.as_str();
    let scheme = text.get(..8)?;
    scheme.eq_ignore_ascii_case("https://").then(|| checked(text))
}

fn checked(text: &str) -> Result<Url, Malformed> {
    const NOT_ONE: Malformed = Malformed(
        "the client_id looks like the address of a document, and is none: it is https, has a path, and has no fragment, no \
         user name, and no . or .. in its path",
    );
    let url = Url::parse(text).map_err(|_| NOT_ONE)?;
    let named = matches!(url.host(), Some(Host::Domain(_)));
    let has_path = url.path() != "/";
    // The library resolves dot segments and writes the host small: what it changes was not a plain address.
    if url.as_str() == text
        && named
        && has_path
        && url.fragment().is_none()
        && url.username().is_empty()
    {
        Ok(url)
    } else {
        Err(NOT_ONE)
    }
}

/// The members that would give a client a secret (§4.1).
const SECRETS: [&str; 2] = ["client_secret", "client_secret_expires_at"];

/// Read the document of the client with this id. What is not its to say (consent, PKCE, an owner) is left out, as for a client
/// that registers itself.
pub fn decide(id: &ClientId, body: &[u8], policy: &Policy) -> Result<Client, OAuthError> {
    let fault = |text: String| OAuthError::with_text(ErrorCode::InvalidClientMetadata, text);
    let mut members = json::read_object(body, LIMITS)
        .map_err(|why| fault(format!("it is not the JSON of a client's metadata: {why}")))?;
    if members.get("client_id").and_then(Value::as_str) != Some(id.as_str()) {
        return Err(OTHER_ID);
    }
    check_secrets(&members)?;
    let method = members.entry("token_endpoint_auth_method");
    method.or_insert_with(|| Value::from(AuthMethod::None.as_str()));
    let metadata = ClientMetadata { origin: Origin::Document, ..ClientMetadata::default() };
    let draft = Draft { metadata, ..Draft::default() };
    let most = policy.default_scope.union(&policy.person_scope());
    let made = check(draft, &members, &most, Facts { vouched_for: false }, policy)?;
    if made.auth_method.has_secret() {
        return Err(NO_SECRETS);
    }
    Ok(made.into_client(id.clone()))
}

fn check_secrets(members: &Map<String, Value>) -> Result<(), OAuthError> {
    let has_secret = SECRETS.iter().any(|name| members.get(*name).is_some_and(|it| !it.is_null()));
    if has_secret { Err(NO_SECRETS) } else { Ok(()) }
}

/// What is known about a client now, and what its document says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The same.
    None,
    /// Something else; what people have allowed it stays.
    Facts(Box<Client>),
    /// It is called otherwise, is somewhere else or has other keys: whom people have allowed something may not be whom they
    /// would let in now, so they are asked again (§6.3).
    Identity(Box<Client>),
}

/// Compare. What an operator has decided since it was first seen (consent, PKCE, a narrower scope, disabled) stays.
pub fn compare(known: &Client, said: Client) -> Change {
    let most = known.scope.clone();
    let changed = Client {
        scope: scope_within(said.scope.as_ref(), most.as_ref()),
        owner: known.owner,
        resources: known.resources.clone(),
        active: known.active,
        epoch: known.epoch,
        metadata: ClientMetadata {
            consent: known.metadata.consent,
            pkce: known.metadata.pkce,
            ..said.metadata
        },
        ..said
    };
    let identity = |client: &Client| {
        let metadata = &client.metadata;
        (
            client.name.clone(),
            client.redirect_uris.clone(),
            client.auth_method,
            metadata.jwks.clone(),
            metadata.jwks_uri.clone(),
        )
    };
    match &changed {
        same if same == known => Change::None,
        other if identity(other) == identity(known) => Change::Facts(Box::new(changed)),
        _ => Change::Identity(Box::new(changed)),
    }
}

const OTHER_ID: OAuthError = OAuthError::new(
    ErrorCode::InvalidClientMetadata,
    "client_id: it is not the address of the document, letter for letter",
);
const NO_SECRETS: OAuthError = OAuthError::new(
    ErrorCode::InvalidClientMetadata,
    "a client that is named by the address of a document has no secret: it authenticates by private_key_jwt, or not at all",
);

#[cfg(test)]
mod tests;
