//! Clients that register themselves, and look after their registration: RFC 7591, RFC 7592.
//!
//! ```text
//! closed ──▶ not served    token ──▶ an initial access token is used up    open ──▶ anybody, within limits
//! ```

use crate::client::ApplicationType;
use crate::client::{Client, ClientMetadata, Draft, FieldError, Origin, Registration};
use crate::error::{ErrorCode, OAuthError};
use crate::grant::GrantType;
use crate::json::{self, Limits};
use crate::policy::Policy;
use crate::redirect_uri::RedirectUri;
use crate::scope::ScopeSet;
use crate::secret::Secret;
use serde_json::{Map, Value};

/// Who may register a client at the registration endpoint (RFC 7591 §3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SelfRegistration {
    /// Nobody; the endpoint is not there.
    #[default]
    Closed,
    /// Whoever brings an initial access token that an operator made.
    WithToken,
    /// Anybody.
    Anybody,
}

/// How large the metadata of a client may be.
pub const LIMITS: Limits = Limits { bytes: 64 * 1024, depth: 6, values: 2000 };

/// What a client asks for about itself.
#[derive(Clone, Debug)]
pub struct Request(Map<String, Value>);

impl Request {
    /// Parse the JSON of a request.
    pub fn parse(body: &[u8]) -> Result<Self, OAuthError> {
        let members = json::read_object(body, LIMITS).map_err(|why| {
            OAuthError::with_text(
                ErrorCode::InvalidClientMetadata,
                format!("the request body is not the JSON of a client's metadata: {why}"),
            )
        })?;
        if members.get("software_statement").is_some_and(|value| !value.is_null()) {
            return Err(NO_STATEMENTS);
        }
        Ok(Self(members))
    }

    /// The secret that an update shows as the one it has, if it shows any (RFC 7592 §2.2).
    pub fn shown_secret(&self) -> Option<Secret> {
        self.0.get("client_secret").and_then(Value::as_str).map(|text| Secret::new(text.to_owned()))
    }
}

/// What is known when a client registers itself.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Whether somebody whom the operator gave an initial access token speaks for it.
    pub vouched_for: bool,
}

/// Decide on a new client (RFC 7591 §3.1). What is not its to say (consent, PKCE, a client id, a secret, an owner) is
/// left out; a scope beyond the server's default one is cut down to it.
pub fn decide(
    request: &Request,
    facts: Facts,
    policy: &Policy,
) -> Result<Registration, OAuthError> {
    let most = policy.default_scope.union(&policy.person_scope());
    decide_within(request, facts, &most, policy)
}

/// The same for a client that may have `most` as its scope.
fn decide_within(
    request: &Request,
    facts: Facts,
    most: &ScopeSet,
    policy: &Policy,
) -> Result<Registration, OAuthError> {
    let metadata = ClientMetadata { origin: Origin::Dynamic, ..ClientMetadata::default() };
    check(Draft { metadata, ..Draft::default() }, &request.0, most, facts, policy)
}

/// What a client may say about itself when nobody here answers for it: `members` over `draft`, with `most` as its scope.
pub(super) fn check(
    draft: Draft,
    members: &Map<String, Value>,
    most: &ScopeSet,
    facts: Facts,
    policy: &Policy,
) -> Result<Registration, OAuthError> {
    let draft = draft.write(members, false).map_err(|errors| refusal(&errors))?;
    let draft = kind_by_redirects(draft.with_defaults(members), members);
    let scope = scope(draft.scope.as_deref(), most)?;
    let name = if draft.name.trim().is_empty() { name_of(&draft) } else { draft.name.clone() };
    let draft = Draft { name, scope: Some(scope.to_string()), ..draft };
    let made = draft.check(policy).map_err(|errors| refusal(&errors))?;
    check_grants(&made, facts)?;
    Ok(made)
}

/// A scope cut down to what an operator left of it.
pub(super) fn scope_within(asked: Option<&ScopeSet>, most: Option<&ScopeSet>) -> Option<ScopeSet> {
    match (asked, most) {
        (Some(asked), Some(most)) => Some(asked.intersection(most)),
        (asked, most) => asked.or(most).cloned(),
    }
}

/// What is known when a client changes its registration.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// What is registered now.
    pub client: &'a Client,
    /// Whether the secret that the request shows, if it shows any, is the client's.
    pub secret_is_right: bool,
}

/// Decide on a change (RFC 7592 §2.2): it replaces everything, so what it does not name has its default again.
/// What an operator decides (scope at most, consent, PKCE) is not touched.
pub fn decide_change(
    request: &Request,
    change: Change<'_>,
    policy: &Policy,
) -> Result<Registration, OAuthError> {
    let members = &request.0;
    if members.get("client_id").and_then(Value::as_str) != Some(change.client.id.as_str()) {
        return Err(NOT_ITS_ID);
    }
    if FORBIDDEN_IN_CHANGE.iter().any(|member| members.contains_key(*member)) {
        return Err(NOT_TO_BE_SENT);
    }
    if !change.secret_is_right {
        return Err(NOT_ITS_SECRET);
    }
    let known = change.client;
    let vouched_for = known.may_use(&GrantType::ClientCredentials);
    // What an operator has set since stays: it may be narrower than what the client would get anew.
    let most = policy.person_scope_allowed_to(known);
    let mut made = decide_within(request, Facts { vouched_for }, &most, policy)?;
    made.metadata.consent = known.metadata.consent;
    made.metadata.pkce = known.metadata.pkce;
    made.metadata.origin = known.metadata.origin;
    let secret = made.auth_method.has_secret() == known.auth_method.has_secret();
    if secret && made.client_type == known.client_type { Ok(made) } else { Err(OTHER_TYPE) }
}

/// The scope of a client that registers itself: within `most`.
fn scope(asked: Option<&str>, most: &ScopeSet) -> Result<ScopeSet, OAuthError> {
    let Some(asked) = asked else { return Ok(most.clone()) };
    let asked = ScopeSet::parse(asked).map_err(|_| BAD_SCOPE)?;
    let scope = asked.intersection(most);
    if scope.is_empty() && !asked.is_empty() { Err(BAD_SCOPE) } else { Ok(scope) }
}

/// A client that does not say whether it is a site or an app is what its redirect URIs are.
fn kind_by_redirects(mut draft: Draft, members: &Map<String, Value>) -> Draft {
    let said = members.get("application_type").is_some_and(|value| !value.is_null());
    let uris: Vec<_> = draft.redirect_uris.iter().map(|text| RedirectUri::parse(text)).collect();
    let native =
        |uri: &Result<RedirectUri, _>| uri.as_ref().is_ok_and(RedirectUri::is_of_native_app);
    if !said && !uris.is_empty() && uris.iter().all(native) {
        draft.metadata.application_type = ApplicationType::Native;
    }
    draft
}

/// What people read of a client that has no name: where it sends them.
fn name_of(draft: &Draft) -> String {
    let first = draft.redirect_uris.first().and_then(|text| url::Url::parse(text).ok());
    let host = first.as_ref().and_then(url::Url::host_str);
    host.unwrap_or("Application without a name").to_owned()
}

/// Which grants a client may take for itself: not the one that sees passwords, not the one that acts for people who have
/// not been asked, not what the program itself brings, and not the one that needs no person, unless somebody vouched for it.
fn check_grants(made: &Registration, facts: Facts) -> Result<(), OAuthError> {
    for grant in &made.grant_types {
        match grant {
            GrantType::Password => return Err(NO_PASSWORDS),
            GrantType::JwtBearer => return Err(NO_ASSERTIONS),
            GrantType::Extension(_) => return Err(NO_EXTENSIONS),
            GrantType::ClientCredentials if !facts.vouched_for => return Err(NOBODY_VOUCHES),
            GrantType::ClientCredentials
            | GrantType::AuthorizationCode
            | GrantType::DeviceCode
            | GrantType::RefreshToken => {}
        }
    }
    Ok(())
}

/// All faults in one refusal, in the words of RFC 7591 §3.2.2.
fn refusal(errors: &[FieldError]) -> OAuthError {
    let of_redirect = errors.iter().any(|error| error.field == "redirect_uris");
    let code =
        if of_redirect { ErrorCode::InvalidRedirectUri } else { ErrorCode::InvalidClientMetadata };
    let texts: Vec<String> =
        errors.iter().map(|error| format!("{}: {}", member(error.field), error.message)).collect();
    OAuthError::with_text(code, texts.join(" "))
}

/// The name of a field on the wire.
pub fn member(field: &'static str) -> &'static str {
    match field {
        "name" => "client_name",
        "auth_method" => "token_endpoint_auth_method",
        other => other,
    }
}

const FORBIDDEN_IN_CHANGE: [&str; 4] = [
    "registration_access_token",
    "registration_client_uri",
    "client_secret_expires_at",
    "client_id_issued_at",
];

const NO_STATEMENTS: OAuthError = OAuthError::new(
    ErrorCode::UnapprovedSoftwareStatement,
    "this server trusts no issuer of software statements; register without software_statement",
);
const BAD_SCOPE: OAuthError = OAuthError::new(
    ErrorCode::InvalidClientMetadata,
    "scope: none of it can be had by a client that registers itself; leave it out, or ask for what scopes_supported names",
);
const NO_PASSWORDS: OAuthError = OAuthError::new(
    ErrorCode::InvalidClientMetadata,
    "grant_types: the password grant is not for clients that register themselves; use authorization_code",
);
const NO_ASSERTIONS: OAuthError = OAuthError::new(
    ErrorCode::InvalidClientMetadata,
    "grant_types: assertions about people are not for clients that register themselves; ask the operator of this server",
);
const NO_EXTENSIONS: OAuthError = OAuthError::new(
    ErrorCode::InvalidClientMetadata,
    "grant_types: a grant of this server's own is not for clients that register themselves; ask the operator of this server",
);
const NOBODY_VOUCHES: OAuthError = OAuthError::new(
    ErrorCode::InvalidClientMetadata,
    "grant_types: client_credentials needs an initial access token; ask the operator of this server for one",
);
const NOT_ITS_ID: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    "a change names the client_id of the client that is changed",
);
const NOT_TO_BE_SENT: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    "a change does not contain registration_access_token, registration_client_uri, client_secret_expires_at or \
     client_id_issued_at",
);
const NOT_ITS_SECRET: OAuthError = OAuthError::new(
    ErrorCode::InvalidClientMetadata,
    "client_secret: a client cannot choose its secret; send the present one or leave it out",
);
const OTHER_TYPE: OAuthError = OAuthError::new(
    ErrorCode::InvalidClientMetadata,
    "token_endpoint_auth_method: a client that has a secret keeps having one, and one that has none gets none; register \
     a new client",
);

#[cfg(test)]
mod tests;
